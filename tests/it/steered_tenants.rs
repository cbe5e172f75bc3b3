//! A corporation that steers by who a tenant is and by what else goes to him, by the example of segments:
//! people first, a segment's own matrix, phases, rules between flows, bundles, what was said already.

use serde_json::{Value, json};

use crate::support::{Engine, NOORD, Setup, notice, storno};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const EXAMPLE: &str = concat!(
    "steering = \"",
    env!("CARGO_MANIFEST_DIR"),
    "/config/steering/segments.toml\""
);

async fn steered() -> Engine {
    let engine = Engine::with(Setup {
        sinks: true,
        corporation: EXAMPLE,
        ..Setup::default()
    })
    .await;
    tenant(&engine, "H-1").await;
    engine
}

async fn tenant(engine: &Engine, tenant: &str) {
    let profile = json!({ "name": "mevrouw De Vries", "contact_points": [
        { "kind": "email", "value": format!("{tenant}@huurder.example") },
        { "kind": "phone", "value": "+31612345678" }
    ] });
    engine.put_tenant(NOORD, tenant, profile).await;
    engine.owes(NOORD, tenant, &format!("b-{tenant}")).await;
}

async fn says(engine: &Engine, tenant: &str, kind: &str, name: &str) {
    let fact = json!({ "type": kind, "tenant_id": tenant, "name": name });
    engine
        .fact(NOORD, &format!("{kind}-{tenant}-{name}"), fact)
        .await;
}

fn of(category: &str, key: &str) -> Value {
    let mut notice = notice("H-1", key);
    notice["category"] = category.into();
    notice
}

fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_see_a_tenant_who_needs_them_before_anything_is_sent_also_over_a_restart() {
    let mut engine = steered().await;
    says(&engine, "H-1", "segment", "special support").await;
    let id = engine.accepted(NOORD, of("repairs", "n-1")).await;
    engine.settled().await;
    engine.restart().await;
    let told = engine.get(NOORD, &id).await;
    assert_eq!(word(&told, "state"), "task", "{told}");
    let why = word(&told, "why");
    let because =
        "tenants of the segment 'special support' are seen by people before anything is sent";
    assert!(why.contains(because), "{why}");
    assert_eq!((engine.sms(), engine.mails()), (0, 0));
    let tasks = engine.ask(NOORD, "/v1/tasks").await.ok();
    let task = &tasks["tasks"][0];
    assert_eq!(word(task, "team"), "special team", "{tasks}");
    let path = format!("/v1/tasks/{}/answer", word(task, "id"));
    let answer = json!({ "answer": "retry", "by": "mevrouw Bos" });
    engine.call(NOORD, "POST", &path, answer).await.ok();
    engine.settled().await;
    let told = engine.get(NOORD, &id).await;
    assert_eq!(word(&told["attempts"][0], "channel"), "email", "{told}");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_segment_has_its_own_matrix_and_an_unknown_one_is_said() {
    let engine = steered().await;
    let first = engine.accepted(NOORD, storno("H-1", "F-1", "s-1")).await;
    engine.settled().await;
    let told = engine.get(NOORD, &first).await;
    let attempt = &told["attempts"][0];
    assert_eq!(word(attempt, "channel"), "email", "{told}");
    let reason = word(attempt, "channel_reason");
    assert!(
        reason.ends_with("the tenant's segment is not known"),
        "{reason}"
    );
    says(&engine, "H-1", "segment", "seniors").await;
    let second = engine.accepted(NOORD, storno("H-1", "F-2", "s-2")).await;
    engine.settled().await;
    let told = engine.get(NOORD, &second).await;
    let attempt = &told["attempts"][0];
    assert_eq!(word(attempt, "channel"), "sms", "{told}");
    let reason = word(attempt, "channel_reason");
    let row = "sms is primary in the matrix row of all other categories for the segment 'seniors'";
    assert!(reason.starts_with(row), "{reason}");
    assert!(
        reason.contains("not email (off in the matrix row of all other"),
        "{reason}"
    );
    assert!(
        reason.ends_with("the tenant is of the segment 'seniors'"),
        "{reason}"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_channel_comes_to_a_complex_and_a_share_first_and_then_to_all() {
    let engine = steered().await;
    says(&engine, "H-1", "complex", "De Eik").await;
    let mut not_yet = 0;
    for number in 2..8 {
        let name = format!("H-{number}");
        tenant(&engine, &name).await;
        says(&engine, &name, "complex", "Zuid").await;
        let id = engine.accepted(NOORD, notice(&name, &name)).await;
        engine.settled().await;
        let told = engine.get(NOORD, &id).await;
        let attempt = &told["attempts"][0];
        let reason = word(attempt, "channel_reason");
        let row = "the matrix row of 'repairs' for 10% of the tenants and the complexes 'De Eik', 'Noord' from 2026-02-01 on";
        if word(attempt, "channel") == "email" {
            let told = format!("{row} has not come to this tenant yet: he lives in 'Zuid'");
            assert!(reason.ends_with(&told), "{reason}");
            not_yet += 1;
        } else {
            assert!(
                reason.contains(&format!("sms is primary in {row}")),
                "{reason}"
            );
        }
    }
    assert!(not_yet >= 4, "{not_yet} of six");
    let id = engine.accepted(NOORD, notice("H-1", "n-1")).await;
    engine.settled().await;
    let told = engine.get(NOORD, &id).await;
    assert_eq!(word(&told["attempts"][0], "channel"), "sms", "{told}");
    engine.pass(28 * DAY).await;
    for number in 2..8 {
        let name = format!("H-{number}");
        let id = engine
            .accepted(NOORD, notice(&name, &format!("later-{name}")))
            .await;
        engine.settled().await;
        let told = engine.get(NOORD, &id).await;
        assert_eq!(word(&told["attempts"][0], "channel"), "sms", "{told}");
    }
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newsletter_waits_for_a_collection_flow_and_a_survey_is_not_sent_at_all() {
    let mut engine = steered().await;
    let collection = engine.accepted(NOORD, storno("H-1", "F-1", "s-1")).await;
    engine.settled().await;
    assert_eq!(engine.mails(), 1);
    let letter = engine.accepted(NOORD, of("newsletter", "n-1")).await;
    let survey = engine.accepted(NOORD, of("survey", "n-2")).await;
    engine.settled().await;
    let told = engine.get(NOORD, &survey).await;
    assert_eq!(
        (word(&told, "end"), word(&told, "reason")),
        ("superseded", "superseded")
    );
    engine.restart().await;
    let told = engine.get(NOORD, &letter).await;
    assert_eq!(word(&told, "state"), "ready", "{told}");
    let because = format!(
        "not before 2026-02-03T08:00:00Z, because the rule 'no newsletter while we collect' sends nothing while {collection} is open"
    );
    assert!(word(&told, "why").contains(&because), "{told}");
    engine.pass(HOUR).await;
    engine.pays(NOORD, "H-1", "F-1").await;
    engine.settled().await;
    let told = engine.get(NOORD, &letter).await;
    let because = "not before 2026-02-04T08:00:00Z, because the rule 'no newsletter while we collect' sends nothing so soon";
    assert!(word(&told, "why").contains(because), "{told}");
    assert_eq!(engine.mails(), 1);
    engine.pass(2 * DAY).await;
    assert_eq!(engine.mails(), 2);
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_due_the_same_day_leaves_at_the_end_of_it() {
    let mut engine = steered().await;
    let first = engine.accepted(NOORD, of("newsletter", "n-1")).await;
    engine.pass(2 * HOUR).await;
    let second = engine.accepted(NOORD, of("information", "n-2")).await;
    let urgent = engine.accepted(NOORD, of("repairs", "n-3")).await;
    engine.settled().await;
    assert_eq!(engine.mails() + engine.sms(), 1, "what is in no bundle");
    engine.restart().await;
    for id in [&first, &second] {
        let told = engine.get(NOORD, id).await;
        let because = "not before 2026-02-02T15:00:00Z, because it leaves with what else is due that day, as 'afternoon post' says";
        assert!(word(&told, "why").contains(because), "{told}");
    }
    engine.pass(5 * HOUR).await;
    for id in [&first, &second, &urgent] {
        let told = engine.get(NOORD, id).await;
        assert_eq!(told["attempts"].as_array().map(Vec::len), Some(1), "{told}");
    }
    let told = engine.get(NOORD, &second).await;
    assert!(
        word(&told["attempts"][0], "started_at").starts_with("2026-02-02T15:00"),
        "{told}"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clerk_sees_what_a_tenant_was_told_about_this_already() {
    let engine = steered().await;
    let collection = engine.accepted(NOORD, storno("H-1", "F-1", "s-1")).await;
    engine.settled().await;
    let mut about = of("repairs", "n-1");
    about["subject"] = json!({ "kind": "invoice", "id": "F-1" });
    let again = engine.accepted(NOORD, about).await;
    let other = engine.accepted(NOORD, of("repairs", "n-2")).await;
    engine.settled().await;
    let told = engine.get(NOORD, &again).await;
    let row = json!({
        "at": "2026-02-02T08:00:00Z", "id": collection, "channel": "email", "state": "left",
        "purpose": "collection", "category": "collection", "subject": { "kind": "invoice", "id": "F-1" }
    });
    assert_eq!(told["contacted_about_this"], json!([row]), "{told}");
    assert_eq!(
        engine.get(NOORD, &other).await["contacted_about_this"],
        Value::Null
    );
    let tenant = engine.ask(NOORD, "/v1/tenants/H-1").await.ok();
    let contacted = tenant["contacted"].as_array().expect("what left");
    assert_eq!((contacted.len(), &contacted[2]), (3, &row), "{tenant}");
    assert_eq!(word(&contacted[0], "purpose"), "information");
    engine.end().await;
}
