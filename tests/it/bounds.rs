//! What one tenant and one corporation may take, from outside: refused by name, with a time to come back, and nothing stored.

use serde_json::json;

use crate::support::{Body, Engine, NOORD, Setup, ZUID, notice};

fn later(tenant: &str, key: &str) -> serde_json::Value {
    let mut body = notice(tenant, key);
    body["send_after"] = "2026-12-01T08:00:00Z".into();
    body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_tenant_is_429_by_name_alone_and_in_a_batch_and_takes_again_once_one_has_ended() {
    let mut engine = Engine::with(Setup { limits: "max_open_per_tenant = 3", ..Setup::default() }).await;
    let rows: Vec<String> = (1..=5).map(|n| later("ONBEKEND", &format!("k-{n}")).to_string()).collect();
    let rows = [&rows[..], &[later("H-1", "k-9").to_string()]].concat().join("\n");
    let reply = engine.call(NOORD, "POST", "/v1/notifications/batch", Body::Bytes("application/x-ndjson", rows.into())).await;
    let rows = reply.rows();
    assert!([0, 1, 2, 5].iter().all(|row| rows[*row]["status"] == "accepted"), "{rows:?}");
    for row in &rows[3..5] {
        assert_eq!((&row["error"]["code"], &row["error"]["status"]), (&json!("tenant_full"), &json!(429)));
        assert!(row["error"]["detail"].as_str().unwrap().contains("\"ONBEKEND\" has 3 open"), "{row}");
    }

    let alone = engine.post(NOORD, later("ONBEKEND", "k-4")).await;
    assert_eq!(alone.header("retry-after"), "60");
    assert_eq!(alone.problem(), (429, "tenant_full".into()));
    // The bound is the tenant's: of another corporation the same number is another tenant.
    engine.accepted(ZUID, later("ONBEKEND", "k-4")).await;
    engine.restart().await;
    assert_eq!(engine.post(NOORD, later("ONBEKEND", "k-4")).await.problem(), (429, "tenant_full".into()));

    let first = rows[0]["id"].as_str().unwrap();
    engine.call(NOORD, "POST", &format!("/v1/notifications/{first}/cancel"), Body::Nothing).await.ok();
    let taken = engine.post(NOORD, later("ONBEKEND", "k-4")).await;
    assert_eq!((taken.status, &taken.json()["duplicate"]), (202, &json!(null)), "its key was given back each time");
    engine.end().await;
}
