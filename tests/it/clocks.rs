//! Instants of others' clocks: what lies ahead is refused or stands where it came in. Refuses to
//! trust a sender's hour.

use serde_json::{Value, json};

use crate::support::{Engine, NOORD, Reply, storno};

async fn balance(engine: &Engine, id: &str, cents: i64, at: &str) -> Reply {
    let body = json!({
        "fact_id": id, "type": "balance", "tenant_id": "H-1", "amount_cents": cents, "occurred_at": at, "environment": "test"
    });
    engine.call(NOORD, "POST", "/v1/facts", body).await
}

fn at(engine: &Engine, ahead_ms: i64) -> String {
    use sluis_model::Clock as _;
    sluis::explain::rfc3339(engine.clock.now().plus(ahead_ms))
}

async fn reachable(engine: &Engine) {
    let profile =
        json!({ "addresses": [{ "channel": "email", "value": "jansen@huurder.example" }] });
    engine.put_tenant(NOORD, "H-1", profile).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fact_dated_ahead_is_refused_with_its_path_and_the_usual_cause() {
    let engine = Engine::with_sinks().await;
    reachable(&engine).await;
    let local = at(&engine, 3_600_000);
    for (id, ahead) in [
        ("an-hour", local.as_str()),
        ("years", "2036-11-27T09:00:00Z"),
    ] {
        let reply = balance(&engine, id, 71_250, ahead).await;
        assert_eq!(reply.status, 422);
        let problem: Value = reply.json();
        let error = &problem["errors"][0];
        assert_eq!(
            (&error["path"], &error["code"], &error["value"]),
            (&json!("occurred_at"), &json!("ahead"), &json!(ahead))
        );
        assert!(
            error["hint"].as_str().unwrap().contains("+01:00"),
            "{error}"
        );
    }
    balance(&engine, "now", 0, &engine.now()).await.ok();
    let id = engine.accepted(NOORD, storno("H-1", "F-1", "s-1")).await;
    engine.settled().await;
    assert_eq!(
        (&engine.get(NOORD, &id).await["end"], engine.mails()),
        (&json!("no balance"), 0),
        "nothing may go out"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn within_the_tolerance_a_fact_outranks_nothing_that_came_later_nor_after_a_restart() {
    let mut engine = Engine::with_sinks().await;
    reachable(&engine).await;
    balance(&engine, "ahead", 71_250, &at(&engine, 299_000))
        .await
        .ok();
    // As most write it: cut to the second, so that it is dated a little before the other came in.
    balance(&engine, "now", 0, &at(&engine, -999)).await.ok();
    for key in ["s-1", "s-2"] {
        let id = engine.accepted(NOORD, storno("H-1", key, key)).await;
        engine.settled().await;
        assert_eq!(
            (&engine.get(NOORD, &id).await["end"], engine.mails()),
            (&json!("no balance"), 0)
        );
        engine.restart().await;
    }
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fact_dated_ahead_is_as_old_as_its_arrival() {
    let engine = Engine::with_sinks().await;
    reachable(&engine).await;
    balance(&engine, "ahead", 71_250, &at(&engine, 299_000))
        .await
        .ok();
    engine.pass(24 * 3_600_000 + 1).await;
    let id = engine.accepted(NOORD, storno("H-1", "F-1", "s-1")).await;
    engine.settled().await;
    assert_eq!(
        (&engine.get(NOORD, &id).await["state"], engine.mails()),
        (&json!("held"), 0)
    );
    engine.end().await;
}
