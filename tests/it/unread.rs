//! Messages that nobody can read and that no task is about stand in the list that people look at, over
//! restarts, until somebody has read them. Nobody is asked twice, and no corporation sees another's.

use serde_json::{Value, json};
use sluis_loadtest::sink::LaterEvent;
use sluis_model::{AttemptRef, CorporationId, NotificationId, ShardId};

use crate::metrics::series;
use crate::support::{Body, Engine, NOORD, OPERATOR, Reply, ZUID, notice, reached_by};

const HOUR: i64 = 3_600_000;

/// A mail to the return path of an attempt, in words that no reader knows.
async fn strange_mail(engine: &Engine, id: NotificationId, attempt: u16) -> Value {
    let about = AttemptRef {
        id,
        step: 0,
        attempt,
    };
    let reference = engine.app().reference.attempt(CorporationId(1), about);
    let mail = format!(
        "From: MAILER-DAEMON@relay.example\r\nSubject: Bericht\r\nTo: <b+{reference}@bounce.noord.example>\r\n\r\nLorem.\r\n"
    );
    let body = Body::Bytes("message/rfc822", mail.into_bytes());
    let taken = engine.call(NOORD, "POST", "/v1/receipts/email", body).await;
    taken.ok()["receipts"][0]["effect"].clone()
}

async fn unread(engine: &Engine, key: &str) -> Vec<Value> {
    let tasks = engine.ask(key, "/v1/tasks").await.ok();
    let rows = tasks["unread_messages"].as_array();
    rows.cloned().unwrap_or_default()
}

async fn answer(engine: &Engine, key: &str, row: &Value, answer: &str) -> Reply {
    let path = format!("/v1/tasks/{}/answer", row["id"].as_str().expect("an id"));
    let body = json!({ "answer": answer, "by": "m.bakker" });
    engine.call(key, "POST", &path, body).await
}

/// How many wait, and how many there ever were, as an operator sees it.
async fn counted(engine: &Engine) -> [Option<f64>; 2] {
    let text = engine.ask(OPERATOR, "/metrics").await.text();
    let of = |name| series(&text, name, &[("corporation", "noord")]);
    [
        of("sluis_unread_messages"),
        of("sluis_unread_messages_total"),
    ]
}

/// A notice that ended, and when it did nothing was unread.
async fn ended_notice(engine: &Engine) -> NotificationId {
    let profile = reached_by("email", "ok@huurder.example");
    engine.put_tenant(NOORD, "H-1", profile).await;
    let id = engine.accepted(NOORD, notice("H-1", "n-1")).await;
    engine.settled().await;
    engine.pass(30 * HOUR).await;
    assert_eq!(engine.get(NOORD, &id).await["end"], "sent");
    assert_eq!(unread(engine, NOORD).await, [json!(null); 0]);
    id.parse().expect("an id")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_about_an_ended_notification_waits_for_people_until_somebody_has_read_it() {
    let mut engine = Engine::with_sinks().await;
    let id = ended_notice(&engine).await;
    assert_eq!(
        counted(&engine).await,
        [Some(0.0); 2],
        "there from the start"
    );
    let since = engine.now();
    for _ in 0..2 {
        assert_eq!(strange_mail(&engine, id, 1).await, "unexplained");
    }
    for restarted in [false, true] {
        if restarted {
            engine.restart().await;
        }
        let rows = unread(&engine, NOORD).await;
        assert_eq!(rows.len(), 1, "asked once: {rows:?}");
        let row = &rows[0];
        let about = [&row["notification"], &row["attempt"], &row["tenant_id"]];
        assert_eq!(about, [&json!(id.to_string()), &json!(1), &json!("H-1")]);
        let told = [&row["provider"], &row["since"], &row["answers"]];
        assert_eq!(told, [&json!("email"), &json!(since), &json!(["read"])]);
        assert!(row["said"].as_str().is_some_and(|said| !said.is_empty()));
        assert_eq!(unread(&engine, ZUID).await.len(), 0, "another's");
        assert_eq!(counted(&engine).await, [Some(1.0), Some(2.0)]);
    }
    let row = unread(&engine, NOORD).await.remove(0);
    let of_another = answer(&engine, ZUID, &row, "read").await;
    assert_eq!(of_another.problem(), (404, "not_found".into()));
    let wrong = answer(&engine, NOORD, &row, "close").await;
    assert_eq!(wrong.problem(), (422, "unknown_answer".into()));
    for _ in 0..2 {
        let taken = answer(&engine, NOORD, &row, "read").await.ok();
        assert_eq!(taken, json!({ "id": row["id"], "answer": "read" }));
    }
    engine.restart().await;
    assert_eq!(strange_mail(&engine, id, 1).await, "unexplained");
    assert_eq!(
        unread(&engine, NOORD).await.len(),
        0,
        "somebody has read it"
    );
    assert_eq!(counted(&engine).await, [Some(0.0), Some(3.0)]);
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_about_an_older_attempt_waits_beside_the_flow_that_goes_on() {
    let engine = Engine::with_sinks().await;
    let address = "late-bounce@huurder.example";
    let id = engine.mailed_storno(NOORD, "H-1", address, "F-1").await;
    let bounce = engine.next_event().expect("a bounce");
    engine.owes(NOORD, "H-1", "b-2").await;
    engine.deliver(NOORD, &bounce).await.ok();
    engine.settled().await;
    let before = engine.get(NOORD, &id).await["state"].clone();
    let parsed = id.parse().expect("an id");
    assert_eq!(strange_mail(&engine, parsed, 1).await, "unexplained");
    let rows = unread(&engine, NOORD).await;
    assert_eq!((rows.len(), &rows[0]["attempt"]), (1, &json!(1)));
    assert_eq!(engine.get(NOORD, &id).await["state"], before);
    // About the newest one a task asks, and nothing stands beside it.
    assert_eq!(strange_mail(&engine, parsed, 2).await, "unexplained");
    assert_eq!(engine.get(NOORD, &id).await["state"], "task");
    assert_eq!(unread(&engine, NOORD).await, rows);
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_names_a_notification_that_nobody_knows_any_more_waits_for_people_too() {
    let mut engine = Engine::with_sinks().await;
    let gone = NotificationId::new(ShardId(3), 1_700_000_000_000, 7);
    assert_eq!(strange_mail(&engine, gone, 1).await, "unexplained");
    engine.restart().await;
    let rows = unread(&engine, NOORD).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["notification"], gone.to_string());
    answer(&engine, NOORD, &rows[0], "read").await.ok();
    assert_eq!(unread(&engine, NOORD).await.len(), 0);
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_that_nobody_has_mapped_waits_for_people() {
    let engine = Engine::with_sinks().await;
    let profile = reached_by("sms", "+31612345678");
    engine.put_tenant(NOORD, "H-1", profile).await;
    let id = engine.accepted(NOORD, notice("H-1", "s-1")).await;
    engine.settled().await;
    let Some(LaterEvent::SmsCallback(mut callback)) = engine.next_event() else {
        panic!("no callback is planned")
    };
    callback.url = callback
        .url
        .replace("status=delivered", "status=teleported");
    for _ in 0..2 {
        let strange = LaterEvent::SmsCallback(callback.clone());
        engine.deliver("", &strange).await.ok();
    }
    let rows = unread(&engine, NOORD).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    let said = rows[0]["said"].as_str().expect("words");
    assert!(said.contains("teleported"), "{said}");
    assert_eq!(rows[0]["notification"], id);
    engine.end().await;
}
