//! The archive with encryption at rest: what left stands nowhere in plain text, every reader finds it,
//! and after an erasure nobody does.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use serde_json::{Value, json};
use sluis::backup::{back_up, restore};
use sluis::sealing::{self, Order, Report};
use sluis_archive::{Archive, Store, Veil, verify};
use sluis_journal::{DiskJournal, Options, Shard};

use crate::support::{Body, Engine, NOORD, START, Setup, notice, secrets};

pub(crate) const ADDRESS: &str = "naald-in-de-hooiberg@huurder.example";
pub(crate) const NAME: &str = "mevrouw Speldenkussen";
pub(crate) const TENANT: &str = "NAALD-7731";
const INVOICE: &str = "F-NAALD-5508";
const NUMBER: &str = "31687654321";
pub(crate) const SENTENCE: &str = "de naald ligt onder de mat";
/// What must not be readable: of the profile, the body, what left, and what came back.
pub(crate) const NEEDLES: [&str; 6] = [ADDRESS, NAME, TENANT, INVOICE, NUMBER, SENTENCE];
pub(crate) const ENCRYPTED: &str = "data_keys = [\"env:DATA_KEY\"]";

pub(crate) async fn start(corporation: &'static str) -> Engine {
    Engine::with(Setup {
        sinks: true,
        corporation,
        ..Setup::default()
    })
    .await
}

/// A mail with a sentence, and the report that it bounced; the id of the notification.
pub(crate) async fn a_life(engine: &Engine) -> String {
    let profile = json!({
        "name": NAME,
        "addresses": [
            { "channel": "email", "value": ADDRESS },
            { "channel": "sms", "value": format!("+{NUMBER}") }
        ],
        "preferences": [{ "category": "*", "channel": "email" }]
    });
    engine.put_tenant(NOORD, TENANT, profile).await;
    let mut body = notice(TENANT, "key-1");
    body["subject"] = json!({ "kind": "invoice", "id": INVOICE });
    body["data"]["text"] = SENTENCE.into();
    let id = engine.accepted(NOORD, body).await;
    engine.settled().await;
    while let Some(event) = engine.next_event() {
        engine.deliver(NOORD, &event).await;
        engine.settled().await;
    }
    let cancel = format!("/v1/notifications/{id}/cancel");
    engine
        .call(NOORD, "POST", &cancel, Body::Nothing)
        .await
        .ok();
    engine.settled().await;
    id
}

/// Which of the needles stand in these bytes.
fn among(bytes: &[u8]) -> Vec<&'static str> {
    let stands = |needle: &&'static str| {
        let needle = needle.as_bytes();
        bytes.windows(needle.len()).any(|part| part == needle)
    };
    NEEDLES.into_iter().filter(stands).collect()
}

pub(crate) fn archive_of(engine: &Engine) -> PathBuf {
    engine.data().join("archive")
}

/// All that can be read of an archive, with these keys.
fn archived(folder: &Path, veil: Option<Arc<dyn Veil>>) -> Vec<u8> {
    let archive = Archive::look(Store::directory(folder).expect("it is there")).expect("whole");
    let archive = match veil {
        Some(veil) => archive.veiled(veil),
        None => archive,
    };
    let mut bytes = Vec::new();
    let each = archive.each(|_, _, _| true, &mut |category, found| {
        bytes.extend_from_slice(category.as_bytes());
        serde_json::to_writer(&mut bytes, &found.head).expect("a line");
        // Quoted-printable folds lines.
        let body = String::from_utf8_lossy(&found.body).replace("=\r\n", "");
        bytes.extend_from_slice(body.as_bytes());
        ControlFlow::Continue(())
    });
    each.expect("every entry opens, or says that it was erased");
    bytes
}

/// Every byte of every file below, as it lies there.
fn raw(folder: &Path, bytes: &mut Vec<u8>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => raw(&path, bytes),
            false => bytes.extend(std::fs::read(path).expect("a file")),
        }
    }
}

