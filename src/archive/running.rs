//! Owns the thread that follows the log, and who waits for it. Refuses to end the process: while the
//! archive's store fails it tries again, and says so; nothing is forgotten meanwhile.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use sluis_actors::Seldom;
use sluis_archive::{Archive, Hash, Sealed};
use sluis_journal::{Journal, Sequence, Shard};
use sluis_model::{Clock, ShardId};

use super::follower::{FollowError, Follower};
use crate::telemetry::names;

/// How long the thread rests when there is nothing new: how late the archive is at least.
const REST: Duration = Duration::from_millis(100);
/// How long it rests after a failure.
const REST_AFTER_FAILURE: Duration = Duration::from_secs(2);
/// The longest that somebody waits for the archive to have what is durable.
const MOST_WAIT: Duration = Duration::from_secs(5);

/// The archive of a running engine.
pub struct Archiving {
    archive: Arc<Archive>,
    journal: Arc<dyn Journal>,
    /// Turns of the thread so far.
    turns: Arc<(Mutex<u64>, Condvar)>,
    wake: SyncSender<Asked>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl std::fmt::Debug for Archiving {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archiving")
            .field("archive", &self.archive)
            .finish_non_exhaustive()
    }
}

/// What the thread is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// To look at once.
    Look,
    /// To follow to the end, seal, and end.
    End,
}

impl Archiving {
    /// Starts the thread.
    ///
    /// # Errors
    /// The operating system gives no thread.
    pub fn start(
        follower: Follower,
        archive: Arc<Archive>,
        journal: Arc<dyn Journal>,
        clock: &Arc<dyn Clock>,
    ) -> io::Result<Self> {
        let turns = Arc::new((Mutex::new(0), Condvar::new()));
        let (wake, asked) = sync_channel(1);
        let mut thread = Thread {
            follower,
            archive: archive.clone(),
            turns: turns.clone(),
            failed: warn_failed(clock.clone()),
        };
        let thread = std::thread::Builder::new()
            .name("archive".into())
            .spawn(move || {
                crate::machine::give_way();
                thread.run(&asked);
            })?;
        Ok(Self {
            archive,
            journal,
            turns,
            wake,
            thread: Mutex::new(Some(thread)),
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
        let (turns, turned) = &*self.turns;
        let mut turns = turns.lock();
        while !is_there() {
            // Full: it was asked already.
            let _ = self.wake.try_send(Asked::Look);
            if turned.wait_for(&mut turns, MOST_WAIT).timed_out() {
                return is_there();
            }
        }
        true
    }

    /// Follows to the end of what is durable, seals, and ends the thread. Blocks until it ended.
    pub fn stop(&self) {
        if let Some(thread) = self.thread.lock().take() {
            // The thread takes what it is asked; it cannot be gone before it was asked to end.
            let _ = self.wake.send(Asked::End);
            drop(thread.join());
        }
    }
}

impl sluis_actors::Follower for Archiving {
    /// What is in a sealed volume.
    fn passed(&self, shard: Shard) -> Sequence {
        Sequence(self.archive.passed(shard.0))
    }
}

struct Thread {
    follower: Follower,
    archive: Arc<Archive>,
    turns: Arc<(Mutex<u64>, Condvar)>,
    failed: Seldom,
}

impl Thread {
    fn run(&mut self, asked: &Receiver<Asked>) {
        self.show();
        let mut rest = Duration::ZERO;
        loop {
            match asked.recv_timeout(rest) {
                Ok(Asked::Look) | Err(RecvTimeoutError::Timeout) => rest = self.turn(),
                Ok(Asked::End) | Err(RecvTimeoutError::Disconnected) => return self.end(),
            }
        }
    }

    /// One turn; how long to rest after it.
    fn turn(&mut self) -> Duration {
        let turned = self.seal_and_follow();
        *self.turns.0.lock() += 1;
        self.turns.1.notify_all();
        self.show();
        match turned {
            Ok(true) => Duration::ZERO,
            Ok(false) => REST,
            Err(error) => self.fail(&error),
        }
    }

    /// A volume that cannot be sealed takes nothing more: it is in memory.
    fn seal_and_follow(&mut self) -> Result<bool, FollowError> {
        self.follower.seal(false)?.iter().for_each(say_sealed);
        self.follower.turn()
    }

    fn fail(&self, error: &dyn std::error::Error) -> Duration {
        self.failed.note_with(|| Some(error.to_string()));
        names::ARCHIVE_FAILURES.of(()).increment(1);
        REST_AFTER_FAILURE
    }

    fn end(&mut self) {
        if let Err(error) = self.follow_to_the_end() {
            tracing::warn!(%error, "the archive was not brought to the end: the next start goes on with it");
        }
        self.failed.finish();
    }

    fn follow_to_the_end(&mut self) -> Result<(), FollowError> {
        while self.seal_and_follow()? {}
        self.follower.seal(true)?.iter().for_each(say_sealed);
        Ok(())
    }

    /// Shows in the metrics how far it is.
    fn show(&self) {
        let tip = self.archive.tip();
        let (entries, bytes) = self.archive.unsealed();
        let (spooled, dropped) = self.follower.outputs().spooled();
        names::ARCHIVE_LAG.of(()).set(self.follower.lag() as f64);
        names::ARCHIVE_VOLUMES.of(()).set(tip.volume as f64);
        names::ARCHIVE_HEAD.of(()).set(first_bits(tip.hash));
        names::ARCHIVE_UNSEALED.of(()).set(entries as f64);
        names::ARCHIVE_UNSEALED_BYTES.of(()).set(bytes as f64);
        names::ARCHIVE_SPOOL_BYTES.of(()).set(spooled as f64);
        names::ARCHIVE_SPOOL_DROPPED.of(()).absolute(dropped);
        self.failed.flush();
    }
}

/// The first 48 bits, as a number that a metric can hold.
fn first_bits(hash: Hash) -> f64 {
    let bits = hash.0[..6].iter();
    bits.fold(0.0, |number, byte| number * 256.0 + f64::from(*byte))
}

/// The end of the chain stands in the log: whoever keeps the log notices a change.
fn say_sealed(sealed: &Sealed) {
    let (volume, head) = (sealed.tip.volume, sealed.tip.hash);
    let (entries, bytes) = (sealed.entries, sealed.bytes);
    tracing::info!(volume, %head, entries, bytes, "a volume of the archive was sealed");
    names::ARCHIVE_BYTES.of(()).increment(bytes);
    names::ARCHIVE_ENTRIES.of(()).increment(entries);
}

fn warn_failed(clock: Arc<dyn Clock>) -> Seldom {
    Seldom::new(clock, |count, error| {
        let error = error.unwrap_or("several");
        tracing::error!(
            failures = count,
            error,
            "the archive cannot follow: nothing is lost, and nothing is trimmed until it does"
        );
    })
}
