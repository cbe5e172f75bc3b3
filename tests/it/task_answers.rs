//! Answers to tasks that bring something along: a round of calls. What is promised on the phone is checked,
//! kept, told to the tenant, and explained; a remark goes with the tenant who is erased.

use serde_json::{Value, json};
use sluis::backup::back_up;
use sluis_model::DAY;

use crate::sealed_archive::{ENCRYPTED, SENTENCE, TENANT, everywhere};
use crate::support::{Engine, NOORD, Reply, START, Setup, copy};

/// An engine with the example flows.
async fn engine(corporation: &'static str) -> Engine {
    let dir = tempfile::tempdir().expect("a folder").keep();
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/flows");
    copy(&examples, &dir);
    let lines = format!("[flows]\ndirectory = {:?}\n", dir.display().to_string());
    Engine::with(Setup {
        sinks: true,
        archive: Box::leak(lines.into_boxed_str()),
        corporation,
        ..Setup::default()
    })
    .await
}

/// A call that is to be made; its notification, and the path of the answer.
async fn to_call(engine: &Engine, tenant: &str) -> (String, String) {
    let profile = json!({ "addresses": [{ "channel": "sms", "value": "+31612345678" }] });
    engine.put_tenant(NOORD, tenant, profile).await;
    let body = json!({
        "tenant_id": tenant, "flow": "call-round", "category": "collection", "environment": "test",
        "idempotency_key": format!("call-{tenant}"), "subject": { "kind": "invoice", "id": "F-1" },
        "data": { "invoice_id": "F-1", "amount_cents": 61_250 }
    });
    let id = engine.accepted(NOORD, body).await;
    engine.settled().await;
    let path = format!("/v1/tasks/{id}.1/answer");
    (id, path)
}

async fn answer(engine: &Engine, path: &str, answer: &str, fields: Value) -> Reply {
    let body = json!({ "answer": answer, "by": "m.bakker", "fields": fields });
    engine.call(NOORD, "POST", path, body).await
}

