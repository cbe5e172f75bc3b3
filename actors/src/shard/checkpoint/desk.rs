//! Owns what a shard and whoever stores its checkpoints tell each other. Refuses to store anything.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;
use sluis_journal::Sequence;

use crate::keys::KeyIndex;

/// Bytes taken in a turn, give or take a tenant, while nothing else waits; an eighth, some dozens of
/// microseconds, while something does.
const TURN_BYTES: usize = 64 << 10;

/// A checkpoint that was taken, not stored yet.
#[derive(Debug)]
pub struct Taken {
    /// Everything up to this record is in it.
    pub upto: Sequence,
    /// Nothing behind this record is in it; it is durable.
    pub end: Sequence,
    /// What is to be stored.
    pub chunks: Vec<Vec<u8>>,
}

/// Between a shard and whoever stores its checkpoints.
#[derive(Debug)]
pub struct CheckpointDesk {
    keys: Arc<KeyIndex>,
    /// Bytes taken in a turn, give or take a tenant, while nothing else waits; an eighth else.
    turn_bytes: usize,
    asked: AtomicBool,
    taken: Mutex<Option<Taken>>,
    /// Up to which record the newest stored checkpoint has everything; 0: there is none.
    stored: AtomicU64,
}

impl CheckpointDesk {
    /// Nothing is asked for. `keys`: of all shards.
    #[must_use]
    pub fn new(keys: Arc<KeyIndex>) -> Arc<Self> {
        Self::in_turns_of(TURN_BYTES, keys)
    }

    /// The same, with another size of what is taken in a turn. For tests and the simulation.
    #[must_use]
    pub fn in_turns_of(turn_bytes: usize, keys: Arc<KeyIndex>) -> Arc<Self> {
        Arc::new(Self {
            keys,
            turn_bytes,
            asked: AtomicBool::new(false),
            taken: Mutex::new(None),
            stored: AtomicU64::new(0),
        })
    }

    /// Bytes to take in this turn; `busy`: other work waits.
    pub(super) const fn turn_bytes(&self, busy: bool) -> usize {
        if busy {
            self.turn_bytes / 8
        } else {
            self.turn_bytes
        }
    }

    pub(super) fn keys(&self) -> &KeyIndex {
        &self.keys
    }

    /// Asks the shard for a checkpoint: its next turns take it.
    pub fn ask(&self) {
        self.asked.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Puts a checkpoint there that was taken.
    pub(super) fn put(&self, taken: Taken) {
        *self.taken.lock() = Some(taken);
        self.asked.store(false, Ordering::SeqCst);
    }

    /// The checkpoint that was asked for, once it is there.
    #[must_use]
    pub fn take(&self) -> Option<Taken> {
        self.taken.lock().take()
    }

    /// A checkpoint with everything up to this record is stored, or was found at a start.
    pub fn is_stored(&self, upto: Sequence) {
        self.stored.store(upto.0, Ordering::SeqCst);
    }

    /// Up to which record the newest stored checkpoint has everything; 0: there is none.
    #[must_use]
    pub fn stored(&self) -> Sequence {
        Sequence(self.stored.load(Ordering::SeqCst))
    }
}
