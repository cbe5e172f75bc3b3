//! Owns the work of following the log: turn after turn, with rests, and what is said of it. Refuses to
//! end the process: while the archive's store fails it tries again, and says so; nothing is forgotten
//! meanwhile.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use sluis_actors::Seldom;
use sluis_archive::{Archive, Hash, Sealed};
use sluis_model::{Clock, Timestamp};

use super::follower::{FollowError, Follower, Turned};
use crate::telemetry::names;

/// How long it rests when it has caught up: how late the archive is at least. What came meanwhile is
/// taken in one piece, which costs less than many small ones.
pub(super) const REST: Duration = Duration::from_millis(100);
/// How long it rests after a failure.
const REST_AFTER_FAILURE: Duration = Duration::from_secs(2);
/// How long it may be behind, in milliseconds, and still use only what time others leave it.
const MOST_BEHIND_MS: i64 = 300_000;

/// Turns so far, and who waits for the next.
#[derive(Default)]
pub(super) struct Turns {
    count: Mutex<u64>,
    turned: Condvar,
}

impl Turns {
    fn one_more(&self) {
        *self.count.lock() += 1;
        self.turned.notify_all();
    }

    /// Waits until it is so, and asks before each turn; whether it is. Gives up when no turn comes
    /// within `most`.
    pub(super) fn wait_until(
        &self,
        is_so: impl Fn() -> bool,
        ask: impl Fn(),
        most: Duration,
    ) -> bool {
        let mut count = self.count.lock();
        while !is_so() {
            ask();
            if self.turned.wait_for(&mut count, most).timed_out() {
                return is_so();
            }
        }
        true
    }
}

/// Follows the log, one turn after the other.
pub(super) struct Worker {
    follower: Follower,
    archive: Arc<Archive>,
    clock: Arc<dyn Clock>,
    turns: Arc<Turns>,
    failed: Seldom,
    /// Since when it is behind.
    behind: Option<Timestamp>,
}

impl Worker {
    pub(super) fn new(
        follower: Follower,
        archive: Arc<Archive>,
        turns: Arc<Turns>,
        clock: &Arc<dyn Clock>,
    ) -> Self {
        Self {
            follower,
            archive,
            clock: clock.clone(),
            turns,
            failed: warn_failed(clock.clone()),
            behind: None,
        }
    }

    /// Whether it has been behind for so long that it is to have a share of its own: what is behind
    /// keeps records in the journal.
    pub(super) fn is_behind_for_long(&self) -> bool {
        self.behind_ms() >= MOST_BEHIND_MS
    }

    /// For how long it has been behind, in milliseconds.
    fn behind_ms(&self) -> i64 {
        let since = |since: Timestamp| self.clock.now().since(since);
        self.behind.map_or(0, since)
    }

    /// One turn; how long to rest after it.
    pub(super) fn turn(&mut self) -> Duration {
        let turned = self.seal_and_follow();
        self.turns.one_more();
        let rest = match turned {
            Ok(Turned::Behind) => {
                self.behind.get_or_insert(self.clock.now());
                Duration::ZERO
            }
            Ok(Turned::CaughtUp) => {
                self.behind = None;
                REST
            }
            Err(error) => {
                self.behind.get_or_insert(self.clock.now());
                self.fail(&error)
            }
        };
        self.show();
        rest
    }

    /// A volume that cannot be sealed takes nothing more: it is in memory.
    fn seal_and_follow(&mut self) -> Result<Turned, FollowError> {
        self.follower.seal(false)?.iter().for_each(say_sealed);
        self.follower.turn()
    }

    fn fail(&self, error: &dyn std::error::Error) -> Duration {
        self.failed.note_with(|| Some(error.to_string()));
        names::ARCHIVE_FAILURES.of(()).increment(1);
        REST_AFTER_FAILURE
    }

    /// Follows to the end of what is durable, and seals.
    pub(super) fn end(&mut self) {
        if let Err(error) = self.follow_to_the_end() {
            tracing::warn!(%error, "the archive was not brought to the end: the next start goes on with it");
        }
        self.failed.finish();
    }

    fn follow_to_the_end(&mut self) -> Result<(), FollowError> {
        while self.seal_and_follow()? == Turned::Behind {}
        self.follower.seal(true)?.iter().for_each(say_sealed);
        Ok(())
    }

    /// Shows in the metrics how far it is.
    fn show(&self) {
        let tip = self.archive.tip();
        let (entries, bytes) = self.archive.unsealed();
        let (spooled, dropped) = self.follower.outputs().spooled();
        names::ARCHIVE_LAG.of(()).set(self.follower.lag() as f64);
        names::ARCHIVE_BEHIND
            .of(())
            .set(self.behind_ms() as f64 / 1_000.0);
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
