//! The keyed table beside the log: profiles, passivated tenants and the like, in a sled directory of its own.
//! Refuses to be the only copy of anything: it can be rebuilt from the log, and says up to where it is complete.
//!
//! A value is split over entries of at most 4 KiB, written as one atomic sled batch. The first entry begins with
//! the value's length (4) and CRC-32C (4). The watermark is an entry of the same log, written, flushed and synced
//! after what it covers is: it can never be newer than the values. Barriers come in between too: what is put between two
//! is a small part of a segment, for sled reuses segments whether what left them is durable or not.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use parking_lot::{Mutex, RwLock};

use super::files;
use super::options::Options;
use super::store::Store;
use crate::{JournalError, MAX_KEY_BYTES, MAX_VALUE_BYTES, Sequence, Shard};

const DIR: &str = "table";
const HEADER_BYTES: usize = 8;
/// Key and part of a value together: sled spills what is much larger into files that it never syncs.
const ENTRY_BYTES: usize = 4096;
/// The part of a segment that is put between two barriers at most. sled writes a page again every few changes of it: some
/// four bytes of its log for each byte that is put, a quarter of a segment.
const BARRIER_PART: usize = 16;
const VALUE: u8 = 0;
const WATERMARK: u8 = 1;

/// The open table.
pub(super) struct Table {
    store: Store,
    /// A get must not see half of a put.
    locks: Box<[RwLock<()>]>,
    applied: Box<[AtomicU64]>,
    /// One sync at a time.
    syncing: Mutex<()>,
    /// Bytes put since the last barrier began, and from how many on there is one.
    unsynced: AtomicUsize,
    most_unsynced: usize,
}

impl Table {
    /// Opens the table, or makes it anew when it is not there or its making was interrupted.
    pub(super) fn open(data: &Path, options: &Options, removed: &mut Vec<PathBuf>) -> Result<Self, JournalError> {
        let dir = data.join(DIR);
        let (store, segment_bytes) = match Store::seal(&dir)? {
            Some(seal) => (Store::open(&dir, &seal, options.cache_bytes, options, removed)?, seal.segment_bytes),
            None => {
                if std::fs::exists(&dir).map_err(JournalError::io("look for", &dir))? {
                    files::remove_dir(&dir)?;
                    removed.push(dir.clone());
                }
                (Store::create(&dir, options.cache_bytes, options)?, options.segment_bytes)
            }
        };
        let table = Self {
            store,
            locks: (0..options.shards).map(|_| RwLock::new(())).collect(),
            applied: (0..options.shards).map(|_| AtomicU64::new(0)).collect(),
            syncing: Mutex::new(()),
            unsynced: AtomicUsize::new(0),
            most_unsynced: segment_bytes / BARRIER_PART,
        };
        for (shard, applied) in (0..).zip(&table.applied) {
            let stored = table.store.ask("read a watermark", |tree| tree.get(watermark_key(Shard(shard))))?;
            let bytes = stored.and_then(|bytes| <[u8; 8]>::try_from(&bytes[..]).ok());
            applied.store(bytes.map_or(0, u64::from_le_bytes), Ordering::Release);
        }
        Ok(table)
    }

    pub(super) fn put(&self, shard: Shard, key: &[u8], value: &[u8]) -> Result<(), JournalError> {
        check_key(key)?;
        if value.len() > MAX_VALUE_BYTES {
            return Err(JournalError::Size { what: "table value", bytes: value.len(), limit: MAX_VALUE_BYTES });
        }
        let mut framed = Vec::with_capacity(HEADER_BYTES + value.len());
        framed.extend_from_slice(&(value.len() as u32).to_le_bytes());
        framed.extend_from_slice(&crc32c::crc32c(value).to_le_bytes());
        framed.extend_from_slice(value);
        let whole = self.locks[usize::from(shard.0)].write();
        let parts = parts_of(key, framed.len());
        let before = self.stored_parts(shard, key)?;
        let mut batch = sled::Batch::default();
        for (part, bytes) in (0..).zip(framed.chunks(part_bytes(key))) {
            batch.insert(&entry_key(shard, key, part)[..], bytes);
        }
        (parts..before).for_each(|part| batch.remove(&entry_key(shard, key, part)[..]));
        self.store.ask("write a table value", |tree| tree.apply_batch(batch))?;
        drop(whole);
        self.bound_unsynced(framed.len() + usize::from(parts) * key.len())
    }

