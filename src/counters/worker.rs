//! Owns the work of counting: piece by piece of each shard's log, in order, and when that is written.
//! Refuses to end the process: what fails is tried again, and nothing is forgotten meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::civil::Date;
use sluis_actors::{Book, Seldom};
use sluis_journal::{Journal, JournalError, Sequence, Shard};
use sluis_model::codec::CodecError;
use sluis_model::{Clock, Record, SECOND, Timestamp};

use super::counting::{Counting, Counts};
use super::file::FileError;
use super::store::Store;
use crate::following::{Follows, Pieces, REST, Turns};
use crate::telemetry::names;

/// How often what changed is written, in milliseconds.
const SAVE_EVERY_MS: i64 = 10 * SECOND;
/// How long it rests after a failure.
const REST_AFTER_FAILURE: Duration = Duration::from_secs(2);
/// How long it may be behind, in milliseconds, and still use only what time others leave it.
const MOST_BEHIND_MS: i64 = 300_000;

/// Why it could not count.
#[derive(Debug, thiserror::Error)]
enum CountError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("shard {shard}, sequence {sequence}: {source}")]
    Record {
        shard: u16,
        sequence: u64,
        source: CodecError,
    },
    #[error(transparent)]
    File(#[from] FileError),
}

/// What it counts with.
pub(super) struct Parts {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) book: Arc<Book>,
    pub(super) store: Arc<Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) turns: Arc<Turns>,
    /// Somebody waits until everything is on the disk.
    pub(super) save: Arc<AtomicBool>,
}

/// Counts, one turn after the other.
pub(super) struct Worker {
    parts: Parts,
    counting: Counting,
    pieces: Pieces,
    failed: Seldom,
    /// Since when it is behind.
    behind: Option<Timestamp>,
    /// When it last wrote.
    saved: Timestamp,
}

impl Worker {
    pub(super) fn new(parts: Parts, counting: Counting) -> Self {
        Self {
            counting,
            pieces: Pieces::default(),
            failed: warn_failed(parts.clock.clone()),
            behind: None,
            saved: parts.clock.now(),
            parts,
        }
    }

    /// One piece of every shard; whether that is all.
    fn follow(&mut self) -> Result<bool, CountError> {
        let mut is_all = true;
        for shard in 0..self.parts.journal.shards() {
            is_all &= self.piece(shard)?;
        }
        Ok(is_all)
    }

    fn piece(&mut self, shard: u16) -> Result<bool, CountError> {
        let journal = &*self.parts.journal;
        let durable = journal.durable(Shard(shard)).0;
        let followed = self.parts.store.followed(shard);
        if durable <= followed {
            return Ok(true);
        }
        let piece = self.pieces.read(journal, shard, followed + 1)?;
        // What the journal has no more was let go before there were counters.
        let upto = piece.last().unwrap_or(durable);
        let mut counts = Counts::default();
        let back = |sequence: u64| -> Result<Option<Record>, JournalError> {
            let bytes = journal.read(Shard(shard), Sequence(sequence))?;
            // What cannot be decoded is told when its turn comes; here it ends the walk.
            Ok(bytes.and_then(|bytes| Record::decode(&bytes).ok()))
        };
        for (sequence, bytes) in piece.records() {
            let read = Record::decode(&bytes).map_err(|source| CountError::Record {
                shard,
                sequence,
                source,
            })?;
            if let Record::Tenant(record) = read {
                self.counting.count(&record, &mut counts, &back)?;
            }
        }
        self.parts
            .store
            .add(shard, upto, counts.named(&self.parts.book));
        Ok(upto >= durable)
    }

    /// One turn; whether it has counted all.
    fn count_and_save(&mut self) -> Result<bool, CountError> {
        let is_all = self.follow()?;
        let now = self.parts.clock.now();
        let is_asked = is_all && self.parts.save.swap(false, Ordering::AcqRel);
        if is_asked || now.since(self.saved).abs() >= SAVE_EVERY_MS {
            self.saved = now;
            self.save(is_all)?;
        }
        Ok(is_all)
    }

    /// Days before yesterday are over once everything up to now is counted.
    fn save(&mut self, is_all: bool) -> Result<(), CountError> {
        let now = self.parts.clock.now();
        let today = self.counting.days().of(now);
        let closing = is_all.then(|| today.yesterday().unwrap_or(Date::MIN));
        Ok(self.parts.store.save(closing)?)
    }

    fn behind_ms(&self) -> i64 {
        let since = |since: Timestamp| self.parts.clock.now().since(since);
        self.behind.map_or(0, since)
    }

    fn fail(&self, error: &CountError) {
        self.failed.note_with(|| Some(error.to_string()));
        names::COUNTERS_FAILURES.of(()).increment(1);
    }

    fn show(&self) {
        self.failed.flush();
        let behind = self.behind_ms() as f64 / 1_000.0;
        names::COUNTERS_BEHIND.of(()).set(behind);
    }
}

impl Follows for Worker {
    fn turn(&mut self) -> Duration {
        let counted = self.count_and_save();
        self.parts.turns.one_more();
        let now = self.parts.clock.now();
        let rest = match counted {
            Ok(true) => {
                self.behind = None;
                REST
            }
            Ok(false) => {
                self.behind.get_or_insert(now);
                Duration::ZERO
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

    fn end(&mut self) {
        let counted = loop {
            match self.follow() {
                Ok(false) => {}
                Ok(true) => break self.save(true),
                Err(error) => break Err(error),
            }
        };
        if let Err(error) = counted {
            tracing::warn!(%error, "the counters were not brought to the end: the next start goes on with them");
        }
        self.failed.finish();
    }
}

fn warn_failed(clock: Arc<dyn Clock>) -> Seldom {
    Seldom::new(clock, |count, error| {
        let error = error.unwrap_or("several");
        tracing::error!(
            failures = count,
            error,
            "the counters cannot follow: nothing is lost, and nothing is trimmed until they do"
        );
    })
}
