//! A batch: consecutive records of one shard in one contiguous buffer.
//! Refuses a vector per record: an append costs one copy and, once warm, no allocation.

use crate::{Sequence, Shard};

/// Consecutive records of one shard, handed to the journal as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    shard: Shard,
    first: Sequence,
    bytes: Vec<u8>,
    /// Where each record ends in `bytes`.
    ends: Vec<usize>,
    longest: usize,
}

/// The promise for a batch that was taken: it is durable when [`crate::Journal::durable`] reaches
/// `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The shard of the batch.
    pub shard: Shard,
    /// The sequence of the batch's last record.
    pub last: Sequence,
}

impl Batch {
    /// An empty batch whose first record will get the sequence `first`.
    #[must_use]
    pub const fn new(shard: Shard, first: Sequence) -> Self {
        Self {
            shard,
            first,
            bytes: Vec::new(),
            ends: Vec::new(),
            longest: 0,
        }
    }

    /// Copies a record to the end of the batch and says which sequence it has.
    pub fn push(&mut self, record: &[u8]) -> Sequence {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(record);
        self.end_record(start)
    }

    /// Lets `write` put a record behind the others, without a copy, and says which sequence it has.
    ///
    /// # Errors
    /// That of `write`; the batch is then as it was.
    pub fn push_with<E>(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<Sequence, E> {
        let start = self.bytes.len();
        if let Err(error) = write(&mut self.bytes) {
            self.bytes.truncate(start);
            return Err(error);
        }
        debug_assert!(
            self.bytes.len() >= start,
            "a record is put behind the others"
        );
        Ok(self.end_record(start))
    }

    /// Everything from `start` on is one record.
    fn end_record(&mut self, start: usize) -> Sequence {
        self.ends.push(self.bytes.len());
        self.longest = self.longest.max(self.bytes.len() - start);
        self.last()
    }

    /// Makes room for records of so many bytes in all.
    pub fn reserve(&mut self, records: usize, bytes: usize) {
        self.ends.reserve(records);
        self.bytes.reserve(bytes);
    }

    /// Empties the batch for reuse, keeping its buffers.
    pub fn reset(&mut self, first: Sequence) {
        self.first = first;
        self.bytes.clear();
        self.ends.clear();
        self.longest = 0;
    }

    /// The shard all records belong to.
    #[must_use]
    pub const fn shard(&self) -> Shard {
        self.shard
    }

    /// The sequence of the first record.
    #[must_use]
    pub const fn first(&self) -> Sequence {
        self.first
    }

    /// The sequence of the last record; for an empty batch the one before `first`.
    #[must_use]
    pub const fn last(&self) -> Sequence {
        Sequence(self.first.0 + self.ends.len() as u64 - 1)
    }

    /// The number of records.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no record yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The sum of the records' lengths.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The length of the longest record.
    #[must_use]
    pub const fn longest(&self) -> usize {
        self.longest
    }

    /// The records with their sequences, in order.
    pub fn records(&self) -> impl Iterator<Item = (Sequence, &[u8])> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let ranges = starts.zip(self.ends.iter().copied());
        ranges
            .zip(self.first.0..)
            .map(|((start, end), sequence)| (Sequence(sequence), &self.bytes[start..end]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_with_their_sequences() {
        let mut batch = Batch::new(Shard(2), Sequence(7));
        assert_eq!(batch.last(), Sequence(6));
        assert_eq!(batch.push(b"one"), Sequence(7));
        assert_eq!(batch.push(b""), Sequence(8));
        assert_eq!(batch.push(b"three"), Sequence(9));
        let records: Vec<_> = batch.records().collect();
        assert_eq!(
            records,
            [
                (Sequence(7), &b"one"[..]),
                (Sequence(8), &b""[..]),
                (Sequence(9), &b"three"[..])
            ]
        );
        assert_eq!((batch.len(), batch.bytes(), batch.longest()), (3, 8, 5));
    }

    #[test]
    fn a_record_that_cannot_be_written_leaves_the_batch_as_it_was() {
        let mut batch = Batch::new(Shard(2), Sequence(7));
        batch.reserve(2, 16);
        let write = |bytes: &'static [u8], answer: Result<(), u8>| {
            move |buffer: &mut Vec<u8>| {
                buffer.extend_from_slice(bytes);
                answer
            }
        };
        assert_eq!(batch.push_with(write(b"one", Ok(()))), Ok(Sequence(7)));
        assert_eq!(batch.push_with(write(b"half of it", Err(3))), Err(3));
        assert_eq!(batch.push_with(write(b"", Ok(()))), Ok(Sequence(8)));
        assert_eq!(batch.push_with(write(b"three", Ok(()))), Ok(Sequence(9)));
        let records: Vec<_> = batch.records().collect();
        assert_eq!(
            records,
            [
                (Sequence(7), &b"one"[..]),
                (Sequence(8), &b""[..]),
                (Sequence(9), &b"three"[..])
            ]
        );
        assert_eq!((batch.len(), batch.bytes(), batch.longest()), (3, 8, 5));
    }

    #[test]
    fn a_reset_batch_is_empty() {
        let mut batch = Batch::new(Shard(0), Sequence::FIRST);
        batch.push(b"gone");
        batch.reset(Sequence(5));
        assert!(batch.is_empty());
        assert_eq!(batch.last(), Sequence(4));
    }
}
