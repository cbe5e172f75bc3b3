//! A restore drill: a copy is made while the engine runs, and another engine starts from it. It
//! knows every notification that was accepted before the copy, sends nothing until an operator says
//! so, and then nothing twice that the copy knows of.

use std::path::Path;

use serde_json::json;
use sluis::backup::{back_up, fetch, restore, send, whole_note};
use sluis_archive::{Shelf, Store};

use crate::support::{Engine, NOORD, OPERATOR, START, ZUID};

const HOUR: i64 = 3_600_000;

/// An engine that has mailed, and what was acknowledged in it.
struct Drill {
    engine: Engine,
    ids: Vec<(&'static str, String)>,
}

impl Drill {
    /// Three stornos of each corporation left as mails. After two days each becomes an SMS.
    async fn new() -> Self {
        let engine = Engine::with_sinks().await;
        let mut ids = Vec::new();
        for key in [NOORD, ZUID] {
            for number in 0..3 {
                let (tenant, address) = (
                    format!("H-{number}"),
                    format!("huurder{number}@huurder.example"),
                );
                let invoice = format!("F-{number}");
                let id = engine.mailed_storno(key, &tenant, &address, &invoice).await;
                ids.push((key, id));
            }
        }
        assert_eq!(engine.mails(), 6);
        Self { engine, ids }
    }

    /// What happens after the copy: the SMS leave, and one more mail.
    async fn go_on(&self) -> String {
        self.engine.pass(47 * HOUR).await;
        self.balances("day 2").await;
        self.engine.pass(2 * HOUR).await;
        assert_eq!(self.engine.sms(), 6);
        let address = "later@huurder.example";
        self.engine
            .mailed_storno(NOORD, "H-9", address, "F-9")
            .await
    }

    /// The daily feed: a flow sends nothing on an old balance.
    async fn balances(&self, day: &str) {
        for key in [NOORD, ZUID] {
            for tenant in ["H-0", "H-1", "H-2"] {
                self.engine
                    .owes(key, tenant, &format!("{tenant} {day}"))
                    .await;
            }
        }
        self.engine.settled().await;
    }

    /// Starts on what is there. The feed goes on, and every wait has ended.
    async fn start(&mut self) {
        self.engine.try_open().await.unwrap();
        self.balances("day 3").await;
    }

    /// The disk is lost: the copy comes in its place.
    async fn lose_and_restore(&mut self, copy: &Path) {
        self.engine.close().await;
        std::fs::remove_dir_all(self.engine.data()).unwrap();
        restore(copy, &self.engine.data()).unwrap();
    }

