//! What fits nothing that is known is taken all the same; it is said at once, counted, found later,
//! over a restart too, and gone from the list when what it missed comes. What stands still and
//! needs somebody is counted with its age.

use serde_json::{Value, json};

use crate::metrics::series;
use crate::support::{Engine, NOORD, OPERATOR, Setup, ZUID, notice, storno};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

async fn unmatched(engine: &Engine, key: &str) -> Vec<Value> {
    let body = engine.ask(key, "/v1/facts/unmatched").await.ok();
    body["facts"].as_array().expect("a list").clone()
}

fn notes(of: &Value) -> String {
    of["notes"]
        .as_array()
        .map(|notes| {
            notes
                .iter()
                .filter_map(Value::as_str)
                .collect::<Vec<_>>()
                .join("\n")
        })
        .unwrap_or_default()
}

async fn paid(engine: &Engine, tenant: &str, invoice: &str, id: &str) -> Value {
    let subject = json!({ "kind": "invoice", "id": invoice });
    let body = json!({ "type": "payment", "tenant_id": tenant, "amount_cents": 61_250, "subject": subject });
    engine.fact(NOORD, id, body).await["tenants"][0].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notification_for_a_tenant_nobody_knows_says_so() {
    let engine = Engine::start().await;
    let stranger = engine.post(NOORD, notice("H-404", "n-1")).await;
    assert_eq!(stranger.status, 202);
    assert!(
        notes(&stranger.json()).contains("no profile of this tenant"),
        "{}",
        stranger.text()
    );
    engine.reachable(NOORD, "H-1").await;
    let known = engine.post(NOORD, notice("H-1", "n-2")).await.json();
    assert_eq!(known.get("notes"), None, "{known}");
    let rows = [notice("H-405", "n-3"), notice("H-1", "n-4")]
        .map(|row| row.to_string())
        .join("\n");
    let body = crate::support::Body::Bytes("application/x-ndjson", rows.into_bytes());
    let rows = engine
        .call(NOORD, "POST", "/v1/notifications/batch", body)
        .await
        .rows();
    assert!(
        notes(&rows[0]).contains("no profile") && rows[1].get("notes").is_none(),
        "{rows:?}"
    );
    let text = engine.ask(OPERATOR, "/metrics").await.text();
    let counted = series(
        &text,
        "sluis_intake_unknown_tenants_total",
        &[("corporation", "noord")],
    );
    assert!(counted.is_some_and(|count| count >= 2.0), "{counted:?}");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_for_nobody_is_said_listed_and_leaves_when_it_fits() {
    let mut engine = Engine::start().await;
    engine.reachable(NOORD, "H-1").await;
    let nobody = paid(&engine, "H-404", "F-9", "p-1").await;
    assert!(
        notes(&nobody).contains("nothing is known of this tenant"),
        "{nobody}"
    );
    let nothing = paid(&engine, "H-1", "F-1", "p-2").await;
    assert!(
        notes(&nothing).contains("no notification for this tenant")
            && !notes(&nothing).contains("tenant_id"),
        "{nothing}"
    );
    engine.owes(NOORD, "H-405", "b-1").await;
    for restarted in [false, true] {
        if restarted {
            engine.restart().await;
        }
        let mut found: Vec<(String, Value)> = unmatched(&engine, NOORD)
            .await
            .into_iter()
            .map(|row| {
                (
                    row["fact_id"].as_str().unwrap().to_owned(),
                    row["unknown"].clone(),
                )
            })
            .collect();
        found.sort_by(|one, other| one.0.cmp(&other.0));
        let expected = [
            ("b-1", json!(["tenant"])),
            ("p-1", json!(["tenant", "subject"])),
            ("p-2", json!(["subject"])),
        ]
        .map(|(id, u)| (id.to_owned(), u));
        assert_eq!(found, expected, "restarted: {restarted}");
        assert!(
            unmatched(&engine, ZUID).await.is_empty(),
            "another corporation's"
        );
    }
    let page = engine.ask(NOORD, "/v1/facts/unmatched?limit=2").await.ok();
    let next = page["next"].as_str().expect("more").to_owned();
    let rest = engine
        .ask(NOORD, &format!("/v1/facts/unmatched?after={next}"))
        .await
        .ok();
    assert_eq!(
        (
            page["facts"].as_array().unwrap().len(),
            rest["facts"].as_array().unwrap().len()
        ),
        (2, 1)
    );
    assert_eq!(
        engine
            .ask(ZUID, &format!("/v1/facts/unmatched?after={next}"))
            .await
            .status,
        400
    );
    // Order of arrival is nobody's promise: what it misses comes.
    engine.owes(NOORD, "H-1", "b-2").await;
    engine.accepted(NOORD, storno("H-1", "F-1", "s-1")).await;
    engine.reachable(NOORD, "H-405").await;
    let left: Vec<Value> = unmatched(&engine, NOORD)
        .await
        .into_iter()
        .map(|row| row["fact_id"].clone())
        .collect();
    assert_eq!(left, ["p-1"]);
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blanks_around_a_subject_are_taken_off_and_another_case_is_named() {
    let engine = Engine::start().await;
    engine.reachable(NOORD, "H-1").await;
    let mut blank = storno("H-1", "F-1", "s-1");
    blank["subject"]["id"] = " F-1 ".into();
    let first = engine.accepted(NOORD, blank).await;
    let near = paid(&engine, "H-1", "f-1", "p-1").await;
    assert!(near["ended"].as_array().unwrap().is_empty());
    assert!(
        notes(&near).contains("this tenant has invoice \"F-1\""),
        "{near}"
    );
    let mut twin = storno("H-1", "F-1", "s-2");
    twin["subject"]["id"] = "F -1".into();
    let twin = engine.post(NOORD, twin).await.json();
    assert!(notes(&twin).contains("invoice \"F-1\""), "{twin}");
    let same = paid(&engine, "H-1", "F-1 ", "p-2").await;
    assert_eq!(
        (same["ended"].clone(), same.get("notes")),
        (json!([first]), None),
        "{same}"
    );
    let after = paid(&engine, "H-1", "F-1", "p-3").await;
    assert_eq!(
        after.get("notes"),
        None,
        "it ended, and is remembered: {after}"
    );
    let rows = engine.ask(NOORD, "/v1/tenants/H-1/timeline").await.ok()["rows"].clone();
    let texts: Vec<&str> = rows
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|row| row["text"].as_str())
        .collect();
    assert!(texts.contains(&"open on invoice F-1: €0.00"), "{texts:#?}");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_while_the_task_list_shows_it() {
    let engine = Engine::start().await;
    engine.reachable(NOORD, "H-1").await;
    paid(&engine, "H-1", "F-1", "p-1").await;
    let tasks = engine.ask(NOORD, "/v1/tasks").await.ok();
    assert_eq!(tasks.get("unmatched_facts"), None, "{tasks}");
    engine.pass(DAY).await;
    let tasks = engine.ask(NOORD, "/v1/tasks").await.ok();
    assert_eq!(tasks["unmatched_facts"][0]["fact_id"], "p-1", "{tasks}");
    assert_eq!(
        engine
            .ask(NOORD, "/v1/tasks?list=collections")
            .await
            .ok()
            .get("unmatched_facts"),
        None
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_still_is_counted_with_its_age() {
    let mut engine = Engine::with(Setup::default()).await;
    engine.reachable(NOORD, "H-1").await;
    let id = engine.accepted(NOORD, storno("H-1", "F-1", "s-1")).await;
    let held = [
        ("corporation", "noord"),
        ("flow", "storno"),
        ("guard", "balance above zero"),
    ];
    let tasks = [("corporation", "noord")];
    let text = engine.ask(OPERATOR, "/metrics").await.text();
    assert_eq!(series(&text, "sluis_held_notifications", &held), Some(1.0));
    assert_eq!(series(&text, "sluis_held_oldest_seconds", &held), Some(0.0));
    let doubt = [("corporation", "noord")];
    assert_eq!(
        series(&text, "sluis_in_doubt_oldest_seconds", &doubt),
        Some(0.0),
        "there from the start"
    );
    assert_eq!(
        series(&text, "sluis_tasks_open", &tasks),
        Some(0.0),
        "there from the start"
    );
    engine.pass(HOUR).await;
    engine.restart().await;
    let text = engine.ask(OPERATOR, "/metrics").await.text();
    assert_eq!(
        series(&text, "sluis_held_oldest_seconds", &held),
        Some(3_600.0),
        "over a restart too"
    );
    engine.pass(10 * DAY).await;
    assert_eq!(engine.get(NOORD, &id).await["state"], "task");
    engine.clock.advance(5 * HOUR);
    for restarted in [false, true] {
        if restarted {
            engine.restart().await;
        }
        let text = engine.ask(OPERATOR, "/metrics").await.text();
        assert_eq!(
            series(&text, "sluis_held_notifications", &held),
            Some(0.0),
            "restarted: {restarted}"
        );
        assert_eq!(
            series(&text, "sluis_tasks_open", &tasks),
            Some(1.0),
            "restarted: {restarted}"
        );
        assert!(
            series(&text, "sluis_tasks_oldest_seconds", &tasks)
                .is_some_and(|age| age >= 5.0 * 3_600.0),
            "restarted: {restarted}"
        );
    }
    let task = engine.ask(NOORD, "/v1/tasks").await.ok()["tasks"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    engine
        .call(
            NOORD,
            "POST",
            &format!("/v1/tasks/{task}/answer"),
            json!({ "answer": "close", "by": "test" }),
        )
        .await
        .ok();
    let text = engine.ask(OPERATOR, "/metrics").await.text();
    assert_eq!(series(&text, "sluis_tasks_open", &tasks), Some(0.0));
    assert_eq!(
        series(&text, "sluis_tasks_oldest_seconds", &tasks),
        Some(0.0)
    );
    assert_eq!(series(&text, "sluis_timer_overdue_seconds", &[]), Some(0.0));
    assert_eq!(
        series(
            &text,
            "sluis_ready_oldest_seconds",
            &[("channel", "null"), ("lane", "normal")]
        ),
        Some(0.0)
    );
    engine.end().await;
}

async fn dismiss(engine: &Engine, key: &str, id: &str) -> u16 {
    let path = format!("/v1/facts/unmatched/{id}/dismiss");
    engine
        .call(key, "POST", &path, json!({ "by": "m.bakker" }))
        .await
        .status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clerk_dismisses_a_stray_and_it_stays_dismissed() {
    let mut engine = Engine::start().await;
    paid(&engine, "H-404", "F-9", "p-1").await;
    paid(&engine, "H-405", "F-8", "p-2").await;
    engine.pass(8 * DAY).await;
    let listed = unmatched(&engine, NOORD).await;
    let of = |id: &str| {
        let row = listed.iter().find(|row| row["fact_id"] == id);
        row.expect("listed")["id"]
            .as_str()
            .expect("an id")
            .to_owned()
    };
    let (first, second) = (of("p-1"), of("p-2"));
    assert_eq!(
        dismiss(&engine, ZUID, &first).await,
        404,
        "another corporation's"
    );
    for nonsense in ["AAAA", "x", &"A".repeat(40)] {
        assert_eq!(dismiss(&engine, NOORD, nonsense).await, 404, "{nonsense}");
    }
    assert_eq!(unmatched(&engine, NOORD).await.len(), 2);
    for again in [false, true] {
        assert_eq!(dismiss(&engine, NOORD, &first).await, 200, "again: {again}");
    }
    for restarted in [false, true] {
        if restarted {
            engine.restart().await;
            // The feed repeats it, under a new id.
            paid(&engine, "H-404", "F-9", "p-3").await;
        }
        let left = unmatched(&engine, NOORD).await;
        assert_eq!(
            left.iter().map(|row| &row["id"]).collect::<Vec<_>>(),
            [&json!(second)],
            "restarted: {restarted}"
        );
        let tasks = engine.ask(NOORD, "/v1/tasks").await.ok();
        assert_eq!(tasks["unmatched_facts"].as_array().unwrap().len(), 1);
    }
    assert_eq!(
        dismiss(&engine, NOORD, &first).await,
        200,
        "over a restart too"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dismissed_payment_still_counts_when_its_notification_comes() {
    let engine = Engine::start().await;
    engine.reachable(NOORD, "H-1").await;
    engine.owes(NOORD, "H-1", "b-1").await;
    paid(&engine, "H-1", "F-1", "p-1").await;
    let listed = unmatched(&engine, NOORD).await;
    let id = listed[0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(dismiss(&engine, NOORD, &id).await, 200);
    let paid_for = engine.accepted(NOORD, storno("H-1", "F-1", "s-1")).await;
    engine.settled().await;
    assert_eq!(engine.get(NOORD, &paid_for).await["end"], "paid");
    engine.end().await;
}
