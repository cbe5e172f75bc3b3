//! What is past its period goes, whole objects at a time; what went has a tombstone, and whoever looks is
//! told. Whatever is done to tombstones behind the archive's back, the check names.

use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use sluis_archive::{
    Archive, Batch, Entry, FlowDay, Hash, Head, Key, Kind, Removal, Removals, Report, Retained,
    Rule, Store, Terms, verify,
};
use sluis_model::{CorporationId, DAY, NotificationId, ShardId, TenantKey};

use super::world::{NEVER, all, subject};

/// What two categories are kept for, in days.
pub(super) const NEWS: u32 = 365;
const DUES: u32 = 2_557;

fn rule(days: u32, name: &str) -> Rule {
    let name = name.into();
    Rule { days, name }
}

pub(super) fn terms() -> Terms {
    Terms {
        shared: [("news".into(), rule(NEWS, "archive.keep_days.news"))].into(),
        others: Some(rule(DUES, "archive.keep_days.default")),
        ..Terms::default()
    }
}

/// A notification that was accepted on this day.
pub(super) fn id(number: u64, day: i64) -> NotificationId {
    let number = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    NotificationId::new(ShardId(1), day * DAY, number)
}

fn tenant(number: u64) -> TenantKey {
    TenantKey::new(CorporationId(7), format!("T-{number}"))
}

/// An archive whose records are written one by one.
pub(super) struct Stage {
    pub(super) folder: tempfile::TempDir,
    store: Store,
    pub(super) archive: Archive,
    sequence: u64,
}

impl Stage {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::directory(folder.path()).unwrap();
        let archive = Archive::open(store.clone(), 2, NEVER).unwrap();
        Self {
            folder,
            store,
            archive,
            sequence: 0,
        }
    }

    /// A record of notification `number`, accepted on day `accepted`, decided on day `at`.
    fn record(&mut self, category: &str, number: u64, accepted: i64, at: i64, event: &str) {
        self.sequence += 1;
        let body = Bytes::from(format!("record {}", self.sequence));
        let counts = |name: &str| u32::from(event == name);
        let head = Head {
            kind: Kind::Record,
            shard: 1,
            sequence: self.sequence,
            at: at * DAY,
            corporation: 7,
            tenant: tenant(number).tenant,
            ids: vec![id(number, accepted).to_string().into()],
            subject: (event == "accepted").then(|| subject(number)),
            input: Some("notify".into()),
            events: vec![event.into()],
            output: None,
            key: 0,
            length: body.len() as u32,
        };
        let flow = FlowDay {
            day: accepted,
            accepted: counts("accepted"),
            ended: counts("ended"),
        };
        let entry = Entry {
            head,
            body,
            flows: vec![flow],
        };
        let category: Arc<str> = category.into();
        let batch = Batch {
            shard: 1,
            upto: self.sequence,
            entries: vec![(category, entry)],
        };
        self.archive.append(&batch, at * DAY).unwrap();
    }

    /// Accepted and ended on one day.
    pub(super) fn short(&mut self, category: &str, number: u64, day: i64) {
        self.record(category, number, day, day, "accepted");
        self.record(category, number, day, day, "ended");
    }

    pub(super) fn seal(&self, day: i64) {
        self.archive.seal(day * DAY).unwrap().unwrap();
    }

    /// Everything that is due on this day.
    pub(super) fn retain(&self, terms: &Terms, day: i64) -> Retained {
        let held = self.archive.held(&terms.held).unwrap();
        let mut all = Retained::default();
        for volume in 1..=self.archive.tip().volume {
            let done = self.archive.retain(volume, terms, &held, day * DAY);
            all.add(&done.unwrap());
        }
        all
    }

    pub(super) fn check(&self) -> Report {
        verify(&self.store, Some(self.archive.tip()), &mut |_, _| ()).unwrap()
    }

    fn faults(&self) -> Vec<(String, String)> {
        let faults = self.check().faults.into_iter();
        faults.map(|fault| (fault.place, fault.what)).collect()
    }

    #[track_caller]
    fn assert_only(&self, place: &str, what: &str) {
        let faults = self.faults();
        let is_it = |fault: &(String, String)| fault.0.starts_with(place) && fault.1.contains(what);
        assert!(
            faults.len() == 1 && is_it(&faults[0]),
            "expected one fault at {place} that says {what:?}: {faults:#?}"
        );
    }

    pub(super) fn path(&self, volume: u64, object: &str) -> PathBuf {
        let folder = self.folder.path().join("volumes");
        folder.join(format!("{volume:010}")).join(object)
    }

    pub(super) fn tombstone(&self, volume: u64, number: u64) -> PathBuf {
        self.path(volume, &format!("removed-{number:010}.json"))
    }

    /// Opened again, as after a restart.
    pub(super) fn again(&mut self) {
        self.archive = Archive::open(self.store.clone(), 2, NEVER).unwrap();
    }

    pub(super) fn finds(&self, key: &Key) -> (usize, Vec<(String, bool)>) {
        let mut found = 0;
        let removed = self.archive.find(key, |_| true, &mut |_| {
            found += 1;
            std::ops::ControlFlow::Continue(())
        });
        let removed = removed.unwrap().into_iter();
        (
            found,
            removed
                .map(|told| (told.rule.into(), told.certain))
                .collect(),
        )
    }
}

