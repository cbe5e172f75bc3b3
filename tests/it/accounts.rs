//! Whose account a provider is, seen from outside: nothing of a corporation comes back over
//! another's account, what waits for an account that was taken away goes to people, and whoever may
//! ask is told which accounts are out. Refuses to test the router's choice: that is in `actors`.

use serde_json::{Value, json};
use sluis_loadtest::sink::{LaterEvent, SmsCallback};
use sluis_model::{AttemptRef, CorporationId, MINUTE};

use crate::receipts::bounce;
use crate::support::{
    Account, Body, Engine, NOORD, OPERATOR, Reply, Setup, ZUID, notice, reached_by,
};

const HOUR: i64 = 60 * MINUTE;
/// Accounts of zuid, beside the street's.
const OF_ZUID: &[Account] = &[
    Account {
        name: "zuidmail",
        kind: "smtp",
        corporation: "zuid",
    },
    Account {
        name: "zuidsms",
        kind: "bird-sms",
        corporation: "zuid",
    },
];
const OF_NOORD: &[Account] = &[Account {
    name: "noordmail",
    kind: "smtp",
    corporation: "noord",
}];

async fn engine(accounts: &'static [Account]) -> Engine {
    Engine::with(Setup {
        sinks: true,
        accounts,
        ..Setup::default()
    })
    .await
}

/// A mail of noord's that left over the street's relay; its id and its reference.
async fn mailed(engine: &Engine) -> (String, String) {
    engine
        .put_tenant(NOORD, "H-1", reached_by("email", "ok@huurder.example"))
        .await;
    let id = engine.accepted(NOORD, notice("H-1", "n-1")).await;
    engine.settled().await;
    let attempt = AttemptRef {
        id: id.parse().unwrap(),
        step: 0,
        attempt: 1,
    };
    (
        id,
        engine.app().reference.attempt(CorporationId(1), attempt),
    )
}

