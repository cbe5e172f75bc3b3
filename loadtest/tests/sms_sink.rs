//! Drives the SMS sink over real HTTP. Refuses to look inside: answers, book and later events only.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use sluis_loadtest::sink::{
    Channel, HeapWorld, Kind, LaterEvent, Profile, RealWorld, SinkCore, SmsOptions, SmsSink, World,
    jwt,
};

const NOW_MS: i64 = 1_767_225_600_000;
const SIGNING_KEY: &[u8] = b"signing-key";

struct Fixture {
    world: Arc<HeapWorld>,
    core: Arc<SinkCore>,
    sink: SmsSink,
    client: Client<HttpConnector, Full<Bytes>>,
}

async fn fixture(profile: &str) -> Fixture {
    let world = Arc::new(HeapWorld::new(|| NOW_MS));
    let core = SinkCore::new(Profile::parse("test", profile).unwrap(), world.clone());
    let options = SmsOptions {
        access_key: Some("key".into()),
        signing_key: Some(SIGNING_KEY.to_vec()),
        ..SmsOptions::default()
    };
    let sink = SmsSink::start(core.clone(), "127.0.0.1:0", options)
        .await
        .unwrap();
    Fixture {
        world,
        core,
        sink,
        client: Client::builder(TokioExecutor::new()).build_http(),
    }
}

impl Fixture {
    async fn call(
        &self,
        method: &str,
        path: &str,
        key: &str,
        body: Vec<u8>,
    ) -> Option<(StatusCode, Option<String>, Bytes)> {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.sink.addr()))
            .header("Authorization", format!("AccessKey {key}"))
            .body(Full::new(Bytes::from(body)))
            .unwrap();
        let answer = self.client.request(request).await.ok()?;
        let retry = answer
            .headers()
            .get("Retry-After")
            .map(|v| v.to_str().unwrap().to_owned());
        let status = answer.status();
        Some((
            status,
            retry,
            answer.into_body().collect().await.unwrap().to_bytes(),
        ))
    }

    async fn send(&self, to: &str) -> Option<(StatusCode, Option<String>, Value)> {
        let body = json!({
            "originator": "Sluis", "recipients": [to], "body": "Uw huur", "reference": format!("ref-{to}"),
            "type": "sms", "datacoding": "auto", "reportUrl": "http://sluis.example.nl/v1/receipts/bird",
        });
        let (status, retry, body) = self
            .call("POST", "/messages", "key", body.to_string().into())
            .await?;
        Some((status, retry, serde_json::from_slice(&body).unwrap()))
    }

    fn callbacks(&self) -> Vec<String> {
        let mut urls = Vec::new();
        while let Some((at_ms, LaterEvent::SmsCallback(callback))) = self.world.pop_due(i64::MAX) {
            let claims =
                jwt::Claims::new(at_ms / 1000, &callback.jti, &callback.url, &callback.body);
            let expected = jwt::sign(SIGNING_KEY, &claims);
            assert_eq!(
                callback.headers(at_ms),
                [(jwt::HEADER.to_owned(), expected)]
            );
            urls.push(callback.url);
        }
        urls
    }
}

#[tokio::test]
async fn a_message_is_accepted_written_down_and_reported_delivered() {
    let f = fixture("[sms]\ndelivered_after = { min = 5000, max = 5000 }").await;
    let (status, _, object) = f.send("31612345678").await.unwrap();
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(object["recipients"]["items"][0]["status"], "sent");
    assert_eq!(
        (f.world.next_due_ms(), f.core.book().taken(Channel::Sms)),
        (Some(NOW_MS + 5000), 1)
    );
    let urls = f.callbacks();
    let id = object["id"].as_str().unwrap();
    assert!(
        urls[0].starts_with(&format!(
            "http://sluis.example.nl/v1/receipts/bird?id={id}&reference=ref-31612345678&recipient=31612345678&status=delivered&"
        )),
        "{urls:?}"
    );
    let row = &f.core.book().rows()[0];
    assert_eq!(
        (row.id.as_str(), row.provider_id.as_str(), row.kind),
        ("ref-31612345678", id, Kind::Accepted)
    );
}

#[tokio::test]
async fn numbers_force_their_outcome() {
    let f = fixture("").await;
    let status = |answer: Option<(StatusCode, Option<String>, Value)>| {
        answer.map(|(status, retry, _)| (status.as_u16(), retry))
    };
    assert_eq!(status(f.send("31612349001").await), Some((422, None)));
    assert_eq!(
        status(f.send("31612349002").await),
        Some((429, Some("1".into())))
    );
    assert_eq!(status(f.send("31612349002").await), Some((201, None)));
    assert_eq!(status(f.send("31612349003").await), Some((503, None)));
    assert_eq!(f.callbacks().len(), 1);
    assert_eq!(status(f.send("31612349004").await), Some((201, None)));
    assert!(f.callbacks().is_empty(), "silent");
    assert_eq!(status(f.send("31612349005").await), Some((201, None)));
    assert!(f.callbacks()[0].contains("status=delivery_failed"));
    assert_eq!(f.send("31612349006").await, None, "taken, then closed");
    assert_eq!(f.callbacks().len(), 1, "the evidence comes later");
    assert_eq!(status(f.send("31612349009").await), Some((201, None)));
    let scrambled = f.callbacks();
    assert_eq!(
        (scrambled.len(), scrambled[2].contains("status=sent")),
        (3, true)
    );
    let stats = f.core.book().stats();
    assert_eq!(
        (
            stats["sms_in_doubt"],
            stats["sms_refused"],
            stats["sms_throttled"]
        ),
        (1, 1, 1)
    );
}

