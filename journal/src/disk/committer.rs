//! The one thread that writes: it takes what has arrived, writes it, passes the barrier, and tells.
//! Refuses timers (a group is what came in during the last sync) and refuses to retry a failed
//! write or sync.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam::channel::Receiver;

use super::filler::Filler;
use super::frame::GroupWriter;
use super::generation::Generation;
use super::generations::Generations;
use super::intake::{Command, Intake};
use super::manifest::Ledger;
use super::options::Options;
use super::progress::Progress;
use super::successor::Successor;
use crate::{Batch, JournalError};

/// What the committer thread owns.
pub(super) struct Committer {
    pub(super) dir: PathBuf,
    pub(super) options: Options,
    pub(super) intake: Arc<Intake>,
    pub(super) queue: Receiver<Command>,
    pub(super) generations: Arc<Generations>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) progress: Arc<Progress>,
    pub(super) writer: GroupWriter,
    pub(super) filler: Filler,
    pub(super) successor: Successor,
}

/// The batches of one commit.
#[derive(Default)]
struct Group {
    batches: Vec<Batch>,
    records: usize,
    bytes: usize,
    last: bool,
}

impl Committer {
    /// Runs until the intake is stopped, or until something fails; after a failure nothing becomes
    /// durable.
    pub(super) fn run(mut self) {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.commit_all()));
        let error = match outcome {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error,
            Err(_) => JournalError::StorePanicked {
                path: self.dir.clone(),
                action: "commit a group",
            },
        };
        self.intake.shut();
        self.progress.fail(error);
    }

    fn commit_all(&mut self) -> Result<(), JournalError> {
        let mut group = Group::default();
        while !group.last {
            self.collect(&mut group);
            if !group.batches.is_empty() {
                self.commit(&mut group)?;
            }
        }
        // With a good group behind it the last one cannot be taken for a torn tail, should its bits
        // rot while we are away.
        let newest = self.generations.newest();
        newest.append(&mut self.writer, &[], || ())?;
        if let Err(error) = self.ledger.closed(newest.floor()) {
            // Everything is durable; only what is cut off its end later would look like the end of
            // a crash.
            tracing::warn!(%error, "the clean stop could not be noted: the next start takes it for a kill");
        }
        Ok(())
    }

    /// Waits for the first batch, then takes everything that is there, up to the bound of a group.
    fn collect(&self, group: &mut Group) {
        let mut next = self.queue.recv().ok();
        // Who is ready to run on this core goes first: what it brings joins this group instead of
        // waiting for the next sync.
        std::thread::yield_now();
        loop {
            match next {
                Some(Command::Append(batch)) => group.add(batch),
                Some(Command::Stop) => group.last = true,
                None => {
                    group.last |= group.batches.is_empty();
                    return;
                }
            }
            if group.last || group.bytes >= self.options.group_max_bytes {
                return;
            }
            next = self.queue.try_recv().ok();
        }
    }

    fn commit(&mut self, group: &mut Group) -> Result<(), JournalError> {
        let started = (self.options.monotonic)();
        // A stable sort: within a shard the order of arrival stays, and neighbours become one
        // block.
        group.batches.sort_by_key(Batch::shard);
        let newest = self.generations.newest();
        let generation = if self.successor.is_due(&newest) {
            self.begin(newest.number + 1)?
        } else {
            Arc::clone(&newest)
        };
        self.filler.ask(&generation);
        let mut written = started;
        generation.append(&mut self.writer, &group.batches, || {
            written = (self.options.monotonic)()
        })?;
        if generation.number != newest.number {
            self.ledger.begun(generation.floor())?;
            self.generations.add(Arc::clone(&generation));
            self.successor.put_away(newest);
        }
        self.successor.ask_ahead(&generation);
        let synced = (self.options.monotonic)();
        self.tell(
            group,
            written.saturating_sub(started),
            synced.saturating_sub(written),
        );
        Ok(())
    }

    /// The next generation, its shards beginning where they are now. It counts once the first group
    /// in it is durable.
    fn begin(&mut self, number: u64) -> Result<Arc<Generation>, JournalError> {
        let prepared = self.successor.take(number)?;
        let starts = self
            .progress
            .all_durable()
            .iter()
            .map(|durable| durable + 1)
            .collect();
        Ok(Arc::new(Generation::begin(prepared, starts)))
    }

    /// Publishes what is durable now: the numbers first, then room in the queue, then one wake per
    /// moved shard.
    fn tell(&self, group: &mut Group, write_nanos: u64, sync_nanos: u64) {
        let progress = &self.progress;
        let mut moved: Vec<usize> = Vec::new();
        for batch in &group.batches {
            let shard = usize::from(batch.shard().0);
            progress.advance(shard, batch.last().0);
            if moved.last() != Some(&shard) {
                moved.push(shard);
            }
        }
        self.intake
            .release(group.batches.len(), group.records, group.bytes);
        progress.groups.fetch_add(1, Ordering::Relaxed);
        progress
            .records
            .fetch_add(group.records as u64, Ordering::Relaxed);
        progress
            .bytes
            .fetch_add(group.bytes as u64, Ordering::Relaxed);
        progress
            .last_group_records
            .store(group.records as u64, Ordering::Relaxed);
        moved.iter().for_each(|shard| progress.wake(*shard));
        if let Some(observer) = &self.options.observer {
            let (write, sync) = (
                Duration::from_nanos(write_nanos),
                Duration::from_nanos(sync_nanos),
            );
            observer.group_committed(group.records, group.bytes, write, sync);
        }
        group.batches.clear();
        (group.records, group.bytes) = (0, 0);
    }
}

impl Group {
    fn add(&mut self, batch: Batch) {
        self.records += batch.len();
        self.bytes += batch.bytes();
        self.batches.push(batch);
    }
}
