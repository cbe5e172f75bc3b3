//! The three coordinates of a record: shard, sequence, and both together.
//! Refuses arithmetic between shards.

use std::fmt;

/// Which ordered log a record belongs to. Counted from 0 up to the number of shards of the data
/// directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Shard(pub u16);

/// The place of a record in its shard: 1 for the first one ever, without gaps after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sequence(pub u64);

impl Sequence {
    /// What stands before the first record: "nothing yet".
    pub const ZERO: Self = Self(0);
    /// The first record of a shard.
    pub const FIRST: Self = Self(1);

    /// The sequence after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The sequence before this one; [`Sequence::ZERO`] stays where it is.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a record is. Callers keep it and hand it back; its parts mean nothing outside the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    shard: Shard,
    sequence: Sequence,
}

impl Position {
    /// The length of [`Position::encode`].
    pub const ENCODED_BYTES: usize = 10;

    /// The position of one record.
    #[must_use]
    pub const fn new(shard: Shard, sequence: Sequence) -> Self {
        Self { shard, sequence }
    }

    /// The shard that holds the record.
    #[must_use]
    pub const fn shard(self) -> Shard {
        self.shard
    }

    /// The record's place in its shard.
    #[must_use]
    pub const fn sequence(self) -> Sequence {
        self.sequence
    }

    /// Ten bytes that sort like the position itself.
    #[must_use]
    pub fn encode(self) -> [u8; Self::ENCODED_BYTES] {
        let mut bytes = [0; Self::ENCODED_BYTES];
        bytes[..2].copy_from_slice(&self.shard.0.to_be_bytes());
        bytes[2..].copy_from_slice(&self.sequence.0.to_be_bytes());
        bytes
    }

    /// The inverse of [`Position::encode`].
    #[must_use]
    pub fn decode(bytes: [u8; Self::ENCODED_BYTES]) -> Self {
        let [a, b, sequence @ ..] = bytes;
        Self::new(
            Shard(u16::from_be_bytes([a, b])),
            Sequence(u64::from_be_bytes(sequence)),
        )
    }
}

/// One generation of the log: what goes from the disk at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// Its number; each newer one has a larger one.
    pub number: u64,
    /// Per shard the first sequence that can be in it.
    pub starts: Vec<Sequence>,
    /// Bytes of its log.
    pub bytes: u64,
}

/// Where something is wrong in a log file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The byte it begins at.
    pub offset: u64,
    /// The record, as far as one can tell.
    pub record: Option<(Shard, Sequence)>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}", self.offset)?;
        self.record.map_or(Ok(()), |(shard, sequence)| {
            write!(f, ", shard {shard} sequence {sequence}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoded_position_comes_back_and_sorts() {
        let early = Position::new(Shard(3), Sequence(255));
        let late = Position::new(Shard(3), Sequence(256));
        assert_eq!(Position::decode(early.encode()), early);
        assert!(early.encode() < late.encode());
    }
}
