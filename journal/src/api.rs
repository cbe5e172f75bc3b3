//! The contract between the shards and whatever stores their records.
//! Refuses anything that only one implementation could do.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::{
    Batch, Failure, Generation, JournalError, QueueDepth, Sequence, Shard, Stats, Ticket,
    TryAppendError,
};

/// Called when a shard's durable sequence moved. Runs on the committer thread: it must not block.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Called once when the journal failed. Runs on the committer thread.
pub type OnFailure = Arc<dyn Fn(&Failure) + Send + Sync>;

/// The chunks of a checkpoint in the order they were written. They were all checked once before the
/// first is given.
pub type CheckpointChunks = Box<dyn Iterator<Item = Result<Vec<u8>, JournalError>> + Send>;

/// An ordered, durable log per shard, with checkpoints, a keyed table and definitions beside it.
///
/// A shard has one writer; readers are free. Methods that take `&self` may be called from any
/// thread.
pub trait Journal: Send + Sync {
    /// The number of shards of this journal.
    fn shards(&self) -> u16;

    /// Takes a batch, or gives it back; never blocks. `expected_last` is the fence: the last
    /// sequence that this writer believes was handed in for the shard, so that two writers can
    /// never interleave.
    ///
    /// # Errors
    /// See [`TryAppendError`]; the queue is bounded in batches, records and bytes. A batch above
    /// the byte or record bound is taken when the queue is empty, so that it cannot wait for ever.
    fn try_append(&self, batch: Batch, expected_last: Sequence) -> Result<Ticket, TryAppendError>;

    /// The last sequence of the shard that a power cut cannot take away. One atomic load.
    fn durable(&self, shard: Shard) -> Sequence;

    /// Registers who is woken once per group commit in which the shard's durable sequence moved.
    /// Replaces the earlier registration of that shard.
    fn on_durable(&self, shard: Shard, wake: Wake);

    /// The oldest sequence that is kept; one after [`Journal::last`] when nothing is.
    fn first(&self, shard: Shard) -> Sequence;

    /// The last sequence handed in (after a start: the last one recovered).
    fn last(&self, shard: Shard) -> Sequence;

    /// One durable record, or `None` when it was trimmed or is not durable yet.
    ///
    /// # Errors
    /// Damage, or a failing disk.
    fn read(&self, shard: Shard, sequence: Sequence) -> Result<Option<Vec<u8>>, JournalError>;

