//! Owns the archive of a running engine: who waits for it, and how it ends. Refuses to follow the log
//! itself: the worker does, on threads of its own.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use sluis_archive::{Archive, Terms};
use sluis_journal::{Journal, Sequence, Shard};
use sluis_model::{Clock, ShardId};

use super::opening::{OpenError, Opening, Standing};
use super::outputs::Outputs;
use super::worker::{Parts, Worker};
use crate::following::{Threads, Turns};

/// The longest that somebody waits for the archive to have what is durable.
const MOST_WAIT: Duration = Duration::from_secs(5);
/// The longest that the start of the engine waits for the first try to open the archive.
const FIRST_WAIT: Duration = Duration::from_secs(10);

/// Why the archive was not started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It is that of another data directory.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The operating system gave no thread.
    #[error(transparent)]
    Thread(#[from] io::Error),
}

/// The archive of a running engine.
pub struct Archiving {
    standing: Arc<Standing>,
    journal: Arc<dyn Journal>,
    turns: Arc<Turns>,
    threads: Threads,
}

impl std::fmt::Debug for Archiving {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archiving")
            .field("standing", &self.standing)
            .finish_non_exhaustive()
    }
}

impl Archiving {
    /// Opens the archive and starts to follow. When it is away the engine goes on without it, and it is
    /// tried again.
    ///
    /// # Errors
    /// It is the archive of another data directory, or the operating system gives no thread.
    pub fn start(
        opening: Opening,
        outputs: Outputs,
        terms: Terms,
        journal: Arc<dyn Journal>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, StartError> {
        let (turns, standing) = (Arc::new(Turns::default()), Arc::new(Standing::default()));
        let (first, tried) = sync_channel(1);
        let parts = Parts {
            journal: journal.clone(),
            clock: clock.clone(),
            turns: turns.clone(),
            standing: standing.clone(),
            first,
        };
        let archiving = Self {
            standing,
            journal,
            turns,
            threads: Threads::start("archive", Worker::new(opening, outputs, parts, terms))?,
        };
        match tried.recv_timeout(FIRST_WAIT) {
            Ok(Err(error)) if error.is_of_another() => {
                archiving.stop();
                Err(error.into())
            }
            // The worker has said what is wrong.
            Ok(_) | Err(_) => Ok(archiving),
        }
    }

    /// The archive; none while it is away.
    #[must_use]
    pub fn archive(&self) -> Option<&Arc<Archive>> {
        self.standing.archive()
    }

    /// Why it is away; none when it is there.
    #[must_use]
    pub fn away(&self) -> Option<Box<str>> {
        self.standing.away()
    }

    /// Waits until everything of the shard that is durable now is in the archive; whether it is. It is
    /// not, and nobody waits, while the archive is away. Not for an arbiter.
    #[must_use]
    pub fn catch_up(&self, shard: ShardId) -> bool {
        let Some(archive) = self.archive() else {
            return false;
        };
        let durable = self.journal.durable(Shard(shard.0)).0;
        let is_there = || archive.followed(shard.0) >= durable;
        self.turns
            .wait_until(is_there, || self.threads.hurry(), MOST_WAIT)
    }

    /// Waits for the next turn; whether it came. In each a part of what is due is done: what is past its
    /// period goes. Not for an arbiter.
    #[must_use]
    pub fn turn(&self) -> bool {
        self.turns.wait_for_one(|| self.threads.hurry(), MOST_WAIT)
    }

    /// Follows to the end of what is durable, seals, and ends the threads. Blocks until they ended.
    pub fn stop(&self) {
        self.threads.stop();
    }
}

impl sluis_actors::Follower for Archiving {
    /// What is in a sealed volume: nothing is known to be while the archive is away.
    fn passed(&self, shard: Shard) -> Sequence {
        Sequence(self.archive().map_or(0, |archive| archive.passed(shard.0)))
    }
}
