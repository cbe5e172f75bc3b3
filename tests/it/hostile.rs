//! Wrong input of every kind at every endpoint: a clear error with a stable code, and the process
//! lives. The endpoints come from the router itself, so that none is forgotten.

use std::collections::BTreeMap;

use serde_json::json;
use sluis::http::route_list;

use crate::support::{Body, Engine, NOORD, OPERATOR, Reply, notice, recorder};

/// Each path, with what stands in its braces, and its methods.
pub(crate) fn paths(part: &str) -> BTreeMap<String, Vec<&'static str>> {
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

pub(crate) fn key_for(path: &str) -> &'static str {
    if matches!(path, "/metrics" | "/v1/reload") || path.starts_with("/v1/operator/") {
        OPERATOR
    } else {
        NOORD
    }
}

/// Links answer people, in HTML.
pub(crate) fn is_link(path: &str) -> bool {
    path.starts_with("/b/") || path.starts_with("/u/")
}

#[track_caller]
pub(crate) fn refused(what: &str, reply: &Reply) {
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

pub(crate) async fn lives(engine: &Engine) {
    assert_eq!(engine.ask("", "/healthz").await.text(), "ok\n");
    engine.settled().await;
    // A panic in an actor would have been caught and counted.
    let panics = crate::metrics::series(&recorder().render(), "sluis_actor_panics_total", &[]);
    assert!(panics.is_none_or(|count| count == 0.0), "an actor panicked");
}

/// The media type under which a path takes its body.
pub(crate) fn media(path: &str) -> &'static str {
    match path {
        "/v1/notifications/batch" => "application/x-ndjson",
        "/v1/tenants/load" => "text/csv",
        path if path.starts_with("/v1/mailings/") && path.ends_with("/rows") => "text/csv",
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
        "GET /u/x",
        "GET /v1/receipts/x",
        "POST /b/x",
        "POST /u/x",
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
        "/u/",
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
