//! Wrong bodies and connections: too large, cut off, no HTTP, extreme, said twice; each is told what
//! is wrong, and the process lives.

use serde_json::{Value, json};

use crate::hostile::{is_link, key_for, lives, media, paths};
use crate::support::{Body, Engine, NOORD, notice, raw, storno, told};

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
                "/v1/notifications/batch" | "/v1/tenants/load" | "/v1/mailings/email/rows"
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
