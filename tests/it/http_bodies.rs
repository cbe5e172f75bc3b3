//! What a body is said to be, what it begins with, and that it is not empty: the same rules at every
//! address.

use serde_json::json;
use sluis::access::Access;
use sluis::http::{HttpSettings, route_list};

use crate::silent::{Port, ask, post};
use crate::support::{Body, Engine, NOORD, OPERATOR, notice};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_body_is_said_to_be_counts_everywhere() {
    let engine = Engine::start().await;
    let id = engine.accepted(NOORD, notice("H-1", "c-1")).await;
    let mut seen = 0;
    let routes = route_list().into_iter();
    let with_body =
        routes.filter(|route| route.method != "get" && !crate::hostile::is_link(route.path));
    for route in with_body {
        let key = match route.access {
            Access::Operator => OPERATOR,
            _ => NOORD,
        };
        let task = route.path.contains("tasks");
        let place = route
            .path
            .replace("{provider}", "email")
            .replace("{id}", if task { "0.1" } else { &id });
        let method = route.method.to_uppercase();
        for kind in [
            "application/xml",
            "multipart/form-data; boundary=x",
            "image/png",
            "\u{2603}",
        ] {
            let headers = [("content-type", kind.to_owned())];
            let reply = engine
                .call_with(key, &method, &place, Body::Nothing, &headers)
                .await;
            assert_eq!(
                reply.problem(),
                (415, "wrong_type".into()),
                "{method} {place} {kind}"
            );
            assert!(
                !reply.header("accept").is_empty(),
                "{method} {place} says what it takes"
            );
            seen += 1;
        }
        let coded = [("content-encoding", "gzip".to_owned())];
        let reply = engine
            .call_with(key, &method, &place, json!({}), &coded)
            .await;
        assert_eq!(
            reply.problem(),
            (415, "wrong_encoding".into()),
            "{method} {place}"
        );
        assert_eq!(reply.header("accept-encoding"), "identity");
    }
    assert!(seen >= 4 * 8, "{seen}");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_curl_says_of_json_is_json_and_a_form_is_not() {
    let engine = Engine::start().await;
    let form = "application/x-www-form-urlencoded";
    let body = notice("H-1", "c-1").to_string();
    assert_eq!(
        engine
            .call(
                NOORD,
                "POST",
                "/v1/notifications",
                Body::Bytes(form, body.clone().into())
            )
            .await
            .status,
        202
    );
    assert_eq!(
        engine
            .call(
                NOORD,
                "POST",
                "/v1/notifications/batch",
                Body::Bytes(form, body.clone().into())
            )
            .await
            .status,
        200
    );
    for path in ["/v1/notifications", "/v1/notifications/batch", "/v1/facts"] {
        let reply = engine
            .call(
                NOORD,
                "POST",
                path,
                Body::Bytes(form, b"tenant_id=H-1&flow=notice".to_vec()),
            )
            .await;
        assert_eq!(reply.problem(), (415, "wrong_type".into()), "{path}");
        let from_a_page = [
            ("content-type", form.to_owned()),
            ("origin", "https://elsewhere.example".to_owned()),
        ];
        let body = Body::Bytes("", body.clone().into());
        let reply = engine
            .call_with(NOORD, "POST", path, body, &from_a_page)
            .await;
        assert_eq!(reply.problem(), (415, "wrong_type".into()), "{path}");
    }
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_byte_order_mark_means_nothing_anywhere() {
    const MARK: &str = "\u{feff}";
    let engine = Engine::start().await;
    let now = engine.now();
    let id = engine.accepted(NOORD, notice("H-1", "c-1")).await;
    let fact = json!({
        "fact_id": "f-1", "type": "balance", "tenant_id": "H-1", "amount_cents": 1, "occurred_at": now, "environment": "test"
    });
    let cases = [
        (
            "POST",
            "/v1/notifications".to_owned(),
            notice("H-1", "c-2"),
            202,
        ),
        ("POST", "/v1/facts".into(), fact, 200),
        (
            "PUT",
            "/v1/tenants/H-1".into(),
            json!({ "name": "Bakker" }),
            200,
        ),
        (
            "POST",
            format!("/v1/notifications/{id}/cancel"),
            json!({ "note": "x" }),
            200,
        ),
        (
            "POST",
            "/v1/cancellations".into(),
            json!({ "subject": { "kind": "invoice", "id": "F-1" } }),
            200,
        ),
    ];
    for (method, path, body, status) in cases {
        let marked = Body::Bytes("application/json", format!("{MARK}{body}").into());
        let reply = engine.call(NOORD, method, &path, marked).await;
        assert_eq!(reply.status, status, "{path}: {}", reply.text());
    }
    // A file behind another has its mark in the middle.
    let rows = format!(
        "{MARK}{}\r\n{MARK}{}\n",
        notice("H-1", "c-3"),
        notice("H-1", "c-4")
    );
    let rows = engine
        .call(
            NOORD,
            "POST",
            "/v1/notifications/batch",
            Body::Bytes("application/x-ndjson", rows.into()),
        )
        .await;
    assert_eq!(
        rows.rows()
            .iter()
            .map(|row| row["status"].as_str())
            .collect::<Vec<_>>(),
        [Some("accepted"); 2],
        "{}",
        rows.text()
    );
    let list = format!(
        "{MARK}{{\"tenant_id\":\"H-2\",\"name\":\"Smit\"}}\n{MARK}{{\"tenant_id\":\"H-3\"}}\n"
    );
    for kind in ["application/x-ndjson", "application/octet-stream"] {
        let report = engine
            .call(
                NOORD,
                "POST",
                "/v1/tenants/load",
                Body::Bytes(kind, list.clone().into()),
            )
            .await
            .ok();
        assert_eq!(
            (&report["rows"], &report["rejected"]),
            (&json!(2), &json!(0)),
            "{report}"
        );
    }
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_batch_is_a_mistake() {
    let engine = Engine::start().await;
    for body in ["", "\n", " \r\n\t\n", "\u{feff}"] {
        let reply = engine
            .call(
                NOORD,
                "POST",
                "/v1/notifications/batch",
                Body::Bytes("application/x-ndjson", body.into()),
            )
            .await;
        assert_eq!(reply.problem(), (422, "invalid".into()), "{body:?}");
    }
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_answer_to_many_bad_rows_is_bounded_and_says_what_it_left_out() {
    let engine = Engine::start().await;
    let port = Port::of(&engine, HttpSettings::default()).await;
    let body = "{\"a\":1}\n".repeat(20_000);
    let said = ask(
        &mut port.connect().await,
        &post("/v1/notifications/batch", NOORD, body.len(), &body),
    )
    .await;
    let (head, rows) = said.split_once("\r\n\r\n").unwrap();
    let left_out: usize = head
        .lines()
        .find_map(|line| line.strip_prefix("sluis-problems-left-out: "))
        .unwrap()
        .parse()
        .unwrap();
    let short = rows
        .lines()
        .filter(|row| !row.contains("\"errors\""))
        .count();
    assert_eq!((rows.lines().count(), left_out), (20_000, short));
    assert!(
        (1_000..19_999).contains(&left_out)
            && rows.lines().all(|row| row.contains("\"code\":\"invalid\""))
    );
    assert!(rows.len() < 12 << 20, "{} bytes", rows.len());
    engine.end().await;
}
