//! Owns the volume that is being filled: blocks of each corporation and category, in memory, and how
//! far it follows each shard. Refuses to store anything: sealing does.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use crate::block::{self, Block, Filling, Opened};
use crate::entry::Entry;
use crate::error::ArchiveError;
use crate::hash::Hash;
use crate::index;
use crate::manifest::{FORMAT, IndexOf, Manifest, Reached, SegmentOf, Tip};
use crate::names;

/// Corporations and categories that one volume tells apart; with more, it is sealed.
const MOST_CLASSES: usize = 512;
/// Bytes of blocks that are not full, over all classes: from there on the largest is closed early.
const MOST_FILLING: usize = 16 << 20;

/// One class of the volume.
#[derive(Default)]
struct Part {
    blocks: Vec<Arc<Block>>,
    filling: Filling,
}

/// The volume that is being filled.
pub(crate) struct OpenVolume {
    /// By corporation and category.
    parts: BTreeMap<u16, BTreeMap<Box<str>, Part>>,
    /// Bytes of full blocks, compressed.
    full: usize,
    /// Bytes of the others.
    filling: usize,
    blocks: usize,
    entries: u64,
    reached: Vec<Reached>,
}

/// What sealing stores: objects with their names, the manifest last.
pub(crate) struct Objects {
    pub(crate) manifest: Manifest,
    pub(crate) objects: Vec<(String, Bytes)>,
}

impl OpenVolume {
    /// An empty one, behind a volume that reached so far.
    pub(crate) fn behind(reached: impl Iterator<Item = u64>) -> Self {
        let reached = reached.map(|upto| Reached { after: upto, upto });
        Self {
            parts: BTreeMap::new(),
            full: 0,
            filling: 0,
            blocks: 0,
            entries: 0,
            reached: reached.collect(),
        }
    }

    /// Takes an entry. One that is covered already is left out: after a crash the log is read again.
    pub(crate) fn append(&mut self, category: &str, entry: &Entry) -> Result<(), ArchiveError> {
        if entry.body.len() > crate::MAX_BODY_BYTES {
            return Err(ArchiveError::TooLong {
                length: entry.body.len(),
                most: crate::MAX_BODY_BYTES,
            });
        }
        if self.covers(entry.head.shard, entry.head.sequence) {
            return Ok(());
        }
        let of_corporation = self.parts.entry(entry.head.corporation).or_default();
        if !of_corporation.contains_key(category) {
            of_corporation.insert(category.into(), Part::default());
        }
        let Some(part) = of_corporation.get_mut(category) else {
            return Ok(());
        };
        let before = part.filling.len();
        part.filling.push(entry);
        self.filling += part.filling.len() - before;
        self.entries += 1;
        if part.filling.len() >= block::FULL_BYTES {
            let closed = part.close()?;
            self.count(closed);
        }
        while self.filling > MOST_FILLING {
            self.close_largest()?;
        }
        Ok(())
    }

    fn close_largest(&mut self) -> Result<(), ArchiveError> {
        let parts = self.parts.values_mut().flat_map(BTreeMap::values_mut);
        if let Some(part) = parts.max_by_key(|part| part.filling.len()) {
            let closed = part.close()?;
            self.count(closed);
        }
        Ok(())
    }

    fn count(&mut self, closed: Closed) {
        self.filling -= closed.raw;
        self.full += closed.stored;
        self.blocks += 1;
    }

    fn parts(&self) -> impl Iterator<Item = &Part> {
        self.parts.values().flat_map(BTreeMap::values)
    }

    fn classes(&self) -> usize {
        self.parts.values().map(BTreeMap::len).sum()
    }

    /// Everything of the shard up to and including `sequence` was handed over.
    pub(crate) fn reach(&mut self, shard: u16, sequence: u64) {
        if let Some(reached) = self.reached.get_mut(usize::from(shard)) {
            reached.upto = reached.upto.max(sequence);
        }
    }

    /// Whether that sequence is covered, by this volume or an earlier one.
    fn covers(&self, shard: u16, sequence: u64) -> bool {
        let reached = self.reached.get(usize::from(shard));
        reached.is_some_and(|reached| sequence <= reached.upto)
    }

