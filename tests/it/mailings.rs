//! Mailings: rows are held against the flow one by one, a second person approves, rows leave at the pace
//! of the clock, and whatever ends the engine in between, no row is lost and none is told twice.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sluis_model::{AttemptRef, CorporationId, HOUR, MINUTE, SECOND};

use crate::receipts::bounce;
use crate::support::{Body, Engine, NOORD, Reply, Setup, ZUID, reached_by};

/// Turns after which a mailing of a test must have come to its end.
const MOST_TURNS: usize = 400;

pub(crate) fn draft() -> Value {
    json!({
        "name": "Onderhoud", "flow": "notice", "category": "repairs", "environment": "test",
        "data": { "text": "Wij komen langs." }, "by": "Anna"
    })
}

/// A list of so many tenants, each with a title.
pub(crate) fn list(tenants: usize) -> String {
    let rows = (1..=tenants).map(|number| format!("H-{number};Lift {number}\n"));
    format!("huurdernummer;title\n{}", rows.collect::<String>())
}

pub(crate) async fn post(engine: &Engine, key: &str, path: &str, body: Value) -> Reply {
    engine.call(key, "POST", path, body).await
}

/// One step of a mailing, by somebody.
pub(crate) async fn step(engine: &Engine, id: &str, step: &str, by: &str) -> Reply {
    let path = format!("/v1/mailings/{id}/{step}");
    post(engine, NOORD, &path, json!({ "by": by })).await
}

pub(crate) async fn made(engine: &Engine) -> String {
    let reply = post(engine, NOORD, "/v1/mailings", draft()).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()["id"].as_str().expect("an id").to_owned()
}

pub(crate) async fn brought(engine: &Engine, id: &str, list: &str) -> Reply {
    let path = format!("/v1/mailings/{id}/rows?by=Carl");
    let body = Body::Bytes("text/csv", list.as_bytes().to_vec());
    engine.call(NOORD, "POST", &path, body).await
}

pub(crate) async fn approved(engine: &Engine, id: &str, by: &str) -> Reply {
    let path = format!("/v1/mailings/{id}/preview");
    let checksum = engine.ask(NOORD, &path).await.ok()["checksum"].clone();
    let body = json!({ "by": by, "checksum": checksum });
    post(engine, NOORD, &format!("/v1/mailings/{id}/approve"), body).await
}

/// A mailing of these rows that was released on these terms.
pub(crate) async fn released(engine: &Engine, list: &str, mut terms: Value) -> String {
    let id = made(engine).await;
    brought(engine, &id, list).await.ok();
    approved(engine, &id, "Bea").await.ok();
    terms["by"] = "Bea".into();
    let path = format!("/v1/mailings/{id}/release");
    post(engine, NOORD, &path, terms).await.ok();
    id
}

pub(crate) async fn mailing(engine: &Engine, id: &str) -> Value {
    engine.ask(NOORD, &format!("/v1/mailings/{id}")).await.ok()
}

pub(crate) async fn account(engine: &Engine, id: &str) -> Vec<Value> {
    let path = format!("/v1/mailings/{id}/account");
    engine.ask(NOORD, &path).await.rows()
}

/// One turn, and everything that follows from it.
pub(crate) async fn turn(engine: &Engine) {
    engine.app().turn_mailings().await;
    engine.settled().await;
}

/// Turns until the mailing is in this stage.
pub(crate) async fn until(engine: &Engine, id: &str, stage: &str) {
    for _ in 0..MOST_TURNS {
        turn(engine).await;
        if mailing(engine, id).await["stage"] == stage {
            return;
        }
    }
    panic!("it is {}", mailing(engine, id).await);
}

/// Tenants of the account with this value at this key.
pub(crate) fn tenants(account: &[Value], key: &str, value: &str) -> BTreeSet<String> {
    let rows = account.iter().filter(|row| row[key] == value);
    let named = rows.filter_map(|row| row["tenant_id"].as_str());
    named.map(str::to_owned).collect()
}

