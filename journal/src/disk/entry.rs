//! How the keyed table stands in sled: keys, the head of a value, watermarks. Owns the checksums
//! and the sums that prove a table complete. Refuses to read or write.
//!
//! A value is split over entries of at most 4 KiB. The first begins with the head: length (4),
//! CRC-32C (4), period (8), replaced (8). The checksum covers shard, key, period and replaced too.
//! *Period* counts the watermarks of the shard: what is put behind watermark 3 has period 4.
//! *Replaced* is the worth of the value that the last watermark covers and this one took the place
//! of; 0 for none. So the values that a watermark covers can be added up at any moment, whatever
//! was put behind it.
//!
//! A value that is deleted leaves a head with the length [`GONE`] and nothing behind it, so that what
//! the last watermark covers can still be added up. That head goes when a watermark covers it: see
//! `table`.

use std::ops::Bound;

use crate::{Sequence, Shard};

pub(super) const HEAD_BYTES: usize = 24;
/// Key and part of a value together: sled spills what is much larger into files that it never
/// syncs.
const ENTRY_BYTES: usize = 4096;
const VALUE: u8 = 0;
const WATERMARK: u8 = 1;
const OWNER: u8 = 2;
const WATERMARK_BYTES: usize = 44;
/// In place of a length: the value was deleted. No value is as long.
const GONE: u32 = u32::MAX;

/// The key of the entry that says whose table this is.
pub(super) const OWNER_KEY: [u8; 1] = [OWNER];

/// The head of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) length: usize,
    pub(super) period: u64,
    pub(super) replaced: u64,
    /// Whether its value was deleted.
    pub(super) is_gone: bool,
    crc: u32,
}

impl Head {
    pub(super) fn of(shard: Shard, key: &[u8], value: &[u8], period: u64, replaced: u64) -> Self {
        let mut head = Self {
            length: value.len(),
            period,
            replaced,
            is_gone: false,
            crc: 0,
        };
        head.crc = head.checksum(shard, key, value);
        head
    }

    /// Of a value that is deleted.
    pub(super) fn gone(shard: Shard, key: &[u8], period: u64, replaced: u64) -> Self {
        let mut head = Self {
            length: 0,
            period,
            replaced,
            is_gone: true,
            crc: 0,
        };
        head.crc = head.checksum(shard, key, &[]);
        head
    }

    pub(super) fn encode(self) -> [u8; HEAD_BYTES] {
        let mut bytes = [0; HEAD_BYTES];
        let length = if self.is_gone {
            GONE
        } else {
            self.length as u32
        };
        bytes[..4].copy_from_slice(&length.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.crc.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.period.to_le_bytes());
        bytes[16..].copy_from_slice(&self.replaced.to_le_bytes());
        bytes
    }

    pub(super) fn decode(entry: &[u8]) -> Option<Self> {
        let (length, rest) = entry.split_first_chunk::<4>()?;
        let (crc, rest) = rest.split_first_chunk::<4>()?;
        let (period, rest) = rest.split_first_chunk::<8>()?;
        let (replaced, _) = rest.split_first_chunk::<8>()?;
        let length = u32::from_le_bytes(*length);
        let is_gone = length == GONE;
        Some(Self {
            length: if is_gone { 0 } else { length as usize },
            is_gone,
            period: u64::from_le_bytes(*period),
            replaced: u64::from_le_bytes(*replaced),
            crc: u32::from_le_bytes(*crc),
        })
    }

    /// Whether a value is the one that this head was made for.
    pub(super) fn fits(self, shard: Shard, key: &[u8], value: &[u8]) -> bool {
        value.len() == self.length && self.checksum(shard, key, value) == self.crc
    }

    fn checksum(self, shard: Shard, key: &[u8], value: &[u8]) -> u32 {
        let numbers = [
            u64::from(shard.0),
            key.len() as u64,
            self.period,
            self.replaced,
        ];
        let begun = numbers.iter().fold(0, |crc, number| {
            crc32c::crc32c_append(crc, &number.to_le_bytes())
        });
        let marked = if self.is_gone {
            crc32c::crc32c_append(begun, &GONE.to_le_bytes())
        } else {
            begun
        };
        crc32c::crc32c_append(crc32c::crc32c_append(marked, key), value)
    }

    /// What it adds to a sum: 0 for a value that was deleted, and only for that.
    pub(super) fn worth(self) -> u64 {
        if self.is_gone {
            0
        } else {
            mix(u64::from(self.crc) | (self.length as u64) << 32) | 1
        }
    }

    /// What its key adds to what watermark `mark` covers; 0 when that covers no value of the key.
    pub(super) fn worth_at(self, mark: u64) -> u64 {
        if self.period <= mark {
            self.worth()
        } else {
            self.replaced
        }
    }
}

