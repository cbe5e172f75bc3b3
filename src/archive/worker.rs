//! Owns the work of following the log: the archive is opened, then turn after turn, with rests, and what
//! is said of it. Refuses to end the process: while the archive is away or its store fails it tries
//! again, and says so; nothing is forgotten meanwhile.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use sluis_actors::Seldom;
use sluis_archive::{Archive, Hash, Sealed, Terms};
use sluis_journal::Journal;
use sluis_model::{Clock, Timestamp};

use super::follower::{FollowError, Follower, Turned};
use super::opening::{OpenError, Opening, Standing};
use super::outputs::Outputs;
use super::retaining::{Retaining, Step};
use crate::following::{Follows, REST, Turns};
use crate::telemetry::names;

/// How long it rests after a failure.
const REST_AFTER_FAILURE: Duration = Duration::from_secs(2);
/// How long a stop lets it follow, in milliseconds: what is durable waits for the next start.
const MOST_AT_STOP_MS: i64 = 5_000;
/// How long it may be behind, in milliseconds, and still use only what time others leave it.
const MOST_BEHIND_MS: i64 = 300_000;

/// What the worker needs of the engine.
pub(super) struct Parts {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) turns: Arc<Turns>,
    pub(super) standing: Arc<Standing>,
    /// Told of the first try to open the archive.
    pub(super) first: SyncSender<Result<(), OpenError>>,
}

/// The work: until the archive is open, and then.
enum Work {
    /// What the follower will have is kept until then.
    Open(Opening, Outputs),
    Follow(Follower),
    /// Between the two, and never seen.
    Nothing,
}

/// Opens the archive, then follows the log: one turn after the other.
pub(super) struct Worker {
    work: Work,
    parts: Parts,
    failed: Seldom,
    retaining: Retaining,
    /// Since when it is behind.
    behind: Option<Timestamp>,
}

impl Worker {
    pub(super) fn new(opening: Opening, outputs: Outputs, parts: Parts, terms: Terms) -> Self {
        Self {
            retaining: Retaining::new(terms),
            work: Work::Open(opening, outputs),
            failed: warn_failed(parts.clock.clone()),
            parts,
            behind: None,
        }
    }

    /// For how long it has been behind, in milliseconds.
    fn behind_ms(&self) -> i64 {
        let since = |since: Timestamp| self.parts.clock.now().since(since);
        self.behind.map_or(0, since)
    }

    /// What is past its period goes when nothing else is to be done.
    fn retain(&mut self, turned: Turned) -> Result<Turned, FollowError> {
        let (Turned::CaughtUp, Work::Follow(follower)) = (turned, &self.work) else {
            return Ok(turned);
        };
        let Some(archive) = self.parts.standing.archive() else {
            return Ok(turned);
        };
        let step = self.retaining.step(archive, self.parts.clock.now());
        if step == Step::Ended && archive.owes_removals() {
            // The chain has what was removed from now on.
            follower.seal(true)?.iter().for_each(say_sealed);
        }
        Ok(turned)
    }

    /// One try to open the archive. Nothing is trimmed from the journal until it is open.
    fn open(&mut self) -> Duration {
        let Work::Open(mut opening, outputs) = std::mem::replace(&mut self.work, Work::Nothing)
        else {
            return REST;
        };
        let standing = &self.parts.standing;
        let (rest, result) = match opening.open() {
            Ok(archive) => {
                let archive = Arc::new(archive);
                standing.is_open(archive.clone());
                let (journal, clock) = (self.parts.journal.clone(), self.parts.clock.clone());
                self.work = Work::Follow(Follower::new(journal, archive, clock, outputs));
                (Duration::ZERO, Ok(()))
            }
            Err(error) => {
                standing.is_away(&error);
                let rest = opening.rest();
                self.work = Work::Open(opening, outputs);
                self.behind.get_or_insert(self.parts.clock.now());
                self.fail(&error);
                (rest, Err(error))
            }
        };
        // Whoever starts the engine wants to know of the first try, and waits no longer than it likes.
        let _ = self.parts.first.try_send(result);
        self.show();
        rest
    }

    fn fail(&self, error: &dyn std::error::Error) {
        self.failed.note_with(|| Some(error.to_string()));
        names::ARCHIVE_FAILURES.of(()).increment(1);
    }

    /// Shows in the metrics how far it is.
    fn show(&self) {
        self.failed.flush();
        names::ARCHIVE_BEHIND
            .of(())
            .set(self.behind_ms() as f64 / 1_000.0);
        let archive = self.parts.standing.archive();
        let is_away = if archive.is_none() { 1.0 } else { 0.0 };
        names::ARCHIVE_AWAY.of(()).set(is_away);
        if let (Some(archive), Work::Follow(follower)) = (archive, &self.work) {
            show(archive, follower);
        }
    }
}

impl Follows for Worker {
    fn turn(&mut self) -> Duration {
        let turned = match &mut self.work {
            Work::Open(..) | Work::Nothing => return self.open(),
            Work::Follow(follower) => seal_and_follow(follower),
        };
        let turned = turned.and_then(|turned| self.retain(turned));
        self.parts.turns.one_more();
        let now = self.parts.clock.now();
        let rest = match turned {
            Ok(Turned::Behind) => {
                self.behind.get_or_insert(now);
                Duration::ZERO
            }
            Ok(Turned::CaughtUp) => {
                self.behind = None;
                REST
            }
            Err(error) => {
                self.behind.get_or_insert(now);
                self.fail(&error);
                REST_AFTER_FAILURE
            }
        };
        self.show();
        rest
    }

    fn is_behind_for_long(&self) -> bool {
        self.behind_ms() >= MOST_BEHIND_MS
    }

    /// And seals.
    fn end(&mut self) {
        if let Work::Follow(follower) = &mut self.work
            && let Err(error) = follow_to_the_end(follower, &*self.parts.clock)
        {
            tracing::warn!(%error, "the archive was not brought to the end: the next start goes on with it");
        }
        self.failed.finish();
    }
}

/// A volume that cannot be sealed takes nothing more: it is in memory.
fn seal_and_follow(follower: &mut Follower) -> Result<Turned, FollowError> {
    follower.seal(false)?.iter().for_each(say_sealed);
    follower.turn()
}

/// As far as it comes in the time that a stop gives it, and seals that.
fn follow_to_the_end(follower: &mut Follower, clock: &dyn Clock) -> Result<(), FollowError> {
    let began = clock.now();
    while seal_and_follow(follower)? == Turned::Behind {
        if clock.now().since(began) >= MOST_AT_STOP_MS {
            let records = follower.lag();
            tracing::info!(
                records,
                "the archive is behind: the next start goes on with it"
            );
            break;
        }
    }
    follower.seal(true)?.iter().for_each(say_sealed);
    Ok(())
}

fn show(archive: &Archive, follower: &Follower) {
    let tip = archive.tip();
    let (entries, bytes) = archive.unsealed();
    let (spooled, refused) = follower.outputs().spooled();
    names::ARCHIVE_LAG.of(()).set(follower.lag() as f64);
    names::ARCHIVE_VOLUMES.of(()).set(tip.volume as f64);
    names::ARCHIVE_HEAD.of(()).set(first_bits(tip.hash));
    names::ARCHIVE_UNSEALED.of(()).set(entries as f64);
    names::ARCHIVE_UNSEALED_BYTES.of(()).set(bytes as f64);
    names::ARCHIVE_SPOOL_BYTES.of(()).set(spooled as f64);
    names::ARCHIVE_SPOOL_DROPPED.of(()).absolute(refused);
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
