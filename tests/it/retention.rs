//! What is past its period goes from the archive, a legal hold keeps it, and whoever asks for it is told
//! when it went and under which rule.

use serde_json::Value;
use sluis_archive::{Report, Store, verify};
use sluis_model::DAY;

use crate::support::{Engine, NOORD, Setup, ZUID, notice, reached_by};

/// Turns of the archive's thread in which what is due must have gone.
const MOST_TURNS: usize = 50;

/// An engine that keeps what it archives for 30 days; the id of a notification that is over and sealed.
async fn mailed(corporation: &'static str) -> (Engine, String) {
    let mut engine = Engine::with(Setup {
        sinks: true,
        archive: "keep_days.default = 30",
        corporation,
        ..Setup::default()
    })
    .await;
    let profile = reached_by("email", "ok@huurder.example");
    engine.put_tenant(NOORD, "H-1", profile).await;
    let id = engine.accepted(NOORD, notice("H-1", "key-1")).await;
    // A day of silence ends it.
    engine.pass(2 * DAY).await;
    engine.restart().await;
    (engine, id)
}

/// Lets the archive do what is due.
fn let_it_work(engine: &Engine) {
    let archiving = engine.app().archiving.as_ref().expect("there is one");
    for _ in 0..MOST_TURNS {
        assert!(archiving.turn(), "a turn comes");
    }
}

fn report(engine: &Engine) -> Report {
    let store = Store::directory(engine.data().join("archive")).unwrap();
    verify(&store, None, &mut |_, _| ()).unwrap()
}

async fn output(engine: &Engine, key: &str, id: &str) -> (u16, Value) {
    let reply = engine
        .ask(key, &format!("/v1/notifications/{id}/output"))
        .await;
    let problem = serde_json::from_slice(&reply.body).unwrap_or_default();
    (reply.status, problem)
}

/// What `sluis archive` says: whether it succeeded, and its last words.
fn sluis(engine: &Engine, command: &str, more: &[&str]) -> (bool, String) {
    let directory = engine.data().join("archive");
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_sluis"))
        .args(["archive", command, "--archive"])
        .arg(directory)
        .args(more)
        .output()
        .expect("the program runs");
    let said = [done.stdout, done.stderr].concat();
    (
        done.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_went_answers_410_with_its_date_and_rule_and_the_archive_verifies() {
    let (mut engine, id) = mailed("").await;
    engine.pass(27 * DAY).await;
    let_it_work(&engine);
    assert_eq!(
        output(&engine, NOORD, &id).await.0,
        200,
        "its period goes on"
    );
    engine.pass(5 * DAY).await;
    let_it_work(&engine);
    let (status, problem) = output(&engine, NOORD, &id).await;
    assert_eq!((status, &problem["code"]), (410, &"output_removed".into()));
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.contains("under rule archive.keep_days.default"),
        "{detail}"
    );
    let (status, problem) = output(&engine, ZUID, &id).await;
    assert_eq!((status, &problem["code"]), (404, &"not_found".into()));

    engine.restart().await;
    assert_eq!(output(&engine, NOORD, &id).await.0, 410, "after a restart");
    engine.close().await;
    let report = report(&engine);
    assert_eq!((report.faults, report.undeleted), (Vec::new(), 0));
    assert!(report.removed > 0 && report.unnamed == 0);
    let (succeeds, said) = sluis(&engine, "show", &["--id", &id]);
    assert!(
        !succeeds && said.contains("under rule archive.keep_days.default"),
        "{said}"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_legal_hold_keeps_what_is_past_its_period() {
    let (mut engine, id) = mailed("legal_holds = [\"H-1\"]").await;
    engine.pass(40 * DAY).await;
    let_it_work(&engine);
    assert_eq!(output(&engine, NOORD, &id).await.0, 200);
    engine.close().await;
    assert_eq!(report(&engine).removed, 0);
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn looking_for_what_is_not_there_fails_and_says_what_to_do() {
    let (mut engine, id) = mailed("").await;
    engine.close().await;
    let unknown = ["--corporation", "1", "--tenant", "H-404"];
    for command in ["show", "export"] {
        let file = engine.data().join("none.zip");
        let to = ["--to", file.to_str().unwrap()];
        let more = if command == "show" { &[][..] } else { &to };
        let (succeeds, said) = sluis(&engine, command, &[&unknown, more].concat());
        assert!(
            !succeeds && said.contains("nothing of tenant H-404"),
            "{said}"
        );
        assert!(said.contains("look whether the number is right"), "{said}");
    }
    let file = engine.data().join("there.zip");
    std::fs::write(&file, b"mine").unwrap();
    let to = ["--id", &id, "--to", file.to_str().unwrap()];
    let (succeeds, said) = sluis(&engine, "export", &to);
    assert!(
        !succeeds && said.contains("there.zip: there is such a file already"),
        "{said}"
    );
    assert!(said.contains("give another name"), "{said}");
    assert_eq!(std::fs::read(&file).unwrap(), b"mine");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_archive_is_told_with_its_place_and_what_to_do() {
    let (mut engine, id) = mailed("").await;
    engine.close().await;
    let volume = engine.data().join("archive/volumes/0000000001");
    let blocks = volume.join("0001.blocks");
    let whole = std::fs::read(&blocks).unwrap();
    let damages: [(&str, Option<&[u8]>); 2] = [
        ("it was cut off", Some(&whole[..whole.len() - 9])),
        ("it is missing", None),
    ];
    for (what, left) in damages {
        match left {
            Some(bytes) => std::fs::write(&blocks, bytes).unwrap(),
            None => std::fs::remove_file(&blocks).unwrap(),
        }
        let (succeeds, said) = sluis(&engine, "show", &["--id", &id]);
        assert!(!succeeds && said.contains(what), "{said}");
        assert!(said.contains("volumes/0000000001/0001.blocks"), "{said}");
        assert!(said.contains("restore those objects from a copy"), "{said}");
        std::fs::write(&blocks, &whole).unwrap();
    }
    assert!(sluis(&engine, "show", &["--id", &id]).0, "whole again");
    engine.end().await;
}