async fn bounced(engine: &Engine, key: &str, place: &str, reference: &str) -> Reply {
    let mail = bounce(&format!("b+{reference}@bounce.noord.example"));
    let body = Body::Bytes("message/rfc822", mail.into_bytes());
    engine
        .call(key, "POST", &format!("/v1/receipts/{place}"), body)
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bounce_posted_over_anothers_account_counts_for_nothing() {
    let engine = engine(OF_ZUID).await;
    let (id, reference) = mailed(&engine).await;
    for key in [NOORD, ZUID] {
        let refused = bounced(&engine, key, "zuidmail", &reference).await;
        assert_eq!(refused.problem(), (422, "no_reference".into()), "{key}");
    }
    assert_eq!(engine.get(NOORD, &id).await["state"], "sent");
    let own = bounced(&engine, NOORD, "relay", &reference).await.ok();
    assert_eq!(own["receipts"][0]["effect"], "applied", "the control");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_genuine_callback_of_anothers_account_counts_for_nothing() {
    let engine = engine(OF_ZUID).await;
    engine
        .put_tenant(NOORD, "H-1", reached_by("sms", "+31612345678"))
        .await;
    let id = engine.accepted(NOORD, notice("H-1", "n-1")).await;
    engine.settled().await;
    let Some(LaterEvent::SmsCallback(callback)) = engine.next_event() else {
        panic!("no callback is planned")
    };
    // Both accounts have the same signing key here, so that only the owner tells them apart.
    let over = |status: &str| SmsCallback {
        url: callback
            .url
            .replace("/receipts/bird?", "/receipts/zuidsms?")
            .replace("status=delivered", status),
        ..callback.clone()
    };
    for status in ["status=delivered", "status=teleported"] {
        let event = LaterEvent::SmsCallback(over(status));
        let refused = engine.deliver("", &event).await;
        assert_eq!(refused.problem(), (422, "no_reference".into()), "{status}");
    }
    assert_eq!(engine.get(NOORD, &id).await["state"], "sent");
    let event = LaterEvent::SmsCallback(callback);
    let own = engine.deliver("", &event).await.ok();
    assert_eq!(own["receipts"][0]["effect"], "applied", "the control");
    engine.end().await;
}

/// The one group of tasks of a corporation, about these notifications and no other.
async fn group(engine: &Engine, key: &str, of: &[&String]) -> Value {
    let tasks = engine.ask(key, "/v1/tasks").await.ok();
    let groups = tasks["groups"].as_array().cloned().unwrap_or_default();
    assert_eq!(groups.len(), 1, "{tasks}");
    let group = groups[0].clone();
    assert_eq!(group["notifications"], json!(of.len()), "{tasks}");
    let path = format!("/v1/tasks?group={}", group["id"].as_str().unwrap());
    let members = engine.ask(key, &path).await.ok();
    let members = members["tasks"].as_array().cloned().unwrap_or_default();
    let mut ids: Vec<&str> = members
        .iter()
        .filter_map(|task| task["notification"].as_str())
        .collect();
    ids.sort_unstable();
    let mut of = of.to_vec();
    of.sort_unstable();
    assert_eq!(ids, of);
    group
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_an_account_that_was_taken_away_goes_to_people() {
    let mut engine = engine(OF_NOORD).await;
    let doubtful = reached_by("email", "indoubt@huurder.example");
    engine.put_tenant(NOORD, "H-1", doubtful).await;
    let id = engine.accepted(NOORD, notice("H-1", "n-1")).await;
    engine.settled().await;
    let now = engine.get(NOORD, &id).await;
    assert_eq!(now["attempts"][0]["provider"], "noordmail", "{now}");
    assert_eq!(now["state"], "ready", "it goes again as itself: {now}");

    engine.use_accounts(OF_ZUID);
    engine.restart().await;
    engine.pass(MINUTE).await;
    let task = group(&engine, NOORD, &[&id]).await;
    let why = task["why"].as_str().unwrap_or_default();
    assert!(
        why.contains("no_provider") && why.contains("noordmail"),
        "{why}"
    );
    assert_eq!(engine.mails(), 1, "nothing went over another account");

    let answer = json!({ "answer": "retry", "by": "jan" });
    let path = format!("/v1/tasks/{}/answer", task["id"].as_str().unwrap());
    engine.call(NOORD, "POST", &path, answer).await.ok();
    engine.settled().await;
    let now = engine.get(NOORD, &id).await;
    assert_eq!(
        now["attempts"][1]["provider"], "relay",
        "as people said: {now}"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_comes_back_in_time_takes_what_it_had() {
    let mut engine = engine(OF_NOORD).await;
    let doubtful = reached_by("email", "indoubt@huurder.example");
    engine.put_tenant(NOORD, "H-1", doubtful).await;
    let id = engine.accepted(NOORD, notice("H-1", "n-1")).await;
    engine.settled().await;
    engine.restart().await;
    engine.pass(MINUTE).await;
    let now = engine.get(NOORD, &id).await;
    assert_eq!(now["state"], "sent", "the control: {now}");
    engine.end().await;
}

/// A street whose relay refuses noord's own account, and a notification that waits for it.
async fn barred() -> (Engine, String) {
    let engine = Engine::with(Setup {
        sinks: true,
        accounts: OF_NOORD,
        relay_password: Some("geheim"),
        ..Setup::default()
    })
    .await;
    engine
        .put_tenant(NOORD, "H-1", reached_by("email", "ok@huurder.example"))
        .await;
    let id = engine.accepted(NOORD, notice("H-1", "n-1")).await;
    // Its own account refuses it, and a moment later the street's.
    engine.pass(300).await;
    (engine, id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readiness_tells_of_an_account_to_its_corporation_and_to_operators() {
    let (engine, _) = barred().await;
    let of = async |key: &str| {
        let ready = engine.ask(key, "/readyz").await.ok();
        ready["providers"].as_array().cloned().unwrap_or_default()
    };
    let named = |out: &[Value]| -> Vec<(String, Value)> {
        let told = |p: &Value| {
            (
                p["name"].as_str().unwrap().to_owned(),
                p["corporations"].clone(),
            )
        };
        out.iter().map(told).collect()
    };
    let own = ("noordmail".to_owned(), json!(["noord"]));
    let mut all = named(&of(OPERATOR).await);
    all.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(all, [own.clone(), ("relay".to_owned(), Value::Null)]);
    assert_eq!(named(&of(NOORD).await), [own]);
    assert_eq!(named(&of(ZUID).await), [], "not even that there is one");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_wait_two_days_for_accounts_that_refuse_us_and_then_people_get_them() {
    let (engine, first) = barred().await;
    let second = engine.accepted(NOORD, notice("H-1", "n-2")).await;
    for _ in 0..47 {
        engine.pass(HOUR).await;
    }
    let tasks = engine.ask(NOORD, "/v1/tasks").await.ok();
    let (single, groups) = (&tasks["tasks"], &tasks["groups"]);
    assert_eq!(
        (single, groups),
        (&json!([]), &Value::Null),
        "no person has to do anything yet"
    );
    for _ in 0..3 {
        engine.pass(HOUR).await;
    }
    let both = group(&engine, NOORD, &[&first, &second]).await;
    let why = both["why"].as_str().unwrap_or_default();
    assert!(why.contains("5.7.8"), "{why}");
    assert_eq!((engine.mails(), engine.sms()), (0, 0));
    engine.end().await;
}
