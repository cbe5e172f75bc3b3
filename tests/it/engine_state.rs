//! What the state of the engine means for whoever calls: after a restart, without keys, when it is
//! full.

use serde_json::json;

use crate::support::{Engine, NOORD, Setup, ZUID, notice, reached_by};

const HOUR: i64 = 3_600_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_on_the_same_data_directory_knows_everything() {
    let mut engine = Engine::start().await;
    engine.reachable(NOORD, "H-1").await;
    let ended = engine.accepted(NOORD, notice("H-1", "r-1")).await;
    let mut later = notice("H-1", "r-2");
    later["send_after"] = "2026-02-02T12:00:00Z".into();
    let first = engine.post(NOORD, later.clone()).await.json();
    let open = first["id"].as_str().unwrap().to_owned();
    engine.settled().await;
    let paths = [
        format!("/v1/notifications/{ended}"),
        format!("/v1/notifications/{open}"),
        "/v1/notifications".into(),
        "/v1/tenants/H-1".into(),
        "/v1/tenants/H-1/timeline".into(),
        "/v1/tasks".into(),
    ];
    let mut before = Vec::new();
    for path in &paths {
        before.push(engine.ask(NOORD, path).await.ok());
    }
    let (outcomes, cursor) = engine.outcomes(NOORD, "").await;
    engine.restart().await;
    for (path, before) in paths.iter().zip(before) {
        assert_eq!(engine.ask(NOORD, path).await.ok(), before, "{path}");
    }
    assert_eq!(engine.outcomes(NOORD, "").await.0, outcomes);
    assert!(
        engine.outcomes(NOORD, &cursor).await.0.is_empty(),
        "a cursor of before goes on"
    );
    let mut again = first;
    again["duplicate"] = true.into();
    assert_eq!(engine.post(NOORD, later).await.json(), again);
    engine.pass(4 * HOUR).await;
    assert_eq!(
        engine.get(NOORD, &open).await["end"],
        "delivered",
        "its wait survived"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_keys_this_machine_is_served_as_demo() {
    let engine = Engine::with(Setup {
        keys: false,
        ..Setup::default()
    })
    .await;
    engine.reachable("", "H-1").await;
    let id = engine.accepted("", notice("H-1", "d-1")).await;
    engine.settled().await;
    assert_eq!(engine.get("", &id).await["end"], "delivered");
    assert_eq!(engine.ask("", "/metrics").await.status, 200);
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_share_and_a_full_disk_push_back_and_say_when_to_come_again() {
    let engine = Engine::with(Setup {
        engine: "max_open = 4",
        ..Setup::default()
    })
    .await;
    let waiting = |number: u32| {
        let mut body = notice("H-1", &format!("q-{number}"));
        body["send_after"] = "2026-03-01T08:00:00Z".into();
        body
    };
    engine.accepted(NOORD, waiting(1)).await;
    engine.accepted(NOORD, waiting(2)).await;
    let full = engine.post(NOORD, waiting(3)).await;
    assert_eq!(full.problem(), (429, "share_full".into()));
    assert!(full.header("retry-after").parse::<u32>().unwrap() > 0);
    assert_eq!(
        engine.post(NOORD, waiting(2)).await.status,
        202,
        "a repeat of what was taken is answered"
    );
    engine.accepted(ZUID, waiting(1)).await;

    engine.app().gatekeeper.set_disk_low(true);
    let low = engine.post(ZUID, waiting(4)).await;
    assert_eq!(low.problem(), (503, "disk_nearly_full".into()));
    assert!(low.header("retry-after").parse::<u32>().unwrap() > 0);
    let put = engine
        .call(ZUID, "PUT", "/v1/tenants/H-9", reached_by("null", "x"))
        .await;
    assert_eq!(
        put.problem(),
        (503, "disk_nearly_full".into()),
        "a profile is intake too"
    );
    let ready = engine.ask("", "/readyz").await;
    assert_eq!(
        (ready.status, ready.json()["reason"].clone()),
        (503, json!("disk_nearly_full"))
    );
    engine.pays(ZUID, "H-1", "F-1").await;
    engine.app().gatekeeper.set_disk_low(false);
    assert_eq!(engine.ask("", "/readyz").await.status, 200);
    engine.accepted(ZUID, waiting(4)).await;
    engine.end().await;
}
