//! Copies of a journal that is being written: each opens, holds everything that was durable before
//! it was begun, and costs only what is new.

use std::path::Path;
use std::sync::mpsc;

use sluis_journal::{
    DiskJournal, Journal, JournalError, Options, Sequence, Shard, back_up, inspect,
};

use crate::support::{SHARDS, Settle, append, killed, open, options, replayed, without_room};

/// A record that says which one it is, as long as a usual one.
fn record(number: u64) -> Vec<u8> {
    let mut record = number.to_le_bytes().to_vec();
    record.resize(700, number as u8);
    record
}

/// Appends records behind what is there, each of them durable on return.
fn fill(journal: &DiskJournal, shard: u16, count: u64) {
    let last = journal.last(Shard(shard)).0;
    for first in (last + 1..=last + count).step_by(100) {
        let upto = (first + 99).min(last + count);
        let records: Vec<_> = (first..=upto).map(record).collect();
        let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
        append(journal, shard, &records);
    }
    journal.settle();
}

/// Opens a copy of a copy, so that the copy itself stays one. Gives the last record of each shard;
/// each shard's records are the right ones from `first` on.
fn checked(to: &Path, first: u64) -> Vec<u64> {
    let inspection = inspect(to).expect("inspected");
    assert!(inspection.defects.is_empty(), "{:?}", inspection.defects);
    let opened = killed(to);
    let journal = open(opened.path());
    let shards = 0..SHARDS;
    let lasts = shards.map(|shard| {
        let records = replayed(&journal, shard, first);
        for (sequence, bytes) in &records {
            assert_eq!(bytes, &record(*sequence), "shard {shard} record {sequence}");
        }
        journal.last(Shard(shard)).0
    });
    lasts.collect()
}

