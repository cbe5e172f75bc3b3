//! A mailing to a selection: every tenant is looked at, also those at rest; whoever is unknown is no row; what
//! was chosen is approved, told and accounted for as a list is.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::mailings::{account, approved, brought, list, mailing, post, tenants, until, with_mail};
use crate::support::{Body, Engine, NOORD, Setup, ZUID, reached_by};

/// A mailing of which all rows say the same.
async fn made(engine: &Engine) -> String {
    let body = json!({
        "name": "Buurtnieuws", "flow": "notice", "category": "newsletter", "environment": "test",
        "data": { "title": "Nieuws", "text": "De tuin is klaar." }, "by": "Anna"
    });
    let made = post(engine, NOORD, "/v1/mailings", body).await;
    made.json()["id"].as_str().expect("an id").to_owned()
}

async fn select(engine: &Engine, id: &str, when: &str) -> crate::support::Reply {
    let path = format!("/v1/mailings/{id}/select");
    post(engine, NOORD, &path, json!({ "when": when, "by": "Carl" })).await
}

/// The selection when it is through.
async fn selected(engine: &Engine, id: &str, when: &str) -> Value {
    let begun = select(engine, id, when).await;
    assert_eq!(begun.status, 202, "{}", begun.text());
    for _ in 0..10_000 {
        let selection = mailing(engine, id).await["selection"].clone();
        if selection["state"] != "running" {
            return selection;
        }
        tokio::task::yield_now().await;
    }
    panic!("it does not end");
}

async fn in_segment(engine: &Engine, tenant: &str, name: &str) {
    let fact = json!({ "type": "segment", "tenant_id": tenant, "name": name });
    engine
        .fact(NOORD, &format!("s-{tenant}-{name}"), fact)
        .await;
}