/// Spreads the bits of a number over all of it: the finisher of splitmix64.
const fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// How many values there are and what they are worth together, in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    count: u64,
    worth: u64,
}

impl Sum {
    /// Adds a value by its worth; 0 is none.
    pub(super) fn add(&mut self, worth: u64) {
        self.count = self.count.wrapping_add(u64::from(worth != 0));
        self.worth = self.worth.wrapping_add(worth);
    }

    pub(super) fn take(&mut self, worth: u64) {
        self.count = self.count.wrapping_sub(u64::from(worth != 0));
        self.worth = self.worth.wrapping_sub(worth);
    }
}

/// The claim of a shard: what was put up to here is complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Watermark {
    pub(super) sequence: Sequence,
    /// Its number among the shard's, from 1; 0 before the first.
    pub(super) number: u64,
    /// Of all values there are then.
    pub(super) sum: Sum,
}

impl Watermark {
    /// `owner`: the number of the data directory.
    pub(super) fn encode(self, owner: u64) -> [u8; WATERMARK_BYTES] {
        let mut bytes = [0; WATERMARK_BYTES];
        let numbers = [
            self.sequence.0,
            self.number,
            self.sum.count,
            self.sum.worth,
            owner,
        ];
        for (place, number) in bytes.chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        let (content, crc) = bytes.split_at_mut(WATERMARK_BYTES - 4);
        crc.copy_from_slice(&crc32c::crc32c(content).to_le_bytes());
        bytes
    }

    /// `None` when it is damaged or another directory's.
    pub(super) fn decode(bytes: &[u8], owner: u64) -> Option<Self> {
        let (content, crc) = bytes.split_last_chunk::<4>()?;
        let (numbers, rest) = content.as_chunks::<8>();
        let [sequence, number, count, worth, of] = <[[u8; 8]; 5]>::try_from(numbers)
            .ok()?
            .map(u64::from_le_bytes);
        let whole =
            rest.is_empty() && crc32c::crc32c(content) == u32::from_le_bytes(*crc) && of == owner;
        whole.then_some(Self {
            sequence: Sequence(sequence),
            number,
            sum: Sum { count, worth },
        })
    }
}

/// Kind, shard, length of the key, key, part. The length keeps one key's parts apart from another
/// key.
pub(super) fn key_of(shard: Shard, key: &[u8], part: u16) -> Vec<u8> {
    let mut entry = Vec::with_capacity(key.len() + 7);
    entry.push(VALUE);
    entry.extend_from_slice(&shard.0.to_be_bytes());
    entry.extend_from_slice(&(key.len() as u16).to_be_bytes());
    entry.extend_from_slice(key);
    entry.extend_from_slice(&part.to_be_bytes());
    entry
}

/// The keys of part `part` of a table of `shards` shards. The parts follow one another and leave
/// nothing out: part n has the values of shard n, and the last one, behind the shards, what is no
/// value of a shard.
pub(super) fn range_of(part: usize, shards: usize) -> (Bound<Vec<u8>>, Bound<Vec<u8>>) {
    let first_of = |shard: usize| {
        let [s0, s1] = (shard as u16).to_be_bytes();
        vec![VALUE, s0, s1]
    };
    let from = match part {
        0 => Bound::Unbounded,
        _ => Bound::Included(first_of(part)),
    };
    let to = match part < shards {
        true => Bound::Excluded(first_of(part + 1)),
        false => Bound::Unbounded,
    };
    (from, to)
}

/// What an entry's key says it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    Head(Shard, &'a [u8]),
    Part(Shard, &'a [u8], u16),
    Watermark,
    Owner,
    Unknown,
}

pub(super) fn kind_of(entry: &[u8]) -> Kind<'_> {
    match entry {
        [VALUE, s0, s1, l0, l1, key @ .., p0, p1]
            if key.len() == usize::from(u16::from_be_bytes([*l0, *l1])) =>
        {
            let (shard, part) = (
                Shard(u16::from_be_bytes([*s0, *s1])),
                u16::from_be_bytes([*p0, *p1]),
            );
            if part == 0 {
                Kind::Head(shard, key)
            } else {
                Kind::Part(shard, key, part)
            }
        }
        [WATERMARK, _, _] => Kind::Watermark,
        [OWNER] => Kind::Owner,
        _ => Kind::Unknown,
    }
}

pub(super) fn watermark_key(shard: Shard) -> [u8; 3] {
    let [s0, s1] = shard.0.to_be_bytes();
    [WATERMARK, s0, s1]
}

/// Entry and key together stay within a page.
pub(super) fn part_bytes(key: &[u8]) -> usize {
    ENTRY_BYTES - key.len() - 7
}

/// How many entries a value of this length has.
pub(super) fn parts_of(key: &[u8], length: usize) -> u16 {
    (HEAD_BYTES + length).div_ceil(part_bytes(key)) as u16
}

#[cfg(test)]
mod tests {
    use std::ops::RangeBounds as _;

