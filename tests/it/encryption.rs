//! Encryption at rest: what is told of a tenant stands nowhere on the disk, nor in a copy, and every
//! reader of the engine finds it all the same.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use sluis::backup::{back_up, restore};
use sluis::config::Config;
use sluis::sealing::{self, Order, Report};
use sluis_actors::EndingsPack;
use sluis_journal::{DiskJournal, Options, Shard};

use crate::support::{Engine, NOORD, START, Setup, notice, secrets};

const ADDRESS: &str = "naald-in-de-hooiberg@huurder.example";
const TENANT: &str = "NAALD-7731";
const INVOICE: &str = "F-NAALD-5508";
const SENTENCE: &str = "de naald ligt onder de mat";
/// What must not be readable.
const NEEDLES: [&str; 5] = [ADDRESS, TENANT, INVOICE, SENTENCE, "+31612345678"];
const ENCRYPTED: &str = "data_keys = [\"env:DATA_KEY\"]";

async fn start(corporation: &'static str) -> Engine {
    Engine::with(Setup {
        sinks: true,
        archive: "enabled = false",
        corporation,
        ..Setup::default()
    })
    .await
}

/// A storno that was mailed, bounced, went on as an SMS, and was paid.
async fn a_life(engine: &Engine) -> String {
    let id = engine.mailed_storno(NOORD, TENANT, ADDRESS, INVOICE).await;
    let appointment = json!({
        "type": "appointment", "tenant_id": TENANT, "subject": { "kind": "note", "id": SENTENCE },
        "status": "planned"
    });
    engine.fact(NOORD, "appointment-1", appointment).await;
    engine.pays(NOORD, TENANT, INVOICE).await;
    engine.settled().await;
    id
}

/// Which of the needles stand in a file under `folder`.
fn found(folder: &Path) -> Vec<&'static str> {
    let mut bytes = Vec::new();
    collect(folder, &mut bytes);
    assert!(bytes.len() > 1_000, "it looks in the wrong place");
    let stands = |needle: &&'static str| {
        let needle = needle.as_bytes();
        bytes.windows(needle.len()).any(|part| part == needle)
    };
    NEEDLES.into_iter().filter(stands).collect()
}

