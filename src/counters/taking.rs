//! Owns what the counters do with the records of the log: they count them, and write that now and then.
//! Refuses to end the process: what fails is tried again, and nothing is forgotten meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::civil::Date;
use sluis_actors::Book;
use sluis_journal::{Journal, JournalError, Sequence, Shard};
use sluis_model::{Clock, Record, SECOND, Timestamp};

use super::counting::{Counting, Counts};
use super::file::FileError;
use super::store::Store;
use crate::following::{Piece, TakeError, Takes};
use crate::telemetry::names;

/// How often what changed is written, in milliseconds.
const SAVE_EVERY_MS: i64 = 10 * SECOND;
/// How long it rests after a failure.
const REST_AFTER_FAILURE: Duration = Duration::from_secs(2);

/// What it counts with.
pub(super) struct Parts {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) book: Arc<Book>,
    pub(super) store: Arc<Store>,
    pub(super) clock: Arc<dyn Clock>,
    /// Somebody waits until everything is on the disk.
    pub(super) save: Arc<AtomicBool>,
    /// Old records wait until what was counted is on the disk: however much there is still to count.
    pub(super) is_held_up: Arc<AtomicBool>,
}

/// Counts what it is given.
pub(super) struct Taking {
    parts: Parts,
    counting: Counting,
    /// When it last wrote.
    saved: Timestamp,
}

impl Taking {
    pub(super) fn new(parts: Parts, counting: Counting) -> Self {
        Self {
            counting,
            saved: parts.clock.now(),
            parts,
        }
    }

    /// Days before yesterday are over once everything up to now is counted.
    fn save(&mut self, has_all: bool) -> Result<(), FileError> {
        let now = self.parts.clock.now();
        self.saved = now;
        let today = self.counting.days().of(now);
        let closing = has_all.then(|| today.yesterday().unwrap_or(Date::MIN));
        self.parts.store.save(closing)
    }
}

impl Takes for Taking {
    fn name(&self) -> &'static str {
        "the counters"
    }

    fn followed(&self, shard: u16) -> u64 {
        self.parts.store.followed(shard)
    }

    fn take(&mut self, piece: &Piece) -> Result<(), TakeError> {
        let journal = &*self.parts.journal;
        let back = |sequence: u64| -> Result<Option<Record>, JournalError> {
            let bytes = journal.read(Shard(piece.shard), Sequence(sequence))?;
            // What cannot be decoded is told when its turn comes; here it ends the walk.
            Ok(bytes.and_then(|bytes| Record::decode(&bytes).ok()))
        };
        let mut counts = Counts::default();
        for taken in &piece.records {
            if let Record::Tenant(record) = &taken.record {
                self.counting.count(record, &mut counts, &back)?;
            }
        }
        let counts = counts.named(&self.parts.book);
        self.parts.store.add(piece.shard, piece.upto, counts);
        Ok(())
    }

    fn end(&mut self, has_all: bool) -> Result<(), TakeError> {
        let is_asked = has_all && self.parts.save.swap(false, Ordering::AcqRel);
        let is_held_up = self.parts.is_held_up.swap(false, Ordering::AcqRel);
        let since = self.parts.clock.now().since(self.saved);
        if is_asked || is_held_up || since.abs() >= SAVE_EVERY_MS {
            self.save(has_all)?;
        }
        Ok(())
    }

    fn fail(&mut self) -> Duration {
        names::COUNTERS_FAILURES.of(()).increment(1);
        REST_AFTER_FAILURE
    }

    fn show(&self, behind_ms: i64) {
        names::COUNTERS_BEHIND
            .of(())
            .set(behind_ms as f64 / 1_000.0);
    }

    fn stop(&mut self, has_all: bool) -> Result<(), TakeError> {
        Ok(self.save(has_all)?)
    }
}

#[cfg(test)]
mod tests {
    use sluis_journal::MemoryJournal;
    use sluis_model::ManualClock;

    use super::super::days::Days;
    use super::*;

    #[test]
    fn who_holds_old_records_up_writes_what_is_counted_although_there_is_more() {
        let dir = tempfile::tempdir().expect("a directory");
        let journal = Arc::new(MemoryJournal::new(1, 8));
        let store = Arc::new(Store::open(dir.path(), 1).expect("opened"));
        let is_held_up = Arc::new(AtomicBool::new(false));
        let parts = Parts {
            book: Arc::new(Book::load(&*journal, Vec::new()).expect("nothing is wrong in it")),
            journal,
            store: store.clone(),
            clock: Arc::new(ManualClock::starting_at(Timestamp(1))),
            save: Arc::default(),
            is_held_up: is_held_up.clone(),
        };
        let mut taking = Taking::new(parts, Counting::new(Days::new().expect("there are zones")));
        store.add(0, 5, std::iter::empty());
        taking.end(false).expect("written");
        assert_eq!(store.saved(0), 0, "nobody waits for it");
        is_held_up.store(true, Ordering::Release);
        taking.end(false).expect("written");
        assert_eq!(store.saved(0), 5);
        store.add(0, 9, std::iter::empty());
        taking.end(false).expect("written");
        assert_eq!(store.saved(0), 5, "once for each time");
    }
}
