//! Owns what the notifications of mailings go through: every durable record is looked at, as the log is
//! followed, and marks the row that it is about. What was marked and how far the log was followed are
//! written now and then; after a crash the same records are looked at again, and mark the same. Refuses
//! to hold a record back from being forgotten.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use sluis_journal::{Journal, Shard};
use sluis_model::{
    Clock, Event, Input, NotificationId, Record, SECOND, TenantRecord, Timestamp, Verdict,
};

use super::live::{Live, seen};
use super::store::Store;
use crate::following::{Piece, TakeError, Takes};

/// How often what changed is written, in milliseconds.
const SAVE_EVERY_MS: i64 = 5 * SECOND;
/// How long it rests after a failure.
const REST_AFTER_FAILURE: Duration = Duration::from_secs(2);

/// The rows that are looked for, and how far the log was followed.
#[derive(Debug)]
pub(super) struct Progress {
    store: Store,
    rows: Mutex<Rows>,
    followed: Vec<AtomicU64>,
    /// One at a time writes.
    saving: Mutex<()>,
}

#[derive(Debug, Default)]
struct Rows {
    by_id: HashMap<NotificationId, (Arc<Live>, u32)>,
    mailings: Vec<Arc<Live>>,
}

impl Progress {
    /// From where the log was followed the last time, when mailings are looked for; else from its end.
    pub(super) fn open(store: Store, journal: &dyn Journal, live: &[Arc<Live>]) -> Self {
        let shards = journal.shards();
        let known = store.followed();
        let from = |shard: u16| {
            let last = journal.last(Shard(shard)).0;
            match known.get(usize::from(shard)) {
                Some(followed) if !live.is_empty() => last.min(*followed),
                _ => last,
            }
        };
        let progress = Self {
            store,
            rows: Mutex::default(),
            followed: (0..shards)
                .map(|shard| AtomicU64::new(from(shard)))
                .collect(),
            saving: Mutex::new(()),
        };
        live.iter().for_each(|live| progress.look_for(live));
        progress
    }

    /// Rows of this mailing are looked for from here on.
    pub(super) fn look_for(&self, live: &Arc<Live>) {
        let mut rows = self.rows.lock();
        let ids = (0..).zip(&live.ids);
        let with_ids = ids.filter_map(|(row, id)| Some(((*id)?, (live.clone(), row))));
        rows.by_id.extend(with_ids);
        rows.mailings.push(live.clone());
    }

    /// They are not looked for any more.
    pub(super) fn leave(&self, live: &Live) {
        let mut rows = self.rows.lock();
        rows.by_id.retain(|_, (other, _)| other.id != live.id);
        rows.mailings.retain(|other| other.id != live.id);
    }

    /// Whether these records, one of each shard, were looked at.
    pub(super) fn is_past(&self, wanted: &[u64]) -> bool {
        let mut both = self.followed.iter().zip(wanted);
        both.all(|(followed, wanted)| followed.load(Ordering::Acquire) >= *wanted)
    }

    /// Writes what was marked, then how far that is. Durable on return.
    ///
    /// # Errors
    /// The disk fails.
    pub(super) fn save(&self) -> std::io::Result<()> {
        let _alone = self.saving.lock();
        let followed: Vec<u64> = self
            .followed
            .iter()
            .map(|f| f.load(Ordering::Acquire))
            .collect();
        let mailings = self.rows.lock().mailings.clone();
        for live in &mailings {
            live.seen.lock().save()?;
        }
        self.store.put_followed(&followed)
    }

    fn is_idle(&self) -> bool {
        self.rows.lock().mailings.is_empty()
    }

    fn mark(&self, piece: &Piece) {
        let rows = self.rows.lock();
        if !rows.by_id.is_empty() {
            for taken in &piece.records {
                if let Record::Tenant(record) = &taken.record {
                    mark_record(&rows, record);
                }
            }
        }
        drop(rows);
        self.followed[usize::from(piece.shard)].store(piece.upto, Ordering::Release);
    }
}

fn mark_record(rows: &Rows, record: &TenantRecord) {
    for event in &record.events {
        let found = event.notification().and_then(|id| rows.by_id.get(&id));
        if let Some((live, row)) = found {
            let mut marks = live.seen.lock();
            let before = marks.get(*row as usize);
            marks.set(*row as usize, after(before, event, &record.input));
        }
    }
}

/// What is known of a row after an event.
fn after(before: u8, event: &Event, input: &Input) -> u8 {
    use seen::{BOUNCED, CALM, DELIVERED, DOUBT, ENDED, PEOPLE, TAKEN, TRIED};
    let over = before & !(TRIED | DOUBT);
    match event {
        Event::Ready { .. } => before & !CALM,
        Event::Waiting { .. } | Event::Held { .. } => before | CALM,
        Event::AttemptStarted { .. } => over | CALM | TRIED,
        Event::AttemptAccepted { .. } => over | TAKEN,
        Event::AttemptDelivered { .. } => over | TAKEN | DELIVERED,
        Event::AttemptWithdrawn { .. } | Event::AttemptDeferred { .. } => over,
        Event::AttemptFailed { .. } => over | BOUNCED,
        Event::AttemptInDoubt { .. } => over | DOUBT,
        Event::OutcomeNoted { .. } => late(over, before, input),
        Event::TaskOpened { .. } => before | CALM | PEOPLE,
        Event::Ended { .. } => before | CALM | ENDED,
        // Nothing else says that a message left, or that the notification waits.
        _ => before,
    }
}

/// After the outcome of an attempt that no longer matters to its flow: whether a message left still
/// does.
fn late(over: u8, before: u8, input: &Input) -> u8 {
    let (Input::Outcome { verdict, .. } | Input::Sent { verdict, .. }) = input else {
        return before;
    };
    match verdict {
        Verdict::Accepted { .. } => over | seen::TAKEN,
        Verdict::Delivered { .. } => over | seen::TAKEN | seen::DELIVERED,
        Verdict::InDoubt { .. } => over | seen::DOUBT,
        Verdict::Refused { .. } => over | seen::BOUNCED,
        Verdict::Retry { .. } | Verdict::Withdrawn { .. } | Verdict::Barred { .. } => over,
    }
}

/// Looks at the records of the log.
pub(super) struct Taking {
    progress: Arc<Progress>,
    clock: Arc<dyn Clock>,
    saved: Timestamp,
}

impl Taking {
    pub(super) fn new(progress: Arc<Progress>, clock: Arc<dyn Clock>) -> Self {
        Self {
            progress,
            saved: clock.now(),
            clock,
        }
    }
}

impl Takes for Taking {
    fn name(&self) -> &'static str {
        "the progress of mailings"
    }

    fn followed(&self, shard: u16) -> u64 {
        self.progress.followed[usize::from(shard)].load(Ordering::Acquire)
    }

    fn take(&mut self, piece: &Piece) -> Result<(), TakeError> {
        self.progress.mark(piece);
        Ok(())
    }

    fn end(&mut self, _: bool) -> Result<(), TakeError> {
        let now = self.clock.now();
        if now.since(self.saved).abs() >= SAVE_EVERY_MS && !self.progress.is_idle() {
            self.progress.save()?;
            self.saved = now;
        }
        Ok(())
    }

    fn fail(&mut self) -> Duration {
        REST_AFTER_FAILURE
    }

    fn show(&self, _: i64) {}

    fn stop(&mut self, _: bool) -> Result<(), TakeError> {
        if !self.progress.is_idle() {
            self.progress.save()?;
        }
        Ok(())
    }
}