#[tokio::test]
async fn keys_paths_and_bodies_are_checked() {
    let f = fixture("").await;
    let body = |answer: Option<(StatusCode, Option<String>, Bytes)>| {
        let (status, _, body) = answer.unwrap();
        (
            status.as_u16(),
            serde_json::from_slice::<Value>(&body).unwrap()["errors"][0]["code"]
                .as_u64()
                .unwrap(),
        )
    };
    assert_eq!(
        body(f.call("POST", "/messages", "wrong", b"{}".to_vec()).await),
        (401, 2)
    );
    assert_eq!(
        body(f.call("POST", "/messages", "key", b"{".to_vec()).await),
        (422, 21)
    );
    assert_eq!(
        body(
            f.call("POST", "/messages", "key", vec![b'x'; 300_000])
                .await
        ),
        (422, 21)
    );
    assert_eq!(
        body(f.call("GET", "/nowhere", "key", Vec::new()).await),
        (404, 20)
    );
}

#[tokio::test]
async fn the_control_paths_show_and_change() {
    let f = fixture("").await;
    f.send("31612345678").await.unwrap();
    let (_, _, stats) = f
        .call("GET", "/__sink/stats", "", Vec::new())
        .await
        .unwrap();
    assert_eq!(
        serde_json::from_slice::<Value>(&stats).unwrap()["sms_accepted"],
        1
    );
    let (_, _, ledger) = f
        .call("GET", "/__sink/ledger", "", Vec::new())
        .await
        .unwrap();
    assert_eq!(ledger.iter().filter(|b| **b == b'\n').count(), 1);
    let down = b"[sms]\ndead = \"close\"".to_vec();
    assert_eq!(
        f.call("POST", "/__sink/profile", "", down).await.unwrap().0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(f.send("31612345678").await, None);
    assert_eq!(
        f.call("POST", "/__sink/profile", "", b"[sms]\nx = 1".to_vec())
            .await
            .unwrap()
            .0
            .as_u16(),
        422
    );
    f.call("POST", "/__sink/profile", "", Vec::new())
        .await
        .unwrap();
    assert_eq!(f.send("31612345678").await.unwrap().0, StatusCode::CREATED);
}

/// A sink as a process would run it: the report goes out over HTTP, here to another sink's 404, and
/// is tried again until it is taken.
#[tokio::test]
async fn the_real_world_posts_dsns_and_callbacks() {
    let (seen, mut calls) = tokio::sync::mpsc::channel(4);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let seen = seen.clone();
            let service =
                hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
                    let seen = seen.clone();
                    async move {
                        let line = format!("{} {}", request.method(), request.uri());
                        let signed = request.headers().contains_key(jwt::HEADER);
                        let body = request.into_body().collect().await?.to_bytes();
                        let _ = seen.send((line, signed, body)).await;
                        Ok::<_, hyper::Error>(hyper::Response::new(Full::new(Bytes::new())))
                    }
                });
            let io = hyper_util::rt::TokioIo::new(stream);
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(io, service));
        }
    });
    let world = Arc::new(RealWorld::start(
        Some(format!("http://{addr}/v1/receipts/email")),
        &[],
    ));
    world.later(
        0,
        LaterEvent::Dsn {
            raw: b"dsn".to_vec(),
            envelope_from: "b@x.nl".into(),
        },
    );
    let (line, _, body) = calls.recv().await.unwrap();
    assert_eq!(
        (line.as_str(), &body[..]),
        ("POST /v1/receipts/email", b"dsn".as_slice())
    );

    let core = SinkCore::new(
        Profile::parse("t", "[sms]\ndelivered_after = { min = 0, max = 0 }").unwrap(),
        world.clone(),
    );
    let options = SmsOptions {
        signing_key: Some(SIGNING_KEY.to_vec()),
        ..SmsOptions::default()
    };
    let sink = SmsSink::start(core, "127.0.0.1:0", options).await.unwrap();
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let body = json!({ "originator": "Sluis", "recipients": "31612345678", "body": "x", "reference": "r", "reportUrl": format!("http://{addr}/r") });
    let request = Request::post(format!("http://{}/messages", sink.addr()))
        .header("Authorization", "AccessKey any")
        .body(Full::new(Bytes::from(body.to_string())))
        .unwrap();
    assert_eq!(
        client.request(request).await.unwrap().status(),
        StatusCode::CREATED
    );
    let (line, signed, _) = calls.recv().await.unwrap();
    assert!(line.starts_with("GET /r?id=") && signed, "{line}");
}