/// Path and code of every mistake.
fn mistakes(reply: &Reply) -> Vec<(String, String)> {
    let told: Value = serde_json::from_slice(&reply.body).expect("JSON");
    let word = |error: &Value, key: &str| error[key].as_str().unwrap_or_default().to_owned();
    let errors = told["errors"].as_array().cloned().unwrap_or_default();
    let errors = errors.iter();
    errors
        .map(|error| (word(error, "path"), word(error, "code")))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_answer_with_what_a_task_asks_for() {
    let mut engine = engine("").await;
    let (id, path) = to_call(&engine, "H-1").await;
    let tasks = engine.ask(NOORD, "/v1/tasks?list=calls").await.ok();
    let task = &tasks["tasks"][0];
    assert_eq!(task["step"], "call");
    assert!(
        task["asks"].as_str().unwrap().starts_with("Bel over"),
        "{task}"
    );
    let promised = &task["asks_for"][0];
    assert_eq!(promised["answer"], "promised", "{task}");
    let pay_on = json!({ "name": "pay_on", "kind": "date", "optional": false });
    assert_eq!(promised["fields"][1], pay_on);
    assert_eq!(
        task["asks_for"][1]["fields"][0]["one_of"],
        json!(["dispute", "no-money", "other"])
    );

    // Every mistake at once, and the task stands as it did.
    let wrong = json!({ "amount_cents": 12.5, "pay_on": "2026-02-30", "remark": "x" });
    let refused = answer(&engine, &path, "promised", wrong).await;
    let expected = [
        ("fields.remark", "unknown_key"),
        ("fields.amount_cents", "wrong_type"),
        ("fields.pay_on", "bad_time"),
    ];
    let expected = expected.map(|(path, code)| (path.to_owned(), code.to_owned()));
    assert_eq!(mistakes(&refused), expected);
    // Without any fields those that it asks for are named all the same.
    let bare = json!({ "answer": "promised", "by": "m.bakker" });
    let refused = engine.call(NOORD, "POST", &path, bare).await;
    assert_eq!(
        mistakes(&refused)
            .into_iter()
            .map(|(path, _)| path)
            .collect::<Vec<_>>(),
        ["fields.amount_cents", "fields.pay_on"]
    );
    let refused = answer(
        &engine,
        &path,
        "no answer",
        json!({ "pay_on": "2026-02-10" }),
    )
    .await;
    assert_eq!(
        mistakes(&refused),
        [("fields".to_owned(), "contradiction".to_owned())]
    );
    let refused = answer(&engine, &path, "promissed", json!({})).await;
    assert_eq!(refused.problem(), (422, "unknown_answer".into()));

    let says = json!({ "amount_cents": 61_250, "pay_on": "2026-02-10", "remarks": "belt terug" });
    answer(&engine, &path, "promised", says.clone()).await.ok();
    engine.settled().await;
    let sent = engine
        .ask(NOORD, &format!("/v1/notifications/{id}/output"))
        .await;
    let sent = sent.text();
    assert!(
        sent.contains("612,50") && sent.contains("2026-02-10"),
        "{sent}"
    );
    let late = answer(&engine, &path, "promised", says).await;
    assert_eq!(late.problem(), (409, "task_not_open".into()));

    // Who said what is told, and a restart forgets nothing.
    let timeline = engine.ask(NOORD, "/v1/tenants/H-1/timeline").await.ok();
    let rows = timeline["rows"].as_array().cloned().unwrap_or_default();
    let row = rows
        .iter()
        .find(|row| row["kind"] == "task_answered")
        .expect("a row");
    assert_eq!(row["details"]["fields"]["remarks"], "belt terug", "{row}");
    assert!(
        row["text"]
            .as_str()
            .unwrap()
            .contains("by m.bakker: amount_cents = 61250"),
        "{row}"
    );
    engine.restart().await;
    for days in [1, 7, 7] {
        engine.pass(days * DAY).await;
        engine.settled().await;
    }
    let told = engine.get(NOORD, &id).await;
    assert_eq!(told["state"], "task", "{told}");
    assert!(
        told["why"]
            .as_str()
            .unwrap()
            .contains("task.call.pay_on < today"),
        "{told}"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_remark_goes_with_the_tenant_who_is_erased() {
    let mut engine = engine(ENCRYPTED).await;
    let (_, path) = to_call(&engine, TENANT).await;
    let says = json!({ "reason": "dispute", "remarks": SENTENCE });
    answer(&engine, &path, "refuses", says).await.ok();
    engine.settled().await;
    let copies = tempfile::tempdir().expect("a directory");
    let before = copies.path().join("before");
    back_up(&engine.data(), None, &before, START).expect("copied");
    engine.close().await;
    assert!(
        everywhere(&engine, &before).contains(&SENTENCE),
        "the control"
    );
    engine.try_open().await.expect("it starts");

    let path = format!("/v1/tenants/{TENANT}/personal-data");
    let signed = json!({ "by": "desk", "why": "request 2026-31" });
    engine.call(NOORD, "DELETE", &path, signed).await.ok();
    let after = copies.path().join("after");
    back_up(&engine.data(), None, &after, START).expect("copied");
    engine.close().await;
    assert_eq!(everywhere(&engine, &after), [""; 0]);
}

/// A visit to a tenant of a segment.
async fn to_visit(engine: &Engine, tenant: &str, team: Option<&str>) -> String {
    let profile = json!({ "addresses": [{ "channel": "sms", "value": "+31612345678" }] });
    engine.put_tenant(NOORD, tenant, profile).await;
    if let Some(team) = team {
        let segment = json!({ "type": "segment", "tenant_id": tenant, "name": "s", "team": team });
        engine.fact(NOORD, &format!("s-{tenant}"), segment).await;
    }
    let body = json!({
        "tenant_id": tenant, "flow": "house-visit", "category": "collection", "environment": "test",
        "idempotency_key": format!("visit-{tenant}"), "subject": { "kind": "invoice", "id": "F-1" },
        "data": { "invoice_id": "F-1", "amount_cents": 61_250 }
    });
    let id = engine.accepted(NOORD, body).await;
    engine.settled().await;
    id
}

/// Notifications of the tasks that a question lists.
async fn listed(engine: &Engine, query: &str) -> Vec<Value> {
    let tasks = engine.ask(NOORD, &format!("/v1/tasks?{query}")).await.ok();
    let tasks = tasks["tasks"].as_array().cloned().unwrap_or_default();
    tasks
        .into_iter()
        .map(|task| task["notification"].clone())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_is_for_its_team_and_goes_on_without_an_answer() {
    let mut engine = engine("").await;
    let north = to_visit(&engine, "H-1", Some("noord")).await;
    let nobodys = to_visit(&engine, "H-2", None).await;
    let ids = |ids: &[&str]| ids.iter().map(|id| json!(id)).collect::<Vec<_>>();
    assert_eq!(
        listed(&engine, "list=visits&team=noord").await,
        ids(&[&north])
    );
    assert_eq!(listed(&engine, "team=wijkteam").await, ids(&[&nobodys]));
    // Five working days from Monday 2 February, 9:00 in Amsterdam.
    assert_eq!(
        listed(&engine, "team=noord&due_before=2026-02-09T08:00:00Z").await,
        ids(&[])
    );
    assert_eq!(
        listed(&engine, "team=noord&due_before=2026-02-09T08:00:01Z").await,
        ids(&[&north])
    );
    let wrong = engine.ask(NOORD, "/v1/tasks?due_before=tomorrow").await;
    assert_eq!(wrong.problem(), (400, "bad_query".into()));

    let (_, cursor) = engine.outcomes(NOORD, "").await;
    // A reader that waits is woken by a reminder as by an end.
    let path = format!("/v1/outcomes?wait=30&after={cursor}");
    let (news, ()) = tokio::join!(engine.ask(NOORD, &path), engine.pass(2 * DAY));
    assert_eq!(news.rows()[0]["state"], "task_reminded", "{}", news.text());
    let (rows, _) = engine.outcomes(NOORD, &cursor).await;
    let states: Vec<_> = rows.iter().map(|row| &row["state"]).collect();
    assert_eq!(states, ["task_reminded", "task_reminded"], "{rows:?}");
    let tasks = engine.ask(NOORD, "/v1/tasks?team=noord").await.ok();
    let task = &tasks["tasks"][0];
    assert_eq!(task["id"], format!("{north}.1"), "{task}");
    assert_eq!(task["reminded_at"], "2026-02-04T08:00:00Z", "{task}");
    assert_eq!(task["due"], "2026-02-09T08:00:00Z", "{task}");

    // The deadline is met by an engine that was away meanwhile.
    engine.close().await;
    engine.clock.advance(10 * DAY);
    engine.try_open().await.expect("it starts");
    engine.settled().await;
    let told = engine.get(NOORD, &north).await;
    assert!(
        told["why"]
            .as_str()
            .unwrap()
            .contains("nobody answered task 1"),
        "{told}"
    );
    let late = json!({ "answer": "nobody at home", "by": "m.bakker" });
    let path = format!("/v1/tasks/{north}.1/answer");
    let late = engine.call(NOORD, "POST", &path, late).await;
    assert_eq!(late.problem(), (409, "task_not_open".into()));
    let detail = late.json()["detail"].to_string();
    assert!(
        detail.contains("at 2026-02-14T08:00:00Z people were asked on list 'letters'")
            && detail.contains("nobody answered task 1 in the time"),
        "{detail}"
    );
    engine.end().await;
}
