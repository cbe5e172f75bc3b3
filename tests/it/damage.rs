//! Damage to a data directory, seen through the whole engine: each file of it, after a clean stop
//! and after a kill. Every notification that was acknowledged is known afterwards, or the start is
//! refused with the file and what to do; the program itself ends with exit code 1 then. What the
//! journal does with each kind of damage stands in `journal/tests/it/matrix`.

use std::path::{Path, PathBuf};
use std::process::Command;

use sluis_journal::Repaired;

use crate::support::{Engine, NOORD, copy, notice};

/// Notifications that ended before the damage.
const ENDED: usize = 40;

/// A data directory, what was acknowledged in it, and the engine that knows it.
struct Damaged {
    engine: Engine,
    ids: Vec<String>,
    /// Copies: after a clean stop, and as a kill leaves it.
    images: [(&'static str, tempfile::TempDir); 2],
}

fn files_of(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        if entry.path().is_dir() {
            files.extend(files_of(&entry.path()))
        } else {
            files.push(entry.path())
        }
    }
    files.sort();
    files
}

fn flip(path: &Path, share: f64) {
    let mut bytes = std::fs::read(path).unwrap();
    let used = bytes
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1);
    let place = ((used as f64 * share) as usize).min(used.saturating_sub(1));
    if let Some(byte) = bytes.get_mut(place) {
        *byte ^= 4;
    }
    std::fs::write(path, bytes).unwrap();
}

impl Damaged {
    async fn new() -> Self {
        let mut engine = Engine::start().await;
        engine.reachable(NOORD, "H-1").await;
        let mut ids = Vec::new();
        for number in 0..ENDED {
            let reply = engine
                .call(
                    NOORD,
                    "POST",
                    "/v1/notifications",
                    notice("H-1", &format!("key-{number}")),
                )
                .await;
            ids.push(reply.ok()["id"].as_str().unwrap().to_owned());
        }
        // Silence counts as arrival after a day.
        engine.pass(25 * 3_600_000).await;
        assert_eq!(engine.get(NOORD, &ids[0]).await["state"], "ended");
        let killed = tempfile::tempdir().unwrap();
        copy(&engine.data(), killed.path());
        engine.close().await;
        let clean = tempfile::tempdir().unwrap();
        copy(&engine.data(), clean.path());
        Self {
            engine,
            ids,
            images: [("a clean stop", clean), ("a kill", killed)],
        }
    }

    /// Puts an image in the engine's place.
    fn lay(&self, image: usize) {
        std::fs::remove_dir_all(self.engine.data()).unwrap();
        copy(self.images[image].1.path(), &self.engine.data());
    }

