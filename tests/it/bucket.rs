//! Copies and the archive in a bucket, with the program as people use it, on a server that speaks S3
//! (moto). `.ci/run` runs what is ignored here, and installs what it needs.

#[path = "../../archive/tests/it/s3_server.rs"]
mod s3_server;

use std::path::Path;
use std::process::{Command, Output};

use self::s3_server::{BUCKET, Server};
use crate::support::{Engine, NOORD, notice, reached_by};

fn sluis(server: &Server, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluis"));
    command.args(arguments).envs(server.options());
    command.output().expect("the program runs")
}

/// What it says when it succeeds.
fn done(server: &Server, arguments: &[&str]) -> String {
    let output = sluis(server, arguments);
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

/// An engine that sent a mail; the id of the notification.
async fn mailed() -> (Engine, String) {
    let engine = Engine::with_sinks().await;
    let profile = reached_by("email", "h1@huurder.example");
    engine.put_tenant(NOORD, "H-1", profile).await;
    let id = engine.accepted(NOORD, notice("H-1", "key-1")).await;
    engine.settled().await;
    (engine, id)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Python with moto and boto3: .ci/run installs them"]
async fn a_copy_goes_into_a_bucket_and_comes_back_and_an_engine_starts_from_it_paused() {
    let server = Server::start("ACL='private'");
    let (mut engine, id) = mailed().await;
    let dir = tempfile::tempdir().unwrap();
    let (staging, back) = (dir.path().join("staging"), dir.path().join("back"));
    let data = engine.data();
    let url = format!("s3://{BUCKET}/copies/waterpoort");
    let to = ["--to", &url, "--staging", text(&staging)];
    let backup = [&["backup", "--data-dir", text(&data)], &to[..]].concat();
    assert!(done(&server, &backup).contains("copy 1, "));
    let again = done(&server, &backup);
    assert!(again.contains("copy 2, "), "{again}");

    let restore = ["restore", "--from", &url, "--to", text(&back)];
    let said = done(&server, &restore);
    assert!(said.contains("every one read"), "{said}");
    engine.close().await;
    std::fs::remove_dir_all(&data).unwrap();
    std::fs::rename(&back, &data).unwrap();
    engine.try_open().await.unwrap();
    assert_eq!(engine.get(NOORD, &id).await["id"], *id);
    let ready = engine.ask(crate::support::OPERATOR, "/readyz").await.json();
    assert_eq!(ready["paused"]["everything"], true, "{ready}");
    engine.end().await;

    // A piece is taken away: it is named, and what was made of it starts nothing.
    server.did(&format!(
        "found = s3.list_objects_v2(Bucket=bucket, Prefix='copies/waterpoort/pieces/')['Contents']\n\
         s3.delete_object(Bucket={BUCKET:?}, Key=found[0]['Key'])"
    ));
    let failed = sluis(&server, &restore);
    let said = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert!(
        !failed.status.success() && said.contains("is missing"),
        "{said}"
    );
    assert!(sluis::backup::whole_note(&back).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Python with moto and boto3: .ci/run installs them"]
async fn a_bucket_that_keeps_what_is_removed_is_no_place_for_copies_and_that_is_said() {
    let server = Server::locked();
    let (engine, _) = mailed().await;
    let dir = tempfile::tempdir().unwrap();
    let (staging, data) = (dir.path().join("staging"), engine.data());
    let url = format!("s3://{BUCKET}/copies");
    let backup = [
        &["backup", "--data-dir", text(&data)],
        &["--to", &url, "--staging", text(&staging)][..],
    ]
    .concat();
    done(&server, &backup);
    // The listing of the first copy is not shown any more, and a key that it has is still there.
    let again = sluis(&server, &backup);
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert_eq!(again.status.code(), Some(1), "{said}");
    assert!(said.contains("the bucket keeps old versions"), "{said}");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Python with moto and boto3: .ci/run installs them"]
async fn the_archive_in_a_bucket_is_checked_shown_exported_and_analysed() {
    let server = Server::locked();
    let (mut engine, id) = mailed().await;
    engine.close().await;
    // As an engine with archive.url would have put it there.
    let archive = engine.data().join("archive");
    server.did(&format!(
        "import os\nroot = {:?}\nfor folder, _, names in os.walk(root):\n  for name in names:\n    path = os.path.join(folder, name)\n    \
         key = 'waterpoort/' + os.path.relpath(path, root)\n    \
         s3.put_object(Bucket=bucket, Key=key, Body=open(path, 'rb').read(), ChecksumAlgorithm='SHA256')",
        text(&archive)
    ));
    let url = format!("s3://{BUCKET}/waterpoort");
    let verified = done(&server, &["archive", "verify", "--archive", &url]);
    assert!(
        verified.contains("1 outputs as the journal has their hash"),
        "{verified}"
    );
    assert!(verified.contains("\n0 faults"), "{verified}");
    let shown = done(
        &server,
        &["archive", "show", "--archive", &url, "--id", &id],
    );
    assert!(shown.contains(&id), "{shown}");
    let dir = tempfile::tempdir().unwrap();
    let (zip, csv) = (dir.path().join("dossier.zip"), dir.path().join("log.csv"));
    let of = ["--id", &id, "--to", text(&zip)];
    done(
        &server,
        &[&["archive", "export", "--archive", &url], &of[..]].concat(),
    );
    let period = [
        "--corporation",
        "1",
        "--from",
        "2000-01-01",
        "--until",
        "2099-12-31",
    ];
    let to = ["--format", "csv", "--to", text(&csv)];
    let process = ["archive", "process", "--archive", &url];
    done(&server, &[&process[..], &period, &to].concat());
    assert!(
        std::fs::read_to_string(&csv)
            .unwrap()
            .contains("attempt_accepted")
    );

    let typed = format!("s3://{BUCKET}/waterport");
    let nothing = sluis(&server, &["archive", "verify", "--archive", &typed]);
    let said = String::from_utf8_lossy(&nothing.stderr).into_owned();
    assert!(said.contains("no archive is there"), "{said}");
}
