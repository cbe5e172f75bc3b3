//! Owns what the archive gets of each record: the record itself, and with an outcome the bytes that left.
//! Refuses to read the log, to wait and to run by itself: whoever follows the log calls it.

use std::sync::Arc;

use sluis_archive::{Archive, ArchiveError, Batch, Entry, Sealed};
use sluis_journal::{Journal, JournalError, Sequence, Shard};
use sluis_model::{Clock, NotificationId, Record, TenantRecord, Timestamp};

use super::categories::Categories;
use super::outputs::Outputs;
use crate::following::{Piece, Taken};

/// How long a copy of what left waits for its record, in milliseconds, once nothing is behind: an
/// outcome is in the journal within moments.
const PATIENCE_MS: i64 = 60_000;

/// Why records cannot be taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum FollowError {
    /// What is read back cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The archive takes nothing.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

/// Gives the archive what it is given.
pub(super) struct Follower {
    journal: Arc<dyn Journal>,
    archive: Arc<Archive>,
    clock: Arc<dyn Clock>,
    outputs: Outputs,
    categories: Categories,
    /// When copies that belong to nothing were last let go.
    let_go: Timestamp,
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follower")
            .field("archive", &self.archive)
            .finish_non_exhaustive()
    }
}

impl Follower {
    /// From where the archive is.
    pub(super) fn new(
        journal: Arc<dyn Journal>,
        archive: Arc<Archive>,
        clock: Arc<dyn Clock>,
        outputs: Outputs,
    ) -> Self {
        Self {
            journal,
            archive,
            clock,
            outputs,
            categories: Categories::default(),
            let_go: Timestamp(0),
        }
    }

    /// Copies of what left that no record asked for: the process that sent them was too late.
    pub(super) fn let_go(&mut self) {
        let now = self.clock.now();
        if now.since(self.let_go) >= PATIENCE_MS {
            self.outputs.let_go(Timestamp(now.0 - PATIENCE_MS));
            self.let_go = now;
        }
    }

    /// Seals when it is time, or `now` in any case.
    ///
    /// # Errors
    /// The archive's store fails.
    pub(super) fn seal(&self, at_once: bool) -> Result<Option<Sealed>, ArchiveError> {
        let now = self.clock.now().0;
        if at_once || self.archive.wants_seal(now) {
            return self.archive.seal(now);
        }
        Ok(None)
    }

    /// Records that are durable and not in the archive yet.
    pub(super) fn lag(&self) -> u64 {
        let of = |shard: u16| {
            let durable = self.journal.durable(Shard(shard)).0;
            durable.saturating_sub(self.archive.followed(shard))
        };
        (0..self.journal.shards()).map(of).sum()
    }

    /// Where the bytes come from.
    pub(super) const fn outputs(&self) -> &Outputs {
        &self.outputs
    }

    /// The last record of the shard that the archive has.
    pub(super) fn followed(&self, shard: u16) -> u64 {
        self.archive.followed(shard)
    }

    /// Takes what follows that.
    ///
    /// # Errors
    /// See [`FollowError`]: the archive has nothing of the piece then.
    pub(super) fn take(&mut self, piece: &Piece) -> Result<(), FollowError> {
        let mut batch = Batch {
            shard: piece.shard,
            upto: piece.upto,
            entries: Vec::with_capacity(piece.records.len()),
        };
        for taken in &piece.records {
            if let Record::Tenant(record) = &taken.record {
                self.take_record(&mut batch, taken, record)?;
            }
        }
        Ok(self.archive.append(&batch, self.clock.now().0)?)
    }

    /// The entries of one record.
    fn take_record(
        &mut self,
        batch: &mut Batch,
        taken: &Taken,
        record: &TenantRecord,
    ) -> Result<(), FollowError> {
        let (shard, sequence) = (batch.shard, taken.sequence);
        let back = |sequence: u64| -> Result<Option<Record>, JournalError> {
            if sequence == 0 {
                return Ok(None);
            }
            let bytes = self.journal.read(Shard(shard), Sequence(sequence))?;
            // What cannot be decoded is told when its turn comes; here it ends the walk.
            Ok(bytes.and_then(|bytes| Record::decode(&bytes).ok()))
        };
        let entry = Entry::of_record(shard, sequence, record, taken.bytes.clone());
        let category = self.categories.of(record, about(&entry), &back)?;
        let output = self.outputs.of(shard, sequence, record, &back)?;
        batch.entries.push((category.clone(), entry));
        batch
            .entries
            .extend(output.map(|output| (category, output)));
        Ok(())
    }
}

/// The notification that a record is about, where it is about one only.
fn about(entry: &Entry) -> Option<NotificationId> {
    match &*entry.head.ids {
        [id] => id.parse().ok(),
        _ => None,
    }
}
