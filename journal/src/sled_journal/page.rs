//! The page: several records, or a part of one, in a value of at most 4 KiB. Owns its key and its layout.
//! Refuses larger values: sled would spill them into files that it never syncs.
//!
//! Layout, little-endian: magic (2), version (1), flags (1), records (2), parts (2), CRC-32C (4), payload. The
//! checksum covers key, header and payload, so a page under a wrong key is damage too. A packed page's payload is
//! `length (2), bytes` per record. A record that does not fit in one page is split: each part is a page with the
//! same sequence, the number of parts in its header, and the part's bytes as payload.

use std::fmt;

use crate::{Damage, Sequence, Shard};

pub(super) const PAGE_BYTES: usize = 4096;
const HEADER_BYTES: usize = 12;
const PAYLOAD_BYTES: usize = PAGE_BYTES - HEADER_BYTES;
const LENGTH_BYTES: usize = 2;
const MAGIC: [u8; 2] = *b"Sj";
const VERSION: u8 = 1;
const SPLIT: u8 = 1;
pub(super) const KEY_BYTES: usize = 12;

/// Where a page stands in a generation's tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PageKey {
    /// The shard of its records.
    pub shard: Shard,
    /// The sequence of its first record.
    pub sequence: Sequence,
    /// Which part of a split record it is; 0 for a packed page.
    pub part: u16,
}

impl fmt::Display for PageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:05}/{:020}/{:05}", self.shard.0, self.sequence.0, self.part)
    }
}

impl PageKey {
    pub(super) const fn new(shard: Shard, sequence: u64, part: u16) -> Self {
        Self { shard, sequence: Sequence(sequence), part }
    }

    pub(super) fn encode(self) -> [u8; KEY_BYTES] {
        let mut key = [0; KEY_BYTES];
        key[..2].copy_from_slice(&self.shard.0.to_be_bytes());
        key[2..10].copy_from_slice(&self.sequence.0.to_be_bytes());
        key[10..].copy_from_slice(&self.part.to_be_bytes());
        key
    }

    pub(super) fn decode(key: &[u8]) -> Option<Self> {
        let [s0, s1, sequence @ .., p0, p1] = <[u8; KEY_BYTES]>::try_from(key).ok()?;
        Some(Self::new(Shard(u16::from_be_bytes([s0, s1])), u64::from_be_bytes(sequence), u16::from_be_bytes([p0, p1])))
    }
}

/// A page whose checksum was found right.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page<'a> {
    pub(super) key: PageKey,
    /// The number of records that begin here; 1 for a part of a split record.
    pub(super) records: u16,
    /// How many pages the record is split over; 1 for a packed page.
    pub(super) parts: u16,
    payload: &'a [u8],
}

impl<'a> Page<'a> {
    pub(super) fn decode(key: PageKey, value: &'a [u8]) -> Result<Self, Damage> {
        let (header, payload) = value.split_first_chunk::<HEADER_BYTES>().ok_or(Damage::Malformed)?;
        let [m0, m1, version, flags, r0, r1, p0, p1, crc @ ..] = *header;
        if [m0, m1] != MAGIC {
            return Err(Damage::Malformed);
        }
        if version != VERSION {
            return Err(Damage::Version(version));
        }
        if checksum(key, header, payload) != u32::from_le_bytes(crc) {
            return Err(Damage::Checksum);
        }
        let records = u16::from_le_bytes([r0, r1]);
        let parts = u16::from_le_bytes([p0, p1]);
        let split = flags & SPLIT != 0;
        if records == 0 || parts == 0 || split != (parts > 1) || key.part >= parts {
            return Err(Damage::Malformed);
        }
        Ok(Self { key, records, parts, payload })
    }

    pub(super) const fn is_split(&self) -> bool {
        self.parts > 1
    }

    /// The bytes of a split record's part.
    pub(super) const fn part(&self) -> &'a [u8] {
        self.payload
    }

    /// The records of a packed page with their sequences.
    pub(super) fn records(&self) -> impl Iterator<Item = Result<(Sequence, &'a [u8]), Damage>> + use<'a> {
        let mut rest = self.payload;
        let first = self.key.sequence.0;
        (first..first + u64::from(self.records)).map(move |sequence| {
            let (length, tail) = rest.split_first_chunk::<LENGTH_BYTES>().ok_or(Damage::Malformed)?;
            let (record, tail) = tail.split_at_checked(usize::from(u16::from_le_bytes(*length))).ok_or(Damage::Malformed)?;
            rest = tail;
            Ok((Sequence(sequence), record))
        })
    }
}

fn checksum(key: PageKey, header: &[u8; HEADER_BYTES], payload: &[u8]) -> u32 {
    let crc = crc32c::crc32c(&key.encode());
    let crc = crc32c::crc32c_append(crc, &header[..8]);
    crc32c::crc32c_append(crc, payload)
}

/// Packs the records of one shard into pages and hands each finished page to a sink.
#[derive(Debug)]
pub(super) struct PageWriter {
    shard: Shard,
    first: u64,
    records: u16,
    buffer: Vec<u8>,
}

impl PageWriter {
    pub(super) fn new() -> Self {
        Self { shard: Shard(0), first: 0, records: 0, buffer: Vec::with_capacity(PAGE_BYTES) }
    }

