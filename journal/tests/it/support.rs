//! What the tests share: a journal under test, and waiting without sleeping.
//! Refuses time-outs: a hang is a failure of the test run.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};

use sluis_journal::{Batch, DiskJournal, Journal, MemoryJournal, Options, Sequence, Shard, Ticket};

pub(crate) const SHARDS: u16 = 4;

/// A journal that a test can ask to make everything durable.
pub(crate) trait Settle: Journal {
    fn settle(&self);
}

impl Settle for MemoryJournal {
    fn settle(&self) {
        self.commit();
    }
}

impl Settle for DiskJournal {
    fn settle(&self) {
        let moved = Arc::new((Mutex::new(()), Condvar::new()));
        let open = |shard| self.durable(Shard(shard)) < self.last(Shard(shard));
        for shard in 0..self.shards() {
            let moved = Arc::clone(&moved);
            self.on_durable(
                Shard(shard),
                Arc::new(move || {
                    let _held = moved.0.lock().expect("not poisoned");
                    moved.1.notify_all();
                }),
            );
        }
        let mut held = moved.0.lock().expect("not poisoned");
        while (0..self.shards()).any(open) {
            held = moved.1.wait(held).expect("not poisoned");
        }
    }
}

/// Options that make generations small.
pub(crate) fn options() -> Options {
    Options {
        shards: SHARDS,
        segment_bytes: 1 << 20,
        group_max_bytes: 256 << 10,
        room_bytes: 256 << 10,
        generation_max_bytes: 2 << 20,
        cache_bytes: 8 << 20,
        ..Options::default()
    }
}

pub(crate) fn open(dir: &Path) -> DiskJournal {
    DiskJournal::open(dir, options()).expect("opened").0
}

/// Without the thread that makes room: what the manifest says does not depend on its pace then.
pub(crate) fn without_room() -> Options {
    Options {
        room_bytes: 0,
        ..options()
    }
}

/// Copies a directory. Of one whose journal is open and settled the copy is what a kill leaves. The
/// thread that makes room may give a file its name meanwhile: then the copy is begun anew.
pub(crate) fn copy(from: &Path, to: &Path) {
    for _ in 0..MOST_COPIES {
        match try_copy(from, to) {
            Ok(()) => return,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                std::fs::remove_dir_all(to).expect("removed");
            }
            Err(error) => panic!("{}: {error}", from.display()),
        }
    }
    panic!("{}: files come and go all the time", from.display());
}

/// How often a copy is begun.
const MOST_COPIES: usize = 100;

fn try_copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            try_copy(&entry.path(), &to)?;
        } else {
            std::fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

/// A directory that is gone with the value; in memory where the system has one: what is synced
/// there need not be.
pub(crate) fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    made.or_else(|_| tempfile::tempdir()).expect("a directory")
}

/// What the process of an open journal would leave if it were killed now.
pub(crate) fn killed(dir: &Path) -> tempfile::TempDir {
    let left = tempfile::tempdir().expect("a directory");
    copy(dir, left.path());
    left
}

/// Appends behind whatever is there.
pub(crate) fn append(journal: &dyn Journal, shard: u16, records: &[&[u8]]) -> Ticket {
    let last = journal.last(Shard(shard));
    let mut batch = Batch::new(Shard(shard), last.next());
    for record in records {
        batch.push(record);
    }
    journal.try_append(batch, last).expect("taken")
}

/// Every durable record from a sequence on.
pub(crate) fn replayed(journal: &dyn Journal, shard: u16, from: u64) -> Vec<(u64, Vec<u8>)> {
    let mut records = Vec::new();
    let mut visit = |sequence: Sequence, bytes: &[u8]| {
        records.push((sequence.0, bytes.to_vec()));
        std::ops::ControlFlow::Continue(())
    };
    journal
        .replay(Shard(shard), Sequence(from), &mut visit)
        .expect("replayed");
    records
}
