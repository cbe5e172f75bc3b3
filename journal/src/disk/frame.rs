//! The layout of a log file: groups of blocks of records. Owns its encoding and its checks.
//! Refuses to read files: it sees bytes.
//!
//! Little-endian throughout. A group is what one barrier made durable:
//!
//! ```text
//! group   magic (4) version (1) zero (3) number (8) length of the blocks (4) records (4) CRC-32C (4)
//! block   shard (2) zero (2) records (4) first sequence (8)
//! record  length (4) CRC-32C (4) bytes
//! ```
//!
//! Groups are numbered from 1 in each file, without gaps. The first one begins with the opening: a
//! block of its own, of a shard that cannot be, with one record that holds each shard's first
//! sequence in this file (8 bytes each). A group without blocks closes what stands before it. Every
//! checksum begins with the file's salt, so that neither an older file's bytes in a reused place of
//! the disk nor a record that looks like a group can pass for one. A record's checksum covers its
//! shard and sequence too: it cannot be read as another one.

use crate::{Batch, Damage, MAX_RECORD_BYTES, Sequence, Shard};

/// The length of a group's header.
pub(super) const GROUP_BYTES: usize = 28;
/// The length of a record's header.
pub(super) const RECORD_BYTES: usize = 8;
const BLOCK_BYTES: usize = 16;
const MAGIC: [u8; 4] = *b"SlGr";
const VERSION: u8 = 1;
const CHECKED: usize = GROUP_BYTES - 4;

/// What begins every checksum of one file: its CRC-32C so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Salt(u32);

impl Salt {
    pub(super) fn new(salt: u64) -> Self {
        Self(crc32c::crc32c(&salt.to_le_bytes()))
    }

    fn of_record(self, shard: Shard, sequence: Sequence, bytes: &[u8]) -> u32 {
        let mut place = [0; 10];
        place[..2].copy_from_slice(&shard.0.to_le_bytes());
        place[2..].copy_from_slice(&sequence.0.to_le_bytes());
        crc32c::crc32c_append(crc32c::crc32c_append(self.0, &place), bytes)
    }

    /// The checksum of bytes that belong to the file.
    pub(super) fn of(self, bytes: &[u8]) -> u32 {
        crc32c::crc32c_append(self.0, bytes)
    }
}

/// The header of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GroupHeader {
    pub(super) number: u64,
    /// The length of what follows the header.
    pub(super) length: u32,
    pub(super) records: u32,
}

impl GroupHeader {
    fn encode(self, salt: Salt) -> [u8; GROUP_BYTES] {
        let mut bytes = [0; GROUP_BYTES];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4] = VERSION;
        bytes[8..16].copy_from_slice(&self.number.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.length.to_le_bytes());
        bytes[20..CHECKED].copy_from_slice(&self.records.to_le_bytes());
        let crc = salt.of(&bytes[..CHECKED]);
        bytes[CHECKED..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    pub(super) fn decode(salt: Salt, bytes: &[u8; GROUP_BYTES]) -> Result<Self, Damage> {
        if bytes[..4] != MAGIC {
            return Err(Damage::Malformed);
        }
        if bytes[4] != VERSION {
            return Err(Damage::Version(bytes[4]));
        }
        if salt.of(&bytes[..CHECKED]) != u32_at(bytes, CHECKED) {
            return Err(Damage::Checksum);
        }
        Ok(Self {
            number: u64_at(bytes, 8),
            length: u32_at(bytes, 16),
            records: u32_at(bytes, 20),
        })
    }

    /// Whether a good header with a number above `after` stands anywhere in `bytes`.
    pub(super) fn is_in(salt: Salt, bytes: &[u8], after: u64) -> bool {
        bytes
            .windows(GROUP_BYTES)
            .filter(|window| window.starts_with(&MAGIC))
            .any(|window| {
                let header = window
                    .first_chunk()
                    .map(|header| Self::decode(salt, header));
                header.is_some_and(|header| header.is_ok_and(|header| header.number > after))
            })
    }
}

/// The shard of the opening: the number of shards is below it.
const OPENING: Shard = Shard(u16::MAX);

/// The length of a file's first bytes up to the end of its opening.
pub(super) const fn opening_bytes(shards: usize) -> usize {
    GROUP_BYTES + BLOCK_BYTES + RECORD_BYTES + 8 * shards
}

/// Each shard's first sequence, from a file's first bytes.
pub(super) fn opening(salt: Salt, bytes: &[u8], shards: usize) -> Result<Vec<u64>, Damage> {
    let (header, blocks) = bytes.split_first_chunk().ok_or(Damage::Malformed)?;
    let begins = GroupHeader::decode(salt, header)?.number == 1;
    let block: &[u8; BLOCK_BYTES] = blocks.first_chunk().ok_or(Damage::Malformed)?;
    if !begins || u16_at(block, 0) != OPENING.0 {
        return Err(Damage::Malformed);
    }
    let record = record(salt, OPENING, Sequence::ZERO, &blocks[BLOCK_BYTES..])?;
    let (starts, rest) = record.as_chunks::<8>();
    let whole = starts.len() == shards && rest.is_empty();
    if whole {
        Ok(starts
            .iter()
            .map(|start| u64::from_le_bytes(*start))
            .collect())
    } else {
        Err(Damage::Malformed)
    }
}

/// Where a record stands in a group: the offset of its header from the group's first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) shard: Shard,
    pub(super) offset: u32,
    pub(super) bytes: u32,
}

