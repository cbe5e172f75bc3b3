//! Owns the archive of a running engine: who waits for it, and how it ends. Refuses to follow the log
//! itself: the worker does, on threads of its own.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use sluis_archive::Archive;
use sluis_journal::{Journal, Sequence, Shard};
use sluis_model::{Clock, ShardId};

use super::follower::Follower;
use super::threads::Threads;
use super::worker::{Turns, Worker};

/// The longest that somebody waits for the archive to have what is durable.
const MOST_WAIT: Duration = Duration::from_secs(5);

/// The archive of a running engine.
pub struct Archiving {
    archive: Arc<Archive>,
    journal: Arc<dyn Journal>,
    turns: Arc<Turns>,
    threads: Threads,
}

impl std::fmt::Debug for Archiving {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archiving")
            .field("archive", &self.archive)
            .finish_non_exhaustive()
    }
}

impl Archiving {
    /// Starts to follow.
    ///
    /// # Errors
    /// The operating system gives no thread.
    pub fn start(
        follower: Follower,
        archive: Arc<Archive>,
        journal: Arc<dyn Journal>,
        clock: &Arc<dyn Clock>,
    ) -> io::Result<Self> {
        let turns = Arc::new(Turns::default());
        let worker = Worker::new(follower, archive.clone(), turns.clone(), clock);
        Ok(Self {
            archive,
            journal,
            turns,
            threads: Threads::start(worker)?,
        })
    }

    /// The archive.
    #[must_use]
    pub const fn archive(&self) -> &Arc<Archive> {
        &self.archive
    }

    /// Waits until everything of the shard that is durable now is in the archive; whether it is. Not
    /// for an arbiter.
    #[must_use]
    pub fn catch_up(&self, shard: ShardId) -> bool {
        let durable = self.journal.durable(Shard(shard.0)).0;
        let is_there = || self.archive.followed(shard.0) >= durable;
        self.turns
            .wait_until(is_there, || self.threads.hurry(), MOST_WAIT)
    }

    /// Follows to the end of what is durable, seals, and ends the threads. Blocks until they ended.
    pub fn stop(&self) {
        self.threads.stop();
    }
}

impl sluis_actors::Follower for Archiving {
    /// What is in a sealed volume.
    fn passed(&self, shard: Shard) -> Sequence {
        Sequence(self.archive.passed(shard.0))
    }
}
