//! Owns the volume that is being filled: blocks of each corporation and category, in memory, and how
//! far it follows each shard. Refuses to store anything: sealing does; and to compress: whoever fills
//! it does, while others look.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use rustc_hash::FxHashSet;

use crate::block::{Block, Filling, Opened};
use crate::entry::Entry;
use crate::error::ArchiveError;
use crate::filter::Filter;
use crate::flows::Days;
use crate::hash::Hash;
use crate::index;
use crate::manifest::{FORMAT, IndexOf, Manifest, Reached, Removals, SegmentOf, Tip};
use crate::names;
use crate::sealer::Mark;

/// Corporations and categories that one volume tells apart; with more, it is sealed.
const MOST_CLASSES: usize = 512;
/// Bytes of blocks that are not full, over all classes: from there on the largest is closed early.
const MOST_FILLING: usize = 16 << 20;

/// One class of the volume.
#[derive(Default)]
struct Part {
    /// Closed and compressed, oldest first.
    blocks: Vec<Arc<Block>>,
    /// Closed, and still to be compressed, oldest first.
    closed: VecDeque<Arc<Filling>>,
    filling: Filling,
    flows: Days,
}

/// A closed block that is to be compressed, and whose it is.
pub(crate) struct Closed {
    corporation: u16,
    category: Box<str>,
    pub(crate) filling: Arc<Filling>,
}

/// The volume that is being filled.
pub(crate) struct OpenVolume {
    /// By corporation and category.
    parts: BTreeMap<u16, BTreeMap<Box<str>, Part>>,
    /// Bytes of compressed blocks.
    full: usize,
    /// Bytes of the others.
    filling: usize,
    /// Bytes of blocks that are being filled: a part of those.
    growing: usize,
    blocks: usize,
    /// Hashes of the tenants of its entries.
    tenants: FxHashSet<u64>,
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
            growing: 0,
            blocks: 0,
            tenants: FxHashSet::default(),
            entries: 0,
            reached: reached.collect(),
        }
    }

    /// Takes an entry. One that is covered already is left out: after a crash the log is read again.
    pub(crate) fn append(&mut self, category: &str, entry: &Entry, mark: &Mark) {
        if self.covers(entry.head.shard, entry.head.sequence) {
            return;
        }
        let of_corporation = self.parts.entry(entry.head.corporation).or_default();
        if !of_corporation.contains_key(category) {
            of_corporation.insert(category.into(), Part::default());
        }
        let Some(part) = of_corporation.get_mut(category) else {
            return;
        };
        let before = part.filling.len();
        part.filling.push(entry, mark);
        self.tenants.insert(mark.tenant());
        part.flows.add(&entry.flows, &entry.head.ids);
        let more = part.filling.len() - before;
        self.filling += more;
        self.growing += more;
        self.entries += 1;
        if part.filling.is_full() {
            self.growing -= part.close();
        }
        while self.growing > MOST_FILLING {
            self.close_largest();
        }
    }

    fn close_largest(&mut self) {
        let parts = self.parts.values_mut().flat_map(BTreeMap::values_mut);
        if let Some(part) = parts.max_by_key(|part| part.filling.len()) {
            self.growing -= part.close();
        }
    }

    /// Closes every block that has something, before it is full.
    pub(crate) fn close_all(&mut self) {
        let parts = self.parts.values_mut().flat_map(BTreeMap::values_mut);
        for part in parts.filter(|part| !part.filling.is_empty()) {
            self.growing -= part.close();
        }
    }

    /// The next block that is to be compressed. It stays to be found until [`Self::compressed`].
    pub(crate) fn next_closed(&self) -> Option<Closed> {
        for (corporation, categories) in &self.parts {
            for (category, part) in categories {
                if let Some(filling) = part.closed.front() {
                    return Some(Closed {
                        corporation: *corporation,
                        category: category.clone(),
                        filling: filling.clone(),
                    });
                }
            }
        }
        None
    }

    /// Puts the block in the place of what [`Self::next_closed`] gave.
    pub(crate) fn compressed(&mut self, closed: &Closed, block: Block) {
        let categories = self.parts.get_mut(&closed.corporation);
        let Some(part) = categories.and_then(|parts| parts.get_mut(&closed.category)) else {
            return;
        };
        part.closed.pop_front();
        self.filling -= closed.filling.len();
        self.full += block.bytes.len();
        self.blocks += 1;
        part.blocks.push(Arc::new(block));
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

    /// Opens the blocks that may have entries under one of the keys, newest first.
    pub(crate) fn blocks_of(&self, keys: &[u64], place: &str) -> Result<Vec<Opened>, ArchiveError> {
        let mut found = Vec::new();
        for part in self.parts() {
            let growing = std::iter::once(&part.filling);
            let closed = part.closed.iter().rev().map(|closed| &**closed);
            for filling in growing.chain(closed) {
                if filling.may_hold(keys) {
                    found.push(filling.opened());
                }
            }
            let has = |block: &&Arc<Block>| {
                let mut keys = keys.iter();
                keys.any(|key| block.keys.binary_search(key).is_ok())
            };
            for block in part.blocks.iter().rev().filter(has) {
                found.push(Opened::read(&block.of, &block.bytes, place)?);
            }
        }
        Ok(found)
    }

    /// What is stored when it is sealed now, as the volume after `tip`. All of its blocks are
    /// compressed.
    pub(crate) fn objects(&self, tip: Tip, removals: Removals, now: i64) -> Objects {
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
                    flows: Some(part.flows.list()),
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
            removals,
            segments,
            index: IndexOf {
                object: names::INDEX.to_owned(),
                rows: (index.len() / index::ROW) as u64,
                hash: Hash::of(&index),
                tenants: Some(Filter::of(self.tenants.iter().copied())),
            },
        };
        objects.push((names::INDEX.to_owned(), index));
        Objects { manifest, objects }
    }

    fn blocks(&self) -> impl Iterator<Item = &Arc<Block>> {
        self.parts().flat_map(|part| &part.blocks)
    }
}

impl Part {
    /// Closes the block that is being filled; how many bytes it has.
    fn close(&mut self) -> usize {
        let filling = std::mem::take(&mut self.filling);
        let raw = filling.len();
        self.closed.push_back(Arc::new(filling));
        raw
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