/// Builds one group after the other in a buffer that stays warm.
#[derive(Debug, Default)]
pub(super) struct GroupWriter {
    buffer: Vec<u8>,
    marks: Vec<Mark>,
}

impl GroupWriter {
    /// The bytes of a group and where its records stand. Batches of one shard that are neighbours
    /// become one block.
    pub(super) fn build(&mut self, salt: Salt, number: u64, batches: &[Batch]) -> (&[u8], &[Mark]) {
        self.begin();
        self.finish(salt, number, batches, 0)
    }

    /// The same for the first group of a file: it says where each shard begins.
    pub(super) fn build_first(
        &mut self,
        salt: Salt,
        starts: &[u64],
        batches: &[Batch],
    ) -> (&[u8], &[Mark]) {
        self.begin();
        let opening: Vec<u8> = starts
            .iter()
            .flat_map(|start| start.to_le_bytes())
            .collect();
        self.block_header(OPENING, 1, Sequence::ZERO);
        self.record(salt, OPENING, Sequence::ZERO, &opening);
        self.finish(salt, 1, batches, 1)
    }

    fn begin(&mut self) {
        self.buffer.clear();
        self.marks.clear();
        self.buffer.resize(GROUP_BYTES, 0);
    }

    fn finish(
        &mut self,
        salt: Salt,
        number: u64,
        batches: &[Batch],
        before: u32,
    ) -> (&[u8], &[Mark]) {
        for run in batches.chunk_by(|one, next| one.shard() == next.shard()) {
            self.block(salt, run);
        }
        let records = self.marks.len() as u32 + before;
        let header = GroupHeader {
            number,
            length: (self.buffer.len() - GROUP_BYTES) as u32,
            records,
        };
        self.buffer[..GROUP_BYTES].copy_from_slice(&header.encode(salt));
        (&self.buffer, &self.marks)
    }

    fn block(&mut self, salt: Salt, run: &[Batch]) {
        let (shard, first) = (run[0].shard(), run[0].first());
        let records: usize = run.iter().map(Batch::len).sum();
        self.block_header(shard, records as u32, first);
        for (sequence, record) in run.iter().flat_map(Batch::records) {
            self.marks.push(Mark {
                shard,
                offset: self.buffer.len() as u32,
                bytes: record.len() as u32,
            });
            self.record(salt, shard, sequence, record);
        }
    }

    fn block_header(&mut self, shard: Shard, records: u32, first: Sequence) {
        self.buffer.extend_from_slice(&shard.0.to_le_bytes());
        self.buffer.extend_from_slice(&[0; 2]);
        self.buffer.extend_from_slice(&records.to_le_bytes());
        self.buffer.extend_from_slice(&first.0.to_le_bytes());
    }