/// Three volumes with news and dues, all of them over; the news of the first two went.
fn thinned() -> Stage {
    let mut stage = Stage::new();
    for volume in 0..3 {
        for number in 0..5 {
            stage.short("news", 10 * volume + number, volume as i64);
            stage.short("dues", 100 + 10 * volume + number, volume as i64);
        }
        stage.seal(volume as i64);
    }
    let done = stage.retain(&terms(), i64::from(NEWS) + 1);
    assert_eq!((done.objects, done.entries), (2, 20));
    stage.seal(i64::from(NEWS) + 1);
    stage
}

#[test]
fn what_is_past_its_period_goes_and_the_rest_stays() {
    let mut stage = thinned();
    for _ in ["as it is", "opened again"] {
        assert!(!stage.path(1, "0001.blocks").exists(), "news of day 0");
        assert!(stage.path(1, "0000.blocks").exists(), "dues of day 0");
        assert!(
            stage.path(3, "0001.blocks").exists(),
            "news of day 2 stay a day longer"
        );
        let report = stage.check();
        assert_eq!(report.faults, []);
        assert_eq!((report.removed, report.removed_entries), (2, 20));
        assert_eq!((report.undeleted, report.unnamed), (0, 0));
        assert_eq!(all(&stage.archive, &Key::Notification(id(102, 0))).len(), 2);
        stage.again();
    }
    assert_eq!(
        stage.retain(&terms(), i64::from(NEWS) + 1).objects,
        0,
        "once"
    );
    assert_eq!(stage.retain(&terms(), i64::from(NEWS) + 2).objects, 1);
}

#[test]
fn whoever_walks_along_everything_is_told_how_many_objects_of_these_days_went() {
    let stage = thinned();
    let walk = |days: std::ops::Range<i64>| {
        let mut left = 0;
        let wants = |corporation: u16, first: i64, last: i64| {
            corporation == 7 && first < days.end * DAY && last >= days.start * DAY
        };
        let removed = stage.archive.each(wants, &mut |_, _| {
            left += 1;
            ControlFlow::Continue(())
        });
        (removed.unwrap(), left)
    };
    assert_eq!(walk(0..3), (2, 40), "news of the first two days");
    assert_eq!(
        walk(2..3),
        (0, 20),
        "control: of the third day nothing went"
    );
}

#[test]
fn whoever_looks_for_what_went_is_told_when_and_under_which_rule() {
    let stage = thinned();
    let key = Key::Notification(id(3, 0));
    let mut visit = |_| panic!("it is gone");
    let removed = stage.archive.find(&key, |_| true, &mut visit).unwrap();
    let [told] = &removed[..] else {
        panic!("{removed:?}");
    };
    assert_eq!((told.corporation, &*told.category), (7, "news"));
    assert_eq!(told.at, (i64::from(NEWS) + 1) * DAY);
    assert_eq!(&*told.rule, "archive.keep_days.news");
    assert!(told.certain);
    let never = Key::Notification(id(4_000, 0));
    assert_eq!(
        stage.finds(&never),
        (0, Vec::new()),
        "control: nobody had this one"
    );
    let before = |sequence| stage.archive.record(&tenant(3), 1, sequence).unwrap();
    let (record, removed) = before(1_000);
    assert!(record.is_none() && removed.len() == 1);
}

