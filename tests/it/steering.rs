//! A corporation that steers its channels by the example's matrix: what goes where, from which day,
//! and what the API says of it.

use serde_json::{Value, json};

use crate::support::{Engine, NOORD, Setup, notice, storno};

const DAY: i64 = 86_400_000;
const EXAMPLE: &str = concat!(
    "steering = \"",
    env!("CARGO_MANIFEST_DIR"),
    "/config/steering/example.toml\""
);

async fn steered() -> Engine {
    let engine = Engine::with(Setup {
        sinks: true,
        corporation: EXAMPLE,
        ..Setup::default()
    })
    .await;
    let profile = json!({ "name": "mevrouw De Vries", "contact_points": [
        { "kind": "email", "value": "vries@huurder.example" },
        { "kind": "phone", "value": "+31612345678" }
    ] });
    engine.put_tenant(NOORD, "H-1", profile).await;
    engine.owes(NOORD, "H-1", "b-1").await;
    engine
}

fn others(attempt: &Value) -> Vec<(String, String)> {
    let others = attempt["other_channels"].as_array();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let others = others.into_iter().flatten();
    others
        .map(|other| (word(&other["channel"]), word(&other["code"])))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_matrix_leads_to_its_primary_channel_until_the_day_that_switches_it_off() {
    let engine = steered().await;
    let first = engine.accepted(NOORD, notice("H-1", "n-1")).await;
    let collection = engine.accepted(NOORD, storno("H-1", "F-1", "s-1")).await;
    engine.settled().await;
    let told = engine.get(NOORD, &first).await;
    let attempt = &told["attempts"][0];
    assert_eq!(attempt["channel"], "sms", "{told}");
    let reason = "sms is primary in the matrix row of 'repairs' from 2026-01-01 on; it is expected to cost 15 cents";
    assert_eq!(attempt["channel_reason"], reason);
    assert_eq!(others(attempt), [("email".into(), "later".into())]);
    let told = engine.get(NOORD, &collection).await;
    assert_eq!(told["attempts"][0]["channel"], "email", "{told}");

    engine.pass(3 * DAY).await;
    let later = engine.accepted(NOORD, notice("H-1", "n-2")).await;
    engine.settled().await;
    let told = engine.get(NOORD, &later).await;
    let attempt = &told["attempts"][0];
    assert_eq!(attempt["channel"], "email", "{told}");
    assert_eq!(others(attempt), [("sms".into(), "off".into())]);
    let reason = attempt["channel_reason"].as_str().expect("a reason");
    let off = "not sms (off in the matrix row of 'repairs' from 2026-02-04 on)";
    assert!(reason.ends_with(off), "{reason}");
    assert!(told["why"].as_str().expect("a sentence").contains(off));

    let profile = json!({ "name": "mevrouw De Vries", "contact_points": [
        { "kind": "email", "value": "vries@huurder.example" }, { "kind": "phone", "value": "+31612345678" }],
        "preferences": [{ "category": "*", "channel": "sms", "since": "2026-01-05", "source": "person" }] });
    engine.put_tenant(NOORD, "H-1", profile).await;
    let later = engine.accepted(NOORD, notice("H-1", "n-3")).await;
    engine.settled().await;
    let told = engine.get(NOORD, &later).await;
    let short = told["short"].as_str().expect("a sentence");
    let prefers = "The tenant prefers sms, which was not taken: off in the matrix row of 'repairs' from 2026-02-04 on.";
    assert!(short.ends_with(prefers), "{short}");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_who_has_only_what_is_off_is_told_nothing_and_the_history_says_why() {
    let engine = steered().await;
    let profile = json!({ "name": "mevrouw De Vries", "contact_points": [
        { "kind": "phone", "value": "+31612345678" }], "preferences": [{ "category": "repairs", "channel": "sms" }] });
    engine.put_tenant(NOORD, "H-1", profile).await;
    engine.pass(3 * DAY).await;
    let id = engine.accepted(NOORD, notice("H-1", "n-1")).await;
    engine.settled().await;
    let told = engine.get(NOORD, &id).await;
    assert_eq!(
        (&told["state"], &told["end"]),
        (&json!("ended"), &json!("undeliverable"))
    );
    let history = told["history"].as_array().expect("a history");
    let mut weighed = history.iter().filter(|row| row["kind"] == "steered");
    let text = weighed.next().expect("how it was weighed")["text"].to_string();
    assert!(
        text.contains("no channel of the step reaches the tenant"),
        "{text}"
    );
    assert!(
        text.contains("not sms (off in the matrix row of 'repairs'"),
        "{text}"
    );
    assert!(
        text.contains("not email (the tenant has no address"),
        "{text}"
    );
    for sentence in ["short", "why"] {
        let said = told[sentence].as_str().expect("a sentence");
        let off = "not sms (off in the matrix row of 'repairs'";
        assert!(said.contains(off), "{sentence}: {said}");
    }
    assert_eq!((engine.sms(), engine.mails()), (0, 0));
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_over_a_cap_waits_says_so_and_goes_when_it_may() {
    let engine = steered().await;
    let newsletter = |key: &str| {
        let mut notice = notice("H-1", key);
        notice["category"] = "newsletter".into();
        notice
    };
    for key in ["n-1", "n-2"] {
        engine.accepted(NOORD, newsletter(key)).await;
        engine.pass(DAY).await;
    }
    let third = engine.accepted(NOORD, newsletter("n-3")).await;
    let other = engine.accepted(NOORD, notice("H-1", "n-4")).await;
    engine.settled().await;
    assert_eq!(engine.mails(), 3, "two newsletters, and what no cap counts");
    let told = engine.get(NOORD, &third).await;
    assert_eq!(told["state"], "ready", "{told}");
    let why = told["why"].as_str().expect("a sentence");
    let expected = "not before 2026-02-09T08:00:00Z, because the cap 'newsletters' allows 2 messages in 7 days";
    assert!(why.contains(expected), "{why}");
    let told = engine.get(NOORD, &other).await;
    assert_eq!(told["attempts"].as_array().map(Vec::len), Some(1), "{told}");

    let before = engine.mails();
    engine.pass(5 * DAY).await;
    assert_eq!(engine.mails(), before + 1);
    let told = engine.get(NOORD, &third).await;
    assert_eq!(told["attempts"][0]["channel"], "email", "{told}");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_preference_says_since_when_and_the_attempt_what_it_is_expected_to_cost() {
    let engine = steered().await;
    let profile = json!({ "name": "mevrouw De Vries", "contact_points": [
        { "kind": "email", "value": "vries@huurder.example" },
        { "kind": "phone", "value": "+31612345678" }
    ], "preferences": [{ "category": "collection", "channel": "sms", "since": "2026-02-01", "source": "person" }] });
    engine.put_tenant(NOORD, "H-1", profile).await;
    let tenant = engine.ask(NOORD, "/v1/tenants/H-1").await.ok();
    let preference = json!({
        "category": "collection", "channel": "sms", "source": "person", "since": "2026-01-31T23:00:00Z"
    });
    assert_eq!(tenant["profile"]["preferences"], json!([preference]));
    let id = engine.accepted(NOORD, storno("H-1", "F-1", "s-1")).await;
    engine.settled().await;
    let told = engine.get(NOORD, &id).await;
    let attempt = &told["attempts"][0];
    let reason = "the tenant prefers sms for 'collection' (since 2026-01-31T23:00:00Z, said by person); \
                  it is expected to cost 15 cents";
    assert_eq!(attempt["channel_reason"], reason, "{told}");
    assert_eq!(attempt["expected_cost_cents"], "15");
    assert_eq!(attempt["other_channels"][0]["expected_cost_cents"], "0.1");
    engine.end().await;
}