    fn record(&mut self, salt: Salt, shard: Shard, sequence: Sequence, record: &[u8]) {
        self.buffer
            .extend_from_slice(&(record.len() as u32).to_le_bytes());
        self.buffer
            .extend_from_slice(&salt.of_record(shard, sequence, record).to_le_bytes());
        self.buffer.extend_from_slice(record);
    }
}

/// A record found in a group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) shard: Shard,
    pub(super) sequence: Sequence,
    pub(super) mark: Mark,
}

/// The first thing that is wrong in a group: the offset from its first byte and, when that far is
/// known, the record.
pub(super) type Wrong = (usize, Option<(Shard, Sequence)>, Damage);

/// Walks the blocks of a group, up to the first thing that is wrong.
pub(super) fn walk(
    salt: Salt,
    header: GroupHeader,
    blocks: &[u8],
    found: &mut dyn FnMut(Found),
) -> Result<(), Wrong> {
    let mut at = 0;
    let mut records = 0_u32;
    while at < blocks.len() {
        let block: &[u8; BLOCK_BYTES] =
            blocks[at..]
                .first_chunk()
                .ok_or((at + GROUP_BYTES, None, Damage::Malformed))?;
        let shard = Shard(u16_at(block, 0));
        let first = u64_at(block, 8);
        if u16_at(block, 2) != 0 {
            return Err((at + GROUP_BYTES, None, Damage::Malformed));
        }
        at += BLOCK_BYTES;
        for sequence in (first..first.saturating_add(u64::from(u32_at(block, 4)))).map(Sequence) {
            let place = at + GROUP_BYTES;
            let wrong = |damage| (place, Some((shard, sequence)), damage);
            let record = record(salt, shard, sequence, &blocks[at..]).map_err(wrong)?;
            let bytes = record.len();
            found(Found {
                shard,
                sequence,
                mark: Mark {
                    shard,
                    offset: place as u32,
                    bytes: bytes as u32,
                },
            });
            at += RECORD_BYTES + bytes;
            records += 1;
        }
    }
    if records == header.records {
        Ok(())
    } else {
        Err((GROUP_BYTES, None, Damage::Malformed))
    }
}

/// The length in a record's header, when it is one that a record can have.
pub(super) fn record_length(header: &[u8]) -> Result<usize, Damage> {
    let header: &[u8; RECORD_BYTES] = header.first_chunk().ok_or(Damage::Malformed)?;
    let length = u32_at(header, 0) as usize;
    if length > MAX_RECORD_BYTES {
        Err(Damage::Malformed)
    } else {
        Ok(length)
    }
}

