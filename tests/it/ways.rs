//! Ways that do not reach: a channel that failed is not tried again by the shipped flows, and what
//! cannot be made for a channel goes by the next one. Refuses a task where a way is left.

use serde_json::{Value, json};
use sluis_loadtest::sink::{LaterEvent, SmsCallback};

use crate::support::{Engine, NOORD, notice, storno};

/// Prefers SMS, and has a mail address too.
async fn prefers_sms(engine: &Engine) {
    let profile = json!({
        "name": "mevrouw De Vries",
        "addresses": [{ "channel": "email", "value": "vries@huurder.example" }, { "channel": "sms", "value": "+31612345678" }],
        "preferences": [{ "category": "*", "channel": "sms" }]
    });
    engine.put_tenant(NOORD, "H-1", profile).await;
    engine.owes(NOORD, "H-1", "b-1").await;
}

/// The same callback, with another status.
fn expired(callback: &SmsCallback) -> SmsCallback {
    let other = |text: &str| text.replace("status=delivered", "status=expired");
    let body = other(&String::from_utf8_lossy(&callback.body)).into_bytes();
    let changed = SmsCallback {
        url: other(&callback.url),
        body,
        ..callback.clone()
    };
    assert!(
        changed.url != callback.url || changed.body != callback.body,
        "{}",
        callback.url
    );
    changed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_sms_that_expired_is_followed_by_mail_in_both_shipped_flows() {
    for body in [notice("H-1", "n-1"), storno("H-1", "F-1", "s-1")] {
        let engine = Engine::with_sinks().await;
        prefers_sms(&engine).await;
        let id = engine.accepted(NOORD, body).await;
        engine.settled().await;
        assert_eq!((engine.sms(), engine.mails()), (1, 0));
        let Some(LaterEvent::SmsCallback(callback)) = engine.next_event() else {
            panic!("no callback is planned")
        };
        let expired = expired(&callback);
        engine
            .deliver("", &LaterEvent::SmsCallback(expired))
            .await
            .ok();
        engine.settled().await;
        let now = engine.get(NOORD, &id).await;
        assert_eq!((engine.sms(), engine.mails()), (1, 1), "{now}");
        assert_eq!(now["attempts"][1]["channel"], "email");
        engine.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_too_long_for_sms_goes_by_mail_and_makes_no_task() {
    let mut engine = Engine::with_sinks().await;
    prefers_sms(&engine).await;
    let mut long = notice("H-1", "n-1");
    long["data"]["text"] = "Wij komen langs. ".repeat(60).into();
    let id = engine.accepted(NOORD, long).await;
    engine.settled().await;
    let now = engine.get(NOORD, &id).await;
    assert_eq!(
        (engine.sms(), engine.mails(), &now["state"], &now["step"]),
        (0, 1, &json!("sent"), &json!("first")),
        "{now}"
    );
    assert_eq!(
        (
            &now["attempts"][0]["channel"],
            &now["attempts"][0]["why"]["code"]
        ),
        (&json!("sms"), &json!("segments"))
    );
    let tenant = engine.ask(NOORD, "/v1/tenants/H-1").await.ok();
    let states: Vec<&Value> = tenant["profile"]["addresses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| &a["state"])
        .collect();
    assert_eq!(
        states,
        ["created", "created"],
        "no address is marked for our own refusal"
    );
    engine.restart().await;
    assert_eq!(engine.get(NOORD, &id).await["attempts"], now["attempts"]);
    let tasks = engine.ask(NOORD, "/v1/tasks").await.ok();
    assert_eq!((&tasks["tasks"], tasks.get("groups")), (&json!([]), None));
    engine.end().await;
}
