//! What left is kept byte for byte and comes back, for its own corporation only, also when the archive
//! has to be made again from the journal; and what it cannot vouch for says so.

use std::path::PathBuf;

use serde_json::Value;
use sluis_archive::{Hash, Store, Tip, verify};

use crate::support::{
    Engine, NOORD, OPERATOR, Reply, Setup, WATCHDOG, ZUID, copy, notice, reached_by,
};

/// An engine with one mail that left; the id of its notification.
async fn mailed() -> (Engine, String) {
    let engine = Engine::with_sinks().await;
    let id = mail(&engine, 1).await;
    (engine, id)
}

async fn mail(engine: &Engine, number: u32) -> String {
    let tenant = format!("H-{number}");
    let profile = reached_by("email", &format!("{tenant}@huurder.example"));
    engine.put_tenant(NOORD, &tenant, profile).await;
    let id = engine
        .accepted(NOORD, notice(&tenant, &format!("key-{number}")))
        .await;
    engine.settled().await;
    id
}

/// What left. On a busy machine the archive may have to be asked again: its thread uses only time
/// that nobody else wants.
async fn output(engine: &Engine, key: &str, id: &str) -> Reply {
    output_of(engine, key, &format!("{id}/output")).await
}

async fn output_of(engine: &Engine, key: &str, what: &str) -> Reply {
    let path = format!("/v1/notifications/{what}");
    let asked = async {
        loop {
            let reply = engine.ask(key, &path).await;
            if reply.status != 503 || reply.code() != "archive_behind" {
                return reply;
            }
        }
    };
    let answered = tokio::time::timeout(WATCHDOG, asked).await;
    answered.expect("the archive follows")
}

/// What the provider got last.
fn arrived(engine: &Engine) -> Vec<u8> {
    let kept = engine.sinks.core.book().kept();
    kept.last().expect("something arrived").raw.clone()
}

