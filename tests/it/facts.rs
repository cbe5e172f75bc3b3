//! Facts of declared types, over HTTP: taken, refused with what helps, read by the rules of a flow, and
//! remembered over a restart.

use serde_json::{Value, json};

use crate::support::{Engine, NOORD, Setup, ZUID};

const DAY: i64 = 24 * 3_600_000;

/// A notice to nobody with an exception, and to nobody with three complaints within a month.
const CAREFUL: &str = r#"
name = "careful"
version = 1
purpose = "collection"

[input]
title = "line"
text = "line"

[[guard]]
name = "no exception"
when = "!has(facts.exception)"
otherwise = "human: collections"

[[guard]]
name = "few complaints"
when = "!has(facts.complaint) || facts.complaint.count < 3"
otherwise = "end: too many complaints"

[[guard]]
name = "arrangement, if any, is kept"
when = "!has(facts.arrangement) || facts.arrangement.next_due + 5 days >= today"
otherwise = "end: arrangement missed"

[[step]]
id = "first"
send = { template = { null = "notice-null" }, via = ["null"] }
on.bounced = "end: undeliverable"
"#;

const COMPLAINT: &str = r#"
about = "tenant"
holds = "30d"
counts = "sum"

[fields]
count = "integer"
"#;

/// An engine with the flow above, and a type of fact of its own.
async fn engine() -> Engine {
    let dir = tempfile::tempdir().expect("a folder").keep();
    std::fs::create_dir(dir.join("facts")).expect("a folder");
    std::fs::write(dir.join("careful.toml"), CAREFUL).expect("a flow");
    std::fs::write(dir.join("facts/complaint.toml"), COMPLAINT).expect("a type");
    let lines = format!("[flows]\ndirectory = {:?}\n", dir.display().to_string());
    let setup = Setup {
        archive: Box::leak(lines.into_boxed_str()),
        ..Setup::default()
    };
    let engine = Engine::with(setup).await;
    engine.reachable(NOORD, "H-1").await;
    engine
}

async fn careful(engine: &Engine, key: &str) -> Value {
    let body = json!({
        "tenant_id": "H-1", "flow": "careful", "category": "collection", "environment": "test",
        "idempotency_key": key, "data": { "title": "Huur", "text": "Bel ons." }
    });
    let id = engine.accepted(NOORD, body).await;
    engine.settled().await;
    engine.get(NOORD, &id).await
}

async fn tell(engine: &Engine, id: &str, kind: &str, more: Value) {
    let mut fact = json!({ "type": kind, "tenant_id": "H-1" });
    let more = more.as_object().expect("an object").clone();
    for (key, value) in more {
        fact[key] = value;
    }
    engine.fact(NOORD, id, fact).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exception_keeps_people_from_automated_collection_until_its_last_day_is_over() {
    let mut engine = engine().await;
    let before = careful(&engine, "n-1").await;
    assert_eq!(before["end"], "delivered", "{before}");
    let exception = json!({ "kind": "wsnp", "ends_on": "2026-02-03" });
    tell(&engine, "e-1", "exception", exception).await;
    let kept = careful(&engine, "n-2").await;
    assert_eq!(kept["state"], "task", "{kept}");
    engine.restart().await;
    let kept = careful(&engine, "n-3").await;
    assert_eq!(kept["state"], "task", "{kept}");
    // Two days later that day is over, in Amsterdam too.
    engine.pass(2 * DAY).await;
    let after = careful(&engine, "n-4").await;
    assert_eq!(after["end"], "delivered", "{after}");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_corporations_own_type_is_added_up_and_days_are_reckoned_with() {
    let engine = engine().await;
    for number in 0..3 {
        let id = format!("c-{number}");
        tell(&engine, &id, "complaint", json!({ "count": 1 })).await;
    }
    let complained = careful(&engine, "n-1").await;
    assert_eq!(complained["end"], "too many complaints", "{complained}");
    engine.pass(31 * DAY).await;
    let active = |next_due: &str| json!({ "status": "active", "next_due": next_due });
    tell(&engine, "a-1", "arrangement", active("2026-03-01")).await;
    let in_time = careful(&engine, "n-2").await;
    assert_eq!(in_time["end"], "delivered", "{in_time}");
    tell(&engine, "a-2", "arrangement", active("2026-02-20")).await;
    let missed = careful(&engine, "n-3").await;
    assert_eq!(missed["end"], "arrangement missed", "{missed}");
    let told = missed.to_string();
    assert!(
        told.contains("facts.arrangement.next_due + 5 days"),
        "{told}"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_type_and_an_unknown_field_are_refused_with_the_nearest_name() {
    let engine = engine().await;
    let post = async |key: &str, kind: &str, more: (&str, Value)| {
        let mut fact = json!({
            "fact_id": "x-1", "type": kind, "tenant_id": "H-1", "environment": "test", "occurred_at": engine.now()
        });
        fact[more.0] = more.1;
        let reply = engine.call(key, "POST", "/v1/facts", fact).await;
        (reply.status, reply.text())
    };
    let cases = [
        (
            "exceptoin",
            ("kind", json!("wsnp")),
            "did you mean \\\"exception\\\"?",
        ),
        (
            "exception",
            ("kind", json!("guardain")),
            "did you mean \\\"guardian\\\"?",
        ),
        (
            "exception",
            ("kinds", json!("wsnp")),
            "did you mean \\\"kind\\\"?",
        ),
        ("complaint", ("count", json!("3")), "count"),
    ];
    for (kind, more, part) in cases {
        let (status, text) = post(NOORD, kind, more).await;
        assert!(
            status == 422 && text.contains(part),
            "{kind}: {status} {text}"
        );
    }
    let (status, _) = post(ZUID, "segment", ("name", json!("starters"))).await;
    assert_eq!(status, 200);
    engine.end().await;
}