#[test]
fn a_copy_holds_what_was_durable_and_the_next_one_costs_what_is_new() {
    let (dir, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let journal = open(dir.path());
    journal.put_definition([7; 16], b"a definition").unwrap();
    journal.keep("secret", b"kept").unwrap();
    fill(&journal, 0, 8_000);
    let copied = back_up(dir.path(), to.path()).unwrap();
    assert!(copied.generations > 2, "{copied:?}");
    assert_eq!(checked(to.path(), 1), [8_000, 0, 0, 0]);
    let opened = killed(to.path());
    let other = open(opened.path());
    let definition = other.get_definition([7; 16]).unwrap();
    assert_eq!(definition.as_deref(), Some(&b"a definition"[..]));
    assert_eq!(other.kept("secret").unwrap().as_deref(), Some(&b"kept"[..]));
    // Sealed generations are not read again; the newest goes on from where it was durable.
    fill(&journal, 1, 100);
    let again = back_up(dir.path(), to.path()).unwrap();
    assert_eq!(checked(to.path(), 1), [8_000, 100, 0, 0]);
    assert!(again.copied_bytes < copied.copied_bytes / 2, "{again:?}");
    assert!(again.kept_bytes > copied.copied_bytes / 2, "{again:?}");
    // Nothing is new, nothing is lost.
    back_up(dir.path(), to.path()).unwrap();
    assert_eq!(checked(to.path(), 1), [8_000, 100, 0, 0]);
}

#[test]
fn copies_under_writes_hold_at_least_what_was_durable_before_them() {
    let (dir, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let journal = open(dir.path());
    // So much for each copy and no more: a disk that takes records faster than a copy is checked would
    // be ahead for ever. The writer ends with the channel, also when a check fails.
    let (next, rounds) = mpsc::sync_channel(1);
    std::thread::scope(|scope| {
        let journal = &journal;
        scope.spawn(move || {
            for () in rounds {
                fill(journal, 2, 600);
            }
        });
        for _ in 0..12 {
            next.send(()).expect("the writer goes on");
            let before = journal.durable(Shard(2)).0;
            let told = back_up(dir.path(), to.path()).expect("copied").lasts[2];
            let last = checked(to.path(), 1)[2];
            assert!(last >= before, "{last} in the copy, {before} were durable");
            assert_eq!(told, Sequence(last));
        }
        drop(next);
    });
    assert!(journal.stats().generations > 1);
}

#[test]
fn what_the_source_drops_leaves_the_copy_too() {
    let (dir, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let journal = open(dir.path());
    fill(&journal, 0, 9_000);
    let before = back_up(dir.path(), to.path()).unwrap();
    for shard in 0..SHARDS {
        let next = journal.last(Shard(shard)).next();
        let mark = if shard == 0 { Sequence(7_000) } else { next };
        journal.trim(Shard(shard), mark).unwrap();
    }
    let after = back_up(dir.path(), to.path()).unwrap();
    assert!(
        after.generations < before.generations,
        "{before:?} {after:?}"
    );
    assert_eq!(checked(to.path(), 7_000), [9_000, 0, 0, 0]);
    // What the table was made from is gone: the copy starts with an empty one all the same, and only
    // once.
    let opened = killed(to.path());
    let again = open(opened.path());
    assert_eq!(again.first(Shard(0)), Sequence(7_000));
    assert_eq!(again.table_applied(Shard(0)), Sequence::ZERO);
    drop(again);
    std::fs::remove_dir_all(opened.path().join("table")).unwrap();
    let lost = DiskJournal::open(opened.path(), options());
    assert!(matches!(lost, Err(JournalError::Table { .. })));
}

#[test]
fn what_a_cut_of_the_power_took_from_the_source_does_not_stay_in_the_copy() {
    let (dir, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (journal, _) = DiskJournal::open(dir.path(), without_room()).unwrap();
    fill(&journal, 0, 50);
    let before = std::fs::metadata(dir.path().join("gen-00000001/log"))
        .unwrap()
        .len();
    append(&journal, 0, &[b"written, and not on the disk yet"]);
    journal.settle();
    back_up(dir.path(), to.path()).unwrap();
    // As if the sync had not come: the last group is gone, and another one comes in its place.
    let cut = killed(dir.path());
    let log = cut.path().join("gen-00000001/log");
    std::fs::File::options()
        .write(true)
        .open(&log)
        .unwrap()
        .set_len(before)
        .unwrap();
    let (other, _) = DiskJournal::open(cut.path(), without_room()).unwrap();
    append(&other, 0, &[b"what came after the cut of the power"]);
    append(&other, 0, &[b"and behind it"]);
    other.settle();
    back_up(cut.path(), to.path()).unwrap();
    let opened = killed(to.path());
    let copied = replayed(&open(opened.path()), 0, 51);
    assert_eq!(copied, replayed(&other, 0, 51));
    assert_eq!(copied[0].1, b"what came after the cut of the power");
}

#[test]
fn damage_in_the_source_is_told_and_the_copy_is_not_called_whole() {
    let (dir, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let journal = open(dir.path());
    fill(&journal, 0, 8_000);
    let log = dir.path().join("gen-00000001/log");
    let mut bytes = std::fs::read(&log).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&log, bytes).unwrap();
    match back_up(dir.path(), to.path()) {
        Err(JournalError::Damaged { path, .. }) => assert_eq!(path, log),
        other => panic!("{other:?}"),
    }
    assert!(!to.path().join("manifest").exists());
}

#[test]
fn a_copy_of_another_journal_and_one_in_use_are_refused() {
    let [dir, other, to] = [0; 3].map(|_| tempfile::tempdir().unwrap());
    let (journal, second) = (open(dir.path()), open(other.path()));
    fill(&journal, 0, 10);
    fill(&second, 0, 10);
    back_up(dir.path(), to.path()).unwrap();
    let foreign = back_up(other.path(), to.path());
    assert!(
        matches!(foreign, Err(JournalError::Foreign { .. })),
        "{foreign:?}"
    );
    let used = open(to.path());
    let locked = back_up(dir.path(), to.path());
    assert!(
        matches!(locked, Err(JournalError::Locked { .. })),
        "{locked:?}"
    );
    drop(used);
    let nothing = tempfile::tempdir().unwrap();
    let gone = back_up(nothing.path(), to.path());
    assert!(matches!(gone, Err(JournalError::Gone { .. })), "{gone:?}");
}

#[test]
fn a_copy_that_was_cut_short_is_finished_by_the_next_one() {
    let (dir, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let journal = open(dir.path());
    fill(&journal, 0, 4_000);
    back_up(dir.path(), to.path()).unwrap();
    fill(&journal, 0, 4_000);
    // The process died while it copied: parts of new generations, the old manifest.
    for name in ["gen-00000002", "gen-00000003"] {
        let target = to.path().join(name);
        std::fs::create_dir_all(&target).unwrap();
        let bytes = std::fs::read(dir.path().join(name).join("log")).unwrap();
        std::fs::write(target.join("log"), &bytes[..bytes.len() / 3]).unwrap();
    }
    back_up(dir.path(), to.path()).unwrap();
    assert_eq!(checked(to.path(), 1), [8_000, 0, 0, 0]);
    // The next start of it is one like after a kill, with the table made again.
    let opened = killed(to.path());
    let options = Options {
        existing: true,
        ..options()
    };
    let (_, report) = DiskJournal::open(opened.path(), options).unwrap();
    assert_eq!(report.shards[0].last, Sequence(8_000));
}
