//! Pauses are said, seen and ended by name: a corporation's own and an operator's. Refuses what
//! would hold everything by a slip.

use serde_json::{Value, json};

use crate::support::{Body, Engine, NOORD, OPERATOR, START, ZUID, notice};

async fn pauses(engine: &Engine, key: &str) -> Vec<Value> {
    engine.ask(key, "/v1/pauses").await.ok()["pauses"]
        .as_array()
        .expect("a list")
        .clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scope_that_is_not_said_pauses_nothing() {
    let engine = Engine::start().await;
    let unsaid: [Body; 8] = [
        Body::Nothing,
        json!({}).into(),
        json!({ "flow": null }).into(),
        json!({ "channel": null }).into(),
        json!({ "all": false }).into(),
        json!({ "all": null }).into(),
        json!({ "all": true, "flow": "notice" }).into(),
        json!(null).into(),
    ];
    for path in ["/v1/pause", "/v1/resume"] {
        for body in unsaid.clone() {
            assert_eq!(
                engine
                    .call(NOORD, "POST", path, body.clone())
                    .await
                    .problem(),
                (422, "invalid".into()),
                "{path} {body:?}"
            );
        }
    }
    for path in ["/v1/operator/pause", "/v1/operator/resume"] {
        for body in unsaid.clone().into_iter().chain([
            json!({ "corporation": null }).into(),
            json!({ "corporation": "west" }).into(),
        ]) {
            let problem = engine
                .call(OPERATOR, "POST", path, body.clone())
                .await
                .problem();
            assert_eq!(problem, (422, "invalid".into()), "{path} {body:?}");
        }
    }
    assert!(pauses(&engine, NOORD).await.is_empty());
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pauses_are_listed_until_each_is_resumed_by_its_own_name() {
    let mut engine = Engine::start().await;
    engine.reachable(NOORD, "H-1").await;
    let began = engine.now();
    engine
        .call(NOORD, "POST", "/v1/pause", json!({ "flow": "notice" }))
        .await
        .ok();
    engine
        .call(NOORD, "POST", "/v1/pause", json!({ "all": true }))
        .await
        .ok();
    engine.pass(60_000).await;
    let repeated = engine
        .call(NOORD, "POST", "/v1/pause", json!({ "all": true }))
        .await
        .ok();
    let all = json!({
        "corporation": "noord", "by": "corporation", "since": began, "complete": true
    });
    let flow = json!({
        "corporation": "noord", "flow": "notice", "by": "corporation", "since": began, "complete": true
    });
    assert_eq!(
        repeated["pauses"],
        json!([all, flow]),
        "a pause that is repeated does not begin again"
    );
    engine.restart().await;
    assert_eq!(pauses(&engine, NOORD).await, [all, flow.clone()]);
    assert!(pauses(&engine, ZUID).await.is_empty());
    for (key, count) in [(NOORD, 2), (OPERATOR, 2), ("", 0), (ZUID, 0)] {
        let ready = engine.ask(key, "/readyz").await.ok();
        assert_eq!(
            ready["paused"],
            json!({ "everything": false, "pauses": count }),
            "{key:?}"
        );
    }

    let id = engine.accepted(NOORD, notice("H-1", "p-1")).await;
    let resumed = engine
        .call(NOORD, "POST", "/v1/resume", json!({ "all": true }))
        .await
        .ok();
    assert_eq!(
        (&resumed["paused"], &resumed["pauses"]),
        (&json!(true), &json!([flow])),
        "it says what remains"
    );
    engine.settled().await;
    assert_eq!(engine.get(NOORD, &id).await["state"], "ready");
    for gone in [
        json!({ "all": true }),
        json!({ "flow": "notise" }),
        json!({ "flow": "notice", "channel": "null" }),
    ] {
        let refused = engine.call(NOORD, "POST", "/v1/resume", gone).await;
        assert_eq!(refused.problem(), (409, "not_paused".into()));
        assert!(
            refused.text().contains("flow notice"),
            "it names what is paused: {}",
            refused.text()
        );
    }
    let resumed = engine
        .call(NOORD, "POST", "/v1/resume", json!({ "flow": "notice" }))
        .await
        .ok();
    assert_eq!(
        (&resumed["paused"], &resumed["pauses"]),
        (&json!(false), &json!([]))
    );
    engine.settled().await;
    assert_eq!(engine.get(NOORD, &id).await["end"], "delivered");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operators_pause_of_a_corporation_is_not_the_corporations_own() {
    let engine = Engine::start().await;
    engine.reachable(NOORD, "H-1").await;
    let named = json!({ "corporation": "noord", "flow": "notice" });
    engine
        .call(OPERATOR, "POST", "/v1/operator/pause", named.clone())
        .await
        .ok();
    let id = engine.accepted(NOORD, notice("H-1", "p-1")).await;
    let refused = engine
        .call(NOORD, "POST", "/v1/resume", json!({ "flow": "notice" }))
        .await;
    assert_eq!(refused.problem(), (409, "not_paused".into()));
    assert!(
        refused.text().contains("by an operator"),
        "{}",
        refused.text()
    );

    let own = engine
        .call(NOORD, "POST", "/v1/pause", json!({ "flow": "notice" }))
        .await
        .ok();
    let whose: Vec<&Value> = own["pauses"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|pause| &pause["by"])
        .collect();
    assert_eq!(whose, ["corporation", "operator"]);
    let resumed = engine
        .call(NOORD, "POST", "/v1/resume", json!({ "flow": "notice" }))
        .await
        .ok();
    assert_eq!(resumed["paused"], true, "the operator's stands");
    engine.settled().await;
    let shown = engine.get(NOORD, &id).await;
    assert_eq!(shown["state"], "ready");

    engine
        .call(NOORD, "POST", "/v1/pause", json!({ "flow": "notice" }))
        .await
        .ok();
    let ended = engine
        .call(OPERATOR, "POST", "/v1/operator/resume", named)
        .await
        .ok();
    assert_eq!(ended["pauses"], json!([]), "an operator ends both");
    engine.settled().await;
    assert_eq!(engine.get(NOORD, &id).await["end"], "delivered");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_holds_everything_and_no_corporation_lets_it_go() {
    let engine = Engine::start().await;
    for key in [NOORD, ZUID] {
        engine.reachable(key, "H-1").await;
        let refused = engine
            .call(key, "POST", "/v1/operator/pause", json!({ "all": true }))
            .await;
        assert_eq!(refused.problem(), (401, "unauthorized".into()));
    }
    engine
        .call(
            OPERATOR,
            "POST",
            "/v1/operator/pause",
            json!({ "all": true }),
        )
        .await
        .ok();
    let mut held = Vec::new();
    for key in [NOORD, ZUID] {
        held.push(engine.accepted(key, notice("H-1", "p-1")).await);
        assert_eq!(
            pauses(&engine, key).await.len(),
            1,
            "whoever is held sees it"
        );
        let refused = engine
            .call(key, "POST", "/v1/resume", json!({ "all": true }))
            .await;
        assert_eq!(
            refused.problem(),
            (409, "not_paused".into()),
            "its own pause would be another one"
        );
    }
    engine.pass(90_000).await;
    assert_eq!(engine.get(NOORD, &held[0]).await["state"], "ready");
    assert_eq!(
        engine.ask("", "/readyz").await.ok()["paused"]["everything"],
        true
    );

    let overview = engine.ask(OPERATOR, "/v1/operator/overview").await.ok();
    assert_eq!(
        (
            &overview["open"],
            &overview["pauses"].as_array().unwrap().len().into()
        ),
        (&json!(2), &json!(1))
    );
    let noord = &overview["corporations"][0];
    assert_eq!(
        (&noord["corporation"], &noord["states"]["ready"]["count"]),
        (&json!("noord"), &json!(1))
    );
    assert_eq!(noord["states"]["ready"]["oldest_seconds"], 90);
    let rows = engine
        .ask(
            OPERATOR,
            "/v1/operator/notifications?state=ready&corporation=zuid",
        )
        .await;
    assert!(
        !rows.text().contains("H-1"),
        "no number of a tenant: {}",
        rows.text()
    );
    assert_eq!(rows.ok()["notifications"][0]["id"], json!(held[1]));
    for path in ["overview", "pauses", "notifications"] {
        assert_eq!(
            engine
                .ask(NOORD, &format!("/v1/operator/{path}"))
                .await
                .problem(),
            (401, "unauthorized".into())
        );
    }

    engine
        .call(
            OPERATOR,
            "POST",
            "/v1/operator/pause",
            json!({ "corporation": "zuid", "channel": "null" }),
        )
        .await
        .ok();
    engine
        .call(
            OPERATOR,
            "POST",
            "/v1/operator/resume",
            json!({ "all": true }),
        )
        .await
        .ok();
    engine.settled().await;
    assert_eq!(engine.get(NOORD, &held[0]).await["end"], "delivered");
    assert_eq!(
        engine.get(ZUID, &held[1]).await["state"],
        "ready",
        "the other pause stays"
    );
    engine
        .call(
            OPERATOR,
            "POST",
            "/v1/operator/resume",
            json!({ "corporation": "zuid", "channel": "null" }),
        )
        .await
        .ok();
    engine.settled().await;
    assert_eq!(engine.get(ZUID, &held[1]).await["end"], "delivered");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_start_sends_nothing_until_an_operator_says_so() {
    let mut engine = Engine::start().await;
    engine.reachable(NOORD, "H-1").await;
    let mut later = notice("H-1", "p-1");
    later["send_after"] =
        sluis::explain::rfc3339(sluis_model::Timestamp(START.0 + 3_600_000)).into();
    let id = engine.accepted(NOORD, later).await;
    engine.paused = true;
    engine.restart().await;
    engine.pass(7_200_000).await;
    assert_eq!(
        engine.get(NOORD, &id).await["state"],
        "ready",
        "it fell due and nothing left"
    );
    engine.paused = false;
    engine.restart().await;
    assert_eq!(
        engine.get(NOORD, &id).await["state"],
        "ready",
        "the pause is on the record"
    );
    engine
        .call(
            OPERATOR,
            "POST",
            "/v1/operator/resume",
            json!({ "all": true }),
        )
        .await
        .ok();
    engine.settled().await;
    assert_eq!(engine.get(NOORD, &id).await["end"], "delivered");
    engine.end().await;
}
