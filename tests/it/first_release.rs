//! A data directory of the first release opens with everything in it, and goes on.

use std::io::{Cursor, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sluis_journal::Shard;
use sluis_model::{Clock as _, DAY, HOUR, Timestamp};

use super::upgrade::collect;
use crate::support::{Engine, KEYS, NOORD, Setup, ZUID, notice, reached_by, storno};

/// Writes the directory anew instead of reading it: only before a release has been made with another.
const WRITE: &str = "SLUIS_WRITE_FIRST_RELEASE";
/// Two data directories of the first release, with what was in them.
const FIXTURE: &str = "tests/data/first-release.zip.zst";
/// How much of the repository it may take.
const MOST_BYTES: usize = 300_000;
/// Notifications that are asked for one by one, of the first and of the last.
const MOST_ASKED: usize = 8;
/// Steps of forgetting after each day.
const MOST_STEPS: usize = 8;
/// Small generations, so that old records had gone.
const GENERATION_BYTES: u64 = 32 << 10;

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(FIXTURE)
}

/// With an archive, and nothing encrypted.
fn plain() -> Setup {
    Setup {
        sinks: true,
        journal: "keep_for = \"24h\"\nlive_factor = 1\ncheckpoint_every = \"1m\"",
        generation_bytes: Some(GENERATION_BYTES),
        ..Setup::default()
    }
}

/// Encrypted, and without an archive.
fn sealed() -> Setup {
    Setup {
        archive: "enabled = false",
        corporation: "data_keys = [\"env:DATA_KEY\"]",
        ..plain()
    }
}

/// What an engine says of what is in it: what is open, what has ended, what waits, what was counted.
async fn told(engine: &Engine, ids: &[(String, String)]) -> Value {
    let mut corporations = Vec::new();
    for key in KEYS {
        let open = engine.ask(key, "/v1/notifications?limit=1000").await.ok();
        let (ended, _) = engine.outcomes(key, "").await;
        let ended: Vec<Value> = ended
            .iter()
            .map(|row| json!([row["id"], row["end"]]))
            .collect();
        let tasks = engine.ask(key, "/v1/tasks").await.ok();
        let pauses = engine.ask(key, "/v1/pauses").await.ok();
        corporations.push(json!({
            "open": open["notifications"], "ended": ended, "tasks": tasks["tasks"].as_array().map_or(0, Vec::len),
            "pauses": pauses["pauses"].as_array().map_or(0, Vec::len)
        }));
    }
    let head = engine.ask(NOORD, "/v1/archive/head").await;
    json!({
        "at": engine.clock.now().0, "ids": ids, "corporations": corporations, "head": head.json()["hash"],
        "counters": counters(engine).await
    })
}

/// The counts, in order.
async fn counters(engine: &Engine) -> Value {
    let path = "/v1/counters?from=2026-02-01&to=2026-02-28";
    engine.ask(NOORD, path).await.ok()["counters"].take()
}

/// Notifications in every state, of two corporations, over several days.
async fn a_week(engine: &Engine) -> Vec<(String, String)> {
    let mut ids = Vec::new();
    let mut keep = |key: &str, id: String| ids.push((key.to_owned(), id));
    for number in 0..12 {
        let (tenant, invoice) = (format!("H-{number}"), format!("F-{number}"));
        let address = format!("{tenant}@huurder.example");
        let key = if number % 3 == 2 { ZUID } else { NOORD };
        keep(
            key,
            engine.mailed_storno(key, &tenant, &address, &invoice).await,
        );
        if number % 4 == 0 {
            engine.pays(key, &tenant, &invoice).await;
        }
    }
    for day in 0..3 {
        for number in 0..80 {
            let mut text = notice(
                &format!("H-{}", number % 8),
                &format!("notice-{day}-{number}"),
            );
            text["data"]["text"] = "Wij komen langs. ".repeat(20).into();
            keep(NOORD, engine.accepted(NOORD, text).await);
        }
        engine.settled().await;
        engine.pass(DAY + HOUR).await;
        forget(engine).await;
    }
    // Held: nobody told the balance. Nobody to reach: people are asked.
    for number in 20..30 {
        let (tenant, invoice) = (format!("H-{number}"), format!("F-{number}"));
        if number < 25 {
            let profile = reached_by("email", &format!("{tenant}@huurder.example"));
            engine.put_tenant(NOORD, &tenant, profile).await;
        } else {
            engine
                .owes(NOORD, &tenant, &format!("balance-{tenant}"))
                .await;
        }
        let body = storno(&tenant, &invoice, &format!("key-{tenant}"));
        keep(NOORD, engine.accepted(NOORD, body).await);
    }
    let mut later = notice("H-1", "later");
    later["send_after"] = "2026-03-02T12:00:00Z".into();
    keep(NOORD, engine.accepted(NOORD, later).await);
    engine.settled().await;
    // Ready, and not sent.
    let flow = json!({ "flow": "notice" });
    engine.call(ZUID, "POST", "/v1/pause", flow).await.ok();
    engine
        .call(NOORD, "POST", "/v1/pause", json!({ "flow": "notice" }))
        .await
        .ok();
    for number in 0..8 {
        let body = notice("H-3", &format!("paused-{number}"));
        keep(NOORD, engine.accepted(NOORD, body).await);
    }
    engine.settled().await;
    ids
}

