//! A data directory of a newer program is refused before anything is changed.

use std::path::Path;

use serde_json::json;
use sluis::backup::{back_up, restore};
use sluis_model::codec::RECORD_VERSION;

use crate::support::{Engine, NOORD, START};

/// Every file with its bytes.
fn everything(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    collect(dir, "", &mut files);
    files.sort();
    files
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_of_a_newer_program_is_refused_and_nothing_is_changed() {
    let mut engine = Engine::start().await;
    engine.reachable(NOORD, "H-1").await;
    let copy = tempfile::tempdir().unwrap();
    back_up(&engine.data(), None, copy.path(), START).unwrap();
    engine.close().await;
    let newer =
        json!({ "program": "9.1.0", "records": RECORD_VERSION + 1, "more": true }).to_string();
    for dir in [engine.data(), copy.path().to_owned()] {
        std::fs::write(dir.join("version.json"), &newer).unwrap();
    }
    let before = everything(&engine.data());
    let error = format!("{:#}", engine.try_open().await.expect_err("refused"));
    let reads = format!("reads records up to version {RECORD_VERSION}");
    for part in [
        "version 9.1.0 of the program",
        &reads,
        "Nothing was changed",
        "Start version 9.1.0",
        "restore a backup",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
    assert!(
        everything(&engine.data()) == before,
        "something was changed"
    );
    // Nor is a copy of it restored, or brought up to date.
    let target = tempfile::tempdir().unwrap();
    let restored = restore(copy.path(), target.path()).map(drop);
    assert!(format!("{:#}", restored.expect_err("refused")).contains("version 9.1.0"));
    let copied = back_up(&engine.data(), None, copy.path(), START).map(drop);
    assert!(format!("{:#}", copied.expect_err("refused")).contains("version 9.1.0"));
    // The control: the note of this program lets it start.
    let ours = json!({ "program": "9.1.0", "records": RECORD_VERSION }).to_string();
    std::fs::write(engine.data().join("version.json"), ours).unwrap();
    engine.try_open().await.expect("it opens");
    engine.end().await;
}

/// The files below a directory, by name.
pub fn collect(dir: &Path, name: &str, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{name}/{}", entry.file_name().to_str().unwrap());
        match entry.path().is_dir() {
            true => collect(&entry.path(), &name, files),
            false => files.push((name, std::fs::read(entry.path()).unwrap())),
        }
    }
}
