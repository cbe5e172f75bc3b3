//! Owns the following of the log: piece by piece of each shard, in order, from where the archive is.
//! Refuses to wait and to run by itself: its thread calls it.

use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use sluis_archive::{Archive, ArchiveError, Batch, Entry, Sealed};
use sluis_journal::{Journal, JournalError, Sequence, Shard};
use sluis_model::codec::CodecError;
use sluis_model::{Clock, NotificationId, Record};

use super::categories::Categories;
use super::outputs::Outputs;

/// Records of a shard that one piece takes.
const MOST_RECORDS: usize = 1_024;
/// Bytes of records of one piece.
const MOST_BYTES: usize = 1 << 20;

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
        }
    }

    /// One piece of every shard; whether there was anything.
    ///
    /// # Errors
    /// See [`FollowError`]: the same piece is taken again the next time.
    pub fn turn(&mut self) -> Result<bool, FollowError> {
        let mut some = false;
        for shard in 0..self.journal.shards() {
            some |= self.piece(shard)?;
        }
        Ok(some)
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

    fn piece(&mut self, shard: u16) -> Result<bool, FollowError> {
        let durable = self.journal.durable(Shard(shard)).0;
        let followed = self.archive.followed(shard);
        if durable <= followed {
            return Ok(false);
        }
        let records = self.read(shard, followed + 1)?;
        let Some((upto, _)) = records.last() else {
            return Ok(false);
        };
        let mut batch = Batch {
            shard,
            upto: *upto,
            entries: Vec::with_capacity(records.len()),
        };
        for (sequence, bytes) in records {
            self.take(&mut batch, sequence, bytes)?;
        }
        self.archive.append(&batch, self.clock.now().0)?;
        Ok(true)
    }

    /// The next records of a shard.
    fn read(&self, shard: u16, from: u64) -> Result<Vec<(u64, Bytes)>, JournalError> {
        let mut records = Vec::new();
        let mut length = 0;
        let mut visit = |sequence: Sequence, bytes: &[u8]| {
            length += bytes.len();
            records.push((sequence.0, Bytes::copy_from_slice(bytes)));
            if records.len() >= MOST_RECORDS || length >= MOST_BYTES {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        };
        self.journal
            .replay(Shard(shard), Sequence(from), &mut visit)?;
        Ok(records)
    }

    /// The entries of one record.
    fn take(&mut self, batch: &mut Batch, sequence: u64, bytes: Bytes) -> Result<(), FollowError> {
        let shard = batch.shard;
        let read = |bytes: &[u8], sequence| {
            Record::decode(bytes).map_err(|source| FollowError::Record {
                shard,
                sequence,
                source,
            })
        };
        let Record::Tenant(record) = read(&bytes, sequence)? else {
            return Ok(());
        };
        let journal = self.journal.clone();
        let back = move |sequence: u64| -> Result<Option<Record>, JournalError> {
            if sequence == 0 {
                return Ok(None);
            }
            let bytes = journal.read(Shard(shard), Sequence(sequence))?;
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
