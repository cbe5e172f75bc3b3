//! Wrong input of every kind at every endpoint: a clear error with a stable code, and the process
//! lives. The endpoints come from the router itself, so that none is forgotten.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sluis::http::route_list;

use crate::support::{Body, Engine, NOORD, OPERATOR, Reply, notice, raw, recorder, storno, told};

/// Each path, with what stands in its braces, and its methods.
fn paths(part: &str) -> BTreeMap<String, Vec<&'static str>> {
    let fill = |path: &str| match (path.find('{'), path.find('}')) {
        (Some(from), Some(to)) => format!("{}{part}{}", &path[..from], &path[to + 1..]),
        _ => path.to_owned(),
    };
    let mut paths: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
    for route in route_list() {
        paths
            .entry(fill(route.path))
            .or_default()
            .push(route.method);
    }
    paths
}

fn key_for(path: &str) -> &'static str {
    if path == "/metrics" || path.starts_with("/v1/operator/") {
        OPERATOR
    } else {
        NOORD
    }
}

/// Links answer people, in HTML.
fn is_link(path: &str) -> bool {
    path.starts_with("/b/")
}

#[track_caller]
fn refused(what: &str, reply: &Reply) {
    assert!(
        (400..500).contains(&reply.status),
        "{what}: {} {}",
        reply.status,
        reply.text()
    );
    let code = reply.code();
    assert!(
        !code.is_empty() && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
        "{what}: {code}"
    );
    assert!(
        reply.body.len() < 64 * 1024,
        "{what}: an answer of {} bytes",
        reply.body.len()
    );
}

async fn lives(engine: &Engine) {
    assert_eq!(engine.ask("", "/healthz").await.text(), "ok\n");
    engine.settled().await;
    // A panic in an actor would have been caught and counted.
    let panics = crate::metrics::series(&recorder().render(), "sluis_actor_panics_total", &[]);
    assert!(panics.is_none_or(|count| count == 0.0), "an actor panicked");
}

/// The media type under which a path takes its body.
fn media(path: &str) -> &'static str {
    match path {
        "/v1/notifications/batch" => "application/x-ndjson",
        "/v1/tenants/load" => "text/csv",
        path if path.starts_with("/v1/receipts/") => "message/rfc822",
        _ => "application/json",
    }
}

fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(
            "{\"tenant_id\":\"H\"}"
                .encode_utf16()
                .flat_map(u16::to_le_bytes),
        )
        .collect();
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        ("cut off", text("{\"tenant_id\": \"H-1\", \"flow")),
        ("not JSON", text("<?xml version=\"1.0\"?><a/>")),
        ("two documents", text("{} {}")),
        ("a list", text("[]")),
        (
            "a list that fits by position",
            text("[{\"kind\":\"invoice\",\"id\":\"F\"},\"x\"]"),
        ),
        ("a list of texts", text("[\"close\",\"me\"]")),
        ("a text", text("\"tenant_id\"")),
        ("a number", text("12")),
        ("null", text("null")),
        ("unknown keys", text("{\"tenantid\":1,\"__proto__\":{}}")),
        (
            "wrong types",
            text(
                "{\"tenant_id\":7,\"flow\":[],\"category\":{},\"data\":\"x\",\"subject\":\"F\",\"note\":1,\"answer\":2,\"channel\":3,\"type\":4,\"name\":5,\"addresses\":6}",
            ),
        ),
        (
            "a subject as a list",
            text("{\"subject\":[\"invoice\",\"F-1\"]}"),
        ),
        ("Latin-1", b"{\"tenant_id\":\"caf\xe9\"}".to_vec()),
        ("UTF-16", utf16),
        ("a NUL byte", b"{\"tenant_id\":\"a\0b\"}".to_vec()),
        (
            "an escaped NUL",
            text("{\"tenant_id\":\"a\\u0000b\",\"note\":1}"),
        ),
        ("only NUL bytes", vec![0; 4_096]),
        ("deep nesting", "[".repeat(100_000).into_bytes()),
        ("deep objects", "{\"data\":".repeat(20_000).into_bytes()),
        (
            "a number beyond all numbers",
            text("{\"amount_cents\":1e999999}"),
        ),
        ("a lone surrogate", text("{\"tenant_id\":\"\\ud800\"}")),
        (
            "a key twice",
            text("{\"note\":\"a\",\"note\":\"b\",\"flow\":\"notice\",\"flow\":\"notice\"}"),
        ),
        (
            "a long word",
            format!("{{\"note\":\"{0}\",\"flow\":\"{0}\"}}", "a".repeat(200_000)).into_bytes(),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_endpoint_refuses_every_wrong_body_with_a_stable_code() {
    let engine = Engine::with_sinks().await;
    let id = engine.accepted(NOORD, notice("H-1", "h-1")).await;
    for part in [id.as_str(), "email"] {
        for (path, methods) in paths(part) {
            for method in methods
                .into_iter()
                .filter(|method| *method != "get" && !is_link(&path))
            {
                for (what, body) in bodies() {
                    let method = method.to_uppercase();
                    let what = format!("{method} {path}: {what}");
                    let reply = engine
                        .call(NOORD, &method, &path, Body::Bytes(media(&path), body))
                        .await;
                    match path.as_str() {
                        // Rows and lines fail alone.
                        "/v1/notifications/batch" if reply.status == 200 => {
                            let rows = reply.rows();
                            assert!(
                                !rows.is_empty()
                                    && rows.iter().all(|row| row["error"]["code"].is_string()),
                                "{what}"
                            );
                        }
                        "/v1/tenants/load" if reply.status == 200 => {
                            let report = reply.json();
                            let stored = ["new", "changed", "same"]
                                .map(|name| report[name].as_u64().unwrap());
                            assert_eq!(
                                (stored, &report["rows"]),
                                ([0; 3], &report["rejected"]),
                                "{what}: {report}"
                            );
                        }
                        _ => refused(&what, &reply),
                    }
                }
            }
        }
    }
    lives(&engine).await;
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_endpoint_wants_the_right_key_and_says_no_more() {
    let engine = Engine::start().await;
    let mut open = Vec::new();
    for (path, methods) in paths("x") {
        for method in methods {
            let method = method.to_uppercase();
            let mut answers = Vec::new();
            for key in ["", "slk_wrong", &NOORD.to_uppercase(), &"k".repeat(4_000)] {
                let reply = engine.call(key, &method, &path, Body::Nothing).await;
                if reply.status == 401 {
                    assert_eq!(reply.code(), "unauthorized");
                    assert_eq!(reply.header("www-authenticate"), "Bearer");
                    answers.push(reply.body);
                }
            }
            match answers.len() {
                0 => open.push(format!("{method} {path}")),
                _ => assert!(
                    answers.len() == 4 && answers.windows(2).all(|two| two[0] == two[1]),
                    "{method} {path}"
                ),
            }
        }
    }
    open.sort();
    let expected = [
        "GET /b/x",
        "GET /healthz",
        "GET /openapi.json",
        "GET /readyz",
        "GET /v1/receipts/x",
        "POST /b/x",
        "POST /v1/receipts/x",
    ];
    assert_eq!(
        open, expected,
        "whoever is open proves itself in another way, or tells nothing"
    );
    assert_eq!(
        engine
            .call("", "POST", "/v1/receipts/email", Body::Nothing)
            .await
            .problem(),
        (401, "unauthorized".into())
    );
    let headers = [("authorization", format!("Basic {NOORD}"))];
    assert_eq!(
        engine
            .call_with("", "GET", "/v1/tasks", Body::Nothing, &headers)
            .await
            .problem(),
        (401, "unauthorized".into())
    );
    assert_eq!(
        engine.ask(NOORD, "/metrics").await.problem(),
        (401, "unauthorized".into()),
        "a corporation's key is no operator's"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_routes_and_methods_are_told_so() {
    let engine = Engine::start().await;
    for path in [
        "/",
        "/v1",
        "/v2/notifications",
        "/v1/notifications/",
        "/v1/notifications/x/y/z",
        "/V1/tasks",
        "/v1//tasks",
        "/b/",
        "/.env",
        "/v1/../metrics",
    ] {
        refused(path, &engine.ask(NOORD, path).await);
    }
    for (path, methods) in paths("x") {
        for method in [
            "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND",
        ] {
            if methods.contains(&method.to_lowercase().as_str()) {
                continue;
            }
            let reply = engine
                .call(key_for(&path), method, &path, Body::Nothing)
                .await;
            // `/v1/tenants/load` and `/v1/notifications/batch` are also an id's place; the fixed
            // path goes first.
            assert_eq!(
                reply.problem(),
                (405, "wrong_method".into()),
                "{method} {path}"
            );
        }
    }
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_that_lead_elsewhere_lead_nowhere() {
    let engine = Engine::start().await;
    let long = "a".repeat(5_000);
    let parts = [
        "..%2f..%2fetc%2fpasswd",
        "%00",
        "a%00b",
        "%ff%fe",
        "%0d%0aX:y",
        "%7f",
        "-1",
        "0",
        "18446744073709551616",
        "ffffffffffffffffffffffffffffffff",
        "00000000000000000000000000000000.1",
        "ffffffffffffffffffffffffffffffff.99999999999",
        "%F0%9F%92%A3",
        "'%20OR%201=1",
        long.as_str(),
    ];
    for part in parts {
        for (path, methods) in paths(part)
            .into_iter()
            .filter(|(path, _)| path.contains(part))
        {
            for method in methods {
                // Any short text without control characters may be a tenant's number.
                if method == "put" {
                    continue;
                }
                let body = match path.as_str() {
                    path if path.ends_with("/answer") => {
                        Body::Json(json!({ "answer": "close", "by": "x" }))
                    }
                    _ => Body::Nothing,
                };
                let reply = engine
                    .call(NOORD, &method.to_uppercase(), &path, body)
                    .await;
                let what = format!("{method} {}", &path[..path.len().min(90)]);
                if is_link(&path) && reply.status == 404 {
                    continue;
                }
                refused(&what, &reply);
            }
        }
    }
    for bad in ["%00", "a%0ab", long.as_str()] {
        refused(
            &bad[..3],
            &engine
                .call(NOORD, "PUT", &format!("/v1/tenants/{bad}"), json!({}))
                .await,
        );
    }
    lives(&engine).await;
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_that_mean_nothing_are_refused() {
    let engine = Engine::start().await;
    engine.reachable(NOORD, "H-1").await;
    let everywhere = [
        "limit=-1",
        "limit=abc",
        "limit=1e3",
        "limit=99999999999999999999999",
        "limit=1&limit=2",
        "surprise=1",
        "limit=%ff",
        "limit=",
        "limit=0",
        "limit=1000000",
    ];
    let with = |more: &[&'static str]| everywhere.iter().chain(more).copied().collect::<Vec<_>>();
    let cursors = [
        "after=%00",
        "after=AAAA",
        "after=../..",
        "after=%F0%9F%92%A3",
    ];
    let cases = [
        (
            "/v1/notifications",
            with(&[
                "state=ENDED",
                "state=%3Cscript%3E",
                "after=x",
                "after=0",
                "after=%00",
                "state=",
            ]),
        ),
        (
            "/v1/tasks",
            with(&["after=x", "after=FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"]),
        ),
        (
            "/v1/outcomes",
            with(
                &[
                    &[
                        "wait=-1",
                        "wait=soon",
                        "wait=99999999999999999999",
                        "wait=31",
                    ][..],
                    &cursors,
                ]
                .concat(),
            ),
        ),
        (
            "/v1/tenants/H-1/timeline",
            with(&[
                "before=0",
                "before=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            ]),
        ),
    ];
    for (path, queries) in cases {
        for query in queries {
            let reply = engine.ask(NOORD, &format!("{path}?{query}")).await;
            refused(&format!("{path}?{query}"), &reply);
            assert_eq!(reply.status, 400, "{path}?{query}");
        }
        let named = engine.ask(NOORD, &format!("{path}?limit=0")).await.json();
        assert!(
            named["detail"]
                .as_str()
                .is_some_and(|detail| detail.starts_with("limit ")),
            "refused by name: {named}"
        );
        let begin = if path.ends_with("timeline") {
            "before="
        } else {
            "after="
        };
        assert_eq!(
            engine.ask(NOORD, &format!("{path}?{begin}")).await.status,
            200,
            "empty is from the beginning"
        );
    }
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_list_must_say_what_it_is_and_json_need_not() {
    let engine = Engine::start().await;
    let id = engine.accepted(NOORD, notice("H-1", "c-1")).await;
    for (path, methods) in paths(&id) {
        for method in methods
            .into_iter()
            .filter(|m| *m != "get" && path == "/v1/tenants/load")
        {
            for kind in [
                "text/plain",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "image/png",
                "\u{2603}",
            ] {
                let headers = [("content-type", kind.to_owned())];
                let reply = engine
                    .call_with(
                        NOORD,
                        &method.to_uppercase(),
                        &path,
                        Body::Nothing,
                        &headers,
                    )
                    .await;
                assert_eq!(
                    reply.problem(),
                    (415, "wrong_type".into()),
                    "{method} {path} {kind}"
                );
            }
        }
    }
    for kind in [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON",
        "",
    ] {
        let bytes = notice("H-1", "c-1").to_string().into_bytes();
        let kind: &'static str = kind;
        assert_eq!(
            engine
                .call(NOORD, "POST", "/v1/notifications", Body::Bytes(kind, bytes))
                .await
                .status,
            202,
            "{kind}"
        );
    }
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_oversized_body_is_refused_and_not_held_in_memory_for_long() {
    let engine = Engine::start().await;
    for (path, methods) in paths("email") {
        for method in methods
            .into_iter()
            .filter(|m| *m != "get" && !is_link(&path))
        {
            let large = matches!(
                path.as_str(),
                "/v1/notifications/batch" | "/v1/tenants/load"
            );
            let size = if large {
                (64 << 20) + 1
            } else {
                (256 << 10) + 1
            };
            let (kind, key) = (media(&path), key_for(&path));
            let head = format!(
                "{} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n",
                method.to_uppercase()
            );
            let mut bytes = head.into_bytes();
            bytes.resize(bytes.len() + size, b' ');
            // A mail is read at its beginning, however long it is; its sender waits for what is
            // made of it.
            let mail = path == "/v1/receipts/email";
            let reply = if mail {
                told(engine.http, &bytes).await
            } else {
                raw(engine.http, &bytes).await
            };
            let reply = reply.expect("an answer before the connection ends");
            let expected = if mail {
                (422, "not_mail".into())
            } else {
                (413, "too_large".into())
            };
            assert_eq!(reply.problem(), expected, "{path}");
        }
    }
    let many = Body::Bytes("application/x-ndjson", "{}\n".repeat(50_001).into_bytes());
    let reply = engine
        .call(NOORD, "POST", "/v1/notifications/batch", many)
        .await;
    assert_eq!(reply.problem(), (413, "too_many_rows".into()));
    lives(&engine).await;
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_end_in_the_middle_take_nothing_with_them() {
    let engine = Engine::start().await;
    let body = notice("H-1", "m-1").to_string();
    let head = format!(
        "POST /v1/notifications HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {NOORD}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let whole = format!("{head}{body}");
    for cut in (0..whole.len()).step_by(7) {
        if let Some(reply) = raw(engine.http, &whole.as_bytes()[..cut]).await {
            assert!(
                (400..500).contains(&reply.status),
                "{cut}: {} {}",
                reply.status,
                reply.text()
            );
        }
    }
    assert_eq!(
        engine.ask(NOORD, "/v1/notifications").await.ok()["notifications"],
        json!([]),
        "half a notification is none"
    );
    let chunked = format!(
        "POST /v1/facts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {NOORD}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    for rest in [
        "",
        "zz\r\n",
        "5\r\nab",
        "ffffffffffffffff\r\nx",
        "5\r\n{\"a\":",
    ] {
        let reply = raw(engine.http, format!("{chunked}{rest}").as_bytes()).await;
        assert!(
            reply.is_none_or(|reply| (400..500).contains(&reply.status)),
            "{rest:?}"
        );
    }
    lives(&engine).await;
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_http_is_closed_with_a_4xx_at_most() {
    let engine = Engine::start().await;
    let header = |name: &str, length: usize| {
        format!(
            "GET /healthz HTTP/1.1\r\nHost: x\r\n{name}: {}\r\n\r\n",
            "h".repeat(length)
        )
        .into_bytes()
    };
    let many = |count: usize| {
        format!(
            "GET /healthz HTTP/1.1\r\nHost: x\r\n{}\r\n",
            "a: b\r\n".repeat(count)
        )
        .into_bytes()
    };
    let cases: Vec<Vec<u8>> = vec![
        header("x-large", 2_000_000),
        many(5_000),
        format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "u".repeat(200_000)).into_bytes(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        b"SLUI\x00\x01".to_vec(),
        b"GET /healthz HTTP/9.9\r\n\r\n".to_vec(),
        b"GET  /healthz\r\n\r\n".to_vec(),
        b"POST /v1/facts HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n".to_vec(),
        b"POST /v1/facts HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello".to_vec(),
        b"POST /v1/facts HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n".to_vec(),
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n".to_vec(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff".to_vec(),
        vec![0; 10_000],
        (0..=255).cycle().take(10_000).collect(),
    ];
    for (number, bytes) in cases.iter().enumerate() {
        let reply = raw(engine.http, bytes).await;
        assert!(
            reply.is_none_or(|reply| (400..500).contains(&reply.status)),
            "case {number}"
        );
    }
    lives(&engine).await;
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn extreme_numbers_and_times_are_refused_or_borne() {
    let engine = Engine::start().await;
    engine.reachable(NOORD, "H-1").await;
    let numbers = [
        json!(i64::MAX),
        json!(i64::MIN),
        json!(-1),
        json!(0),
        json!(u64::MAX),
        json!(1.5),
        json!("1"),
        json!(null),
    ];
    for (count, number) in numbers.iter().enumerate() {
        let mut body = storno("H-1", &format!("F-{count}"), &format!("n-{count}"));
        body["data"]["amount_cents"] = number.clone();
        let reply = engine.post(NOORD, body).await;
        assert_eq!(
            reply.status == 202,
            number.is_i64(),
            "{number}: {}",
            reply.text()
        );
        for kind in ["balance", "payment", "open_amount", "payment"] {
            let fact = json!({
                "fact_id": format!("{kind}-{count}-{}", engine.now()), "type": kind, "tenant_id": "H-1", "amount_cents": number,
                "subject": { "kind": "invoice", "id": format!("F-{count}") }, "occurred_at": engine.now(), "environment": "test"
            });
            let reply = engine.call(NOORD, "POST", "/v1/facts", fact).await;
            assert_eq!(
                reply.status == 200,
                number.is_i64(),
                "{kind} {number}: {}",
                reply.text()
            );
            engine.pass(1).await;
        }
    }
    let times = [
        "1970-01-01T00:00:01Z",
        "9998-12-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "10000-01-01T00:00:00Z",
        "9998-12-31T23:59:59-05:00",
        "2026-02-30T00:00:00Z",
        "now",
        "-1",
        "",
    ];
    for (count, time) in times.iter().enumerate() {
        for field in ["send_after", "expires_at"] {
            let mut body = notice("H-1", &format!("t-{field}-{count}"));
            body[field] = (*time).into();
            let status = engine.post(NOORD, body).await.status;
            assert_eq!(status, if count < 2 { 202 } else { 422 }, "{field} {time}");
        }
        let fact = json!({ "fact_id": format!("t-{count}"), "type": "balance", "tenant_id": "H-1", "amount_cents": 1, "occurred_at": time, "environment": "test" });
        let status = engine.call(NOORD, "POST", "/v1/facts", fact).await.status;
        // What happened lies behind us; only a wish may lie ahead.
        assert_eq!(status, if count < 1 { 200 } else { 422 }, "{time}");
    }
    engine.settled().await;
    for path in [
        "/v1/notifications",
        "/v1/tenants/H-1",
        "/v1/tenants/H-1/timeline?limit=200",
        "/v1/outcomes",
    ] {
        assert_eq!(engine.ask(NOORD, path).await.status, 200, "{path}");
    }
    lives(&engine).await;
    engine.end().await;
}

/// What could be meant in two ways is not guessed, and what could never have been accepted is not
/// looked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_twice_or_could_not_be_is_refused() {
    let engine = Engine::start().await;
    engine.owes(NOORD, "H-1", "b-1").await;
    let id = engine.accepted(NOORD, notice("H-1", "w-1")).await;
    let long = "x".repeat(200);
    let subject =
        |kind: &str, id: &str| format!("{{\"subject\":{{\"kind\":\"{kind}\",\"id\":\"{id}\"}}}}");
    let cases = [
        (
            format!("/v1/notifications/{id}/cancel"),
            "{\"note\":\"a\",\"note\":\"b\"}".to_owned(),
        ),
        (
            format!("/v1/tasks/{id}.1/answer"),
            "{\"answer\":\"close\",\"answer\":\"retry\",\"by\":\"x\"}".into(),
        ),
        (
            "/v1/pause".into(),
            "{\"channel\":\"sms\",\"channel\":\"email\"}".into(),
        ),
        ("/v1/resume".into(), format!("{{\"flow\":\"{long}\"}}")),
        (
            "/v1/cancellations".into(),
            "{\"subject\":{\"kind\":\"a\",\"id\":\"1\"},\"subject\":{\"kind\":\"a\",\"id\":\"2\"}}"
                .into(),
        ),
        ("/v1/cancellations".into(), subject("invoice", "")),
        ("/v1/cancellations".into(), subject("Invoice!", "F-1")),
        ("/v1/cancellations".into(), subject("invoice", &long)),
        ("/v1/cancellations".into(), subject("invoice", "a\\u0000")),
        ("/v1/cancellations".into(), "{\"note\":\"x\"}".into()),
    ];
    for (path, body) in cases {
        let reply = engine
            .call(
                NOORD,
                "POST",
                &path,
                Body::Bytes("application/json", body.clone().into_bytes()),
            )
            .await;
        assert_eq!(reply.problem(), (422, "invalid".into()), "{path} {body}");
    }
    let mut by_position = storno("H-1", "F-1", "w-2");
    by_position["subject"] = json!(["invoice", "F-1"]);
    assert_eq!(
        engine.post(NOORD, by_position).await.problem(),
        (422, "invalid".into())
    );
    engine.end().await;
}

/// Every mistake at once, each with its path: a sender mends them in one go.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_mistake_is_reported_with_its_path() {
    let engine = Engine::start().await;
    let body = json!({ "tenant_id": "", "flow": "Notice!", "category": 1, "priorty": "bulk", "environment": "prod", "send_after": "tomorrow" });
    let reply = engine.post(NOORD, body).await;
    assert_eq!(reply.problem(), (422, "invalid".into()));
    let errors = reply.json()["errors"].clone();
    let mut paths: Vec<String> = errors
        .as_array()
        .unwrap()
        .iter()
        .map(|e: &Value| e["path"].as_str().unwrap().to_owned())
        .collect();
    paths.sort();
    assert_eq!(
        paths,
        [
            "category",
            "environment",
            "flow",
            "idempotency_key",
            "priorty",
            "send_after",
            "tenant_id"
        ]
    );
    engine.end().await;
}