async fn undecided(engine: &Engine, id: &str) -> Vec<Value> {
    let path = format!("/v1/mailings/{id}/undecided");
    engine.ask(NOORD, &path).await.rows()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_for_whom_it_holds_are_told_and_whoever_is_unknown_is_listed_apart() {
    let engine = with_mail(Setup::default(), 6).await;
    for tenant in ["H-1", "H-2", "H-3"] {
        in_segment(&engine, tenant, "noord").await;
    }
    in_segment(&engine, "H-4", "zuid").await;
    // H-5 and H-6 have no segment. This one nobody loaded, and that one is another corporation's.
    in_segment(&engine, "H-99", "noord").await;
    engine
        .put_tenant(ZUID, "H-7", reached_by("email", "z@huurder.example"))
        .await;
    engine.settled().await;
    let id = made(&engine).await;
    let done = selected(&engine, &id, "facts.segment.name == 'noord'").await;
    let expected = json!({
        "when": "facts.segment.name == 'noord'", "state": "done", "percent": 100, "looked_at": 7, "chosen": 3,
        "undecided": 2, "not_loaded": 1, "at": done["at"].clone()
    });
    assert_eq!(done, expected);
    let apart = undecided(&engine, &id).await;
    let named: BTreeSet<&str> = apart
        .iter()
        .filter_map(|row| row["tenant_id"].as_str())
        .collect();
    assert_eq!(named, BTreeSet::from(["H-5", "H-6"]));
    assert_eq!(apart[0]["lacks"], json!(["facts.segment.name"]));
    let path = format!("/v1/mailings/{id}/undecided");
    let foreign = engine.call(ZUID, "GET", &path, Body::Nothing).await;
    assert_eq!(foreign.status, 404);

    // What was chosen stays: it is frozen, whatever is told later.
    in_segment(&engine, "H-5", "noord").await;
    in_segment(&engine, "H-1", "west").await;
    let same = approved(&engine, &id, "Carl").await;
    assert_eq!(same.problem(), (409, "same_person".into()));
    approved(&engine, &id, "Bea").await.ok();
    let path = format!("/v1/mailings/{id}/release");
    post(&engine, NOORD, &path, json!({ "by": "Bea" }))
        .await
        .ok();
    until(&engine, &id, "done").await;
    let account = account(&engine, &id).await;
    let told = tenants(&account, "left", "yes");
    assert_eq!(
        told,
        BTreeSet::from(["H-1".into(), "H-2".into(), "H-3".into()])
    );
    let late = select(&engine, &id, "tenant.language == 'nl'").await;
    assert_eq!(late.problem(), (409, "wrong_stage".into()));
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tenants_at_rest_are_looked_at_and_stay_at_rest() {
    let setup = Setup {
        engine: "max_active_tenants = 32",
        ..Setup::default()
    };
    let mut engine = with_mail(setup, 400).await;
    for number in (1..=400).step_by(2) {
        in_segment(&engine, &format!("H-{number}"), "noord").await;
    }
    engine.settled().await;
    engine.restart().await;
    let id = made(&engine).await;
    let when =
        "has(facts.segment.name) && facts.segment.name == 'noord' && tenant.reached_by_email";
    let done = selected(&engine, &id, when).await;
    assert_eq!(
        (&done["looked_at"], &done["chosen"]),
        (&json!(400), &json!(200)),
        "{done}"
    );
    assert_eq!(done["undecided"], 0);
    // Again gives the same, in the place of what was there.
    let again = selected(&engine, &id, when).await;
    assert_eq!(again["chosen"], 200);
    // A list takes its place too, and then nothing is said of a selection.
    brought(&engine, &id, &list(3)).await.ok();
    let now = mailing(&engine, &id).await;
    assert_eq!(
        (&now["rows"]["count"], &now["selection"]),
        (&json!(3), &Value::Null)
    );
    assert!(undecided(&engine, &id).await.is_empty());
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_condition_with_a_mistake_says_what_was_expected_and_changes_nothing() {
    let engine = with_mail(Setup::default(), 2).await;
    let id = made(&engine).await;
    selected(&engine, &id, "tenant.language == 'nl'").await;
    for (when, expected) in [
        ("data.title == 'x'", "is not a value"),
        ("tenant.langage == 'nl'", "did you mean tenant.language?"),
        ("tenant.language = 'nl'", "write == to compare"),
        ("facts.nothing.x == 1", "no type of fact"),
        ("", "4000 bytes"),
        ("today ==", "it ends here"),
        // No message of it is counted: it would be zero for everybody.
        (
            "contacted('collection', 7 days) < 3",
            "none with 'collection' is",
        ),
    ] {
        let refused = select(&engine, &id, when).await;
        assert_eq!(refused.problem(), (422, "invalid".into()), "{when}");
        let error = refused.json()["errors"][0].clone();
        assert_eq!(error["path"], "when");
        assert!(
            error["expected"].as_str().unwrap().contains(expected),
            "{error}"
        );
    }
    let now = mailing(&engine, &id).await;
    assert_eq!(
        (&now["rows"]["count"], &now["selection"]["state"]),
        (&json!(2), &json!("done"))
    );
    // A flow that wants of each row what a selection does not have.
    let body = json!({
        "name": "Storno", "flow": "storno", "category": "collection", "environment": "test", "by": "Anna"
    });
    let storno = post(&engine, NOORD, "/v1/mailings", body).await.json();
    let storno = storno["id"].as_str().unwrap();
    let refused = select(&engine, storno, "tenant.language == 'nl'").await;
    assert_eq!(refused.problem(), (422, "invalid".into()));
    // Nobody: a draft without rows, which nobody can approve.
    let nobody = selected(&engine, &id, "tenant.language == 'xx'").await;
    assert_eq!(
        (&nobody["chosen"], &nobody["looked_at"]),
        (&json!(0), &json!(2))
    );
    assert!(approved(&engine, &id, "Bea").await.status >= 400);
    engine.end().await;
}

/// The program, asked about this engine.
async fn sluis(engine: &Engine, arguments: &[&str]) -> (bool, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sluis"));
    command
        .arg("mailing")
        .args(arguments)
        .args(["--url", &format!("http://{}", engine.http)])
        .env("SLUIS_KEY", NOORD);
    let run = tokio::task::spawn_blocking(move || command.output());
    let done = run.await.unwrap().expect("the program runs");
    let said = [&done.stdout[..], &done.stderr[..]].concat();
    (done.status.success(), String::from_utf8(said).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_take_a_mailing_from_its_draft_to_its_account() {
    let engine = with_mail(Setup::default(), 3).await;
    in_segment(&engine, "H-2", "noord").await;
    let data = r#"{"title": "Nieuws", "text": "De tuin is klaar."}"#;
    let draft = [
        "draft",
        "--name",
        "Buurtnieuws",
        "--flow",
        "notice",
        "--category",
        "newsletter",
        "--environment",
        "test",
        "--data",
        data,
        "--by",
        "Anna Kok",
    ];
    let (is_good, made) = sluis(&engine, &draft).await;
    assert!(is_good, "{made}");
    let id = made.split_whitespace().next().unwrap().to_owned();
    let when = "has(facts.segment.name) && facts.segment.name == 'noord'";
    let (is_good, chosen) = sluis(&engine, &["select", &id, "--when", when, "--by", "Carl"]).await;
    assert!(
        is_good && chosen.contains("chosen 1") && chosen.contains("undecided 0"),
        "{chosen}"
    );
    let (is_good, wrong) = sluis(
        &engine,
        &["select", &id, "--when", "data.x == 1", "--by", "Carl"],
    )
    .await;
    assert!(
        !is_good && wrong.contains("when: ") && wrong.contains("422 invalid"),
        "{wrong}"
    );
    let (_, preview) = sluis(&engine, &["preview", &id]).await;
    assert!(
        preview.contains("tenant H-2") && preview.contains("De tuin is klaar."),
        "{preview}"
    );
    let checksum = preview.trim().rsplit(' ').next().unwrap().to_owned();
    let (is_good, same) = sluis(
        &engine,
        &["approve", &id, "--checksum", &checksum, "--by", "anna kok"],
    )
    .await;
    assert!(!is_good && same.contains("same_person"), "{same}");
    let (is_good, said) = sluis(
        &engine,
        &["approve", &id, "--checksum", &checksum, "--by", "Bea"],
    )
    .await;
    assert!(is_good, "{said}");
    let (is_good, said) = sluis(
        &engine,
        &["release", &id, "--by", "Bea", "--stop-percent", "20"],
    )
    .await;
    assert!(is_good && said.contains("running"), "{said}");
    let (is_good, said) = sluis(&engine, &["pause", &id, "--by", "Bea"]).await;
    assert!(is_good && said.contains("paused_for: person"), "{said}");
    let (is_good, said) = sluis(&engine, &["resume", &id, "--by", "Bea"]).await;
    assert!(is_good, "{said}");
    until(&engine, &id, "done").await;
    let (_, account) = sluis(&engine, &["account", &id]).await;
    let row: Value = account.trim().parse().unwrap();
    assert_eq!(
        (&row["tenant_id"], &row["left"]),
        (&json!("H-2"), &json!("yes"))
    );
    let (_, all) = sluis(&engine, &["show"]).await;
    assert!(
        all.starts_with(&id) && all.contains("notice: Buurtnieuws"),
        "{all}"
    );
    let (is_good, said) = sluis(&engine, &["stop", &id, "--by", "Bea"]).await;
    assert!(is_good && said.contains("stopping"), "{said}");
    until(&engine, &id, "stopped").await;
    let (is_good, over) = sluis(&engine, &["stop", &id, "--by", "Bea"]).await;
    assert!(!is_good && over.contains("wrong_stage"), "{over}");
    let list = tempfile::tempdir().unwrap();
    let file = list.path().join("rows.csv");
    std::fs::write(&file, "huurdernummer;title\nH-1;Lift\nH-2;\n").unwrap();
    let (_, second) = sluis(
        &engine,
        &[&draft[..9], &["--data", r#"{"text": "x"}"#, "--by", "Anna"]].concat(),
    )
    .await;
    let second = second.split_whitespace().next().unwrap().to_owned();
    let (is_good, rows) = sluis(
        &engine,
        &["rows", &second, file.to_str().unwrap(), "--by", "Anna Kok"],
    )
    .await;
    assert!(
        is_good && rows.contains("1 taken, 1 rejected") && rows.contains("line 3: data.title"),
        "{rows}"
    );
    engine.end().await;
}
