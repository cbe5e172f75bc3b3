//! Owns when a shard takes a checkpoint, and its storing: one shard at a time, on a thread of its own.
//! A checkpoint makes a start shorter and is no promise, so whatever fails here costs time only.
//! Refuses to run on an arbiter, and to store a checkpoint that the table is behind.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};
use parking_lot::Mutex;
use sluis_journal::{Journal, JournalError, Sequence, Shard};
use sluis_model::{Clock, Timestamp};

use crate::shard::{CheckpointDesk, Endings, Horizon, Taken};
use crate::telemetry::names;
use crate::wake::Waker;

/// How often the thread looks.
const EVERY: Duration = Duration::from_millis(250);
/// How long it waits after each chunk that it writes, so that the disk is there for others.
const PACE: Duration = Duration::from_millis(2);

/// The part of what there is to be stored that may come as records before the next checkpoint: what a
/// start replays is bounded by this, and so is what checkpoints cost beside the records. One of those
/// that is open takes some 130 bytes in a checkpoint, and a record some kilobyte in the log.
const PART: u64 = 4;

/// Neither old nor far behind, but both in part: the product of the two parts from which on one is
/// taken. So what a flood leaves behind does not lie there until the age has come.
const BOTH: f64 = 1.0 / 16.0;

/// When a shard takes a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckpointSettings {
    /// How old the one before is, in milliseconds.
    pub every_ms: i64,
    /// Records behind it from which on another one is worth it, once it is old enough.
    pub least: u64,
    /// Records from which on it is worth it at once, beside a quarter of what there is to be stored: then
    /// taking checkpoints costs a part of what the records cost, however much is open.
    pub at_once: u64,
}

impl CheckpointSettings {
    /// The usual numbers, with this age.
    #[must_use]
    pub const fn every(every_ms: i64) -> Self {
        Self {
            every_ms,
            least: 2_000,
            at_once: 100_000,
        }
    }

    /// Whether another checkpoint is worth it, with so many records behind the one before, which is so
    /// old. `alive`: tenants and open notifications.
    fn is_worth(&self, behind: u64, age_ms: i64, alive: u64) -> bool {
        let much = self.at_once.saturating_add(alive / PART);
        if behind < self.least {
            return behind >= much;
        }
        let of_much = behind as f64 / much as f64;
        let of_age = age_ms as f64 / self.every_ms as f64;
        of_much >= 1.0 || age_ms >= self.every_ms || of_much * of_age >= BOTH
    }
}

/// One shard, as its checkpoints see it.
#[derive(Clone, Debug)]
pub struct Checkpointed {
    /// Where they are asked for and put.
    pub desk: Arc<CheckpointDesk>,
    /// What ended and must stand in the table first.
    pub endings: Arc<Endings>,
    /// How much there is to be stored.
    pub horizon: Arc<Horizon>,
    /// Wakes the shard.
    pub waker: Arc<Waker>,
}

/// The taking of checkpoints.
pub struct Checkpointer {
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    settings: CheckpointSettings,
    shards: Vec<Checkpointed>,
    /// When each was taken last.
    taken_at: Vec<Timestamp>,
    /// The shard that takes one now, and since when.
    under_way: Option<(usize, Timestamp)>,
    /// Who is looked at first.
    next: usize,
}

impl Checkpointer {
    /// Those of all shards, in their order.
    #[must_use]
    pub fn new(
        journal: Arc<dyn Journal>,
        clock: Arc<dyn Clock>,
        settings: CheckpointSettings,
        shards: Vec<Checkpointed>,
    ) -> Self {
        let taken_at = vec![clock.now(); shards.len()];
        Self {
            journal,
            clock,
            settings,
            shards,
            taken_at,
            under_way: None,
            next: 0,
        }
    }

    /// One step: asks a shard whose turn it is, or stores what one has taken. `pace` is called after
    /// each chunk. Blocks on the disk.
    ///
    /// # Errors
    /// It could not be stored: it is taken again when its time comes.
    pub fn step(&mut self, pace: &mut dyn FnMut()) -> Result<(), JournalError> {
        let Some((shard, since)) = self.under_way else {
            self.under_way = self.due().map(|shard| (shard, self.clock.now()));
            if let Some((shard, _)) = self.under_way {
                self.ask(shard);
            }
            return Ok(());
        };
        let Some(taken) = self.shards[shard].desk.take() else {
            // It may have been rebuilt and have missed its waker.
            self.shards[shard].waker.wake();
            return Ok(());
        };
        let now = self.clock.now();
        (self.under_way, self.taken_at[shard]) = (None, now);
        self.store(shard, taken, pace)?;
        let took = now.since(since).max(0) as f64 / 1_000.0;
        names::CHECKPOINT_DURATION.of(()).record(took);
        names::CHECKPOINTS.of(()).increment(1);
        Ok(())
    }