/// What the journal of a data directory tells with every key that is there.
fn recorded(engine: &Engine, data: &Path, bytes: &mut Vec<u8>) {
    let mut config = engine.loaded();
    config.engine.data_dir = data.to_owned();
    let options = Options {
        shards: config.engine.shards,
        existing: true,
        ..Options::default()
    };
    let (journal, _) = DiskJournal::open(&data.join("journal"), options).expect("it opens");
    let fatal = Arc::new(|error| panic!("{error}"));
    let sealing = sealing::open(&config, &secrets(), &journal, &(fatal.clone() as _));
    let sealing = sealing.expect("the keys open").expect("there are keys");
    let journal = sealing
        .journal(Arc::new(journal), fatal)
        .expect("nothing is in the way");
    for shard in (0..journal.shards()).map(Shard) {
        let all = journal.replay(shard, journal.first(shard), &mut |_, record| {
            bytes.extend_from_slice(record);
            ControlFlow::Continue(())
        });
        all.expect("every record opens");
    }
    sealing.stop();
    journal.close().expect("closed");
}

/// The needles in every byte of data directory, archive and copy, read with every key that is left.
pub(crate) fn everywhere(engine: &Engine, copy: &Path) -> Vec<&'static str> {
    let mut bytes = Vec::new();
    raw(&engine.data(), &mut bytes);
    raw(copy, &mut bytes);
    let mut config = engine.loaded();
    let restored = tempfile::tempdir().expect("a directory");
    restore(copy, restored.path()).expect("restored");
    for data in [&engine.data(), restored.path()] {
        recorded(engine, data, &mut bytes);
        config.engine.data_dir = data.to_owned();
        let keys = sealing::look(&config, &secrets()).expect("the keys open");
        bytes.extend(archived(&archive_of(engine), keys));
    }
    among(&bytes)
}

fn erase(engine: &Engine) -> Result<Report, String> {
    let order = Order {
        corporation: "noord".to_owned(),
        tenant: TENANT.to_owned(),
        by: "desk".to_owned(),
        why: "request 2026-17".to_owned(),
    };
    let erased = sealing::erase(&engine.loaded(), &secrets(), &order, START);
    erased.map_err(|error| format!("{error:#}"))
}

