//! Owns how one follower stands: what it is given, since when it is behind, and that it rests after a
//! failure while the others go on. Refuses to read the log.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use sluis_actors::Seldom;
use sluis_model::{Clock, Timestamp};

use super::piece::Piece;
use super::waiting::Waiting;

/// How long a follower rests when it has caught up: how late it is at least. What came
/// meanwhile is taken in one piece, which costs less than many small ones.
pub(super) const REST: Duration = Duration::from_millis(100);

/// Why a follower could not take what it was given. It is told once more, so only its text counts.
pub(crate) type TakeError = Box<dyn Error + Send + Sync>;

/// Somebody who is given every durable record of every shard, in order.
pub(crate) trait Takes: Send + 'static {
    /// What it is called in the log.
    fn name(&self) -> &'static str;

    /// What it does first in a turn.
    ///
    /// # Errors
    /// It takes nothing in this turn.
    fn begin(&mut self) -> Result<(), TakeError> {
        Ok(())
    }

    /// Whether it takes anything at all yet.
    fn is_open(&self) -> bool {
        true
    }

    /// The last record of the shard that it has taken.
    fn followed(&self, shard: u16) -> u64;

    /// Takes records that follow the last one: all of the piece, or after an error none.
    ///
    /// # Errors
    /// It gets the same again after a rest.
    fn take(&mut self, piece: &Piece) -> Result<(), TakeError>;

    /// What it does last in a turn; whether it has all that was durable when that began.
    ///
    /// # Errors
    /// It is done again after a rest.
    fn end(&mut self, has_all: bool) -> Result<(), TakeError>;

    /// It failed: how long it wants to be left alone.
    fn fail(&mut self) -> Duration;

    /// Shows in the metrics how far it is, and how many milliseconds it has been behind.
    fn show(&self, behind_ms: i64);

    /// The engine ends: puts away what it holds.
    ///
    /// # Errors
    /// The next start does it.
    fn stop(&mut self, has_all: bool) -> Result<(), TakeError>;
}

/// What a follower does in a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Nothing: it rests.
    None,
    /// It takes what it has not.
    Takes,
    /// It has failed in this turn.
    Failed,
}

/// A follower, and how it stands.
pub(super) struct Taking {
    takes: Box<dyn Takes>,
    waiting: Arc<Waiting>,
    clock: Arc<dyn Clock>,
    failed: Seldom,
    part: Part,
    has_all: bool,
    /// Since when it is behind.
    behind: Option<Timestamp>,
    /// Until when it is left alone, by the monotonic clock.
    rests_until: Duration,
}

impl Taking {
    pub(super) fn new(
        takes: Box<dyn Takes>,
        waiting: Arc<Waiting>,
        clock: &Arc<dyn Clock>,
    ) -> Self {
        Self {
            failed: warn_failed(takes.name(), clock.clone()),
            takes,
            waiting,
            clock: clock.clone(),
            part: Part::None,
            has_all: true,
            behind: None,
            rests_until: Duration::ZERO,
        }
    }

    /// A turn begins. Whoever rests takes no part in it, unless somebody waits for him.
    pub(super) fn begin(&mut self, now: Duration) {
        self.has_all = true;
        self.part = Part::None;
        if self.waiting.was_asked() || now >= self.rests_until {
            self.begin_to_take(now);
        }
    }

    /// The last turns are to come: whoever failed before is tried once more.
    pub(super) const fn forget_failure(&mut self) {
        self.part = Part::None;
    }

    /// The last turns have no rests. What is not open now is left as it is.
    pub(super) fn begin_to_stop(&mut self, now: Duration) {
        self.has_all = true;
        if self.part != Part::Failed && self.takes.is_open() {
            self.begin_to_take(now);
        }
    }

    fn begin_to_take(&mut self, now: Duration) {
        self.part = Part::Takes;
        match self.takes.begin() {
            Ok(()) if self.takes.is_open() => {}
            Ok(()) => self.part = Part::None,
            Err(error) => self.fail(&error, now),
        }
    }

    /// How far it is, when it takes part.
    pub(super) fn mark(&self, shard: u16) -> Option<u64> {
        (self.part == Part::Takes).then(|| self.takes.followed(shard))
    }

    pub(super) fn take(&mut self, piece: &Piece, now: Duration) {
        if let Err(error) = self.takes.take(piece) {
            self.fail(&error, now);
        }
    }

    /// What it was to get, or what it got, failed.
    pub(super) fn fail(&mut self, error: &dyn ToString, now: Duration) {
        self.part = Part::Failed;
        self.failed.note_with(|| Some(error.to_string()));
        self.behind.get_or_insert(self.clock.now());
        self.rests_until = now + self.takes.fail();
    }

    /// It did not get all that was durable in this turn.
    pub(super) const fn lacks(&mut self) {
        self.has_all = false;
    }

    /// Whether there is nothing more for it in the last turns.
    pub(super) fn is_done(&self) -> bool {
        self.has_all || self.part != Part::Takes
    }

    /// A turn ends; how long it wants to rest.
    pub(super) fn end(&mut self, now: Duration) -> Duration {
        if self.part == Part::Takes
            && let Err(error) = self.takes.end(self.has_all)
        {
            self.fail(&error, now);
        }
        let rest = match self.part {
            Part::None | Part::Failed => self.rests_until.saturating_sub(now),
            Part::Takes if self.has_all => {
                self.behind = None;
                REST
            }
            Part::Takes => {
                self.behind.get_or_insert(self.clock.now());
                Duration::ZERO
            }
        };
        if self.part != Part::None {
            let is_catching_up = self.part == Part::Takes && !self.has_all;
            self.waiting.turned(is_catching_up);
        }
        self.failed.flush();
        self.takes.show(self.behind_ms());
        rest
    }

    /// For how long it has been behind, in milliseconds.
    pub(super) fn behind_ms(&self) -> i64 {
        let since = |since: Timestamp| self.clock.now().since(since);
        self.behind.map_or(0, since)
    }

    /// The engine ends.
    pub(super) fn stop(&mut self) {
        let (name, is_open) = (self.takes.name(), self.takes.is_open());
        let has_all = self.part == Part::Takes && self.has_all;
        if is_open && !has_all {
            tracing::info!(
                "{name} did not come to the end of the log: the next start goes on there"
            );
        }
        if is_open && let Err(error) = self.takes.stop(has_all) {
            tracing::warn!(%error, "{name} could not put away what it held: the next start goes on with it");
        }
        self.failed.finish();
    }
}

fn warn_failed(name: &'static str, clock: Arc<dyn Clock>) -> Seldom {
    Seldom::new(clock, move |count, error| {
        let error = error.unwrap_or("several");
        tracing::error!(
            failures = count,
            error,
            "{name} cannot follow the log: nothing is lost, and nothing is trimmed until that works"
        );
    })
}
