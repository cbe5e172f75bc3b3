//! How mailings end: stopped in the middle, broken off by a crash at any step, gone on with from a copy.
//! No row is lost, none is told twice, and the account says exactly who was told.

use std::collections::BTreeSet;

use serde_json::json;
use sluis::backup::{back_up, restore};
use sluis_model::{HOUR, SECOND};

use crate::mailings::{
    account, approved, brought, draft, list, made, mailed, mailing, post, released, step, tenants,
    turn, until, with_mail,
};
use crate::support::{Engine, NOORD, OPERATOR, Reply, START, Setup, notice};

/// Bytes on the disk for each row, in the files of marks.
const MARK: usize = 2;

/// Takes from the disk what a crash would have kept from it: the verdicts of rows from this one on.
fn forget_verdicts(engine: &Engine, id: &str, from: usize) {
    let path = engine.data().join("mailings").join(id).join("verdicts");
    let mut bytes = std::fs::read(&path).expect("verdicts");
    // As far as something was written.
    let from = bytes.len().min(from * MARK);
    bytes[from..].fill(0);
    std::fs::write(&path, bytes).expect("written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_in_the_middle_says_exactly_who_was_told_and_a_correction_reaches_just_them() {
    let engine = with_mail(Setup::default(), 40).await;
    let id = released(&engine, &list(40), json!({ "per_minute": 600 })).await;
    for _ in 0..2 {
        turn(&engine).await;
        engine.pass(SECOND).await;
    }
    turn(&engine).await;
    let open = mailing(&engine, &id).await;
    assert_eq!(open["progress"]["admitted"], 20, "{open}");
    step(&engine, &id, "stop", "Anna").await.ok();
    until(&engine, &id, "stopped").await;

    let rows = account(&engine, &id).await;
    assert_eq!(rows.len(), 40);
    let told: BTreeSet<String> = mailed(&engine).into_iter().collect();
    assert_eq!(mailed(&engine).len(), told.len(), "nobody twice");
    assert_eq!(told.len(), 20);
    assert_eq!(tenants(&rows, "left", "yes"), told);
    assert_eq!(tenants(&rows, "left", "perhaps"), BTreeSet::new());
    assert_eq!(tenants(&rows, "outcome", "not_handed_over").len(), 20);
    let view = mailing(&engine, &id).await;
    assert_eq!(
        view["progress"]["open"], 0,
        "what was open is cancelled: {view}"
    );
    assert_eq!(view["progress"]["reconciled"], true);
    let one = rows.iter().find(|row| row["left"] == "yes").expect("one");
    let notification = engine.get(NOORD, one["id"].as_str().unwrap()).await;
    assert_eq!(
        notification["subject"],
        json!({ "kind": "mailing", "id": id })
    );

    let mut sorry = draft();
    sorry["name"] = "Excuses".into();
    sorry["affected"] = "left".into();
    sorry["data"] = json!({ "title": "Excuses", "text": "Wij vergisten ons." });
    let path = format!("/v1/mailings/{id}/corrections");
    let reply = post(&engine, NOORD, &path, sorry.clone()).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let made = reply.ok();
    assert_eq!((&made["taken"], &made["rejected"]), (&json!(20), &json!(0)));
    assert_eq!(
        made["mailing"]["corrects"],
        json!({ "mailing": id, "affected": "left" })
    );
    let second = made["mailing"]["id"].as_str().unwrap().to_owned();
    approved(&engine, &second, "Bea").await.ok();
    step(&engine, &second, "release", "Bea").await.ok();
    until(&engine, &second, "done").await;
    let corrected = tenants(&account(&engine, &second).await, "left", "yes");
    assert_eq!(corrected, told);
    assert_eq!(mailed(&engine).len(), 40);
    sorry["affected"] = "bounced".into();
    let nobody = post(&engine, NOORD, &path, sorry).await;
    assert_eq!(nobody.problem(), (409, "nobody_affected".into()));
    let running = step(&engine, &id, "remove", "Anna").await;
    assert_eq!(running.status, 200, "{}", running.text());
    assert!(!engine.data().join("mailings").join(&id).exists());
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_at_any_step_leaves_no_gap_and_tells_nobody_twice() {
    let mut engine = with_mail(Setup::default(), 30).await;
    let id = released(&engine, &list(30), json!({ "per_minute": 600 })).await;
    turn(&engine).await;
    // Before a window, in the middle of one, behind one; of each with its verdicts and without.
    for (round, forgotten) in [0, 10, 4, 15, 12].into_iter().enumerate() {
        engine.pass(SECOND / 2).await;
        turn(&engine).await;
        engine.close().await;
        forget_verdicts(&engine, &id, forgotten);
        // The idempotency keys are forgotten as well: only the shards know.
        engine.clock.advance(30 * HOUR);
        engine.try_open().await.expect("it starts");
        turn(&engine).await;
        let told = mailed(&engine);
        let names: BTreeSet<_> = told.iter().collect();
        assert_eq!(names.len(), told.len(), "round {round}: nobody twice");
    }
    for _ in 0..40 {
        turn(&engine).await;
        engine.pass(SECOND).await;
    }
    until(&engine, &id, "done").await;
    let told = mailed(&engine);
    assert_eq!(told.len(), 30, "{told:?}");
    assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), 30);
    let rows = account(&engine, &id).await;
    assert_eq!(tenants(&rows, "left", "yes").len(), 30);
    // The control: the key of the first row means nothing any more, so it was not what kept it from being told again.
    let again = notice("H-99", &format!("mailing/{id}/0"));
    engine.accepted(NOORD, again).await;
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_longer_than_ended_ones_are_kept_tells_nobody_twice() {
    let mut engine = with_mail(
        Setup {
            journal: "keep_for = \"24h\"\nendings_for = \"24h\"",
            ..Setup::default()
        },
        30,
    )
    .await;
    let id = released(&engine, &list(30), json!({ "per_minute": 600 })).await;
    for _ in 0..3 {
        turn(&engine).await;
        engine.pass(SECOND).await;
    }
    let told = mailed(&engine).len();
    assert!(told >= 20, "{told}");
    step(&engine, &id, "pause", "Anna").await.ok();
    engine.close().await;
    // A crash took the verdicts of the last windows.
    forget_verdicts(&engine, &id, 5);
    engine.try_open().await.expect("it starts");
    assert_eq!(mailing(&engine, &id).await["stage"], "paused");
    // It stays paused until the shards have forgotten what ended.
    turn(&engine).await;
    turn(&engine).await;
    for _ in 0..4 {
        engine.pass(24 * HOUR).await;
        engine.app().engine.forget().expect("forgotten");
        turn(&engine).await;
    }
    step(&engine, &id, "resume", "Anna").await.ok();
    for _ in 0..10 {
        turn(&engine).await;
        engine.pass(SECOND).await;
    }
    until(&engine, &id, "done").await;
    let told = mailed(&engine);
    assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), 30);
    assert_eq!(told.len(), 30, "{told:?}");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_while_it_stops_ends_in_the_same_account() {
    let mut engine = with_mail(Setup::default(), 30).await;
    let id = released(&engine, &list(30), json!({ "per_minute": 600 })).await;
    turn(&engine).await;
    engine.pass(SECOND).await;
    turn(&engine).await;
    step(&engine, &id, "stop", "Anna").await.ok();
    engine.close().await;
    // What was handed over in the last window had no verdict yet.
    forget_verdicts(&engine, &id, 0);
    engine.try_open().await.expect("it starts");
    assert_eq!(mailing(&engine, &id).await["stage"], "stopping");
    turn(&engine).await;
    engine.restart().await;
    until(&engine, &id, "stopped").await;
    let rows = account(&engine, &id).await;
    let told: BTreeSet<String> = mailed(&engine).into_iter().collect();
    assert_eq!(told.len(), 10);
    assert_eq!(tenants(&rows, "left", "yes"), told);
    assert_eq!(tenants(&rows, "outcome", "not_handed_over").len(), 20);
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_goes_on_where_its_journal_ends_whatever_its_mailings_say() {
    let mut engine = with_mail(Setup::default(), 30).await;
    let id = released(&engine, &list(30), json!({ "per_minute": 600 })).await;
    turn(&engine).await;
    engine.pass(SECOND).await;
    let copies = tempfile::tempdir().expect("a directory");
    let copy = copies.path().join("copy");
    turn(&engine).await;
    engine.pass(SECOND).await;
    turn(&engine).await;
    back_up(&engine.data(), None, &copy, START).expect("copied");
    engine.close().await;
    // The mailings of a copy are older than its journal.
    std::fs::remove_dir_all(engine.data()).unwrap();
    restore(&copy, &engine.data()).expect("restored");
    forget_verdicts(&engine, &id, 3);
    engine.try_open().await.expect("it starts");
    let all = json!({ "all": true });
    let path = "/v1/operator/resume";
    engine
        .app()
        .restored
        .settle(&**engine.app().engine.journal());
    let resumed = engine.call(OPERATOR, "POST", path, all).await;
    assert_eq!(resumed.status, 200, "{}", resumed.text());
    for _ in 0..5 {
        turn(&engine).await;
        engine.pass(SECOND).await;
    }
    until(&engine, &id, "done").await;
    let told = mailed(&engine);
    assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), 30);
    assert_eq!(told.len(), 30, "{told:?}");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_with_mistakes_is_told_all_of_them_and_a_draft_what_its_flow_does_not_take() {
    let engine = Engine::start().await;
    let paths = |reply: &Reply| {
        let errors = reply.json()["errors"].clone();
        let each = errors.as_array().cloned().unwrap_or_default().into_iter();
        let each = each.map(|error| {
            assert!(error["expected"].is_string(), "{error}");
            error["path"].as_str().unwrap_or_default().to_owned()
        });
        each.collect::<Vec<_>>()
    };
    let wrong = json!({ "name": 7, "environment": "prod", "by": "", "data": { "title": "a" }, "windows": [] });
    let reply = post(&engine, NOORD, "/v1/mailings", wrong).await;
    assert_eq!(reply.problem(), (422, "invalid".into()));
    assert_eq!(
        paths(&reply),
        ["windows", "name", "flow", "category", "environment", "by"]
    );
    let mut unknown = draft();
    unknown["data"] = json!({ "texxt": "Wij komen.", "title": 12.5 });
    let reply = post(&engine, NOORD, "/v1/mailings", unknown).await;
    assert_eq!(reply.problem(), (422, "invalid".into()));
    assert_eq!(paths(&reply), ["data.texxt", "data.title"]);
    assert_eq!(reply.json()["errors"][0]["hint"], "did you mean \"text\"?");
    let id = made(&engine).await;
    let wrong = json!({ "per_minute": -1, "stop_percent": 5.5, "windows": ["ma-vr"], "stop": 1 });
    let reply = post(&engine, NOORD, &format!("/v1/mailings/{id}/release"), wrong).await;
    assert_eq!(
        paths(&reply),
        ["stop", "by", "per_minute", "stop_percent", "windows[0]"]
    );
    let reply = post(
        &engine,
        NOORD,
        &format!("/v1/mailings/{id}/approve"),
        json!({}),
    )
    .await;
    assert_eq!(paths(&reply), ["by", "checksum"]);
    let reply = post(
        &engine,
        NOORD,
        &format!("/v1/mailings/{id}/corrections"),
        json!({ "affected": "some" }),
    )
    .await;
    assert_eq!(
        paths(&reply),
        ["name", "flow", "category", "environment", "by", "affected"]
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_spreadsheet_spoils_and_what_stands_there_twice_is_not_taken() {
    let engine = Engine::start().await;
    let id = made(&engine).await;
    for list in [
        "huurdernummer;title;Title\nH-1;Lift;Dak\n",
        "huurdernummer;huurdernr;title\nH-1;H-2;Lift\n",
    ] {
        let report = brought(&engine, &id, list).await;
        assert_eq!(report.problem(), (422, "nothing_taken".into()), "{list}");
        let reason = &report.json()["report"]["rejections"][0]["reasons"][0];
        assert_eq!(reason["code"], "twice", "{reason}");
    }
    let list = "huurdernummer;title\nH-1;#N/B\nH-2;NULL\nH-3;1,00123E+11\nH-4;Lift\n";
    let report = brought(&engine, &id, list).await.ok();
    let codes: Vec<_> = (0..3)
        .map(|at| report["rejections"][at]["reasons"][0]["code"].clone())
        .collect();
    assert_eq!(codes, ["placeholder", "missing", "placeholder"], "{report}");
    // The flow asks for no subject, so a tenant is told once.
    let list = "huurdernummer;kenmerk;title\nH-1;A;Lift\nH-1;B;Lift\n";
    let report = brought(&engine, &id, list).await.ok();
    assert_eq!(
        (&report["taken"], &report["repeated"]),
        (&json!(1), &json!(1)),
        "{report}"
    );
    assert_eq!(report["notes"][0]["path"], "kenmerk");
    engine.end().await;
}