    use super::*;

    const SHARD: Shard = Shard(3);

    #[test]
    fn a_head_comes_back_and_fits_its_value_shard_and_key_alone() {
        let head = Head::of(SHARD, b"key", b"value", 4, 99);
        assert_eq!(Head::decode(&head.encode()), Some(head));
        assert!(head.fits(SHARD, b"key", b"value"));
        assert!(!head.fits(Shard(2), b"key", b"value") && !head.fits(SHARD, b"kez", b"value"));
        assert!(!head.fits(SHARD, b"ke", b"yvalue") && !head.fits(SHARD, b"key", b"valuf"));
        for bit in 0..HEAD_BYTES * 8 {
            let mut bad = head.encode();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(
                Head::decode(&bad).is_some_and(|bad| !bad.fits(SHARD, b"key", b"value")),
                "bit {bit}"
            );
        }
    }

    #[test]
    fn a_watermark_comes_back_and_is_nobody_elses() {
        let mut sum = Sum::default();
        sum.add(7);
        let mark = Watermark {
            sequence: Sequence(5),
            number: 2,
            sum,
        };
        let bytes = mark.encode(9);
        assert_eq!(Watermark::decode(&bytes, 9), Some(mark));
        assert_eq!(Watermark::decode(&bytes, 8), None);
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Watermark::decode(&bad, 9), None, "bit {bit}");
        }
    }

    #[test]
    fn what_a_watermark_covers_is_worth_the_same_whatever_was_put_behind_it() {
        let covered = Head::of(SHARD, b"k", b"old", 1, 0);
        let behind = Head::of(SHARD, b"k", b"new", 2, covered.worth_at(1));
        let again = Head::of(SHARD, b"k", b"newer", 2, behind.worth_at(1));
        assert_eq!(
            [covered, behind, again].map(|head| head.worth_at(1)),
            [covered.worth(); 3]
        );
        assert_eq!(again.worth_at(2), again.worth());
        assert_eq!(Head::of(SHARD, b"k", b"first", 2, 0).worth_at(1), 0);
    }

    #[test]
    fn what_is_deleted_is_worth_nothing_once_a_watermark_covers_that() {
        let covered = Head::of(SHARD, b"k", b"old", 1, 0);
        let gone = Head::gone(SHARD, b"k", 2, covered.worth_at(1));
        assert_eq!(Head::decode(&gone.encode()), Some(gone));
        assert!(gone.fits(SHARD, b"k", b"") && !gone.fits(SHARD, b"l", b""));
        assert_eq!(
            [gone.worth_at(1), gone.worth_at(2), gone.worth()],
            [covered.worth(), 0, 0]
        );
        let again = Head::of(SHARD, b"k", b"again", 2, gone.worth_at(1));
        assert_eq!(again.worth_at(1), covered.worth());
        let empty = Head::of(SHARD, b"k", b"", 2, covered.worth_at(1));
        assert!(!empty.is_gone && empty.worth() != 0);
        for bit in 0..HEAD_BYTES * 8 {
            let mut bad = gone.encode();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(
                Head::decode(&bad).is_some_and(|bad| !bad.fits(SHARD, b"k", b"")),
                "bit {bit}"
            );
        }
    }

    #[test]
    fn every_key_is_in_one_part_of_the_table() {
        let keys = [
            vec![],
            vec![VALUE],
            key_of(Shard(0), b"key", 0),
            key_of(Shard(1), b"key", 3),
            key_of(Shard(1), &[255; 9], u16::MAX),
            key_of(Shard(2), b"key", 0),
            key_of(Shard(u16::MAX), b"key", 0),
            watermark_key(Shard(1)).to_vec(),
            OWNER_KEY.to_vec(),
            vec![255; 9],
        ];
        let parts_with = |key: &Vec<u8>| {
            let has = |part: &usize| range_of(*part, 2).contains(key);
            (0..=2).filter(has).collect::<Vec<_>>()
        };
        let parts: Vec<_> = keys.iter().map(parts_with).collect();
        assert_eq!(parts.concat(), [0, 0, 0, 1, 1, 2, 2, 2, 2, 2]);
    }

    #[test]
    fn keys_are_told_apart() {
        assert_eq!(
            kind_of(&key_of(SHARD, b"key", 0)),
            Kind::Head(SHARD, b"key")
        );
        assert_eq!(
            kind_of(&key_of(SHARD, b"key", 2)),
            Kind::Part(SHARD, b"key", 2)
        );
        assert_eq!(
            (kind_of(&watermark_key(SHARD)), kind_of(&OWNER_KEY)),
            (Kind::Watermark, Kind::Owner)
        );
        assert_eq!(
            (kind_of(b""), kind_of(&key_of(SHARD, b"key", 0)[..8])),
            (Kind::Unknown, Kind::Unknown)
        );
    }
}