fn collect(folder: &Path, bytes: &mut Vec<u8>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, bytes);
        } else {
            bytes.extend(std::fs::read(&path).expect("a file"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_tenant_can_be_read_on_the_disk_or_in_a_copy() {
    let mut plain = start("").await;
    a_life(&plain).await;
    plain.close().await;
    assert_eq!(found(&plain.data()), NEEDLES, "the control");

    let mut engine = start(ENCRYPTED).await;
    a_life(&engine).await;
    let copies = tempfile::tempdir().expect("a directory");
    let copy = copies.path().join("copy");
    back_up(&engine.data(), None, &copy, START).expect("copied");
    assert_eq!(found(&copy), [""; 0]);
    engine.close().await;
    assert_eq!(found(&engine.data()), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reader_finds_it_after_a_restart_and_in_a_restored_copy() {
    let mut engine = start(ENCRYPTED).await;
    let id = a_life(&engine).await;
    let timeline = format!("/v1/tenants/{TENANT}/timeline");
    let before = engine.ask(NOORD, &timeline).await.ok();
    let (outcomes, _) = engine.outcomes(NOORD, "").await;
    let rows = before["rows"].as_array().expect("rows").len();
    assert!(rows > 5, "{before}");
    assert!(before.to_string().contains(INVOICE), "{before}");

    let copies = tempfile::tempdir().expect("a directory");
    let copy = copies.path().join("copy");
    back_up(&engine.data(), None, &copy, START).expect("copied");
    for restored in [false, true] {
        engine.close().await;
        if restored {
            std::fs::remove_dir_all(engine.data()).expect("removed");
            restore(&copy, &engine.data()).expect("restored");
        }
        engine.try_open().await.expect("it starts");
        assert_eq!(engine.ask(NOORD, &timeline).await.ok(), before);
        assert_eq!(engine.outcomes(NOORD, "").await.0, outcomes);
        let told = engine.get(NOORD, &id).await;
        assert_eq!(told["end"], "paid", "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_before_encryption_began_is_read_beside_what_is_encrypted() {
    let mut engine = start("").await;
    let id = a_life(&engine).await;
    engine.close().await;
    engine.set_corporations(ENCRYPTED);
    engine.try_open().await.expect("it starts");
    let later = engine.mailed_storno(NOORD, TENANT, ADDRESS, "F-2").await;
    for _ in 0..2 {
        assert_eq!(engine.get(NOORD, &id).await["end"], "paid");
        assert_eq!(engine.get(NOORD, &later).await["id"], later.as_str());
        engine.close().await;
        engine.try_open().await.expect("it starts");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_without_the_key_is_refused_and_a_changed_key_is_taken_over() {
    let mut engine = start(ENCRYPTED).await;
    let id = a_life(&engine).await;
    engine.close().await;

    let mut refused = async |lines: &'static str| {
        engine.set_corporations(lines);
        let error = engine.try_open().await.expect_err("it must not start");
        format!("{error:#}")
    };
    let without = refused("").await;
    assert!(
        without.contains("this data directory is encrypted"),
        "{without}"
    );
    let other = refused("data_keys = [\"env:NEXT_DATA_KEY\"]").await;
    assert!(other.contains("which is not configured"), "{other}");
    let none = refused("data_keys = [\"env:NO_SUCH_KEY\"]").await;
    assert!(
        none.contains("NO_SUCH_KEY: the variable is not set"),
        "{none}"
    );

    engine.set_corporations("data_keys = [\"env:NEXT_DATA_KEY\", \"env:DATA_KEY\"]");
    engine.try_open().await.expect("it starts");
    assert_eq!(engine.get(NOORD, &id).await["end"], "paid");
    engine.close().await;
    engine.set_corporations("data_keys = [\"env:NEXT_DATA_KEY\"]");
    engine
        .try_open()
        .await
        .expect("no tenant's key needs the old one");
    assert_eq!(engine.get(NOORD, &id).await["end"], "paid");
}

/// Everything in a data directory that can be read with every key that is there: records and table.
fn readable(data: &Path, config: &Config) -> Vec<&'static str> {
    let mut config = config.clone();
    config.engine.data_dir = data.to_owned();
    let options = Options {
        shards: config.engine.shards,
        existing: true,
        ..Options::default()
    };
    let (journal, _) = DiskJournal::open(&data.join("journal"), options).expect("it opens");
    let fatal = Arc::new(|error| panic!("{error}"));
    let sealing = sealing::open(&config, &secrets(), &journal, &(fatal.clone() as _))
        .expect("the keys open")
        .expect("there are keys");
    let journal = sealing
        .journal(Arc::new(journal), fatal)
        .expect("nothing is in the way");
    let mut bytes = Vec::new();
    for shard in (0..journal.shards()).map(Shard) {
        let all = journal.replay(shard, journal.first(shard), &mut |_, record| {
            bytes.extend_from_slice(record);
            ControlFlow::Continue(())
        });
        all.expect("every record opens");
        let (from, to) = EndingsPack::keys();
        let table = journal.visit(shard, &from, &to, &mut |value| {
            bytes.extend_from_slice(value);
            ControlFlow::Continue(())
        });
        table.expect("every value opens");
    }
    sealing.stop();
    journal.close().expect("closed");
    let stands = |needle: &&'static str| {
        let needle = needle.as_bytes();
        bytes.windows(needle.len()).any(|part| part == needle)
    };
    NEEDLES.into_iter().filter(stands).collect()
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

async fn owes_nothing(engine: &Engine) {
    let nothing = json!({ "type": "balance", "tenant_id": TENANT, "amount_cents": 0 });
    engine.pass(1_000).await;
    engine.fact(NOORD, "balance-0", nothing).await;
    engine.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_erased_cannot_be_read_again_from_journal_table_or_copy() {
    let mut engine = start(ENCRYPTED).await;
    let id = a_life(&engine).await;
    engine.reachable(NOORD, "H-2").await;
    let other = engine.accepted(NOORD, notice("H-2", "key-2")).await;
    owes_nothing(&engine).await;
    let copies = tempfile::tempdir().expect("a directory");
    let (copy, old) = (copies.path().join("copy"), copies.path().join("old"));
    for to in [&copy, &old] {
        back_up(&engine.data(), None, to, START).expect("copied");
    }
    engine.close().await;
    let config = engine.loaded();
    assert_eq!(readable(&engine.data(), &config), NEEDLES, "the control");

    let report = erase(&engine).expect("erased");
    assert_eq!(
        (report.keys, report.shared, report.erased.notifications),
        (1, false, 1)
    );
    assert_eq!(readable(&engine.data(), &config), [""; 0]);
    back_up(&engine.data(), None, &copy, START).expect("copied");
    for (from, expected) in [(&copy, &[][..]), (&old, &NEEDLES[..])] {
        let dir = tempfile::tempdir().expect("a directory");
        restore(from, dir.path()).expect("restored");
        // The control: a copy that no erasure has reached yet can be read.
        assert_eq!(readable(dir.path(), &config), expected);
    }
    let again = erase(&engine).expect_err("there is nothing any more");
    assert!(again.contains("nothing is known of this tenant"), "{again}");

    engine.try_open().await.expect("it starts");
    assert_eq!(
        engine.get(NOORD, &other).await["id"],
        other.as_str(),
        "others stay"
    );
    assert_eq!(
        engine
            .ask(NOORD, &format!("/v1/notifications/{id}"))
            .await
            .status,
        404
    );
    let later = engine.mailed_storno(NOORD, TENANT, ADDRESS, "F-3").await;
    assert_eq!(engine.get(NOORD, &later).await["id"], later.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_is_refused_while_somebody_needs_the_data() {
    let mut engine = start(ENCRYPTED).await;
    engine.mailed_storno(NOORD, TENANT, ADDRESS, INVOICE).await;
    engine.close().await;
    let open = erase(&engine).expect_err("it is open");
    assert!(open.contains("refused: 1 notifications are open"), "{open}");

    engine.try_open().await.expect("it starts");
    engine.pays(NOORD, TENANT, INVOICE).await;
    engine.settled().await;
    engine.close().await;
    let owed = erase(&engine).expect_err("he owes");
    assert!(
        owed.contains("refused: an obligation is open, 61250 cents"),
        "{owed}"
    );

    engine.try_open().await.expect("it starts");
    owes_nothing(&engine).await;
    engine.close().await;
    engine.set_corporations("data_keys = [\"env:DATA_KEY\"]\nlegal_holds = [\"NAALD-7731\"]");
    engine.try_open().await.expect("it starts");
    engine.close().await;
    let held = erase(&engine).expect_err("it is held");
    assert!(held.contains("refused: a legal hold"), "{held}");
    engine.set_corporations(
        "data_keys = [\"env:DATA_KEY\"]\nlegal_hold_subjects = [\"invoice/F-NAALD-5508\"]",
    );
    engine.try_open().await.expect("it starts");
    engine.close().await;
    let held = erase(&engine).expect_err("what it is about is held");
    assert!(
        held.contains("refused: a legal hold on invoice/F-NAALD-5508"),
        "{held}"
    );

    engine.set_corporations(ENCRYPTED);
    engine.try_open().await.expect("it starts");
    let running = erase(&engine).expect_err("the engine runs");
    assert!(running.contains("in use by another process"), "{running}");
    engine.close().await;
    erase(&engine).expect("nothing forbids it any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_before_encryption_is_not_called_erased() {
    let mut engine = start("").await;
    a_life(&engine).await;
    engine.close().await;
    engine.set_corporations(ENCRYPTED);
    engine.try_open().await.expect("it starts");
    owes_nothing(&engine).await;
    engine.close().await;
    let refused = erase(&engine).expect_err("some of it is plain");
    assert!(
        refused.contains("were written before encryption began"),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_without_the_file_of_keys_or_with_anothers_is_refused() {
    let mut engine = start(ENCRYPTED).await;
    let id = a_life(&engine).await;
    let mut other = start(ENCRYPTED).await;
    engine.close().await;
    other.close().await;
    let file = engine.data().join("keys");
    let keys = std::fs::read(&file).expect("the file of keys");

    std::fs::remove_file(&file).expect("removed");
    let gone = format!("{:#}", engine.try_open().await.expect_err("it is gone"));
    assert!(gone.contains("put it back from the newest copy"), "{gone}");
    assert!(!file.exists(), "no new one was made");
    std::fs::copy(other.data().join("keys"), &file).expect("copied");
    let foreign = format!("{:#}", engine.try_open().await.expect_err("another's"));
    assert!(
        foreign.contains("belongs to another data directory"),
        "{foreign}"
    );

    std::fs::write(&file, keys).expect("put back");
    engine.try_open().await.expect("it starts");
    assert_eq!(engine.get(NOORD, &id).await["end"], "paid");
}

/// Whose a key is may be lost in a power cut: what was sealed with it tells it again.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_keys_that_forgot_whose_they_are_learns_it_from_the_journal() {
    let mut engine = start(ENCRYPTED).await;
    let file = engine.data().join("keys");
    let early = std::fs::read(&file).expect("keys that are nobody's yet");
    let id = a_life(&engine).await;
    owes_nothing(&engine).await;
    engine.reachable(NOORD, "H-2").await;
    engine.close().await;
    assert_ne!(std::fs::read(&file).expect("read"), early);

    std::fs::write(&file, early).expect("as it was");
    engine.try_open().await.expect("it starts");
    assert_eq!(engine.get(NOORD, &id).await["end"], "paid");
    engine.reachable(NOORD, "H-3").await;
    engine.close().await;
    assert_eq!(erase(&engine).expect("his key is known").keys, 1);
    engine.try_open().await.expect("it starts");
    for tenant in ["H-2", "H-3"] {
        let timeline = format!("/v1/tenants/{tenant}/timeline");
        engine.ask(NOORD, &timeline).await.ok();
    }
}