fn directory(engine: &Engine) -> PathBuf {
    engine.data().join("archive")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_comes_back_byte_for_byte_as_it_arrived() {
    let (engine, id) = mailed().await;
    let reply = output(&engine, NOORD, &id).await;
    assert_eq!(
        (reply.status, reply.header("content-type")),
        (200, "message/rfc822")
    );
    assert_eq!(reply.body, arrived(&engine));
    assert_eq!(reply.header("sluis-output-kept"), "as_sent");
    assert_eq!(
        reply.header("sluis-output-hash"),
        Hash::of(&reply.body).to_string()
    );
    assert_eq!(reply.header("sluis-output-attempt"), "1");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_request_for_a_text_message_comes_back_as_it_arrived() {
    let engine = Engine::with_sinks().await;
    engine
        .put_tenant(NOORD, "H-1", reached_by("sms", "+31612345678"))
        .await;
    let id = engine.accepted(NOORD, notice("H-1", "s-1")).await;
    engine.settled().await;
    let reply = output(&engine, NOORD, &id).await;
    assert_eq!(
        (reply.status, reply.header("content-type")),
        (200, "application/json")
    );
    let (kept, arrived): (Value, Value) = (
        reply.json(),
        serde_json::from_slice(&arrived(&engine)).expect("JSON arrived"),
    );
    assert_eq!(kept, arrived);
    assert_eq!(kept["recipients"][0], "31612345678");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_left_is_its_corporations_alone() {
    let (engine, id) = mailed().await;
    assert_eq!(
        output(&engine, ZUID, &id).await.problem(),
        (404, "not_found".into())
    );
    let unknown = "0000019c1d4a6000a1b2c3d4e5f60718";
    for id in [unknown, "ffff019c1d4a6000a1b2c3d4e5f60718", "no-id"] {
        assert_eq!(
            output(&engine, NOORD, id).await.problem(),
            (404, "not_found".into())
        );
    }
    assert_eq!(output(&engine, OPERATOR, &id).await.status, 401);
    let second = output_of(&engine, NOORD, &format!("{id}/output?attempt=2")).await;
    assert_eq!(second.problem(), (404, "not_found".into()));
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_head_grows_with_each_volume_and_the_archive_verifies_against_it() {
    let (mut engine, id) = mailed().await;
    let head = engine.ask(NOORD, "/v1/archive/head").await.ok();
    assert_eq!(
        head,
        serde_json::json!({ "volume": 0, "hash": Hash::NONE.to_string() })
    );
    engine.restart().await;
    assert_eq!(output(&engine, NOORD, &id).await.body, arrived(&engine));
    mail(&engine, 2).await;
    engine.restart().await;
    let head = engine.ask(NOORD, "/v1/archive/head").await.ok();
    assert_eq!(head["volume"], 2);
    let tip = Tip {
        volume: 2,
        hash: head["hash"].as_str().unwrap().parse().unwrap(),
    };
    let store = Store::directory(directory(&engine)).unwrap();
    let report = verify(&store, Some(tip), &mut |_, _| ()).unwrap();
    assert_eq!(
        (report.faults, report.proven, report.unproven),
        (Vec::new(), 2, 0)
    );
    engine.end().await;
}

/// Ends the engine, takes its archive away, and starts it again: it is made again from the journal.
async fn without_archive(engine: &mut Engine) {
    engine.close().await;
    std::fs::remove_dir_all(directory(engine)).unwrap();
    forget(engine);
    engine.try_open().await.unwrap();
}

/// The operator says that it is lost, and that another one begins.
fn forget(engine: &Engine) {
    std::fs::remove_file(engine.data().join("archive.json")).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_archive_is_made_again_from_the_journal_with_the_same_bytes() {
    let (mut engine, id) = mailed().await;
    // What the tenant is called now is not what it was called then.
    let mut profile = reached_by("email", "other@huurder.example");
    profile["name"] = "de heer Nieuw".into();
    engine.put_tenant(NOORD, "H-1", profile).await;
    without_archive(&mut engine).await;
    let reply = output(&engine, NOORD, &id).await;
    assert_eq!(reply.header("sluis-output-kept"), "made_again");
    assert_eq!(reply.body, arrived(&engine));
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_made_again_as_it_was_says_so() {
    let (mut engine, id) = mailed().await;
    let sent = output(&engine, NOORD, &id).await;
    engine.write_as("another");
    without_archive(&mut engine).await;
    let reply = output(&engine, NOORD, &id).await;
    assert_eq!(reply.header("sluis-output-kept"), "differs");
    assert_ne!(reply.body, sent.body);
    let hash = reply.header("sluis-output-hash");
    assert_eq!(
        hash,
        sent.header("sluis-output-hash"),
        "the hash of what left"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_archive_nothing_is_kept_and_it_says_so() {
    let engine = Engine::with(Setup {
        sinks: true,
        archive: "enabled = false",
        ..Setup::default()
    })
    .await;
    let id = mail(&engine, 1).await;
    assert_eq!(
        output(&engine, NOORD, &id).await.problem(),
        (404, "no_archive".into())
    );
    let head = engine.ask(NOORD, "/v1/archive/head").await;
    assert_eq!(head.problem(), (404, "no_archive".into()));
    assert!(!directory(&engine).exists());
    engine.end().await;
}

/// What `sluis` says to these arguments.
fn sluis(arguments: &[&str]) -> std::process::Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sluis"));
    command.args(arguments).output().expect("the program runs")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_verifies_shows_and_exports() {
    let (mut engine, id) = mailed().await;
    mail(&engine, 2).await;
    let sent = output(&engine, NOORD, &id).await.body;
    engine.close().await;
    let (archive, folder) = (directory(&engine), tempfile::tempdir().unwrap());
    let archive = archive.to_str().unwrap();
    let verified = sluis(&["archive", "verify", "--archive", archive]);
    let said = String::from_utf8(verified.stdout).unwrap();
    assert!(
        verified.status.success() && said.contains("2 outputs as the journal has"),
        "{said}"
    );
    let outputs = folder.path().join("outputs");
    let of = ["--corporation", "1", "--tenant", "H-1"];
    let show = [
        "archive",
        "show",
        "--archive",
        archive,
        "--outputs",
        outputs.to_str().unwrap(),
    ];
    let shown = sluis(&[&show[..], &of].concat());
    let lines = String::from_utf8(shown.stdout).unwrap();
    let kinds: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(kinds.iter().any(|line| line["kind"] == "output"), "{lines}");
    assert!(kinds.iter().all(|line| line["tenant"] == "H-1"), "{lines}");
    assert_eq!(
        std::fs::read(outputs.join(format!("{id}-1.eml"))).unwrap(),
        sent
    );
    let zip = folder.path().join("dossier.zip");
    let export = [
        "archive",
        "export",
        "--archive",
        archive,
        "--to",
        zip.to_str().unwrap(),
    ];
    let exported = sluis(&[&export[..], &of].concat());
    assert!(
        exported.status.success(),
        "{}",
        String::from_utf8_lossy(&exported.stderr)
    );
    let mut dossier = zip::ZipArchive::new(std::fs::File::open(&zip).unwrap()).unwrap();
    let names: Vec<String> = dossier
        .file_names()
        .map(|name| name.unwrap().into_owned())
        .collect();
    let mail = names
        .iter()
        .find(|name| name.ends_with(".eml"))
        .expect("the mail");
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut dossier.by_name(mail).unwrap(), &mut bytes).unwrap();
    assert_eq!(bytes, sent);
    let again = sluis(&[&export[..], &of].concat());
    assert!(
        !again.status.success(),
        "a file that is there is not written over"
    );
    // One byte of the mail is changed.
    let blocks = engine.data().join("archive/volumes/0000000001/0001.blocks");
    let mut bytes = std::fs::read(&blocks).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&blocks, bytes).unwrap();
    let verified = sluis(&["archive", "verify", "--archive", archive]);
    let said = String::from_utf8(verified.stdout).unwrap();
    assert_eq!(verified.status.code(), Some(1));
    assert!(
        said.contains("volumes/0000000001/0001.blocks, block at bytes 0"),
        "{said}"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_left_about_a_subject_is_shown_with_it() {
    let mut engine = Engine::with_sinks().await;
    let (tenant, address) = ("H-1", "h1@huurder.example");
    let id = engine.mailed_storno(NOORD, tenant, address, "F-1").await;
    engine.close().await;
    let (archive, folder) = (directory(&engine), tempfile::tempdir().unwrap());
    let (archive, outputs) = (archive.to_str().unwrap(), folder.path().join("outputs"));
    // Blanks around it mean nothing: it is stored without them.
    let shown = sluis(&[
        "archive",
        "show",
        "--archive",
        archive,
        "--corporation",
        "1",
        "--subject",
        " invoice/F-1 ",
        "--outputs",
        outputs.to_str().unwrap(),
    ]);
    let lines = String::from_utf8(shown.stdout).unwrap();
    assert!(lines.contains("\"kind\":\"output\""), "{lines}");
    assert!(outputs.join(format!("{id}-1.eml")).exists(), "{lines}");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archive_whose_disk_is_not_mounted_is_not_begun_anew() {
    let (mut engine, id) = mailed().await;
    engine.close().await;
    let (archive, away) = (directory(&engine), engine.data().join("on another disk"));
    std::fs::rename(&archive, &away).unwrap();
    // What is left is the directory on which it was mounted.
    std::fs::create_dir(&archive).unwrap();
    engine.try_open().await.unwrap();
    let found = ready(&engine).await;
    assert_eq!(found["state"], "away", "{found}");
    let why = found["why"].as_str().unwrap();
    assert!(
        why.contains("Mount its disk") && why.contains("archive.json"),
        "{why}"
    );
    let sent_meanwhile = mail(&engine, 2).await;
    engine.close().await;
    assert!(
        !archive.join("volumes").exists(),
        "nothing was written there"
    );
    // It is mounted.
    std::fs::remove_dir_all(&archive).unwrap();
    std::fs::rename(&away, &archive).unwrap();
    engine.try_open().await.unwrap();
    is_there(&engine).await;
    for id in [&id, &sent_meanwhile] {
        assert_eq!(output(&engine, NOORD, id).await.status, 200);
    }
    engine.end().await;
}

#[test]
fn a_place_without_a_volume_is_no_archive() {
    let folder = tempfile::tempdir().unwrap();
    // As a path that is one folder off, or a disk that is not mounted.
    std::fs::create_dir(folder.path().join("archive")).unwrap();
    let (place, to) = (folder.path().to_str().unwrap(), folder.path().join("to"));
    let to = to.to_str().unwrap();
    let of = ["--corporation", "1"];
    let days = ["--from", "2026-01-01", "--until", "2026-12-31"];
    let csv = ["--format", "csv", "--to", to];
    for more in [
        vec!["verify"],
        [&["show", "--tenant", "H-1"][..], &of].concat(),
        [&["export", "--tenant", "H-1", "--to", to][..], &of].concat(),
        [&["process"][..], &of, &days, &csv].concat(),
    ] {
        let done = sluis(&[&["archive"][..], &more, &["--archive", place]].concat());
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(1), "{more:?}: {said}");
        assert!(said.contains("no archive is there"), "{more:?}: {said}");
    }
    // What was published says what should be there, however much that is.
    let head = format!("4000000000:{}", "0".repeat(64));
    let done = sluis(&["archive", "verify", "--archive", place, "--head", &head]);
    let said = String::from_utf8(done.stdout).unwrap();
    assert!(
        said.contains("the volumes up to 4000000000 are missing"),
        "{said}"
    );
    assert!(said.contains("\n1 faults"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archive_that_is_ahead_of_the_journal_is_not_written_to() {
    let (mut engine, _) = mailed().await;
    engine.close().await;
    let (journal, older) = (engine.data().join("journal"), tempfile::tempdir().unwrap());
    copy(&journal, older.path());
    engine.try_open().await.unwrap();
    mail(&engine, 2).await;
    engine.close().await;
    std::fs::remove_dir_all(&journal).unwrap();
    copy(older.path(), &journal);
    let error = engine.try_open().await.unwrap_err();
    assert!(format!("{error:#}").contains("older copy"), "{error:#}");
    std::fs::rename(directory(&engine), engine.data().join("kept")).unwrap();
    forget(&engine);
    engine.try_open().await.unwrap();
    is_there(&engine).await;
    engine.end().await;
}

/// What `/readyz` says of the archive to an operator.
async fn ready(engine: &Engine) -> Value {
    engine.ask(OPERATOR, "/readyz").await.ok()["archive"].clone()
}

/// Asks until the archive is there.
async fn is_there(engine: &Engine) {
    let mut tries = tokio::time::interval(std::time::Duration::from_millis(50));
    let until = async {
        while !ready(engine).await.is_null() {
            tries.tick().await;
        }
    };
    let came = tokio::time::timeout(WATCHDOG, until).await;
    came.expect("the archive is tried again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_whose_archive_is_away_starts_and_sends_and_gives_it_everything_later() {
    let (mut engine, first) = mailed().await;
    engine.close().await;
    let (here, away) = (directory(&engine), engine.data().join("away"));
    std::fs::rename(&here, &away).unwrap();
    std::fs::write(&here, "no directory").unwrap();
    engine.try_open().await.unwrap();
    let said = ready(&engine).await;
    assert_eq!(said["state"], "away");
    assert!(said["why"].as_str().unwrap().contains("archive"), "{said}");
    let to_all = engine.ask("", "/readyz").await.ok();
    assert_eq!(to_all["archive"], serde_json::json!({ "state": "away" }));
    let second = mail(&engine, 2).await;
    assert_eq!(engine.sinks.core.book().kept().len(), 2, "it was sent");
    for path in [
        &*format!("/v1/notifications/{second}/output"),
        "/v1/archive/head",
    ] {
        let reply = engine.ask(NOORD, path).await;
        assert_eq!(reply.problem(), (503, "archive_away".into()));
    }
    // In one step: the engine may try at any moment, and makes a directory that is not there.
    let link = engine.data().join("link");
    std::os::unix::fs::symlink(&away, &link).unwrap();
    std::fs::rename(&link, &here).unwrap();
    is_there(&engine).await;
    let reply = output(&engine, NOORD, &second).await;
    assert_eq!(reply.header("sluis-output-kept"), "as_sent");
    assert_eq!(reply.body, arrived(&engine));
    assert_eq!(output(&engine, NOORD, &first).await.status, 200);
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_manifest_is_named_and_the_chain_is_not_extended_until_it_is_back() {
    let (mut engine, _) = mailed().await;
    engine.restart().await;
    mail(&engine, 2).await;
    engine.close().await;
    let volumes = directory(&engine).join("volumes");
    let manifest = volumes.join("0000000001/manifest.json");
    let good = std::fs::read(&manifest).unwrap();
    let mut bad = good.clone();
    bad[200] ^= 1;
    std::fs::write(&manifest, &bad).unwrap();
    engine.try_open().await.unwrap();
    let said = ready(&engine).await;
    let why = said["why"].as_str().unwrap();
    assert!(
        why.contains("volumes/0000000001/manifest.json") || why.contains("0000000002"),
        "{why}"
    );
    mail(&engine, 3).await;
    engine.restart().await;
    let sealed = std::fs::read_dir(&volumes).unwrap().count();
    assert_eq!(
        sealed, 2,
        "nothing is added to a chain that cannot be followed"
    );
    std::fs::write(&manifest, &good).unwrap();
    is_there(&engine).await;
    engine.close().await;
    let store = Store::directory(directory(&engine)).unwrap();
    let report = verify(&store, None, &mut |_, _| ()).unwrap();
    assert_eq!(
        (report.faults, report.volumes, report.proven),
        (Vec::new(), 3, 3)
    );
    engine.end().await;
}
