//! Owns the following of the log: piece by piece of each shard, in order, from where the archive is.
//! Refuses to wait and to run by itself: its thread calls it.

use std::sync::Arc;

use bytes::Bytes;
use sluis_archive::{Archive, ArchiveError, Batch, Entry, Sealed};
use sluis_journal::{Journal, JournalError, Sequence, Shard};
use sluis_model::codec::CodecError;
use sluis_model::{Clock, NotificationId, Record, Timestamp};

use super::categories::Categories;
use super::outputs::Outputs;
use crate::following::Pieces;

/// How long a copy of what left waits for its record, in milliseconds, once nothing is behind: an
/// outcome is in the journal within moments.
const PATIENCE_MS: i64 = 60_000;

/// What a turn did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turned {
    /// There is more than it took.
    Behind,
    /// It took all that was durable when it began.
    CaughtUp,
}

/// Why the log cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A record cannot be read.
    #[error("shard {shard}, sequence {sequence}: {source}")]
    Record {
        /// Its shard.
        shard: u16,
        /// Its sequence.
        sequence: u64,
        /// Why.
        source: CodecError,
    },
    /// The archive takes nothing.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

/// Follows the durable records of every shard.
pub struct Follower {
    journal: Arc<dyn Journal>,
    archive: Arc<Archive>,
    clock: Arc<dyn Clock>,
    outputs: Outputs,
    categories: Categories,
    pieces: Pieces,
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
    #[must_use]
    pub fn new(
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
            pieces: Pieces::default(),
            let_go: Timestamp(0),
        }
    }

    /// One piece of every shard.
    ///
    /// # Errors
    /// See [`FollowError`]: the same piece is taken again the next time.
    pub fn turn(&mut self) -> Result<Turned, FollowError> {
        let mut turned = Turned::CaughtUp;
        for shard in 0..self.journal.shards() {
            if self.piece(shard)? == Turned::Behind {
                turned = Turned::Behind;
            }
        }
        if turned == Turned::CaughtUp {
            self.let_go();
        }
        Ok(turned)
    }

    /// Copies of what left that no record asked for: the process that sent them was too late.
    fn let_go(&mut self) {
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
    pub fn seal(&self, at_once: bool) -> Result<Option<Sealed>, ArchiveError> {
        let now = self.clock.now().0;
        if at_once || self.archive.wants_seal(now) {
            return self.archive.seal(now);
        }
        Ok(None)
    }

    /// Records that are durable and not in the archive yet.
    #[must_use]
    pub fn lag(&self) -> u64 {
        let of = |shard: u16| {
            let durable = self.journal.durable(Shard(shard)).0;
            durable.saturating_sub(self.archive.followed(shard))
        };
        (0..self.journal.shards()).map(of).sum()
    }

    /// Where the bytes come from.
    #[must_use]
    pub const fn outputs(&self) -> &Outputs {
        &self.outputs
    }

    fn piece(&mut self, shard: u16) -> Result<Turned, FollowError> {
        let durable = self.journal.durable(Shard(shard)).0;
        let followed = self.archive.followed(shard);
        if durable <= followed {
            return Ok(Turned::CaughtUp);
        }
        let piece = self.pieces.read(&*self.journal, shard, followed + 1)?;
        // What the journal has no more was let go before there was an archive.
        let upto = piece.last().unwrap_or(durable);
        let mut batch = Batch {
            shard,
            upto,
            entries: Vec::with_capacity(piece.len()),
        };
        for (sequence, bytes) in piece.records() {
            self.take(&mut batch, sequence, bytes)?;
        }
        self.archive.append(&batch, self.clock.now().0)?;
        Ok(match upto < durable {
            true => Turned::Behind,
            false => Turned::CaughtUp,
        })
    }

    /// The entries of one record.
    fn take(&mut self, batch: &mut Batch, sequence: u64, bytes: Bytes) -> Result<(), FollowError> {
        let shard = batch.shard;
        let read = Record::decode(&bytes).map_err(|source| FollowError::Record {
            shard,
            sequence,
            source,
        })?;
        let Record::Tenant(record) = read else {
            return Ok(());
        };
        let back = |sequence: u64| -> Result<Option<Record>, JournalError> {
            if sequence == 0 {
                return Ok(None);
            }
            let bytes = self.journal.read(Shard(shard), Sequence(sequence))?;
            // What cannot be decoded is told when its turn comes; here it ends the walk.
            Ok(bytes.and_then(|bytes| Record::decode(&bytes).ok()))
        };
        let entry = Entry::of_record(shard, sequence, &record, bytes);
        let category = self.categories.of(&record, about(&entry), &back)?;
        let output = self.outputs.of(shard, sequence, &record, &back)?;
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
