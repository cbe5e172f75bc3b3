//! Owns the archive of a running engine: who waits for it. Refuses to follow the log itself.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use http::Uri;
use parking_lot::Mutex;
use sluis_archive::{Archive, Terms};
use sluis_journal::{Journal, Sequence, Shard};
use sluis_model::{Clock, ShardId};
use tokio_util::sync::CancellationToken;

use super::opening::{OpenError, Opening, Standing};
use super::outputs::Outputs;
use super::stamping::Stamper;
use super::taking::{Parts, Taking};
use crate::following::{Bell, Waiting};

/// The longest that the start of the engine waits for the first try to open the archive.
const FIRST_WAIT: Duration = Duration::from_secs(10);

/// The archive of a running engine.
pub struct Archiving {
    standing: Arc<Standing>,
    journal: Arc<dyn Journal>,
    waiting: Arc<Waiting>,
    /// Of the first try to open it, until somebody has asked.
    tried: Mutex<Option<Receiver<Result<(), OpenError>>>>,
    /// Where it is, for whoever reads of it.
    shown: String,
    /// Ends the asking for time stamps.
    stamping: CancellationToken,
}

impl std::fmt::Debug for Archiving {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archiving")
            .field("standing", &self.standing)
            .finish_non_exhaustive()
    }
}

impl Archiving {
    /// One who follows, when that begins. It is opened then.
    pub(super) fn add(
        bell: &mut Bell,
        opening: Opening,
        outputs: Outputs,
        terms: Terms,
        journal: Arc<dyn Journal>,
        clock: &Arc<dyn Clock>,
    ) -> Self {
        let (standing, shown) = (Arc::new(Standing::default()), opening.shown());
        let (first, tried) = sync_channel(1);
        let parts = Parts {
            journal: journal.clone(),
            clock: clock.clone(),
            standing: standing.clone(),
            seen: opening.seen.clone(),
            first,
        };
        Self {
            standing,
            journal,
            waiting: bell.add(Taking::new(opening, outputs, parts, terms)),
            tried: Mutex::new(Some(tried)),
            shown,
            stamping: CancellationToken::new(),
        }
    }

    /// Waits for the first try to open it, after the following of the log has begun. When the archive is
    /// away the engine goes on without it, and it is tried again.
    ///
    /// # Errors
    /// It is the archive of another data directory.
    pub(crate) fn first_try(&self) -> anyhow::Result<()> {
        let tried = self.tried.lock().take();
        match tried.map(|tried| tried.recv_timeout(FIRST_WAIT)) {
            Some(Ok(Err(error))) if error.is_of_another() => {
                Err(anyhow::Error::new(error).context(self.shown.clone()))
            }
            // What is wrong was said.
            Some(Ok(_) | Err(_)) | None => Ok(()),
        }
    }

    /// Has the newest volume stamped by this authority every so often, on the runtime that this is called on.
    pub(super) fn stamp(&self, authority: Uri, every: Duration) {
        let stamper = Stamper::new(self.standing.clone(), authority);
        tokio::spawn(stamper.run(every, self.stamping.clone()));
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
        self.waiting.wait_until(is_there)
    }

    /// Waits for the next turn; whether it came. In each a part of what is due is done: what is past its
    /// period goes. Not for an arbiter.
    #[must_use]
    pub fn turn(&self) -> bool {
        self.waiting.wait_for_one()
    }
}

impl Drop for Archiving {
    fn drop(&mut self) {
        self.stamping.cancel();
    }
}

impl sluis_actors::Follower for Archiving {
    /// What is in a sealed volume: nothing is known to be while the archive is away.
    fn passed(&self, shard: Shard) -> Sequence {
        Sequence(self.archive().map_or(0, |archive| archive.passed(shard.0)))
    }

    fn holds_up(&self, generations: f64) {
        self.waiting.holds_up(generations);
    }

    fn is_catching_up(&self) -> bool {
        self.waiting.is_catching_up()
    }
}
