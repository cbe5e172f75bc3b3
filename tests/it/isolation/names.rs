//! Single cases of isolation: the same names of two corporations, positions and cursors, receipts,
//! links and metrics.

use serde_json::json;

use crate::receipts::bounce;
use crate::support::{Body, Engine, NOORD, OPERATOR, Reply, ZUID, notice};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_names_are_two_things() {
    let engine = Engine::start().await;
    for key in [NOORD, ZUID] {
        engine.reachable(key, "H-1").await;
    }
    let first = engine.accepted(NOORD, notice("H-1", "same")).await;
    let second = engine.post(ZUID, notice("H-1", "same")).await.json();
    assert!(
        second["id"] != first && second.get("duplicate").is_none(),
        "{second}"
    );
    let mut other = notice("H-1", "again");
    engine.accepted(NOORD, other.clone()).await;
    other["data"]["text"] = "Anders.".into();
    engine.accepted(ZUID, other).await;
    engine
        .fact(
            NOORD,
            "f",
            json!({ "type": "balance", "tenant_id": "H-1", "amount_cents": 1 }),
        )
        .await;
    engine
        .fact(
            ZUID,
            "f",
            json!({ "type": "balance", "tenant_id": "H-1", "amount_cents": 2 }),
        )
        .await;
    assert_eq!(
        engine.ask(ZUID, "/v1/tenants/H-1").await.ok()["balance_cents"],
        2
    );

    engine
        .call(NOORD, "POST", "/v1/pause", json!({ "all": true }))
        .await
        .ok();
    let held = engine.accepted(NOORD, notice("H-1", "paused")).await;
    let sent = engine.accepted(ZUID, notice("H-1", "paused")).await;
    let foreign = engine
        .call(ZUID, "POST", "/v1/resume", json!({ "all": true }))
        .await;
    assert_eq!(
        foreign.problem(),
        (409, "not_paused".into()),
        "what another paused is not there"
    );
    assert!(!foreign.text().contains("noord"), "{}", foreign.text());
    engine.settled().await;
    assert_eq!(engine.get(NOORD, &held).await["state"], "ready");
    assert_eq!(engine.get(ZUID, &sent).await["end"], "delivered");
    let scope = engine
        .call(ZUID, "POST", "/v1/pause", json!({ "corporation": 1 }))
        .await;
    assert_eq!(
        scope.problem(),
        (422, "invalid".into()),
        "nobody names a corporation"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn positions_and_cursors_tell_nothing_of_what_others_send() {
    let engine = Engine::start().await;
    let position =
        |reply: Reply| u64::from_str_radix(reply.json()["position"].as_str().unwrap(), 16).unwrap();
    let mut positions = Vec::new();
    for number in 0..64 {
        positions.push(position(
            engine
                .post(ZUID, notice("H-1", &format!("p-{number}")))
                .await,
        ));
    }
    // In order they would tell by their gaps how much others send.
    let rising = positions.windows(2).filter(|two| two[0] < two[1]).count();
    assert!((16..48).contains(&rising), "{rising} of 63 rise");
    let (_, quiet) = engine.outcomes(ZUID, "").await;
    for number in 0..20 {
        engine
            .accepted(
                NOORD,
                notice(&format!("H-{number}"), &format!("n-{number}")),
            )
            .await;
    }
    engine.settled().await;
    let (rows, busy) = engine.outcomes(ZUID, &quiet).await;
    assert!(rows.is_empty() && quiet.len() == busy.len() && quiet != busy);
    let same = quiet
        .bytes()
        .zip(busy.bytes())
        .filter(|(a, b)| a == b)
        .count();
    assert!(
        same < quiet.len() / 4,
        "{same} of {} characters stand still",
        quiet.len()
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts_links_and_metrics_of_one_are_closed_to_the_other() {
    let engine = Engine::with_sinks().await;
    let id = engine
        .mailed_storno(NOORD, "H-1", "late-bounce@huurder.example", "F-1")
        .await;
    let event = engine.next_event().expect("a bounce");
    let foreign = engine.deliver(ZUID, &event).await;
    let forged =
        bounce("b+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@bounce.noord.example");
    let forged = engine
        .call(
            ZUID,
            "POST",
            "/v1/receipts/email",
            Body::Bytes("message/rfc822", forged.into_bytes()),
        )
        .await;
    assert_eq!(
        (foreign.status, foreign.text()),
        (forged.status, forged.text()),
        "not even that it is genuine"
    );
    // The name of the relay is another door to the same room.
    let sluis_loadtest::sink::LaterEvent::Dsn { raw, .. } = &event else {
        panic!("a bounce")
    };
    let by_name = engine
        .call(
            ZUID,
            "POST",
            "/v1/receipts/relay",
            Body::Bytes("message/rfc822", raw.clone()),
        )
        .await;
    assert_eq!(
        (by_name.status, by_name.text()),
        (forged.status, forged.text())
    );
    let tenant = engine.ask(NOORD, "/v1/tenants/H-1").await.ok();
    assert_ne!(
        tenant["profile"]["addresses"][0]["state"], "invalid",
        "{tenant}"
    );
    assert_eq!(
        engine
            .call(
                "",
                "POST",
                "/v1/receipts/relay",
                Body::Bytes("message/rfc822", raw.clone())
            )
            .await
            .status,
        401
    );
    assert_eq!(
        engine.get(NOORD, &id).await["step"],
        "mail",
        "and it did nothing"
    );
    for key in ["", NOORD, ZUID] {
        assert_eq!(
            engine.ask(key, "/metrics").await.problem(),
            (401, "unauthorized".into())
        );
    }
    assert_eq!(engine.ask(OPERATOR, "/metrics").await.status, 200);
    assert_eq!(
        engine.ask(OPERATOR, "/v1/tasks").await.problem(),
        (401, "unauthorized".into()),
        "an operator is no corporation"
    );
    engine.end().await;
}