/// Lets what is old go.
async fn forget(engine: &Engine) {
    let counters = engine.app().counters.clone();
    let counted = tokio::task::spawn_blocking(move || counters.settle());
    counted.await.expect("it waits");
    for _ in 0..MOST_STEPS {
        engine.app().engine.forget().expect("a step");
        engine.settled().await;
    }
}

/// One data directory with what was in it: its files by name.
async fn written(name: &str, setup: Setup) -> Vec<(String, Vec<u8>)> {
    let mut engine = Engine::with(setup).await;
    let ids = a_week(&engine).await;
    // Sealed volumes, checkpoints of every shard, and days that are over.
    engine.restart().await;
    for _ in 0..MOST_STEPS {
        forget(&engine).await;
    }
    let said = told(&engine, &ids).await;
    let journal = engine.app().engine.journal();
    let has_gone = (0..journal.shards()).any(|shard| journal.first(Shard(shard)).0 > 1);
    assert!(has_gone, "old records had gone");
    engine.close().await;
    let mut files = vec![(format!("{name}.json"), serde_json::to_vec(&said).unwrap())];
    collect(&engine.data(), name, &mut files);
    files
}

fn pack(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in files {
        zip.start_file(name.as_str(), options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zstd::encode_all(&*zip.finish().unwrap().into_inner(), 19).unwrap()
}

/// Puts one data directory of the fixture to `data`; what was in it.
fn unpack(name: &str, data: &Path) -> Value {
    let packed = std::fs::read(fixture()).expect("the fixture");
    assert!(packed.len() <= MOST_BYTES, "{} bytes", packed.len());
    let zip = zstd::decode_all(&*packed).expect("zstd");
    let mut zip = zip::ZipArchive::new(Cursor::new(zip)).expect("a zip");
    let mut said = Value::Null;
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        let path = file.name().unwrap().into_owned();
        if path == format!("{name}.json") {
            said = serde_json::from_slice(&bytes).unwrap();
        } else if let Some(rest) = path.strip_prefix(&format!("{name}/")) {
            let target = data.join(rest);
            std::fs::create_dir_all(target.parent().unwrap()).unwrap();
            std::fs::write(target, bytes).unwrap();
        }
    }
    said
}

/// An engine on a data directory of the first release; what was in that.
async fn opened(name: &str, setup: Setup) -> (Engine, Value) {
    let mut engine = Engine::with(setup).await;
    engine.close().await;
    std::fs::remove_dir_all(engine.data()).unwrap();
    let said = unpack(name, &engine.data());
    engine.clock.set(Timestamp(said["at"].as_i64().unwrap()));
    engine.try_open().await.expect("it opens");
    (engine, said)
}

fn ids_of(said: &Value) -> Vec<(String, String)> {
    serde_json::from_value(said["ids"].clone()).expect("ids")
}

async fn opens_and_goes_on(name: &str, setup: Setup) {
    let (mut engine, said) = opened(name, setup).await;
    assert!(
        engine.report().repairs.is_empty(),
        "{:?}",
        engine.report().repairs
    );
    let ids = ids_of(&said);
    assert!(ids.len() > 250);
    assert_eq!(told(&engine, &ids).await, said);
    // It goes on: what was held is told its balance, what was paused leaves.
    let before = engine.mails();
    engine.owes(NOORD, "H-20", "balance-now").await;
    let resume = json!({ "flow": "notice" });
    engine.call(NOORD, "POST", "/v1/resume", resume).await.ok();
    engine.settled().await;
    assert_eq!(engine.mails(), before + 9);
    // The same key is the same notification, and a new one is taken.
    let again = engine.post(NOORD, notice("H-3", "paused-0")).await.json();
    assert_eq!(again["duplicate"], true, "{again}");
    engine.accepted(NOORD, notice("H-1", "new")).await;
    engine.restart().await;
    let last = ids.iter().rev().take(MOST_ASKED);
    for (key, id) in ids.iter().take(MOST_ASKED).chain(last) {
        let found = engine.ask(key, &format!("/v1/notifications/{id}")).await;
        // Without an archive, what is told of something that ended long ago is its end.
        let has_gone = name == "sealed" && found.status == 410;
        assert!(has_gone || found.ok()["id"] == **id, "{id}");
    }
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_of_the_first_release_opens_with_everything_and_goes_on() {
    if std::env::var_os(WRITE).is_some() {
        let mut files = written("plain", plain()).await;
        files.extend(written("sealed", sealed()).await);
        std::fs::write(fixture(), pack(&files)).unwrap();
    }
    opens_and_goes_on("plain", plain()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_encrypted_directory_of_the_first_release_opens_with_everything_and_goes_on() {
    if std::env::var_os(WRITE).is_none() {
        opens_and_goes_on("sealed", sealed()).await;
    }
}
