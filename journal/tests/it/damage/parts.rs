//! Owns journals to be damaged, and the hand that damages them.

use std::path::{Path, PathBuf};

use sluis_journal::{DiskJournal, Journal, JournalError, Options};

use crate::support::{SHARDS, Settle, append, killed, open, without_room};

pub(super) fn generation(dir: &Path) -> PathBuf {
    dir.join("gen-00000001")
}

pub(super) fn log(dir: &Path) -> PathBuf {
    generation(dir).join("log")
}

/// Works on the log behind the journal's back.
pub(super) fn with_log(dir: &Path, work: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(log(dir)).expect("read");
    work(&mut bytes);
    std::fs::write(log(dir), bytes).expect("written");
}

/// Three groups of one record in shard 1.
pub(super) fn three_groups(dir: &Path) {
    fill_three_groups(&open(dir));
}

pub(super) fn fill_three_groups(journal: &DiskJournal) {
    for record in [&b"first"[..], b"second", b"third"] {
        append(journal, 1, &[record]);
        journal.settle();
    }
}

/// Where a record's bytes stand.
pub(super) fn place_of(bytes: &[u8], record: &[u8]) -> usize {
    bytes
        .windows(record.len())
        .position(|window| window == record)
        .expect("the record")
}

pub(super) fn flip(dir: &Path, record: &[u8]) {
    with_log(dir, |bytes| {
        let place = place_of(bytes, record);
        bytes[place] ^= 1;
    });
}

/// Three groups as a kill leaves them: nothing behind the third.
pub(super) fn three_groups_and_a_kill() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let (journal, _) = DiskJournal::open(dir.path(), without_room()).expect("opened");
    fill_three_groups(&journal);
    killed(dir.path())
}

pub(super) fn refusal(dir: &Path, options: Options) -> JournalError {
    DiskJournal::open(dir, options).err().expect("refused")
}

/// Appends until there are this many generations.
pub(super) fn fill_generations(journal: &DiskJournal, count: u64) {
    let record = vec![1; 3000];
    while journal.stats().generations < count {
        for shard in 0..SHARDS {
            append(journal, shard, &[&record[..]; 20]);
        }
        journal.settle();
    }
}