    async fn resume(&self) {
        let all = json!({ "all": true });
        let path = "/v1/operator/resume";
        self.engine.call(OPERATOR, "POST", path, all).await.ok();
        self.engine.settled().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_engine_knows_all_sends_nothing_unasked_and_nothing_twice_that_it_knows_of() {
    let mut drill = Drill::new().await;
    let copy = tempfile::tempdir().unwrap();
    back_up(&drill.engine.data(), None, copy.path(), START).unwrap();
    let later = drill.go_on().await;
    let (mails, sms) = (drill.engine.mails(), drill.engine.sms());
    assert_eq!((mails, sms), (7, 6));

    drill.lose_and_restore(copy.path()).await;
    drill.start().await;
    for (key, id) in &drill.ids {
        assert_eq!(drill.engine.get(key, id).await["id"], **id);
    }
    let path = format!("/v1/notifications/{later}");
    let unknown = drill.engine.ask(NOORD, &path).await;
    assert_eq!(unknown.status, 404, "accepted after the copy");
    // Every wait has ended, and nothing leaves.
    drill.engine.pass(HOUR).await;
    assert_eq!((drill.engine.mails(), drill.engine.sms()), (mails, sms));
    let ready = drill.engine.ask(OPERATOR, "/readyz").await.json();
    assert_eq!(ready["paused"]["everything"], true, "{ready}");

    // The SMS left after the copy was made, which it cannot know. The mails it does know.
    drill.resume().await;
    assert_eq!((drill.engine.mails(), drill.engine.sms()), (mails, sms + 6));
    drill.engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pause_of_a_restored_engine_outlives_a_restart_and_its_end_does_too() {
    let mut drill = Drill::new().await;
    let copy = tempfile::tempdir().unwrap();
    back_up(&drill.engine.data(), None, copy.path(), START).unwrap();
    drill.go_on().await;
    drill.lose_and_restore(copy.path()).await;
    let sms = drill.engine.sms();
    let data = drill.engine.data();
    assert!(whole_note(&data).unwrap().is_some());
    drill.start().await;
    drill.engine.restart().await;
    assert!(
        whole_note(&data).unwrap().is_none(),
        "it is no copy any more"
    );
    drill.engine.pass(HOUR).await;
    assert_eq!(drill.engine.sms(), sms, "still paused");
    drill.resume().await;
    assert_eq!(drill.engine.sms(), sms + 6);
    drill.engine.restart().await;
    let ready = drill.engine.ask(OPERATOR, "/readyz").await.json();
    assert_eq!(ready["paused"]["everything"], false, "{ready}");
    drill.engine.end().await;
}

/// The same by way of objects: what is not in the directory of the copy any more comes back from there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_starts_paused_from_a_copy_that_was_stored_in_objects() {
    let mut drill = Drill::new().await;
    let dir = tempfile::tempdir().unwrap();
    let (staging, objects) = (dir.path().join("staging"), dir.path().join("objects"));
    let shelf = Shelf::on(Store::directory(objects).unwrap());
    let data = drill.engine.data();
    for number in 1..=2 {
        back_up(&data, None, &staging, START).unwrap();
        assert_eq!(send(&staging, &shelf).unwrap().number, number);
    }
    drill.go_on().await;
    let (mails, sms) = (drill.engine.mails(), drill.engine.sms());
    drill.engine.close().await;
    std::fs::remove_dir_all(&data).unwrap();
    std::fs::remove_dir_all(&staging).unwrap();
    fetch(&shelf, &data).unwrap();

    drill.start().await;
    for (key, id) in &drill.ids {
        assert_eq!(drill.engine.get(key, id).await["id"], **id);
    }
    drill.engine.pass(HOUR).await;
    assert_eq!((drill.engine.mails(), drill.engine.sms()), (mails, sms));
    drill.resume().await;
    assert_eq!((drill.engine.mails(), drill.engine.sms()), (mails, sms + 6));
    drill.engine.end().await;
}

/// The control: without the note that says that it is a copy, a start sends at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_note_a_copy_sends_at_once() {
    let mut drill = Drill::new().await;
    let copy = tempfile::tempdir().unwrap();
    back_up(&drill.engine.data(), None, copy.path(), START).unwrap();
    drill.go_on().await;
    drill.lose_and_restore(copy.path()).await;
    let sms = drill.engine.sms();
    std::fs::remove_file(drill.engine.data().join("backup.json")).unwrap();
    drill.start().await;
    assert_eq!(drill.engine.sms(), sms + 6);
    drill.engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_later_copy_brings_the_earlier_one_up_to_date() {
    let mut drill = Drill::new().await;
    let copy = tempfile::tempdir().unwrap();
    back_up(&drill.engine.data(), None, copy.path(), START).unwrap();
    let later = drill.go_on().await;
    back_up(&drill.engine.data(), None, copy.path(), START).unwrap();
    let (mails, sms) = (drill.engine.mails(), drill.engine.sms());
    drill.lose_and_restore(copy.path()).await;
    drill.start().await;
    assert_eq!(drill.engine.get(NOORD, &later).await["id"], later);
    drill.resume().await;
    drill.engine.pass(HOUR).await;
    assert_eq!((drill.engine.mails(), drill.engine.sms()), (mails, sms));
    drill.engine.end().await;
}

/// Whoever needs a copy has a source that is damaged: the next run of the timer must not spoil the
/// copy that there is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_is_damaged_or_foreign_leaves_the_earlier_copy_as_it_was() {
    let mut drill = Drill::new().await;
    let data = drill.engine.data();
    let copy = tempfile::tempdir().unwrap();
    back_up(&data, None, copy.path(), START).unwrap();
    drill.go_on().await;
    drill.engine.close().await;
    let refused = |what: anyhow::Result<()>| format!("{:#}", what.expect_err("refused"));

    let other = Engine::start().await;
    other.reachable(NOORD, "H-1").await;
    let foreign = back_up(&other.data(), None, copy.path(), START).map(drop);
    assert!(refused(foreign).contains("another data directory"));
    assert!(whole_note(copy.path()).unwrap().is_some());
    other.end().await;

    let log = data.join("journal/gen-00000001/log");
    let mut bytes = std::fs::read(&log).unwrap();
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    bytes[used / 2] ^= 0xff;
    std::fs::write(&log, &bytes).unwrap();
    let damaged = back_up(&data, None, copy.path(), START).map(drop);
    assert!(refused(damaged).contains("is damaged at byte"));
    assert!(whole_note(copy.path()).unwrap().is_some());

    drill.lose_and_restore(copy.path()).await;
    drill.start().await;
    for (key, id) in &drill.ids {
        assert_eq!(drill.engine.get(key, id).await["id"], **id);
    }
    drill.engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_copy_starts_nowhere_and_nothing_is_overwritten() {
    let mut drill = Drill::new().await;
    let data = drill.engine.data();
    let refused = |what: anyhow::Result<()>| format!("{:#}", what.expect_err("refused"));
    // Into the data directory, and over something else.
    let inside = back_up(&data, None, &data.join("copy"), START).map(drop);
    assert!(refused(inside).contains("choose another place"));
    assert!(!data.join("copy").exists(), "nothing was made");
    let other = tempfile::tempdir().unwrap();
    std::fs::write(other.path().join("important"), "yes").unwrap();
    let over = back_up(&data, None, other.path(), START).map(drop);
    assert!(refused(over).contains("choose an empty directory"));
    // A copy that was cut short says so.
    let copy = tempfile::tempdir().unwrap();
    back_up(&data, None, copy.path(), START).unwrap();
    let note = copy.path().join("backup.json");
    let half = std::fs::read_to_string(&note)
        .unwrap()
        .replace("\"whole\": true", "\"whole\": false");
    std::fs::write(&note, half).unwrap();
    let target = tempfile::tempdir().unwrap();
    let cut = restore(copy.path(), target.path()).map(drop);
    assert!(refused(cut).contains("cut short"));
    // So does a start on it, and the next copy mends it.
    back_up(&data, None, copy.path(), START).unwrap();
    let full = restore(copy.path(), &data).map(drop);
    assert!(refused(full).contains("is not empty"));
    drill.lose_and_restore(copy.path()).await;
    let note = data.join("backup.json");
    let half = std::fs::read_to_string(&note)
        .unwrap()
        .replace("\"whole\": true", "\"whole\": false");
    std::fs::write(&note, half).unwrap();
    let error = drill.engine.try_open().await.expect_err("half a copy");
    assert!(format!("{error:#}").contains("cut short"), "{error:#}");
    drill.engine.end().await;
}

/// An engine whose archive has a sealed volume, with what left in it and one mail after that.
async fn archived() -> (Drill, String) {
    let mut drill = Drill::new().await;
    drill.engine.restart().await;
    let address = "later@huurder.example";
    let later = drill
        .engine
        .mailed_storno(NOORD, "H-9", address, "F-9")
        .await;
    (drill, later)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_left_and_what_was_counted_come_back_with_the_copy() {
    let (mut drill, later) = archived().await;
    let id = drill.ids[0].1.clone();
    let output = format!("/v1/notifications/{id}/output");
    let sent = drill.engine.ask(NOORD, &output).await.body;
    let counts = "/v1/counters?event=attempt_accepted";
    let counted = drill.engine.ask(NOORD, counts).await.ok();
    let copy = tempfile::tempdir().unwrap();
    let copied = back_up(&drill.engine.data(), None, copy.path(), START).unwrap();
    let archive = copied.archive.unwrap();
    assert!(
        archive.volumes == 1 && archive.copied_bytes > 0,
        "{archive:?}"
    );
    // Again: a sealed volume is copied once.
    drill.engine.restart().await;
    let copied = back_up(&drill.engine.data(), None, copy.path(), START).unwrap();
    let second = copied.archive.unwrap();
    assert_eq!(second.volumes, 2, "{second:?}");
    let volumes =
        ["0000000001", "0000000002"].map(|volume| copy.path().join("archive/volumes").join(volume));
    let size_of = |dir: &Path| -> u64 {
        let files = std::fs::read_dir(dir).unwrap().map(|file| file.unwrap());
        let objects = files.filter(|file| file.file_name() != "manifest.json");
        objects.map(|file| file.metadata().unwrap().len()).sum()
    };
    assert_eq!(second.copied_bytes, size_of(&volumes[1]));

    drill.lose_and_restore(copy.path()).await;
    drill.engine.try_open().await.unwrap();
    assert_eq!(drill.engine.ask(NOORD, &output).await.body, sent);
    let of_later = format!("/v1/notifications/{later}/output");
    assert_eq!(drill.engine.ask(NOORD, &of_later).await.status, 200);
    assert_eq!(drill.engine.ask(NOORD, counts).await.ok(), counted);
    drill.engine.end().await;
}

/// The archive of an engine goes on after the newest copy: what is ahead of the copied journal stays out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archive_that_is_damaged_or_lost_a_volume_leaves_the_earlier_copy_whole() {
    let (mut drill, _) = archived().await;
    let data = drill.engine.data();
    let copy = tempfile::tempdir().unwrap();
    back_up(&data, None, copy.path(), START).unwrap();
    drill.engine.restart().await;
    let refused = |what: anyhow::Result<()>| format!("{:#}", what.expect_err("refused"));
    let again = || back_up(&data, None, copy.path(), START).map(drop);

    let object = data.join("archive/volumes/0000000002/0000.blocks");
    let good = std::fs::read(&object).unwrap();
    let mut damaged = good.clone();
    damaged[good.len() / 2] ^= 1;
    std::fs::write(&object, damaged).unwrap();
    assert!(refused(again()).contains("is damaged"));
    std::fs::remove_file(&object).unwrap();
    assert!(refused(again()).contains("is missing in the archive"));
    std::fs::write(&object, good).unwrap();
    let volume = data.join("archive/volumes/0000000001");
    std::fs::rename(&volume, data.join("aside")).unwrap();
    assert!(refused(again()).contains("put it back from"));
    assert!(whole_note(copy.path()).unwrap().is_some());
    std::fs::rename(data.join("aside"), &volume).unwrap();
    again().unwrap();

    // A copy that was damaged since is not restored.
    let copied = copy.path().join("archive/volumes/0000000002/0000.blocks");
    std::fs::write(&copied, b"no blocks").unwrap();
    let target = tempfile::tempdir().unwrap();
    let broken = restore(copy.path(), target.path()).map(drop);
    assert!(refused(broken).contains("the archive in the copy is damaged"));
    drill.engine.end().await;
}

/// What a tombstone says was removed goes from the copy too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_removed_from_the_archive_goes_from_the_copy() {
    let (drill, _) = archived().await;
    let data = drill.engine.data();
    let copy = tempfile::tempdir().unwrap();
    back_up(&data, None, copy.path(), START).unwrap();
    let [volume, copied] =
        [data.as_path(), copy.path()].map(|dir| dir.join("archive/volumes/0000000001"));
    let tombstone = json!({ "objects": [{ "object": "0000.blocks" }] }).to_string();
    std::fs::write(volume.join("removed-0000000001.json"), tombstone).unwrap();
    std::fs::remove_file(volume.join("0000.blocks")).unwrap();
    back_up(&data, None, copy.path(), START).unwrap();
    assert!(!copied.join("0000.blocks").exists());
    assert!(copied.join("removed-0000000001.json").exists());
    drill.engine.end().await;
}
