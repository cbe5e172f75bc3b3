//! Owns the reading of the log in pieces. Refuses to decode a record.

use std::ops::ControlFlow;

use bytes::{Bytes, BytesMut};
use sluis_journal::{Journal, JournalError, Sequence, Shard};

/// Records of a shard that one piece takes.
const MOST_RECORDS: usize = 1_024;
/// Bytes of records of one piece.
const MOST_BYTES: usize = 1 << 20;

/// Reads one piece after the other into the same room.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    buffer: BytesMut,
}

impl Pieces {
    /// The next durable records of a shard, from a sequence on, or from the oldest that is kept.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) fn read(
        &mut self,
        journal: &dyn Journal,
        shard: u16,
        from: u64,
    ) -> Result<Piece, JournalError> {
        let mut ends = Vec::new();
        let buffer = &mut self.buffer;
        buffer.clear();
        let mut visit = |sequence: Sequence, bytes: &[u8]| {
            buffer.extend_from_slice(bytes);
            ends.push((sequence.0, buffer.len()));
            if ends.len() >= MOST_RECORDS || buffer.len() >= MOST_BYTES {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        };
        journal.replay(Shard(shard), Sequence(from), &mut visit)?;
        let bytes = buffer.split().freeze();
        Ok(Piece { ends, bytes })
    }
}

/// Records of one shard, one behind the other in one buffer.
pub(crate) struct Piece {
    /// The sequence of each, and where it ends.
    ends: Vec<(u64, usize)>,
    bytes: Bytes,
}

impl Piece {
    /// The last sequence; none: there was no record.
    pub(crate) fn last(&self) -> Option<u64> {
        self.ends.last().map(|(sequence, _)| *sequence)
    }

    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Each with its sequence.
    pub(crate) fn records(&self) -> impl Iterator<Item = (u64, Bytes)> {
        let begins = std::iter::once(0).chain(self.ends.iter().map(|(_, end)| *end));
        let records = self.ends.iter().zip(begins);
        records.map(|((sequence, end), begin)| (*sequence, self.bytes.slice(begin..*end)))
    }
}
