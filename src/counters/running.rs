//! Owns the counters of a running engine: how they are opened, and who waits for them. Refuses to count by
//! itself: whoever follows the log has them do it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sluis_actors::Book;
use sluis_journal::{Journal, Sequence, Shard};
use sluis_model::Clock;

use super::counting::Counting;
use super::days::Days;
use super::file::FileError;
use super::store::{self, Asked, Rows, Store};
use super::taking::{Parts, Taking};
use crate::following::{Bell, Waiting};

/// Why the counters were not started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Their files cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// This build has no time zones.
    #[error(transparent)]
    Zone(#[from] jiff::Error),
}

/// The counters of a running engine.
pub struct Counters {
    journal: Arc<dyn Journal>,
    store: Arc<Store>,
    waiting: Arc<Waiting>,
    save: Arc<AtomicBool>,
    is_held_up: Arc<AtomicBool>,
}

impl std::fmt::Debug for Counters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Counters")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

impl Counters {
    /// One who follows, when that begins: it goes on where they are.
    ///
    /// # Errors
    /// See [`StartError`].
    pub(crate) fn add(
        bell: &mut Bell,
        data_dir: &Path,
        journal: &Arc<dyn Journal>,
        book: &Arc<Book>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, StartError> {
        let shards = journal.shards();
        let store = Arc::new(Store::open(&store::directory(data_dir), shards)?);
        for shard in 0..shards {
            store.is_at_most(shard, journal.last(Shard(shard)).0);
        }
        let save = Arc::new(AtomicBool::new(false));
        let is_held_up = Arc::new(AtomicBool::new(false));
        let parts = Parts {
            journal: journal.clone(),
            book: book.clone(),
            store: store.clone(),
            clock: clock.clone(),
            save: save.clone(),
            is_held_up: is_held_up.clone(),
        };
        Ok(Self {
            journal: journal.clone(),
            store,
            waiting: bell.add(Taking::new(parts, Counting::new(Days::new()?))),
            save,
            is_held_up,
        })
    }

    /// Waits until everything that is durable now is counted; whether it is. Not for an arbiter.
    #[must_use]
    pub fn catch_up(&self) -> bool {
        self.wait(Store::followed)
    }

    /// The same, and until it is on the disk.
    #[must_use]
    pub fn settle(&self) -> bool {
        self.save.store(true, Ordering::Release);
        self.wait(Store::saved)
    }

    fn wait(&self, of: impl Fn(&Store, u16) -> u64) -> bool {
        let durable = |shard: u16| self.journal.durable(Shard(shard)).0;
        let wanted: Vec<u64> = (0..self.journal.shards()).map(durable).collect();
        let is_there = || {
            (0..)
                .zip(&wanted)
                .all(|(shard, wanted)| of(&self.store, shard) >= *wanted)
        };
        self.waiting.wait_until(is_there)
    }

    /// Counts.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn rows(&self, asked: &Asked) -> Result<Rows, FileError> {
        self.store.rows(asked)
    }
}

impl sluis_actors::Follower for Counters {
    fn passed(&self, shard: Shard) -> Sequence {
        Sequence(self.store.saved(shard.0))
    }

    fn holds_up(&self, generations: f64) {
        if generations > 0.0 {
            self.is_held_up.store(true, Ordering::Release);
        }
        self.waiting.holds_up(generations);
    }

    fn is_catching_up(&self) -> bool {
        self.waiting.is_catching_up()
    }
}
