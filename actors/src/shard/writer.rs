//! Owns what a shard writes: the batch at hand, what must come back when that is lost, and how far
//! the journal has it. Sequences are given here and nowhere else.

use std::collections::VecDeque;
use std::sync::Arc;

use sluis_journal::{Batch, Journal, Sequence, Shard, TryAppendError};
use sluis_model::codec::CodecError;

use super::settings::ShardSettings;
use crate::claim::Claim;
use crate::dispatch::Outcome;
use crate::quota::Quota;
use crate::telemetry::ShardMetrics;
use crate::wake::Activity;

/// Bytes after which a batch goes to the journal although there is more to decide.
const BATCH_BYTES: usize = 512 * 1024;
/// Bytes a batch makes room for at most before anything stands in it: it waits in the journal's
/// line with all its room.
const BATCH_ROOM: usize = 32 * 1024;

/// What a shard writes.
pub(super) struct Writer {
    journal: Arc<dyn Journal>,
    shard: Shard,
    activity: Arc<Activity>,
    batch: Batch,
    /// Claims of the notifications in `batch`.
    claims: Vec<Claim>,
    /// Outcomes decided in `batch`: nobody would send them again if it were lost.
    outcomes: Vec<Outcome>,
    /// Outcomes that a failed turn had taken with it.
    recalled: VecDeque<Outcome>,
    /// Last sequence handed to the journal.
    appended: u64,
    /// Batches handed over whose durability still counts as activity: their last sequences.
    undurable: VecDeque<u64>,
    /// Records and bytes of the batch before this one, within bounds: what the next one makes room
    /// for.
    usual: (usize, usize),
}

impl Writer {
    /// Goes on behind what the journal has.
    pub(super) fn new(settings: &ShardSettings) -> Self {
        let (journal, shard) = (settings.journal.clone(), settings.journal_shard());
        let appended = journal.last(shard).0;
        Self {
            journal,
            shard,
            activity: settings.activity.clone(),
            batch: Batch::new(shard, Sequence(appended + 1)),
            claims: Vec::new(),
            outcomes: Vec::new(),
            recalled: VecDeque::new(),
            appended,
            undurable: VecDeque::new(),
            usual: (0, 0),
        }
    }

    /// Sequence of the newest record, handed over or not.
    pub(super) const fn last(&self) -> u64 {
        self.batch.last().0
    }

    /// Sequence that the next record gets.
    pub(super) const fn next(&self) -> u64 {
        self.last() + 1
    }

    /// Last sequence handed to the journal.
    pub(super) const fn appended(&self) -> u64 {
        self.appended
    }

    /// Up to which sequence everything is on the disk.
    pub(super) fn durable(&self) -> u64 {
        self.journal.durable(self.shard).0
    }

    /// Whether everything handed to the journal is durable.
    pub(super) fn is_settled(&self) -> bool {
        self.durable() >= self.appended
    }

    /// Bytes of the batch.
    pub(super) const fn bytes(&self) -> usize {
        self.batch.bytes()
    }

    /// Whether the batch is to go to the journal before more is decided.
    pub(super) const fn is_full(&self) -> bool {
        self.batch.bytes() >= BATCH_BYTES
    }

    /// Whether something is decided and not handed over.
    pub(super) const fn has_more(&self) -> bool {
        !self.batch.is_empty()
    }

    /// Writes one record into the batch; gives its bytes.
    pub(super) fn write(
        &mut self,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), CodecError>,
    ) -> usize {
        if self.batch.is_empty() {
            self.batch.reserve(self.usual.0, self.usual.1);
        }
        let before = self.batch.bytes();
        // Admission bounds every part of a record far below the codec's limit.
        if let Err(error) = self.batch.push_with(encode) {
            let shard = self.shard.0;
            panic!("a record of shard {shard} cannot be encoded: {error}");
        }
        self.batch.bytes().saturating_sub(before)
    }

    /// Holds the claim of a notification that is about to be decided. Before the decision: if that
    /// fails, the rebuilding counts on it.
    pub(super) fn hold(&mut self, claim: Option<Claim>) {
        self.claims.extend(claim);
    }

    /// Drops the claim that was held last: its key and its place in the quota go back.
    pub(super) fn drop_claim(&mut self) {
        drop(self.claims.pop());
    }

    /// Remembers an outcome until its record is handed over.
    pub(super) fn remember(&mut self, outcome: Outcome) {
        self.outcomes.push(outcome);
    }

    /// An outcome that a failed turn had taken with it.
    pub(super) fn recall(&mut self) -> Option<Outcome> {
        self.recalled.pop_front()
    }

    /// Hands the batch to the journal; `false` when it takes no more for now.
    pub(super) fn flush(&mut self, metrics: &ShardMetrics) -> bool {
        if self.batch.is_empty() {
            return true;
        }
        let next = Batch::new(self.shard, Sequence(self.next()));
        let batch = std::mem::replace(&mut self.batch, next);
        let (last, records, bytes) = (batch.last().0, batch.len(), batch.bytes());
        match self.journal.try_append(batch, Sequence(self.appended)) {
            Ok(_) => {
                self.usual = (records, bytes.min(BATCH_ROOM));
                self.handed_over(last);
                metrics.records.increment(records as u64);
                true
            }
            // Closed: the journal failed or the process is ending; nothing after this may be
            // acknowledged.
            Err(TryAppendError::Full(batch) | TryAppendError::Closed(batch)) => {
                self.batch = batch;
                false
            }
            Err(error) => panic!("the journal refused a batch: {error}"),
        }
    }

    /// The journal has everything up to `last`.
    fn handed_over(&mut self, last: u64) {
        self.appended = last;
        self.activity.begin(1);
        self.undurable.push_back(last);
        self.claims.drain(..).for_each(Claim::keep);
        self.outcomes.clear();
    }

    /// Ends the activity of the batches that are durable.
    pub(super) fn end_durable(&mut self, durable: u64) {
        while self.undurable.front().is_some_and(|last| *last <= durable) {
            self.undurable.pop_front();
            self.activity.end(1);
        }
    }

    /// After a lost turn: outcomes that were not decided yet.
    pub(super) fn recall_too(&mut self, outcomes: impl Iterator<Item = Outcome>) {
        self.recalled.extend(outcomes);
    }

    /// After a lost turn: gives the claims back. Each counts as open until the shard is recounted,
    /// as its notification does.
    pub(super) fn give_back_claims(&mut self, quota: &Quota) {
        for claim in self.claims.drain(..) {
            quota.add(claim.corporation(), 1);
        }
    }

    /// After a lost turn, a writer that knows what `lost` had under way, and recalls its outcomes.
    pub(super) fn after(lost: Self, settings: &ShardSettings) -> Self {
        let mut recalled = lost.recalled;
        recalled.extend(lost.outcomes);
        Self {
            recalled,
            undurable: lost.undurable,
            ..Self::new(settings)
        }
    }
}