#[test]
fn the_index_goes_with_the_last_object_and_what_was_there_is_known_by_its_day() {
    let stage = thinned();
    let done = stage.retain(&terms(), i64::from(DUES));
    assert_eq!(done.objects, 2, "the dues of day 0, the news of day 2");
    stage.seal(i64::from(DUES));
    assert!(!stage.path(1, "index").exists());
    assert!(stage.path(2, "index").exists());
    let told = |rule: &str| (format!("archive.keep_days.{rule}"), false);
    let (found, removed) = stage.finds(&Key::Notification(id(102, 0)));
    assert_eq!((found, removed), (0, vec![told("default"), told("news")]));
    assert_eq!(
        stage.finds(&Key::Notification(id(102, 9))),
        (0, Vec::new()),
        "of another day"
    );
    assert_eq!(stage.check().faults, []);
}

#[test]
fn the_period_begins_when_the_last_flow_of_an_object_has_ended() {
    let mut stage = Stage::new();
    stage.record("news", 1, 0, 0, "accepted");
    stage.short("news", 2, 0);
    stage.seal(0);
    stage.short("news", 3, 1);
    stage.seal(1);
    let due = i64::from(NEWS) + 40;
    let done = stage.retain(&terms(), due);
    assert_eq!(
        (done.objects, done.open),
        (1, 1),
        "the first is open, the second went"
    );
    stage.record("news", 1, 0, 40, "ended");
    stage.seal(40);
    let done = stage.retain(&terms(), due - 1);
    assert_eq!((done.objects, done.open), (0, 0), "a day too early");
    assert_eq!(stage.retain(&terms(), due).objects, 2);
    stage.seal(due);
    assert_eq!(stage.check().faults, []);
}

#[test]
fn a_legal_hold_keeps_whole_objects_of_a_tenant_and_of_a_subject() {
    let late = i64::from(NEWS) + 1;
    let held = [
        Key::Tenant(tenant(3)),
        Key::Subject(CorporationId(7), subject(3)),
    ];
    for key in held {
        let mut stage = Stage::new();
        for number in 0..5 {
            stage.record("news", number, 0, 0, "accepted");
        }
        stage.seal(0);
        // The subject stands in the first record only.
        for number in 0..5 {
            stage.record("news", number, 0, 0, "ended");
        }
        stage.seal(0);
        stage.short("news", 9, 0);
        stage.seal(0);
        let hold = Terms {
            held: vec![key.clone()],
            ..terms()
        };
        let done = stage.retain(&hold, late);
        assert_eq!((done.objects, done.held), (1, 2), "{key:?}");
        assert_eq!(all(&stage.archive, &Key::Tenant(tenant(3))).len(), 2);
        let done = stage.retain(&terms(), late);
        assert_eq!(
            (done.objects, done.held),
            (2, 0),
            "control: without the hold"
        );
    }
}

#[test]
fn what_a_store_does_not_let_go_is_tried_again_also_after_a_restart() {
    let mut stage = Stage::new();
    stage.short("news", 1, 0);
    stage.short("dues", 2, 0);
    stage.seal(0);
    // A folder in its place: the store cannot delete it.
    let (path, aside) = (stage.path(1, "0001.blocks"), stage.path(1, "aside"));
    fs::rename(&path, &aside).unwrap();
    fs::create_dir(&path).unwrap();
    assert_eq!(stage.retain(&terms(), i64::from(NEWS)).objects, 1);
    assert_eq!(stage.archive.undeleted(), 1);
    let (went, why) = stage.archive.try_again(9);
    assert!(went == 0 && why.is_some());
    fs::remove_dir(&path).unwrap();
    fs::rename(&aside, &path).unwrap();
    let report = stage.check();
    assert_eq!(
        (report.faults.len(), report.undeleted, report.unnamed),
        (0, 1, 1)
    );
    stage.again();
    assert_eq!(
        stage.archive.undeleted(),
        1,
        "as after a crash behind the tombstone"
    );
    let key = Key::Notification(id(1, 0));
    assert_eq!(stage.finds(&key).0, 0, "nobody is shown it any more");
    assert!(matches!(stage.archive.try_again(9), (1, None)));
    assert!(!path.exists());
    assert_eq!(stage.archive.undeleted(), 0);
}

