//! A removal that is cut short: between the tombstone and the objects, between two objects, before a
//! manifest names it, with a store that says that it failed. Whatever was done, the next start ends it.

use std::fs;
use std::path::Path;

use sluis_archive::{Archive, Key};
use sluis_model::DAY;

use super::retain::{NEWS, Stage, id, terms};

/// Files of the volume whose news and dues go: two objects, then the index.
const GOING: [&str; 3] = ["0000.blocks", "0001.blocks", "index"];
/// A day on which both are past their period.
const LATE: i64 = 3_000;

/// One volume that is past its period and one that is not.
fn stage() -> Stage {
    let mut stage = Stage::new();
    stage.short("news", 1, 0);
    stage.short("dues", 2, 0);
    stage.seal(0);
    stage.short("news", 3, LATE);
    stage.seal(LATE);
    stage
}

/// What the store has, as a crash leaves it behind the tombstone: so many of the objects went.
fn cut_short(went: usize) -> Stage {
    let mut stage = stage();
    let kept = GOING.map(|object| fs::read(stage.path(1, object)).unwrap());
    assert_eq!(stage.retain(&terms(), LATE).objects, 2);
    for (object, bytes) in GOING.iter().zip(kept).skip(went) {
        assert!(!stage.path(1, object).exists(), "{object}");
        fs::write(stage.path(1, object), bytes).unwrap();
    }
    stage.again();
    stage
}

/// Everything has gone, the chain names the tombstone, and whoever looks is told.
fn assert_over(stage: &mut Stage) {
    for _ in ["as it is", "opened again"] {
        for object in GOING {
            assert!(!stage.path(1, object).exists(), "{object}");
        }
        let report = stage.check();
        assert_eq!(report.faults, []);
        assert_eq!(
            (report.removed, report.undeleted, report.unnamed),
            (2, 0, 0)
        );
        let (found, told) = stage.finds(&Key::Notification(id(1, 0)));
        assert!(found == 0 && !told.is_empty());
        assert_eq!(stage.finds(&Key::Notification(id(3, LATE))).0, 2);
        assert!(!stage.archive.owes_removals());
        stage.again();
    }
}

#[test]
fn a_removal_that_was_cut_short_anywhere_is_ended_after_the_next_start() {
    for went in 0..=GOING.len() {
        let mut stage = cut_short(went);
        let left = GOING.len() - went;
        assert_eq!(stage.archive.undeleted(), left, "{went} went");
        let report = stage.check();
        assert_eq!(
            report.faults,
            [],
            "{went} went: the tombstone says so already"
        );
        assert_eq!(report.unnamed, 1);
        let (found, told) = stage.finds(&Key::Notification(id(1, 0)));
        assert!(
            found == 0 && !told.is_empty(),
            "{went} went: nobody is shown it"
        );
        assert_eq!(
            stage.retain(&terms(), LATE).objects,
            0,
            "it is removed once"
        );
        let (ended, why) = stage.archive.try_again(9);
        assert!(ended as usize == left && why.is_none(), "{why:?}");
        assert!(stage.archive.owes_removals());
        stage.seal(LATE + 1);
        assert_over(&mut stage);
    }
}

#[test]
fn before_the_tombstone_is_there_nothing_has_happened() {
    let mut stage = stage();
    stage.again();
    assert_eq!(stage.finds(&Key::Notification(id(1, 0))).0, 2);
    assert_eq!(stage.retain(&terms(), i64::from(NEWS) - 1).objects, 0);
    assert_eq!(stage.retain(&terms(), LATE).objects, 2);
    stage.seal(LATE + 1);
    assert_over(&mut stage);
}

/// Puts the tombstone there that the archive would write on that day.
fn stored_behind_its_back(stage: &Stage, day: i64) {
    let (twin, name) = (tempfile::tempdir().unwrap(), stage.tombstone(1, 1));
    copy(stage.folder.path(), twin.path());
    let store = sluis_archive::Store::directory(twin.path()).unwrap();
    let archive = Archive::open(store, 2, super::world::NEVER).unwrap();
    let done = archive.retain(1, &terms(), &[], day * DAY).unwrap();
    assert!(done.objects > 0);
    let relative = name.strip_prefix(stage.folder.path()).unwrap();
    fs::copy(twin.path().join(relative), &name).unwrap();
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let there = to.join(path.file_name().unwrap());
        if path.is_dir() {
            fs::create_dir(&there).unwrap();
            copy(&path, &there);
        } else {
            fs::copy(&path, &there).unwrap();
        }
    }
}

#[test]
fn a_tombstone_that_was_stored_although_the_store_said_that_it_failed_counts() {
    let mut stage = stage();
    stored_behind_its_back(&stage, LATE - 1);
    assert_eq!(stage.retain(&terms(), LATE).objects, 2);
    stage.seal(LATE + 1);
    assert_over(&mut stage);
}

#[test]
fn a_tombstone_that_says_something_else_is_not_taken_for_ones_own() {
    let stage = stage();
    // On that day only the news were past their period.
    stored_behind_its_back(&stage, i64::from(NEWS) + 1);
    let done = stage.archive.retain(1, &terms(), &[], LATE * DAY);
    assert!(done.is_err(), "{done:?}");
    assert!(GOING.iter().all(|object| stage.path(1, object).exists()));
}