    fn ask(&mut self, shard: usize) {
        self.next = shard + 1;
        self.shards[shard].desk.ask();
        self.shards[shard].waker.wake();
    }

    /// The shard whose turn it is, if it is one's.
    fn due(&self) -> Option<usize> {
        let now = self.clock.now();
        let count = self.shards.len();
        (0..count)
            .map(|offset| (self.next + offset) % count)
            .find(|shard| {
                let age_ms = now.since(self.taken_at[*shard]);
                let live = self.shards[*shard].horizon.live();
                let behind = self.behind(*shard);
                self.settings
                    .is_worth(behind, age_ms, live.tenants + live.open)
            })
    }

    /// How many records a start would replay of a shard now.
    fn behind(&self, shard: usize) -> u64 {
        let number = Shard(shard as u16);
        let stored = self.shards[shard].desk.stored().0;
        let from = stored.max(self.journal.first(number).0.saturating_sub(1));
        let behind = self.journal.durable(number).0.saturating_sub(from);
        let behind_records = names::CHECKPOINT_BEHIND.of(number.0.to_string());
        behind_records.set(behind as f64);
        behind
    }

    fn store(
        &self,
        shard: usize,
        taken: Taken,
        pace: &mut dyn FnMut(),
    ) -> Result<(), JournalError> {
        let number = Shard(shard as u16);
        if !self.table(shard, taken.end)? {
            return Ok(());
        }
        let bytes: usize = taken.chunks.iter().map(Vec::len).sum();
        let mut chunks = taken.chunks.into_iter().inspect(|_| pace());
        self.journal.checkpoint(number, taken.upto, &mut chunks)?;
        let stored_bytes = names::CHECKPOINT_BYTES.of(number.0.to_string());
        stored_bytes.set(bytes as f64);
        self.shards[shard].desk.is_stored(taken.upto);
        Ok(())
    }

    /// Has the table hold everything that ended up to `end`, durably: of a record that a tenant in the
    /// checkpoint is past already, a start cannot tell what ended with it. Whether it does.
    fn table(&self, shard: usize, end: Sequence) -> Result<bool, JournalError> {
        let number = Shard(shard as u16);
        if self.journal.table_applied(number) < end {
            let complete = self.shards[shard].endings.write(&*self.journal, number)?;
            let complete = Sequence(complete);
            if complete > self.journal.table_applied(number) {
                self.journal.set_table_applied(number, complete)?;
            }
        }
        Ok(self.journal.table_applied(number) >= end)
    }
}

/// The thread on which checkpoints are stored.
pub(crate) struct CheckpointThread(Mutex<Option<(Sender<()>, JoinHandle<()>)>>);

impl CheckpointThread {
    /// Starts it.
    pub(crate) fn start(checkpointer: Checkpointer) -> io::Result<Self> {
        let (stop, stopped) = bounded::<()>(0);
        let thread = std::thread::Builder::new()
            .name("checkpoints".into())
            .spawn(move || run(checkpointer, &stopped))?;
        Ok(Self(Mutex::new(Some((stop, thread)))))
    }

    /// Ends it. A checkpoint that is being stored is stored first.
    pub(crate) fn stop(&self) {
        if let Some((stop, thread)) = self.0.lock().take() {
            drop(stop);
            drop(thread.join());
        }
    }
}

fn run(mut checkpointer: Checkpointer, stopped: &Receiver<()>) {
    let wait = |long| matches!(stopped.recv_timeout(long), Err(RecvTimeoutError::Timeout));
    while wait(EVERY) {
        let step = checkpointer.step(&mut || {
            // Who stops it is heard at the next look.
            let _goes_on = wait(PACE);
        });
        if let Err(error) = step {
            names::CHECKPOINT_FAILURES.of(()).increment(1);
            tracing::warn!(%error, "a checkpoint could not be stored: the next start takes longer");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_worth_it_by_age_by_records_or_by_both_in_part() {
        let settings = CheckpointSettings::every(600_000);
        let alive = 600_000;
        let much = 100_000 + alive / 4;
        let is_worth = |behind, age_ms| settings.is_worth(behind, age_ms, alive);
        assert!(is_worth(2_000, 600_000) && !is_worth(1_999, 600_000));
        assert!(is_worth(much, 0) && !is_worth(much - 1, 0));
        // A half of one and an eighth of the other.
        assert!(is_worth(much / 2, 75_000) && !is_worth(much / 2, 74_000));
        assert!(is_worth(much / 8, 300_000) && !is_worth(much / 8, 290_000));
        assert!(!is_worth(1_999, 599_999));
    }
}