#[test]
fn an_object_that_went_without_a_tombstone_is_named() {
    let stage = thinned();
    fs::remove_file(stage.path(1, "0000.blocks")).unwrap();
    stage.assert_only("volumes/0000000001/0000.blocks", "no tombstone says so");
}

#[test]
fn a_tombstone_that_was_taken_away_is_named_with_its_object() {
    for (volume, number) in [(1, 1), (2, 2)] {
        let stage = thinned();
        fs::remove_file(stage.tombstone(volume, number)).unwrap();
        let faults = stage.faults();
        let places: Vec<_> = faults.iter().map(|fault| fault.0.as_str()).collect();
        assert!(
            places.contains(&&*format!("tombstone {number}")),
            "{faults:?}"
        );
        let object = format!("volumes/{volume:010}/0001.blocks");
        assert!(places.contains(&&*object), "{faults:?}");
    }
}

/// Changes a tombstone.
fn forge(stage: &Stage, volume: u64, number: u64, change: impl Fn(&mut Removal)) {
    let path = stage.tombstone(volume, number);
    let mut removal: Removal = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut removal);
    fs::write(path, serde_json::to_vec_pretty(&removal).unwrap()).unwrap();
}

#[test]
fn a_changed_tombstone_is_named() {
    for (volume, number) in [(1, 1), (2, 2)] {
        let stage = thinned();
        forge(&stage, volume, number, |removal| removal.removed_at += DAY);
        let place = format!("volumes/{volume:010}/removed-{number:010}.json");
        stage.assert_only(&place, "changed or forged");
        let error = Archive::open(stage.store.clone(), 2, NEVER);
        assert!(number == 2 || error.is_err(), "the chain is broken");
    }
}

/// Removes an object of dues with a tombstone that nobody of ours wrote.
fn bury(stage: &Stage, days: u32, removed_at: i64) {
    let before = fs::read(stage.tombstone(2, 2)).unwrap();
    let mut forged: Removal = serde_json::from_slice(&before).unwrap();
    let manifest = fs::read(stage.path(1, "manifest.json")).unwrap();
    let dues = &serde_json::from_slice::<sluis_archive::Manifest>(&manifest)
        .unwrap()
        .segments[0];
    (forged.number, forged.previous) = (3, Hash::of(&before));
    (forged.volume, forged.manifest) = (1, Hash::of(&manifest));
    forged.removed_at = removed_at;
    let object = &mut forged.objects[0];
    (object.object, object.hash, object.length) = (dues.object.clone(), dues.hash, dues.length);
    (object.entries, object.category) = (dues.entries(), dues.category.clone());
    (object.counted_from, object.kept_days) = (0, days);
    fs::write(stage.tombstone(1, 3), serde_json::to_vec(&forged).unwrap()).unwrap();
    fs::remove_file(stage.path(1, "0000.blocks")).unwrap();
}

#[test]
fn a_forged_tombstone_is_named() {
    let stage = thinned();
    bury(&stage, 60, 300 * DAY);
    stage.assert_only(
        "volumes/0000000001/removed-0000000003.json",
        "it was forged",
    );
}

#[test]
fn a_removal_before_the_period_had_ended_is_named() {
    for (days, removed_at) in [(DUES, 400), (7, 400)] {
        let stage = thinned();
        bury(&stage, days, removed_at * DAY);
        stage.assert_only(
            "volumes/0000000001/removed-0000000003.json",
            "before its period",
        );
    }
}

#[test]
fn a_tombstone_is_named_by_the_next_manifest_also_when_nothing_else_came() {
    let stage = thinned();
    let newest = stage.archive.newest().unwrap();
    assert_eq!((newest.volume, newest.entries), (4, 0));
    let hash = Hash::of(&fs::read(stage.tombstone(2, 2)).unwrap());
    assert_eq!(newest.removals, Removals { number: 2, hash });
    assert!(!stage.archive.owes_removals());
    assert_eq!(stage.archive.seal(0).unwrap(), None, "once");
}

#[test]
fn a_tombstone_says_nothing_of_a_tenant() {
    let stage = thinned();
    let text = fs::read_to_string(stage.tombstone(1, 1)).unwrap();
    for number in 0..5 {
        for word in [
            id(number, 0).to_string(),
            format!("T-{number}"),
            format!("F-{number}"),
        ] {
            assert!(!text.contains(&word), "{word}");
        }
    }
    assert!(text.contains("archive.keep_days.news"), "control");
}
