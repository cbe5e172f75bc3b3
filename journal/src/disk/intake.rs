//! The way in: the fence of each shard and the bounded queue to the committer. Never blocks.
//! Refuses what is over a bound, what does not follow, and everything after a close.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crossbeam::channel::{Receiver, Sender, bounded};
use parking_lot::Mutex;

use super::options::Options;
use crate::{Batch, MAX_RECORD_BYTES, QueueDepth, Sequence, Shard, Ticket, TryAppendError};

/// What the committer is asked to do.
#[derive(Debug)]
pub(super) enum Command {
    Append(Batch),
    Stop,
}

/// The senders' side of the append queue.
#[derive(Debug)]
pub(super) struct Intake {
    /// The last sequence handed in, per shard. Its lock also orders the shard's batches in the
    /// queue.
    fences: Box<[Mutex<u64>]>,
    sender: Sender<Command>,
    depth: Depth,
    closed: AtomicBool,
}

#[derive(Debug)]
struct Depth {
    batches: AtomicUsize,
    records: AtomicUsize,
    bytes: AtomicUsize,
    max_batches: usize,
    max_records: usize,
    max_bytes: usize,
}

impl Intake {
    /// An open intake whose shards stand at `lasts`, and the committer's end of the queue.
    pub(super) fn new(options: &Options, lasts: &[u64]) -> (Self, Receiver<Command>) {
        // One place more than batches are admitted, so that `Stop` always finds one.
        let (sender, receiver) = bounded(options.queue_max_batches.max(1) + 1);
        let depth = Depth {
            batches: AtomicUsize::new(0),
            records: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            max_batches: options.queue_max_batches.max(1),
            max_records: options.queue_max_records,
            max_bytes: options.queue_max_bytes,
        };
        let fences = lasts.iter().map(|last| Mutex::new(*last)).collect();
        (
            Self {
                fences,
                sender,
                depth,
                closed: AtomicBool::new(false),
            },
            receiver,
        )
    }

    pub(super) fn try_append(
        &self,
        batch: Batch,
        expected: Sequence,
    ) -> Result<Ticket, TryAppendError> {
        let Some(fence) = self.fences.get(usize::from(batch.shard().0)) else {
            return Err(TryAppendError::UnknownShard {
                batch,
                shards: self.fences.len() as u16,
            });
        };
        if batch.longest() > MAX_RECORD_BYTES {
            let bytes = batch.longest();
            return Err(TryAppendError::TooLarge {
                batch,
                bytes,
                limit: MAX_RECORD_BYTES,
            });
        }
        let mut last = fence.lock();
        if self.closed.load(Ordering::Acquire) {
            return Err(TryAppendError::Closed(batch));
        }
        let actual = Sequence(*last);
        if expected != actual || batch.first() != actual.next() {
            return Err(TryAppendError::Fenced {
                batch,
                expected,
                actual,
            });
        }
        let ticket = Ticket {
            shard: batch.shard(),
            last: batch.last(),
        };
        if batch.is_empty() {
            return Ok(ticket);
        }
        self.enqueue(batch)?;
        *last = ticket.last.0;
        Ok(ticket)
    }

    fn enqueue(&self, batch: Batch) -> Result<(), TryAppendError> {
        let (records, bytes) = (batch.len(), batch.bytes());
        if !self.depth.reserve(records, bytes) {
            return Err(TryAppendError::Full(batch));
        }
        self.sender
            .try_send(Command::Append(batch))
            .map_err(|refused| {
                self.depth.release(1, records, bytes);
                match refused {
                    crossbeam::channel::TrySendError::Full(Command::Append(batch)) => {
                        TryAppendError::Full(batch)
                    }
                    crossbeam::channel::TrySendError::Disconnected(Command::Append(batch)) => {
                        TryAppendError::Closed(batch)
                    }
                    _ => unreachable!("the refused command is the batch that was sent"),
                }
            })
    }

    /// The last sequence handed in.
    pub(super) fn last(&self, shard: Shard) -> Sequence {
        Sequence(*self.fences[usize::from(shard.0)].lock())
    }

    /// Room for batches that are durable now.
    pub(super) fn release(&self, batches: usize, records: usize, bytes: usize) {
        self.depth.release(batches, records, bytes);
    }

    pub(super) fn depth(&self) -> QueueDepth {
        QueueDepth {
            batches: self.depth.batches.load(Ordering::Relaxed),
            max_batches: self.depth.max_batches,
            records: self.depth.records.load(Ordering::Relaxed),
            max_records: self.depth.max_records,
            bytes: self.depth.bytes.load(Ordering::Relaxed),
            max_bytes: self.depth.max_bytes,
        }
    }

    /// Refuses every later batch. What was taken before is in the queue when this returns.
    pub(super) fn shut(&self) {
        self.closed.store(true, Ordering::Release);
        // An append that saw the intake open still holds its fence: wait for it.
        for fence in &self.fences {
            drop(fence.lock());
        }
    }

    /// Ends the committer behind everything that was taken.
    pub(super) fn stop(&self) {
        // A committer that is gone already is as good.
        let _ = self.sender.send(Command::Stop);
    }
}

impl Depth {
    /// Takes room in all three bounds or in none. Whatever its size, a batch fits when nothing else
    /// is there.
    fn reserve(&self, records: usize, bytes: usize) -> bool {
        if !take(&self.batches, 1, self.max_batches) {
            return false;
        }
        if !take(&self.records, records, self.max_records) {
            give(&self.batches, 1);
            return false;
        }
        if !take(&self.bytes, bytes, self.max_bytes) {
            give(&self.records, records);
            give(&self.batches, 1);
            return false;
        }
        true
    }

    fn release(&self, batches: usize, records: usize, bytes: usize) {
        give(&self.batches, batches);
        give(&self.records, records);
        give(&self.bytes, bytes);
    }
}

fn take(depth: &AtomicUsize, amount: usize, bound: usize) -> bool {
    let fits = |now: usize| (now == 0 || now + amount <= bound).then_some(now + amount);
    depth
        .fetch_update(Ordering::AcqRel, Ordering::Acquire, fits)
        .is_ok()
}

fn give(depth: &AtomicUsize, amount: usize) {
    depth.fetch_sub(amount, Ordering::AcqRel);
}
