//! Owns the reading of the log in pieces, and the decoding of each record in them. Refuses to know what a
//! record says.

use std::ops::ControlFlow;

use bytes::{Bytes, BytesMut};
use sluis_journal::{Journal, JournalError, Sequence, Shard};
use sluis_model::Record;
use sluis_model::codec::CodecError;

/// Bytes of records of one piece.
const MOST_BYTES: usize = 1 << 20;

/// Why a piece cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PieceError {
    /// The journal fails.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A record cannot be decoded.
    #[error("shard {shard}, sequence {sequence}: {source}")]
    Record {
        /// Its shard.
        shard: u16,
        /// Its sequence.
        sequence: u64,
        /// Why.
        source: CodecError,
    },
}

/// Which part of a shard's log is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) shard: u16,
    /// The record before the first.
    pub(super) after: u64,
    /// The last, at most.
    pub(super) upto: u64,
    /// How many of them, at most.
    pub(super) most: usize,
}

/// Reads one piece after the other into the same room.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    buffer: BytesMut,
}

impl Pieces {
    /// The next durable records of a shard, from the oldest that is kept; the whole or a first part of
    /// what is wanted.
    ///
    /// # Errors
    /// See [`PieceError`].
    pub(super) fn read(
        &mut self,
        journal: &dyn Journal,
        wanted: Wanted,
    ) -> Result<Piece, PieceError> {
        let Wanted {
            shard,
            after,
            upto,
            most,
        } = wanted;
        let mut ends = Vec::new();
        let buffer = &mut self.buffer;
        buffer.clear();
        let mut visit = |sequence: Sequence, bytes: &[u8]| {
            if sequence.0 > upto {
                return ControlFlow::Break(());
            }
            buffer.extend_from_slice(bytes);
            ends.push((sequence.0, buffer.len()));
            if ends.len() >= most || buffer.len() >= MOST_BYTES {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        };
        journal.replay(Shard(shard), Sequence(after + 1), &mut visit)?;
        let bytes = buffer.split().freeze();
        let mut begin = 0;
        let records = ends.iter().map(|(sequence, end)| {
            let bytes = bytes.slice(begin..*end);
            begin = *end;
            decode(shard, *sequence, bytes)
        });
        Ok(Piece {
            shard,
            // What the journal has no more was let go before anybody followed it.
            upto: ends.last().map_or(upto, |(sequence, _)| *sequence),
            records: records.collect::<Result<_, _>>()?,
        })
    }
}

fn decode(shard: u16, sequence: u64, bytes: Bytes) -> Result<Taken, PieceError> {
    let record = Record::decode(&bytes).map_err(|source| PieceError::Record {
        shard,
        sequence,
        source,
    })?;
    Ok(Taken {
        sequence,
        bytes,
        record,
    })
}

/// Records of one shard, in order.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) shard: u16,
    /// Whoever took the piece has everything up to here.
    pub(crate) upto: u64,
    pub(crate) records: Vec<Taken>,
}

/// A record, decoded once for all.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) sequence: u64,
    /// As the journal has it.
    pub(crate) bytes: Bytes,
    pub(crate) record: Record,
}