    /// How far it follows the shard.
    pub(crate) fn upto(&self, shard: u16) -> u64 {
        let reached = self.reached.get(usize::from(shard));
        reached.map_or(0, |reached| reached.upto)
    }

    pub(crate) const fn entries(&self) -> u64 {
        self.entries
    }

    /// Bytes that it holds in memory.
    pub(crate) const fn bytes(&self) -> usize {
        self.full + self.filling
    }

    /// Whether it must be sealed before it takes more.
    pub(crate) fn is_full(&self) -> bool {
        let classes = self.classes();
        classes >= MOST_CLASSES || self.blocks + classes >= index::MOST_BLOCKS
    }

    /// Opens the blocks that may have entries under the key, newest first.
    pub(crate) fn blocks_of(&self, key: u64, place: &str) -> Result<Vec<Opened>, ArchiveError> {
        let mut found = Vec::new();
        for part in self.parts() {
            if part.filling.may_hold(key) {
                found.push(part.filling.opened());
            }
            let has = |block: &&Arc<Block>| block.keys.binary_search(&key).is_ok();
            for block in part.blocks.iter().rev().filter(has) {
                found.push(Opened::read(&block.of, &block.bytes, place)?);
            }
        }
        Ok(found)
    }

    /// What is stored when it is sealed now, as the volume after `tip`. It stays as it is, with all
    /// of its blocks closed.
    pub(crate) fn objects(&mut self, tip: Tip, now: i64) -> Result<Objects, ArchiveError> {
        self.close_all()?;
        let index = index::write(self.blocks().map(|block| &block.keys[..]));
        let mut objects = Vec::new();
        let mut segments = Vec::new();
        for (corporation, categories) in &self.parts {
            for (category, part) in categories {
                let (object, bytes) = (names::segment(segments.len()), part.bytes());
                segments.push(SegmentOf {
                    object: object.clone(),
                    corporation: *corporation,
                    category: category.clone(),
                    length: bytes.len() as u64,
                    hash: Hash::of(&bytes),
                    blocks: part.blocks.iter().map(|block| block.of.clone()).collect(),
                });
                objects.push((object, bytes));
            }
        }
        let manifest = Manifest {
            format: FORMAT.to_owned(),
            volume: tip.volume + 1,
            previous: tip.hash,
            sealed_at: now,
            entries: self.entries,
            shards: self.reached.clone(),
            segments,
            index: IndexOf {
                object: names::INDEX.to_owned(),
                rows: (index.len() / index::ROW) as u64,
                hash: Hash::of(&index),
            },
        };
        objects.push((names::INDEX.to_owned(), index));
        Ok(Objects { manifest, objects })
    }

    fn close_all(&mut self) -> Result<(), ArchiveError> {
        let parts = self.parts.values_mut().flat_map(BTreeMap::values_mut);
        for part in parts.filter(|part| !part.filling.is_empty()) {
            self.full += part.close()?.stored;
            self.blocks += 1;
        }
        self.filling = 0;
        Ok(())
    }

    fn blocks(&self) -> impl Iterator<Item = &Arc<Block>> {
        self.parts().flat_map(|part| &part.blocks)
    }
}

/// Bytes of a block that was closed, before and after it was compressed.
struct Closed {
    raw: usize,
    stored: usize,
}

impl Part {
    /// Closes the block that is being filled.
    fn close(&mut self) -> Result<Closed, ArchiveError> {
        let raw = self.filling.len();
        let block = std::mem::take(&mut self.filling).finish()?;
        let stored = block.bytes.len();
        self.blocks.push(Arc::new(block));
        Ok(Closed { raw, stored })
    }

    fn bytes(&self) -> Bytes {
        let length = self.blocks.iter().map(|block| block.bytes.len()).sum();
        let mut bytes = Vec::with_capacity(length);
        for block in &self.blocks {
            bytes.extend_from_slice(&block.bytes);
        }
        bytes.into()
    }
}