    /// Counts what was put; a barrier when it is enough.
    fn bound_unsynced(&self, bytes: usize) -> Result<(), JournalError> {
        if self.unsynced.fetch_add(bytes, Ordering::AcqRel) + bytes < self.most_unsynced {
            return Ok(());
        }
        let _alone = self.syncing.lock();
        // Somebody else's barrier may have come meanwhile.
        if self.unsynced.load(Ordering::Acquire) < self.most_unsynced { Ok(()) } else { self.sync() }
    }

    pub(super) fn delete(&self, shard: Shard, key: &[u8]) -> Result<(), JournalError> {
        check_key(key)?;
        let _whole = self.locks[usize::from(shard.0)].write();
        let mut batch = sled::Batch::default();
        (0..self.stored_parts(shard, key)?).for_each(|part| batch.remove(&entry_key(shard, key, part)[..]));
        self.store.ask("delete a table value", |tree| tree.apply_batch(batch))
    }

    pub(super) fn get(&self, shard: Shard, key: &[u8]) -> Result<Option<Vec<u8>>, JournalError> {
        check_key(key)?;
        let _whole = self.locks[usize::from(shard.0)].read();
        let Some(head) = self.entry(shard, key, 0)? else { return Ok(None) };
        let damaged = || JournalError::DamagedFile { path: self.store.dir().join("db") };
        let (length, crc) = header(&head).ok_or_else(damaged)?;
        let mut value = head[HEADER_BYTES..].to_vec();
        for part in 1..parts_of(key, HEADER_BYTES + length) {
            value.extend_from_slice(&self.entry(shard, key, part)?.ok_or_else(damaged)?);
        }
        let whole = value.len() == length && crc32c::crc32c(&value) == crc;
        if whole { Ok(Some(value)) } else { Err(damaged()) }
    }