fn entries(engine: &Engine) -> (u64, u64) {
    let store = Store::directory(archive_of(engine)).expect("it is there");
    let report = verify(&store, None, &mut |_, _| ()).expect("read");
    assert_eq!(report.faults, []);
    (report.entries, report.sealed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_left_is_sealed_and_comes_back_byte_for_byte() {
    let mut plain = start("").await;
    a_life(&plain).await;
    plain.close().await;
    assert_eq!(
        among(&archived(&archive_of(&plain), None)),
        NEEDLES,
        "the control"
    );

    let mut engine = start(ENCRYPTED).await;
    let id = a_life(&engine).await;
    let path = format!("/v1/notifications/{id}/output");
    let sent = engine.sinks.core.book().kept()[0].raw.clone();
    for _ in 0..2 {
        let output = engine.ask(NOORD, &path).await;
        assert_eq!((output.status, &output.body[..]), (200, &sent[..]));
        assert_eq!(output.header("sluis-output-kept"), "as_sent");
        // From the open volume, and then from the sealed one.
        engine.close().await;
        engine.try_open().await.expect("it starts");
    }
    engine.close().await;
    assert_eq!(among(&archived(&archive_of(&engine), None)), [""; 0]);
    let keys = sealing::look(&engine.loaded(), &secrets()).expect("the keys open");
    assert_eq!(among(&archived(&archive_of(&engine), keys)), NEEDLES);
    let (all, sealed) = entries(&engine);
    assert_eq!(all, sealed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_an_erasure_no_byte_of_directory_archive_and_copy_tells_of_the_tenant() {
    let mut engine = start(ENCRYPTED).await;
    let id = a_life(&engine).await;
    engine.reachable(NOORD, "H-2").await;
    let other = engine.accepted(NOORD, notice("H-2", "key-2")).await;
    engine.settled().await;
    let copies = tempfile::tempdir().expect("a directory");
    let copy = copies.path().join("copy");
    engine.close().await;
    back_up(&engine.data(), None, &copy, START).expect("copied");
    assert_eq!(everywhere(&engine, &copy), NEEDLES, "the control");

    engine.set_corporations("data_keys = [\"env:DATA_KEY\"]\nlegal_holds = [\"NAALD-7731\"]");
    engine.try_open().await.expect("it starts");
    engine.close().await;
    let held = erase(&engine).expect_err("it is held");
    assert!(held.contains("refused: a legal hold"), "{held}");
    engine.set_corporations(ENCRYPTED);
    engine.try_open().await.expect("it starts");
    engine.close().await;
    let before = entries(&engine);
    assert_eq!(erase(&engine).expect("erased").keys, 1);
    back_up(&engine.data(), None, &copy, START).expect("copied");
    assert_eq!(everywhere(&engine, &copy), [""; 0]);
    assert_eq!(
        entries(&engine),
        before,
        "nothing is missing from the books"
    );

    engine.try_open().await.expect("it starts");
    let output = |id: &str| format!("/v1/notifications/{id}/output");
    let gone = engine.ask(NOORD, &output(&id)).await;
    assert_eq!(gone.problem(), (410, "erased".into()));
    assert!(
        gone.text().contains("erased on 2026-02-02T"),
        "{}",
        gone.text()
    );
    assert_eq!(engine.get(NOORD, &other).await["id"], other.as_str());
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_is_refused_while_the_archive_has_plain_entries() {
    let (mut plain, mut engine) = (start("").await, start(ENCRYPTED).await);
    for engine in [&mut plain, &mut engine] {
        a_life(engine).await;
        engine.close().await;
    }
    // The journal has nothing plain of him any more, the archive has.
    let (archive, aside) = (archive_of(&engine), engine.data().join("aside"));
    std::fs::rename(&archive, &aside).expect("moved");
    std::fs::rename(archive_of(&plain), &archive).expect("moved");
    let refused = erase(&engine).expect_err("some of it is plain");
    assert!(refused.contains("entries of the archive"), "{refused}");
    std::fs::rename(&archive, archive_of(&plain)).expect("moved back");
    std::fs::rename(&aside, &archive).expect("moved back");
    erase(&engine).expect("all of it is sealed");
}

fn sluis(engine: &Engine, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluis"));
    command.args(["archive", arguments[0], "--archive"]);
    command.arg(archive_of(engine)).args(&arguments[1..]);
    command.envs(secrets()).output().expect("the program runs")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_shows_a_sealed_archive_and_exports_all_of_one_person() {
    let mut engine = start(ENCRYPTED).await;
    let id = a_life(&engine).await;
    engine.close().await;
    let folder = tempfile::tempdir().expect("a directory");
    let zip = folder.path().join("dossier.zip");
    let (file, zip_path) = (engine.config_file(), zip.to_str().expect("a path"));
    let config = ["--config", file.to_str().expect("a path")];
    let of = ["--corporation", "1", "--tenant", TENANT];

    let verified = sluis(&engine, &["verify"]);
    let said = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(verified.status.success(), "{said}");
    assert!(said.contains("entries are sealed"), "{said}");
    let closed = sluis(&engine, &["show", "--id", &id]);
    let lines = String::from_utf8(closed.stdout).expect("text");
    assert!(
        lines.contains("\"key\":") && among(lines.as_bytes()).is_empty(),
        "{lines}"
    );
    let refused = sluis(
        &engine,
        &[&["export", "--to", zip_path, "--id", &id][..]].concat(),
    );
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("--config names the configuration"), "{said}");

    // Without the keys nobody is found by his number: that is not the same as that nothing is there.
    for what in [&["show"][..], &["export", "--to", zip_path]] {
        let unfound = sluis(&engine, &[what, &of[..]].concat());
        let said = String::from_utf8_lossy(&unfound.stderr).into_owned();
        assert!(said.contains("found only with --config"), "{said}");
    }

    let shown = sluis(&engine, &[&["show"], &of[..], &config].concat());
    let lines = String::from_utf8(shown.stdout).expect("text");
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line"))
        .collect();
    assert!(
        lines.iter().all(|line| line["tenant"] == TENANT),
        "{lines:?}"
    );
    let exported = sluis(
        &engine,
        &[&["export", "--to", zip_path], &of[..], &config].concat(),
    );
    let said = String::from_utf8_lossy(&exported.stderr).into_owned();
    assert!(exported.status.success(), "{said}");
    let mut dossier =
        zip::ZipArchive::new(std::fs::File::open(&zip).expect("the file")).expect("a ZIP file");
    let mut bytes = Vec::new();
    for index in 0..dossier.len() {
        let mut part = Vec::new();
        let mut file = dossier.by_index(index).expect("a file");
        std::io::Read::read_to_end(&mut file, &mut part).expect("read");
        let text = String::from_utf8_lossy(&part).replace("=\r\n", "");
        bytes.extend_from_slice(text.as_bytes());
    }
    assert_eq!(among(&bytes), NEEDLES, "all that is held of the person");
    let count = |line: &Value| line["kind"] == "record";
    let entries = String::from_utf8_lossy(&bytes)
        .matches("\"kind\":\"record\"")
        .count();
    assert_eq!(entries, lines.iter().filter(|line| count(line)).count());
}
