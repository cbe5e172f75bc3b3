//! Why a message that is ready has not left: the explanation names what holds it, with until when.

use serde_json::json;

use crate::support::{Engine, NOORD, OPERATOR, ZUID, notice};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_is_named_as_the_reason_of_a_wait() {
    let engine = Engine::start().await;
    engine.reachable(NOORD, "H-1").await;
    engine
        .call(NOORD, "POST", "/v1/pause", json!({ "flow": "notice" }))
        .await
        .ok();
    engine
        .call(
            OPERATOR,
            "POST",
            "/v1/operator/pause",
            json!({ "channel": "null" }),
        )
        .await
        .ok();
    engine
        .call(ZUID, "POST", "/v1/pause", json!({ "all": true }))
        .await
        .ok();
    let since = engine.now();
    let id = engine.accepted(NOORD, notice("H-1", "n-1")).await;
    engine.settled().await;
    let told = engine.get(NOORD, &id).await;
    assert_eq!(told["state"], "ready");
    let why = told["why"].as_str().unwrap();
    let own =
        format!("its sends are paused of flow 'notice' since {since}, until somebody resumes them");
    assert!(
        why.contains("it cannot leave now: ") && why.contains(&own),
        "{why}"
    );
    assert!(
        why.contains("an operator has paused sends over null"),
        "{why}"
    );
    let reasons: Vec<&str> = told["next"]["delays"]
        .as_array()
        .unwrap()
        .iter()
        .map(|delay| delay["reason"].as_str().unwrap())
        .collect();
    assert_eq!(
        reasons, ["pause"; 2],
        "the other corporation's is none of its business"
    );
    engine
        .call(
            OPERATOR,
            "POST",
            "/v1/operator/resume",
            json!({ "channel": "null" }),
        )
        .await
        .ok();
    engine
        .call(NOORD, "POST", "/v1/resume", json!({ "flow": "notice" }))
        .await
        .ok();
    engine.settled().await;
    let told = engine.get(NOORD, &id).await;
    assert!(
        told["next"].get("delays").is_none()
            && !told["why"].as_str().unwrap().contains("cannot leave"),
        "{told}"
    );
    engine.end().await;
}