    /// Visits the values of the keys between two of one length, ends included.
    pub(super) fn visit(
        &self,
        shard: Shard,
        from: &[u8],
        to: &[u8],
        visit: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        check_key(from)?;
        check_same_length(from, to)?;
        let _whole = self.locks[usize::from(shard.0)].read();
        let damaged = || JournalError::DamagedFile { path: self.store.dir().join("db") };
        let range = entry_key(shard, from, 0)..=entry_key(shard, to, u16::MAX);
        let mut entries = self.store.ask("read table values", |tree| Ok(tree.range(range)))?;
        while let Some((key, head)) = self.store.ask("read table values", |_| entries.next().transpose())? {
            head_of(&key).ok_or_else(damaged)?;
            let (length, crc) = header(&head).ok_or_else(damaged)?;
            let mut value = head[HEADER_BYTES..].to_vec();
            for _ in 1..parts_of(from, HEADER_BYTES + length) {
                let next = self.store.ask("read table values", |_| entries.next().transpose())?;
                value.extend_from_slice(&next.ok_or_else(damaged)?.1);
            }
            if value.len() != length || crc32c::crc32c(&value) != crc {
                return Err(damaged());
            }
            if visit(&value).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn entry(&self, shard: Shard, key: &[u8], part: u16) -> Result<Option<sled::IVec>, JournalError> {
        self.store.ask("read a table value", |tree| tree.get(entry_key(shard, key, part)))
    }

    /// How many entries the key's value has now.
    fn stored_parts(&self, shard: Shard, key: &[u8]) -> Result<u16, JournalError> {
        let head = self.entry(shard, key, 0)?;
        let length = head.as_deref().and_then(header);
        Ok(length.map_or(0, |(length, _)| parts_of(key, HEADER_BYTES + length)))
    }

    pub(super) fn applied(&self, shard: Shard) -> Sequence {
        Sequence(self.applied[usize::from(shard.0)].load(Ordering::Acquire))
    }

    /// Makes what was put durable, then the claim, then says so.
    pub(super) fn set_applied(&self, shard: Shard, sequence: Sequence) -> Result<(), JournalError> {
        let _alone = self.syncing.lock();
        self.sync()?;
        let bytes = sequence.0.to_le_bytes();
        self.store.ask("write a watermark", |tree| tree.insert(watermark_key(shard), &bytes[..]))?;
        self.sync()?;
        self.applied[usize::from(shard.0)].store(sequence.0, Ordering::Release);
        Ok(())
    }

    fn sync(&self) -> Result<(), JournalError> {
        // Before: what is put meanwhile may come too late for this one.
        self.unsynced.store(0, Ordering::Release);
        self.store.flush()?;
        self.store.barrier()
    }

    pub(super) fn check_blobs(&self) -> Result<(), JournalError> {
        self.store.check_blobs()
    }

    /// Checks every value; gives the number of entries. For the command line.
    pub(super) fn verify(&self) -> Result<u64, JournalError> {
        let mut entries = 0;
        let mut all = self.store.ask("read table values", |tree| Ok(tree.iter()))?;
        let mut heads: Vec<(Shard, Vec<u8>)> = Vec::new();
        while let Some((entry, _)) = self.store.ask("read table values", |_| all.next().transpose())? {
            entries += 1;
            if let Some(head) = head_of(&entry) {
                heads.push(head);
            }
        }
        heads.iter().try_for_each(|(shard, key)| self.get(*shard, key).map(drop))?;
        Ok(entries)
    }
}

fn check_key(key: &[u8]) -> Result<(), JournalError> {
    if key.is_empty() || key.len() > MAX_KEY_BYTES {
        return Err(JournalError::Size { what: "table key", bytes: key.len(), limit: MAX_KEY_BYTES });
    }
    Ok(())
}

fn check_same_length(from: &[u8], to: &[u8]) -> Result<(), JournalError> {
    if from.len() == to.len() {
        return Ok(());
    }
    Err(JournalError::Size { what: "last table key", bytes: to.len(), limit: from.len() })
}

/// Kind, shard, length of the key, key, part. The length keeps one key's parts apart from another key.
fn entry_key(shard: Shard, key: &[u8], part: u16) -> Vec<u8> {
    let mut entry = Vec::with_capacity(key.len() + 7);
    entry.push(VALUE);
    entry.extend_from_slice(&shard.0.to_be_bytes());
    entry.extend_from_slice(&(key.len() as u16).to_be_bytes());
    entry.extend_from_slice(key);
    entry.extend_from_slice(&part.to_be_bytes());
    entry
}

/// The shard and the key, when the entry is a value's first one.
fn head_of(entry: &[u8]) -> Option<(Shard, Vec<u8>)> {
    let [VALUE, s0, s1, _, _, key @ .., 0, 0] = entry else { return None };
    Some((Shard(u16::from_be_bytes([*s0, *s1])), key.to_vec()))
}

fn watermark_key(shard: Shard) -> [u8; 3] {
    let [s0, s1] = shard.0.to_be_bytes();
    [WATERMARK, s0, s1]
}

/// Entry and key together stay within a page.
fn part_bytes(key: &[u8]) -> usize {
    ENTRY_BYTES - key.len() - 7
}

fn parts_of(key: &[u8], framed: usize) -> u16 {
    framed.div_ceil(part_bytes(key)) as u16
}

fn header(head: &[u8]) -> Option<(usize, u32)> {
    let ([l0, l1, l2, l3, crc @ ..], _) = head.split_first_chunk::<HEADER_BYTES>()?;
    Some((u32::from_le_bytes([*l0, *l1, *l2, *l3]) as usize, u32::from_le_bytes(*crc)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_barrier_comes_before_much_of_a_segment_was_put() {
        let dir = tempfile::tempdir().expect("a directory");
        let options = Options { shards: 2, segment_bytes: 512 << 10, ..Options::default() };
        let table = Table::open(dir.path(), &options, &mut Vec::new()).expect("made");
        let (bound, value) = (options.segment_bytes / 16, vec![7; 1_000]);
        let (mut since, mut barriers) = (0, 0);
        for n in 0..500_u32 {
            table.put(Shard(0), &n.to_be_bytes(), &value).expect("put");
            since += value.len();
            if table.unsynced.load(Ordering::Acquire) == 0 {
                barriers += 1;
                since = 0;
            }
            assert!(since < bound, "{since} bytes without a barrier");
        }
        assert!((500_000 / bound..=500_000 / bound + 2).contains(&barriers), "{barriers} barriers");
        table.put(Shard(1), b"key", &value).expect("put");
        table.set_applied(Shard(1), Sequence(1)).expect("marked");
        assert_eq!(table.unsynced.load(Ordering::Acquire), 0, "a mark is a barrier");
        drop(table);

        // What counts for a table is the segment it was made with.
        let larger = Options { segment_bytes: 8 << 20, ..options };
        let table = Table::open(dir.path(), &larger, &mut Vec::new()).expect("opened");
        assert_eq!(table.most_unsynced, bound);
    }
}
