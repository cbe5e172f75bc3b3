//! A provider that refuses our credentials: messages wait for good ones, and nothing is escalated.
//! Refuses to count such a refusal as a message that did not arrive.

use serde_json::json;
use sluis_model::MINUTE;

use crate::support::{Engine, NOORD, OPERATOR, Setup, notice, storno};

/// An engine whose password at the relay is wrong.
async fn locked_out() -> Engine {
    let engine = Engine::with(Setup {
        sinks: true,
        relay_password: Some("geheim"),
        ..Setup::default()
    })
    .await;
    let profile = json!({
        "name": "mevrouw De Vries",
        "addresses": [{ "channel": "email", "value": "vries@huurder.example" }, { "channel": "sms", "value": "+31612345678" }]
    });
    engine.put_tenant(NOORD, "H-1", profile).await;
    engine.owes(NOORD, "H-1", "b-1").await;
    engine
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_smtp_password_sends_no_sms_and_good_credentials_send_the_mails() {
    let mut engine = locked_out().await;
    let first = engine.accepted(NOORD, storno("H-1", "F-1", "s-1")).await;
    engine.settled().await;
    for number in 0..5 {
        let key = format!("n-{number}");
        engine.accepted(NOORD, notice("H-1", &key)).await;
    }
    for _ in 0..30 {
        engine.pass(2 * MINUTE).await;
    }
    assert_eq!((engine.mails(), engine.sms()), (0, 0));
    let now = engine.get(NOORD, &first).await;
    assert_eq!(
        (&now["state"], &now["step"]),
        (&json!("ready"), &json!("mail")),
        "{now}"
    );
    let tasks = engine.ask(NOORD, "/v1/tasks").await.ok();
    assert_eq!(tasks["tasks"], json!([]), "no person has to do anything");

    engine.password("geheim");
    engine.restart().await;
    for _ in 0..3 {
        engine.pass(2 * MINUTE).await;
    }
    assert_eq!((engine.mails(), engine.sms()), (6, 0), "{now}");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_that_are_read_again_send_what_waits_without_a_restart() {
    let engine = locked_out().await;
    for key in ["n-1", "n-2"] {
        engine.accepted(NOORD, notice("H-1", key)).await;
    }
    engine.pass(2 * MINUTE).await;
    engine.renew_credentials();
    engine.pass(2 * MINUTE).await;
    assert_eq!(engine.mails(), 0, "the control: the file has the wrong one");
    engine.password("geheim");
    engine.renew_credentials();
    for _ in 0..3 {
        engine.pass(2 * MINUTE).await;
    }
    assert_eq!((engine.mails(), engine.sms()), (2, 0));
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_explanation_and_the_readiness_name_the_provider_that_refuses_us() {
    let engine = locked_out().await;
    let id = engine.accepted(NOORD, notice("H-1", "n-1")).await;
    engine.settled().await;
    let now = engine.get(NOORD, &id).await;
    let delay = &now["next"]["delays"][0];
    assert_eq!(delay["reason"], "barred", "{now}");
    let why = now["why"].as_str().unwrap_or_default();
    assert!(why.contains("relay refuses our account (5.7.8"), "{why}");
    assert!(!why.contains("changeme"), "{why}");

    let ready = engine.ask(OPERATOR, "/readyz").await.ok();
    assert_eq!(ready["ready"], true, "intake goes on: {ready}");
    let provider = &ready["providers"][0];
    assert_eq!(
        (&provider["name"], &provider["state"], &provider["code"]),
        (&json!("relay"), &json!("barred"), &json!("5.7.8")),
        "{ready}"
    );
    let others = engine.ask(NOORD, "/readyz").await.ok();
    assert!(others.get("providers").is_none(), "{others}");
    engine.end().await;
}
