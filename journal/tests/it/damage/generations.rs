//! Whole generations: ready and never begun, begun and empty, sealed, missing.

use std::path::Path;

use sluis_journal::{DiskJournal, Journal, JournalError, Repaired};

use super::parts::{fill_generations, generation, refusal, with_log};
use crate::support::{Settle, append, killed, open, options, replayed, without_room};

#[test]
fn a_generation_that_was_ready_and_never_begun_is_removed_and_made_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = open(dir.path());
    let next = dir.path().join("gen-00000002");
    let record = vec![1; 3000];
    while !next.join("start").exists() {
        append(&journal, 0, &[&record[..]; 20]);
        journal.settle();
    }
    assert_eq!(journal.stats().generations, 1, "half of the first is used");
    let whole = replayed(&journal, 0, 1);
    drop(journal);
    let (journal, report) = DiskJournal::open(dir.path(), options()).expect("opened");
    assert_eq!((report.removed, report.generations), (vec![next], 1));
    fill_generations(&journal, 3);
    assert_eq!(replayed(&journal, 0, 1)[..whole.len()], whole);
}

/// Fills the first generation until the next one is ready, and not begun.
fn with_a_ready_generation(journal: &DiskJournal, dir: &Path) {
    let record = vec![1; 3000];
    while !dir.join("gen-00000002/start").exists() || inspect_made(dir) < 2 {
        append(journal, 0, &[&record[..]; 5]);
        journal.settle();
    }
    assert_eq!(journal.stats().generations, 1, "half of the first is used");
}

/// How many generations the manifest knows: the ninth number.
fn inspect_made(dir: &Path) -> u64 {
    let bytes = std::fs::read(dir.join("manifest")).expect("read");
    u64::from_le_bytes(bytes[64..72].try_into().expect("eight bytes"))
}

/// A first group that is torn was never acknowledged: the generation before it goes on. What was
/// written is kept all the same.
#[test]
fn a_generation_whose_first_group_is_torn_was_never_begun_and_is_moved_aside() {
    let dir = tempfile::tempdir().expect("a directory");
    let (journal, _) = DiskJournal::open(dir.path(), without_room()).expect("opened");
    with_a_ready_generation(&journal, dir.path());
    let whole = replayed(&journal, 0, 1);
    let left = killed(dir.path());
    std::fs::write(
        left.path().join("gen-00000002/log"),
        b"SlGr and then the power went",
    )
    .expect("written");
    let (journal, report) = DiskJournal::open(left.path(), options()).expect("opened");
    assert!(
        matches!(&report.repairs[..], [repair] if repair.what == Repaired::Unbegun),
        "{:?}",
        report.repairs
    );
    assert_eq!((report.generations, replayed(&journal, 0, 1)), (1, whole));
    assert!(left.path().join("gen-00000002.aside-1/log").exists());
    fill_generations(&journal, 3);
}

/// The control: once it was begun, a log without its groups is damage, whatever it holds.
#[test]
fn a_generation_that_was_begun_and_has_no_group_is_refused() {
    for content in [&b""[..], &[0; 5000], b"something else"] {
        let dir = tempfile::tempdir().expect("a directory");
        let journal = open(dir.path());
        fill_generations(&journal, 2);
        let left = killed(dir.path());
        std::fs::write(left.path().join("gen-00000002/log"), content).expect("written");
        assert!(matches!(
            refusal(left.path(), options()),
            JournalError::Damaged { .. }
        ));
    }
}

#[test]
fn a_sealed_generation_is_read_without_its_index_and_checked_when_it_has_none() {
    let dir = tempfile::tempdir().expect("a directory");
    fill_generations(&open(dir.path()), 3);
    let whole = replayed(&open(dir.path()), 1, 1);
    let index = generation(dir.path()).join("index");
    std::fs::write(&index, b"half").expect("written");
    assert_eq!(replayed(&open(dir.path()), 1, 1), whole);
    assert!(std::fs::metadata(&index).expect("made again").len() > 100);
    std::fs::remove_file(&index).expect("removed");
    with_log(dir.path(), |bytes| bytes[5000] ^= 1);
    assert!(matches!(
        refusal(dir.path(), options()),
        JournalError::Damaged { .. }
    ));
}

#[test]
fn a_missing_generation_stops_the_start() {
    let dir = tempfile::tempdir().expect("a directory");
    fill_generations(&open(dir.path()), 3);
    std::fs::rename(
        dir.path().join("gen-00000002"),
        dir.path().join("elsewhere"),
    )
    .expect("moved");
    assert!(matches!(
        refusal(dir.path(), options()),
        JournalError::MissingGeneration { number: 2, .. }
    ));
    std::fs::rename(
        dir.path().join("elsewhere"),
        dir.path().join("gen-00000002"),
    )
    .expect("moved back");
    std::fs::rename(generation(dir.path()), dir.path().join("elsewhere")).expect("moved");
    assert!(matches!(
        refusal(dir.path(), options()),
        JournalError::MissingGeneration { number: 1, .. }
    ));
}
