//! One notification, and a provider's callback, come in by a way of their own, past routing and
//! layers: it answers as the routes would.

use axum::body::Body as HttpBody;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use sluis_loadtest::sink::{LaterEvent, SmsCallback};
use sluis_model::Clock as _;

use crate::support::{Body, Engine, NOORD, notice, reached_by};

/// Status, the headers that mean something, body.
type Answer = (u16, Vec<Option<String>>, String);

const HEADERS: [header::HeaderName; 3] = [
    header::CONTENT_TYPE,
    header::RETRY_AFTER,
    header::WWW_AUTHENTICATE,
];

fn told(headers: &http::HeaderMap) -> Vec<Option<String>> {
    HEADERS
        .map(|name| Some(headers.get(name)?.to_str().ok()?.to_owned()))
        .to_vec()
}

async fn by_the_short_way(engine: &Engine, key: &str, body: &[u8]) -> Answer {
    let reply = engine
        .call(
            key,
            "POST",
            "/v1/notifications",
            Body::Bytes("application/json", body.to_vec()),
        )
        .await;
    (reply.status, told(&reply.headers), reply.text())
}

async fn by_the_routes(engine: &Engine, key: &str, body: &[u8]) -> Answer {
    let request =
        Request::post("/v1/notifications").header(header::CONTENT_TYPE, "application/json");
    let request = if key.is_empty() {
        request
    } else {
        request.header(header::AUTHORIZATION, format!("Bearer {key}"))
    };
    routed(engine, request.body(HttpBody::from(body.to_vec())).unwrap()).await
}

async fn routed(engine: &Engine, request: Request<HttpBody>) -> Answer {
    let response = sluis::http::router(engine.app().clone())
        .oneshot(request)
        .await
        .unwrap();
    let (status, headers) = (response.status(), told(response.headers()));
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (
        status.as_u16(),
        headers,
        String::from_utf8_lossy(&body).into_owned(),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_ways_answer_the_same() {
    let engine = Engine::start().await;
    engine.reachable(NOORD, "H-1").await;
    let (good, other) = (
        notice("H-1", "one").to_string(),
        notice("H-2", "one").to_string(),
    );
    let huge = vec![b' '; engine.app().limits.body + 1];
    let cases: [(&str, &str, &[u8], StatusCode); 7] = [
        ("again", NOORD, good.as_bytes(), StatusCode::ACCEPTED),
        (
            "another body",
            NOORD,
            other.as_bytes(),
            StatusCode::CONFLICT,
        ),
        (
            "wrong",
            NOORD,
            b"{\"tenant_id\":7}",
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            "not JSON",
            NOORD,
            b"<xml/>",
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        ("no key", "", other.as_bytes(), StatusCode::UNAUTHORIZED),
        (
            "a wrong key",
            "slk_nobody",
            other.as_bytes(),
            StatusCode::UNAUTHORIZED,
        ),
        ("too large", NOORD, &huge, StatusCode::PAYLOAD_TOO_LARGE),
    ];
    // So that a repeat is a repeat by either way.
    by_the_routes(&engine, NOORD, good.as_bytes()).await;
    for (what, key, body, status) in cases {
        let short = by_the_short_way(&engine, key, body).await;
        assert_eq!(short.0, status.as_u16(), "{what}: {}", short.2);
        assert_eq!(short, by_the_routes(&engine, key, body).await, "{what}");
    }
    let fresh = by_the_short_way(&engine, NOORD, notice("H-1", "two").to_string().as_bytes()).await;
    let routed = by_the_routes(
        &engine,
        NOORD,
        notice("H-1", "three").to_string().as_bytes(),
    )
    .await;
    assert_eq!((fresh.0, &fresh.1), (202, &routed.1));
    assert_eq!(
        fresh.2.len(),
        routed.2.len(),
        "the same fields: {} {}",
        fresh.2,
        routed.2
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_ways_take_the_same_of_a_callback() {
    let engine = Engine::with_sinks().await;
    engine
        .put_tenant(NOORD, "H-1", reached_by("sms", "+31612345678"))
        .await;
    let id = engine.accepted(NOORD, notice("H-1", "one")).await;
    engine.settled().await;
    let Some(LaterEvent::SmsCallback(genuine)) = engine.next_event() else {
        panic!("no callback is planned")
    };
    let other = |from: &str, to: &str| SmsCallback {
        url: genuine.url.replace(from, to),
        ..genuine.clone()
    };
    let cases = [
        ("twice", genuine.clone(), 200),
        (
            "nobody has mapped it",
            other("status=delivered", "status=teleported"),
            200,
        ),
        (
            "unsigned",
            SmsCallback {
                signing_key: None,
                ..genuine.clone()
            },
            422,
        ),
        (
            "another provider",
            other("/receipts/", "/receipts/nobody-"),
            404,
        ),
    ];
    // So that both are a repeat.
    let first = engine
        .deliver("", &LaterEvent::SmsCallback(genuine.clone()))
        .await
        .ok();
    assert_eq!(
        (
            &first["receipts"][0]["effect"],
            &first["receipts"][0]["notification"]
        ),
        (&"applied".into(), &id.into())
    );
    for (what, callback, status) in cases {
        let reply = engine
            .deliver("", &LaterEvent::SmsCallback(callback.clone()))
            .await;
        let short = (reply.status, told(&reply.headers), reply.text());
        assert_eq!(short.0, status, "{what}: {}", short.2);
        let (_, path) = callback.url.split_once("/v1/").unwrap();
        let request = callback
            .headers(engine.clock.now().0)
            .into_iter()
            .fold(Request::get(format!("/v1/{path}")), |r, (k, v)| {
                r.header(k, v)
            });
        assert_eq!(
            short,
            routed(&engine, request.body(HttpBody::empty()).unwrap()).await,
            "{what}"
        );
    }
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_short_way_is_counted_under_its_route() {
    let engine = Engine::start().await;
    let before = counted();
    by_the_short_way(&engine, "", b"{}").await;
    assert!(counted() > before, "{before}");
    engine.end().await;
}

/// Other tests count, too: only a rise means something.
fn counted() -> u64 {
    let rendered = crate::support::recorder().render();
    let of = |line: &&str| {
        line.starts_with("sluis_http_requests_total")
            && line.contains("\"/v1/notifications\"")
            && line.contains("\"4xx\"")
    };
    rendered
        .lines()
        .find(of)
        .and_then(|line| line.rsplit(' ').next()?.parse().ok())
        .unwrap_or(0)
}