/// The bytes of the record whose header `bytes` begin with.
pub(super) fn record(
    salt: Salt,
    shard: Shard,
    sequence: Sequence,
    bytes: &[u8],
) -> Result<&[u8], Damage> {
    let length = record_length(bytes)?;
    let record = bytes
        .get(RECORD_BYTES..RECORD_BYTES + length)
        .ok_or(Damage::Malformed)?;
    if salt.of_record(shard, sequence, record) == u32_at(bytes, 4) {
        Ok(record)
    } else {
        Err(Damage::Checksum)
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(shard: u16, first: u64, records: &[&[u8]]) -> Batch {
        let mut batch = Batch::new(Shard(shard), Sequence(first));
        for record in records {
            batch.push(record);
        }
        batch
    }

    fn group() -> Vec<u8> {
        let batches = [
            batch(1, 1, &[b"one", b""]),
            batch(1, 3, &[b"three"]),
            batch(4, 9, &[&[7; 5000]]),
        ];
        let mut writer = GroupWriter::default();
        let (bytes, marks) = writer.build(Salt::new(5), 3, &batches);
        assert_eq!(marks.len(), 4);
        bytes.to_vec()
    }

    fn read(salt: Salt, bytes: &[u8]) -> Result<Vec<(u16, u64, usize)>, Damage> {
        let header = GroupHeader::decode(salt, bytes.first_chunk().ok_or(Damage::Malformed)?)?;
        let mut records = Vec::new();
        let mut found = |found: Found| {
            records.push((found.shard.0, found.sequence.0, found.mark.bytes as usize))
        };
        walk(salt, header, &bytes[GROUP_BYTES..], &mut found).map_err(|(_, _, damage)| damage)?;
        Ok(records)
    }

    #[test]
    fn a_group_comes_back_with_neighbours_in_one_block() {
        let bytes = group();
        assert_eq!(
            read(Salt::new(5), &bytes).expect("good"),
            [(1, 1, 3), (1, 2, 0), (1, 3, 5), (4, 9, 5000)]
        );
        assert_eq!(
            bytes.len(),
            GROUP_BYTES + 2 * BLOCK_BYTES + 4 * RECORD_BYTES + 3 + 5 + 5000
        );
    }

    #[test]
    fn any_flipped_bit_and_any_cut_is_noticed() {
        let bytes = group();
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(read(Salt::new(5), &bad).is_err(), "bit {bit}");
        }
        assert!((0..bytes.len()).all(|length| read(Salt::new(5), &bytes[..length]).is_err()));
    }

    #[test]
    fn an_opening_comes_back_alone_and_with_its_group_and_any_flipped_bit_of_it_is_noticed() {
        let mut writer = GroupWriter::default();
        let salt = Salt::new(5);
        let bytes = writer
            .build_first(salt, &[4, u64::MAX], &[batch(1, 7, &[b"seven"])])
            .0
            .to_vec();
        assert_eq!(
            read(salt, &bytes).expect("good"),
            [(u16::MAX, 0, 16), (1, 7, 5)]
        );
        assert_eq!(
            opening(salt, &bytes[..opening_bytes(2)], 2),
            Ok(vec![4, u64::MAX])
        );
        assert_eq!(opening(salt, &bytes, 3), Err(Damage::Malformed));
        assert!((0..opening_bytes(2)).all(|length| opening(salt, &bytes[..length], 2).is_err()));
        // The block's count and first sequence are looked at by a scan, which looks at everything.
        let unread = GROUP_BYTES + 2..GROUP_BYTES + BLOCK_BYTES;
        for bit in (0..opening_bytes(2) * 8).filter(|bit| !unread.contains(&(bit / 8))) {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(opening(salt, &bad, 2).is_err(), "bit {bit}");
        }
        let later = writer
            .build(salt, 2, &[batch(1, 8, &[b"eight"])])
            .0
            .to_vec();
        assert_eq!(opening(salt, &later, 2), Err(Damage::Malformed));
        assert_eq!(
            read(salt, writer.build(salt, 3, &[]).0),
            Ok(vec![]),
            "a closing group"
        );
    }

    #[test]
    fn another_salt_and_another_place_are_noticed() {
        let bytes = group();
        assert_eq!(read(Salt::new(6), &bytes), Err(Damage::Checksum));
        let at = &bytes[GROUP_BYTES + BLOCK_BYTES..];
        assert_eq!(
            record(Salt::new(5), Shard(1), Sequence(1), at),
            Ok(&b"one"[..])
        );
        assert_eq!(
            record(Salt::new(5), Shard(2), Sequence(1), at),
            Err(Damage::Checksum)
        );
        assert_eq!(
            record(Salt::new(5), Shard(1), Sequence(2), at),
            Err(Damage::Checksum)
        );
    }

    #[test]
    fn a_later_group_is_found_wherever_it_stands_and_only_with_the_salt() {
        let mut bytes = vec![1; 333];
        bytes.extend(group());
        assert!(GroupHeader::is_in(Salt::new(5), &bytes, 2));
        assert!(!GroupHeader::is_in(Salt::new(5), &bytes, 3));
        assert!(!GroupHeader::is_in(Salt::new(6), &bytes, 2));
        assert!(!GroupHeader::is_in(Salt::new(5), &bytes[..340], 2));
    }
}