    /// Visits the durable records from `from` (or the first kept one) in order, until the visitor
    /// breaks.
    ///
    /// # Errors
    /// Damage, or a failing disk.
    fn replay(
        &self,
        shard: Shard,
        from: Sequence,
        visit: &mut dyn FnMut(Sequence, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), JournalError>;

    /// Stores a checkpoint that covers everything up to and including `upto`. Durable on return;
    /// the shard's older checkpoints are removed after that.
    ///
    /// # Errors
    /// [`JournalError::NotDurable`] when `upto` is ahead of the log; a failing disk.
    fn checkpoint(
        &self,
        shard: Shard,
        upto: Sequence,
        chunks: &mut dyn Iterator<Item = Vec<u8>>,
    ) -> Result<(), JournalError>;

    /// The newest complete checkpoint of the shard, checked in full before the first chunk comes, now
    /// or when the journal was opened. A chunk that cannot be read any more is an error in its place.
    ///
    /// # Errors
    /// The checkpoint is damaged, or the disk fails.
    fn latest_checkpoint(
        &self,
        shard: Shard,
    ) -> Result<Option<(Sequence, CheckpointChunks)>, JournalError>;

    /// Writes a value of the keyed table. NOT durable on return: see
    /// [`Journal::set_table_applied`].
    ///
    /// # Errors
    /// [`JournalError::Size`]; a failing disk.
    fn put(&self, shard: Shard, key: &[u8], value: &[u8]) -> Result<(), JournalError>;

    /// A value of the keyed table.
    ///
    /// # Errors
    /// [`JournalError::Size`]; damage; a failing disk.
    fn get(&self, shard: Shard, key: &[u8]) -> Result<Option<Vec<u8>>, JournalError>;

    /// Visits the values of all keys from `from` up to and including `to` in order, until the
    /// visitor breaks. Both ends and all keys between them have one length.
    ///
    /// # Errors
    /// [`JournalError::Size`] when the ends differ in length; damage; a failing disk.
    fn visit(
        &self,
        shard: Shard,
        from: &[u8],
        to: &[u8],
        visit: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), JournalError>;

    /// The keys that have a value, from the first of `between` up to and including the second, in
    /// order: the first `most` of them. Both ends and all keys between them have one length.
    ///
    /// # Errors
    /// As [`Journal::visit`].
    fn table_keys(
        &self,
        shard: Shard,
        between: (&[u8], &[u8]),
        most: usize,
    ) -> Result<Vec<Vec<u8>>, JournalError>;

    /// Deletes the values of these keys, those that there are. NOT durable on return, and a crash may
    /// bring back some of them: see [`Journal::set_table_applied`].
    ///
    /// # Errors
    /// [`JournalError::Size`]; damage; a failing disk.
    fn delete(&self, shard: Shard, keys: &[Vec<u8>]) -> Result<(), JournalError>;

    /// Up to which sequence the table certainly holds everything the shard derived. After a start
    /// the shard replays what came later and puts it again.
    fn table_applied(&self, shard: Shard) -> Sequence;

    /// Makes all earlier puts and deletes of the shard durable, and then the claim that they cover `sequence`.
    /// Blocks for a sync: call it off the path that answers.
    ///
    /// # Errors
    /// [`JournalError::NotDurable`] when the claim is ahead of the log; a failing disk.
    fn set_table_applied(&self, shard: Shard, sequence: Sequence) -> Result<(), JournalError>;

    /// Forgets the shard's records before `before`. Durable on return. Space comes back when no
    /// shard keeps a record of a whole generation. Blocks for a sync.
    ///
    /// # Errors
    /// [`JournalError::NotDurable`] when `before` is more than one ahead of the durable sequence; a
    /// failing disk.
    fn trim(&self, shard: Shard, before: Sequence) -> Result<(), JournalError>;

    /// The generations that are kept, oldest first; the last one is written to.
    fn generations(&self) -> Vec<Generation>;

    /// Stores a definition (a flow, a template) under the hash of its content. Durable on return.
    ///
    /// # Errors
    /// A failing disk.
    fn put_definition(&self, hash: [u8; 16], bytes: &[u8]) -> Result<(), JournalError>;

    /// A definition by its hash.
    ///
    /// # Errors
    /// The file is damaged, or the disk fails.
    fn get_definition(&self, hash: [u8; 16]) -> Result<Option<Vec<u8>>, JournalError>;

    /// The hashes of all stored definitions, sorted.
    ///
    /// # Errors
    /// A failing disk.
    fn definitions(&self) -> Result<Vec<[u8; 16]>, JournalError>;

    /// Removes a definition that nothing refers to any more.
    ///
    /// # Errors
    /// A failing disk.
    fn delete_definition(&self, hash: [u8; 16]) -> Result<(), JournalError>;

    /// How full the append queue is: a few atomic loads, for admission.
    fn queue(&self) -> QueueDepth;

    /// Everything for metrics; walks the data directory.
    fn stats(&self) -> Stats;

    /// Why the journal stopped, when it did.
    fn failure(&self) -> Option<Failure>;

    /// Registers who is told about a failure; at once when it already happened.
    fn on_failure(&self, callback: OnFailure);

    /// Takes no more batches, makes those it has durable, and ends the committer. Idempotent.
    ///
    /// # Errors
    /// The failure, when the journal failed before or while draining.
    fn close(&self) -> Result<(), JournalError>;
}