/// Whom the relay has taken a mail for, one entry for each mail.
pub(crate) fn mailed(engine: &Engine) -> Vec<String> {
    let kept = engine.sinks.core.book().kept();
    let names = kept.iter().map(|kept| {
        let (name, _) = kept.to.split_once('@').expect("an address");
        name.to_uppercase()
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// Tenants H-1 to H-so-many, with a mail address each.
pub(crate) async fn with_mail(setup: Setup, tenants: usize) -> Engine {
    let engine = Engine::with(Setup {
        sinks: true,
        archive: "enabled = false",
        ..setup
    })
    .await;
    let mut lines = "huurdernummer;naam;email\n".to_owned();
    for number in 1..=tenants {
        lines += &format!("H-{number};De Vries;h-{number}@huurder.example\n");
    }
    let body = Body::Bytes("text/csv", lines.into_bytes());
    engine
        .call(NOORD, "POST", "/v1/tenants/load", body)
        .await
        .ok();
    engine
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_do_not_fit_are_listed_and_the_others_are_kept() {
    let engine = Engine::start().await;
    let id = made(&engine).await;
    let list = "huurdernummer;title;kleur\nH-1;Lift;rood\n;Lift;\nH-2;;\nH-1;Lift;\nH-1;Trap;\n=\"00123\";Lift;\nH-3\n";
    let report = brought(&engine, &id, list).await.ok();
    assert_eq!(
        (
            &report["rows"],
            &report["taken"],
            &report["rejected"],
            &report["repeated"]
        ),
        (&json!(7), &json!(2), &json!(4), &json!(1)),
        "{report}"
    );
    let reasons = |at: usize| &report["rejections"][at]["reasons"][0];
    let lines: Vec<_> = (0..4).map(|at| &report["rejections"][at]["line"]).collect();
    assert_eq!(lines, [3, 4, 6, 8]);
    assert_eq!(reasons(1)["path"], "data.title");
    assert_eq!(reasons(1)["code"], "missing");
    assert!(
        reasons(1)["expected"]
            .as_str()
            .unwrap()
            .contains("one line"),
        "{report}"
    );
    assert_eq!(reasons(2)["code"], "contradiction");
    assert_eq!(
        report["repeats"][0],
        json!({ "line": 5, "tenant_id": "H-1", "first": 2 })
    );
    assert_eq!(report["notes"][0]["path"], "kleur");

    let path = format!("/v1/mailings/{id}/preview?rows=2");
    let preview = engine.ask(NOORD, &path).await.ok();
    let rows = preview["rows"].as_array().expect("rows");
    let ids: Vec<_> = rows.iter().map(|row| &row["tenant_id"]).collect();
    assert_eq!(ids, ["H-1", "00123"]);
    let messages = rows[0]["messages"].as_array().expect("messages");
    let mail = messages
        .iter()
        .find(|message| message["channel"] == "email");
    let mail = mail.expect("a mail");
    assert!(mail["subject"].as_str().unwrap().contains("Lift"), "{mail}");
    assert!(
        mail["text"].as_str().unwrap().contains("Wij komen langs."),
        "{mail}"
    );
    assert_eq!(preview["checksum"], report["mailing"]["rows"]["checksum"]);

    // A list of which nothing fits leaves no rows behind.
    let nothing = brought(&engine, &id, "huurdernummer;title\nH-1;\n").await;
    assert_eq!(nothing.problem(), (422, "nothing_taken".into()));
    assert_eq!(nothing.json()["report"]["rejected"], 1);
    assert_eq!(approved(&engine, &id, "Bea").await.status, 422);
    let lines = b"{\"tenant_id\":\"H-9\",\"data\":{\"title\":\"x\"}}\n{\"tenant_id\":9}\n".to_vec();
    let path = format!("/v1/mailings/{id}/rows?by=Carl");
    let body = Body::Bytes("application/x-ndjson", lines);
    let report = engine.call(NOORD, "POST", &path, body).await.ok();
    assert_eq!(
        (&report["taken"], &report["rejected"]),
        (&json!(1), &json!(1)),
        "{report}"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_person_approves_what_was_looked_at_and_no_one_else_sees_it() {
    let engine = Engine::start().await;
    let id = made(&engine).await;
    brought(&engine, &id, &list(2)).await.ok();
    for same in ["Anna", "carl "] {
        let refused = approved(&engine, &id, same).await;
        assert_eq!(refused.problem(), (409, "same_person".into()), "{same}");
    }
    let old = json!({ "by": "Bea", "checksum": mailing(&engine, &id).await["rows"]["checksum"] });
    brought(&engine, &id, &list(3)).await.ok();
    let path = format!("/v1/mailings/{id}/approve");
    let refused = post(&engine, NOORD, &path, old).await;
    assert_eq!(refused.problem(), (409, "rows_changed".into()));
    let early = step(&engine, &id, "release", "Bea").await;
    assert_eq!(early.problem(), (409, "wrong_stage".into()));
    approved(&engine, &id, "Bea").await.ok();
    let late = brought(&engine, &id, &list(4)).await;
    assert_eq!(late.problem(), (409, "wrong_stage".into()));

    assert_eq!(
        engine.ask(ZUID, "/v1/mailings").await.ok()["mailings"],
        json!([])
    );
    for path in ["", "/preview", "/account"] {
        let path = format!("/v1/mailings/{id}{path}");
        assert_eq!(
            engine.ask(ZUID, &path).await.problem(),
            (404, "not_found".into()),
            "{path}"
        );
    }
    for step in ["release", "pause", "resume", "stop", "remove"] {
        let path = format!("/v1/mailings/{id}/{step}");
        let reply = post(&engine, ZUID, &path, json!({ "by": "Zoë" })).await;
        assert_eq!(reply.problem(), (404, "not_found".into()), "{step}");
    }
    let mut urgent = draft();
    urgent["priority"] = "urgent".into();
    let refused = post(&engine, NOORD, "/v1/mailings", urgent).await;
    assert_eq!(refused.problem(), (422, "invalid".into()));
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_leave_at_the_pace_of_the_clock_and_within_their_windows() {
    let engine = Engine::start().await;
    // It is Monday, nine o'clock.
    let terms = json!({ "per_minute": 60, "windows": ["mon 09:00-09:01", "mon 10:00-11:00"] });
    let id = released(&engine, &list(100), terms).await;
    turn(&engine).await;
    let admitted = async || mailing(&engine, &id).await["progress"]["admitted"].clone();
    assert_eq!(admitted().await, 0);
    for second in 1..=59 {
        engine.pass(SECOND).await;
        turn(&engine).await;
        assert_eq!(admitted().await, second);
    }
    // The window is closed.
    engine.pass(MINUTE).await;
    turn(&engine).await;
    assert_eq!(admitted().await, 59);
    engine.pass(58 * MINUTE).await;
    turn(&engine).await;
    assert_eq!(admitted().await, 59);
    // It opens, and what it took is not caught up.
    engine.pass(SECOND).await;
    turn(&engine).await;
    assert_eq!(admitted().await, 60);
    step(&engine, &id, "pause", "Anna").await.ok();
    engine.pass(SECOND).await;
    turn(&engine).await;
    assert_eq!(admitted().await, 60);
    step(&engine, &id, "resume", "Anna").await.ok();
    for _ in 0..41 {
        turn(&engine).await;
        engine.pass(SECOND).await;
    }
    until(&engine, &id, "done").await;
    assert_eq!(admitted().await, 100);
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_bounces_pause_it_until_a_person_has_looked() {
    let engine = with_mail(Setup::default(), 30).await;
    let terms = json!({ "per_minute": 240, "stop_percent": 20, "stop_after": 4 });
    let id = released(&engine, &list(30), terms).await;
    turn(&engine).await;
    engine.pass(SECOND).await;
    turn(&engine).await;
    assert_eq!(mailed(&engine).len(), 4);
    let rows = account(&engine, &id).await;
    let attempt = AttemptRef {
        id: rows[0]["id"]
            .as_str()
            .expect("an id")
            .parse()
            .expect("an id"),
        step: 0,
        attempt: 1,
    };
    let reference = engine.app().reference.attempt(CorporationId(1), attempt);
    let report = bounce(&format!("b+{reference}@bounce.noord.example"));
    let report = Body::Bytes("message/rfc822", report.into_bytes());
    engine
        .call(NOORD, "POST", "/v1/receipts/email", report)
        .await
        .ok();
    engine.settled().await;
    account(&engine, &id).await;
    engine.pass(SECOND).await;
    turn(&engine).await;
    let view = mailing(&engine, &id).await;
    assert_eq!(
        (&view["stage"], &view["paused_for"]),
        (&json!("paused"), &json!("share")),
        "{view}"
    );
    assert_eq!(mailed(&engine).len(), 4);
    let path = format!("/v1/mailings/{id}/resume");
    let terms = json!({ "by": "Bea", "stop_percent": 100 });
    let view = post(&engine, NOORD, &path, terms).await.ok();
    // What was not said stays: the pace too.
    assert_eq!(view["terms"]["per_minute"], 240, "{view}");
    for _ in 0..8 {
        engine.pass(SECOND).await;
        turn(&engine).await;
    }
    until(&engine, &id, "done").await;
    let rows = account(&engine, &id).await;
    assert_eq!(tenants(&rows, "outcome", "bounced").len(), 1);
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_share_holds_rows_up_and_loses_none() {
    let engine = with_mail(
        Setup {
            corporation: "max_open = 8",
            ..Setup::default()
        },
        12,
    )
    .await;
    let id = released(&engine, &list(12), json!({})).await;
    turn(&engine).await;
    let view = mailing(&engine, &id).await;
    assert_eq!(view["progress"]["refused"], json!({}), "{view}");
    assert!(view["progress"]["left"].as_u64().unwrap() > 0, "{view}");
    // A day later the first have ended.
    for _ in 0..4 {
        engine.pass(25 * HOUR).await;
        turn(&engine).await;
    }
    until(&engine, &id, "done").await;
    assert_eq!(mailed(&engine).len(), 12);
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_are_sealed_and_an_erased_tenant_takes_his_with_him() {
    let engine = with_mail(
        Setup {
            corporation: "data_keys = [\"env:DATA_KEY\"]",
            ..Setup::default()
        },
        1,
    )
    .await;
    let list = "huurdernummer;title\nNAALD-1;Geheim van NAALD\nH-1;Lift\n";
    let id = made(&engine).await;
    brought(&engine, &id, list).await.ok();
    let file = std::fs::read(engine.data().join("mailings").join(&id).join("rows")).unwrap();
    let stands = |needle: &[u8]| file.windows(needle.len()).any(|part| part == needle);
    assert!(!stands(b"NAALD") && !stands(b"Geheim"));
    assert_eq!(account(&engine, &id).await[0]["tenant_id"], "NAALD-1");
    engine
        .put_tenant(NOORD, "NAALD-1", reached_by("email", "n@huurder.example"))
        .await;
    let erase = json!({ "by": "desk", "why": "request 2026-17" });
    let path = "/v1/tenants/NAALD-1/personal-data";
    let erased = engine.call(NOORD, "DELETE", path, erase).await;
    assert_eq!(erased.status, 200, "{}", erased.text());
    approved(&engine, &id, "Bea").await.ok();
    step(&engine, &id, "release", "Bea").await.ok();
    until(&engine, &id, "done").await;
    let rows = account(&engine, &id).await;
    assert_eq!(rows[0]["tenant_id"], Value::Null);
    assert_eq!(
        (&rows[0]["outcome"], &rows[0]["reason"]),
        (&json!("refused"), &json!("erased"))
    );
    assert_eq!(mailed(&engine), ["H-1"]);
    engine.end().await;
}