    /// Adds a record; the caller has called [`PageWriter::finish`] when the shard changed.
    pub(super) fn push<E>(
        &mut self,
        shard: Shard,
        sequence: Sequence,
        record: &[u8],
        sink: &mut impl FnMut(PageKey, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let needed = record.len() + LENGTH_BYTES;
        if needed > PAYLOAD_BYTES {
            self.finish(sink)?;
            return self.split(shard, sequence, record, sink);
        }
        if self.records > 0 && self.buffer.len() + needed > PAGE_BYTES {
            self.finish(sink)?;
        }
        if self.records == 0 {
            self.shard = shard;
            self.first = sequence.0;
            self.buffer.clear();
            self.buffer.resize(HEADER_BYTES, 0);
        }
        self.buffer.extend_from_slice(&(record.len() as u16).to_le_bytes());
        self.buffer.extend_from_slice(record);
        self.records += 1;
        Ok(())
    }

    /// Hands out the page that was begun, if there is one.
    pub(super) fn finish<E>(&mut self, sink: &mut impl FnMut(PageKey, &[u8]) -> Result<(), E>) -> Result<(), E> {
        if self.records == 0 {
            return Ok(());
        }
        let key = PageKey::new(self.shard, self.first, 0);
        seal(&mut self.buffer, key, 0, self.records, 1);
        self.records = 0;
        sink(key, &self.buffer)
    }

    fn split<E>(
        &mut self,
        shard: Shard,
        sequence: Sequence,
        record: &[u8],
        sink: &mut impl FnMut(PageKey, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        // A record of exactly the payload size fits in one part; it still counts as split, so it gets two.
        let size = PAYLOAD_BYTES.min(record.len().div_ceil(2));
        let parts = record.len().div_ceil(size) as u16;
        for (part, bytes) in (0..).zip(record.chunks(size)) {
            let key = PageKey::new(shard, sequence.0, part);
            self.buffer.clear();
            self.buffer.resize(HEADER_BYTES, 0);
            self.buffer.extend_from_slice(bytes);
            seal(&mut self.buffer, key, SPLIT, 1, parts);
            sink(key, &self.buffer)?;
        }
        Ok(())
    }
}

fn seal(page: &mut [u8], key: PageKey, flags: u8, records: u16, parts: u16) {
    debug_assert!(page.len() <= PAGE_BYTES, "a page of {} bytes", page.len());
    let mut header = [0; HEADER_BYTES];
    header[..2].copy_from_slice(&MAGIC);
    header[2] = VERSION;
    header[3] = flags;
    header[4..6].copy_from_slice(&records.to_le_bytes());
    header[6..8].copy_from_slice(&parts.to_le_bytes());
    let crc = checksum(key, &header, &page[HEADER_BYTES..]);
    header[8..].copy_from_slice(&crc.to_le_bytes());
    page[..HEADER_BYTES].copy_from_slice(&header);
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn pack(records: &[&[u8]]) -> Vec<(PageKey, Vec<u8>)> {
        let mut pages = Vec::new();
        let mut sink = |key: PageKey, value: &[u8]| {
            pages.push((key, value.to_vec()));
            Ok::<_, Infallible>(())
        };
        let mut writer = PageWriter::new();
        for (sequence, record) in (1..).zip(records) {
            let Ok(()) = writer.push(Shard(1), Sequence(sequence), record, &mut sink);
        }
        let Ok(()) = writer.finish(&mut sink);
        pages
    }

    #[test]
    fn small_records_share_a_page() {
        let pages = pack(&[b"a", b"", b"ccc"]);
        assert_eq!(pages.len(), 1);
        let page = Page::decode(pages[0].0, &pages[0].1).expect("a good page");
        let records: Vec<_> = page.records().map(|r| r.expect("a good record").1.to_vec()).collect();
        assert_eq!(records, [b"a".to_vec(), b"".to_vec(), b"ccc".to_vec()]);
    }

    #[test]
    fn no_page_is_over_its_limit_at_any_record_size() {
        for size in [0, 1, 2000, 4081, 4082, 4083, 4084, 4085, 8168, 8169, crate::MAX_RECORD_BYTES] {
            let record = vec![7; size];
            let pages = pack(&[&record, &record]);
            let mut joined = Vec::new();
            for (key, value) in &pages {
                assert!(value.len() <= PAGE_BYTES, "{size}: page of {} bytes", value.len());
                let page = Page::decode(*key, value).expect("a good page");
                if page.is_split() {
                    joined.extend_from_slice(page.part());
                } else {
                    page.records().for_each(|r| joined.extend_from_slice(r.expect("a good record").1));
                }
            }
            assert_eq!(joined.len(), 2 * size, "records of {size} bytes");
        }
    }

    #[test]
    fn any_flipped_bit_and_a_wrong_key_are_noticed() {
        let (key, value) = pack(&[b"something", b"to keep"]).remove(0);
        for bit in 0..value.len() * 8 {
            let mut bad = value.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(Page::decode(key, &bad).is_err(), "bit {bit}");
        }
        assert_eq!(Page::decode(PageKey::new(Shard(1), 2, 0), &value).err(), Some(Damage::Checksum));
    }
}
