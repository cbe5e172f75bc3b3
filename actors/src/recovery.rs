//! Owns what can be seen and said while an engine recovers: how many records were replayed, of how
//! many, and that it should end. Refuses to know what a record is, and to cost anything per record:
//! shards count by the thousand.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Records between two looks at this by a shard that replays.
pub(crate) const STEP: u64 = 1_024;

/// How far a start is. Shared by the shards that replay and whoever watches them.
#[derive(Debug, Default)]
pub struct Recovery {
    replayed: AtomicU64,
    of: AtomicU64,
    ended: AtomicBool,
}

impl Recovery {
    /// Records replayed so far.
    #[must_use]
    pub fn replayed(&self) -> u64 {
        self.replayed.load(Ordering::Relaxed).min(self.of())
    }

    /// Records to replay in all; 0 before the journal is open.
    #[must_use]
    pub fn of(&self) -> u64 {
        self.of.load(Ordering::Relaxed)
    }

    /// Makes the recovery end at the next step: nothing was taken in, and the next start recovers
    /// again.
    pub fn end(&self) {
        self.ended.store(true, Ordering::SeqCst);
    }

    /// Whether it should end.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    /// There are so many records to replay.
    pub(crate) fn begin(&self, of: u64) {
        self.of.store(of, Ordering::Relaxed);
    }

    /// So many more are replayed. Whether to go on.
    pub(crate) fn step(&self, records: u64) -> bool {
        self.replayed.fetch_add(records, Ordering::Relaxed);
        !self.is_ended()
    }
}