    /// Starts; the error must name the directory and what to do. Then asks for everything.
    async fn knows_all_or_refuses(&mut self, what: &str) -> bool {
        match self.engine.try_open().await {
            Err(error) => {
                let message = format!("{error:#}");
                let remedy = ["restore", "put back", "start again", "move"]
                    .iter()
                    .any(|remedy| message.contains(remedy));
                assert!(
                    message.contains(&self.engine.data().display().to_string()) && remedy,
                    "{what}: {message}"
                );
                false
            }
            Ok(()) => {
                let cut = self
                    .engine
                    .report()
                    .repairs
                    .iter()
                    .any(|repair| repair.what == Repaired::Tail);
                for id in &self.ids {
                    let status = self
                        .engine
                        .ask(NOORD, &format!("/v1/notifications/{id}"))
                        .await
                        .status;
                    assert!(status == 200 || cut, "{what}: {status} for {id}");
                }
                self.engine.close().await;
                true
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_notification_is_known_or_the_start_is_refused() {
    let mut damaged = Damaged::new().await;
    let (mut refused, mut known) = (0, 0);
    for image in 0..2 {
        let root = damaged.images[image].1.path().to_owned();
        let stop = damaged.images[image].0;
        for file in files_of(&root) {
            let inside = file.strip_prefix(&root).unwrap().to_owned();
            for (what, deed) in [("flipped", Some(0.5)), ("removed", None)] {
                damaged.lay(image);
                let path = damaged.engine.data().join(&inside);
                match deed {
                    Some(share) => flip(&path, share),
                    None => std::fs::remove_file(&path).unwrap(),
                }
                let what = format!("{} {what} after {stop}", inside.display());
                if damaged.knows_all_or_refuses(&what).await {
                    known += 1
                } else {
                    refused += 1
                }
            }
        }
    }
    assert!(
        refused >= 4 && known > 20,
        "{refused} refused, {known} known"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_ends_with_code_1_and_says_what_to_do() {
    let damaged = Damaged::new().await;
    let refused = |what: &str| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_sluis"));
        program
            .args([
                "serve",
                "--http",
                "127.0.0.1:0",
                "--binary",
                "127.0.0.1:0",
                "--config",
            ])
            .arg(damaged.engine.config_file());
        let output = program.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{what}: {said}");
        assert!(
            said.contains("restore the") || said.contains("restore it"),
            "{what}: {said}"
        );
        said
    };
    let data = damaged.engine.data();
    damaged.lay(0);
    std::fs::remove_dir_all(data.join("journal")).unwrap();
    assert!(refused("the journal is gone").contains("is gone"));
    assert!(
        !data.join("journal/meta").exists(),
        "nothing was made in its place"
    );
    damaged.lay(0);
    std::fs::remove_dir_all(data.join("journal/gen-00000001")).unwrap();
    assert!(refused("the only generation is gone").contains("generation 1 is missing"));
    damaged.lay(1);
    std::fs::write(data.join("journal/gen-00000001/log"), b"").unwrap();
    refused("its log is empty");
    damaged.lay(0);
    flip(&data.join("journal/gen-00000001/log"), 0.999);
    refused("the end is damaged after a clean stop");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reference_key_is_mended_from_the_journal_or_refused() {
    let mut damaged = Damaged::new().await;
    let data = damaged.engine.data();
    let (file, copy) = (
        data.join("reference.key"),
        data.join("journal/kept/reference.key"),
    );
    let right = std::fs::read(&file).unwrap();
    let cut = |path: &Path| std::fs::write(path, &right[..20]).unwrap();
    let emptied = |path: &Path| std::fs::write(path, b"").unwrap();
    let removed = |path: &Path| std::fs::remove_file(path).unwrap();
    let flipped = |path: &Path| flip(path, 0.3);
    for (what, deed) in [
        ("flipped", &flipped as &dyn Fn(&Path)),
        ("cut", &cut),
        ("emptied", &emptied),
        ("removed", &removed),
    ] {
        for path in [&file, &copy] {
            damaged.lay(0);
            deed(path);
            damaged.engine.try_open().await.unwrap();
            assert!(
                damaged
                    .engine
                    .report()
                    .repairs
                    .iter()
                    .any(|repair| repair.what == Repaired::Kept),
                "{what}: said"
            );
            damaged.engine.close().await;
            assert_eq!(std::fs::read(&file).unwrap(), right, "{what}");
            assert!(std::fs::metadata(&copy).unwrap().len() > 32, "{what}");
        }
        damaged.lay(0);
        deed(&file);
        deed(&copy);
        assert!(!damaged.knows_all_or_refuses(&format!("both {what}")).await);
    }
    damaged.lay(0);
    std::fs::write(&file, [9; 32]).unwrap();
    assert!(!damaged.knows_all_or_refuses("another directory's").await);
    // As it was before it had a checksum, with no copy: it is taken as it is, and gets both.
    damaged.lay(0);
    std::fs::write(&file, &right[..32]).unwrap();
    std::fs::remove_file(&copy).unwrap();
    damaged.engine.try_open().await.unwrap();
    assert_eq!(damaged.engine.report().repairs, []);
    damaged.engine.close().await;
    assert_eq!(std::fs::read(&file).unwrap(), right);
}
