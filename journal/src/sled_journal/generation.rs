//! One generation: a sled directory that holds the pages of all shards between two sequences per shard.
//! Refuses deletes: space comes back when the whole directory goes.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::options::Options;
use super::page::{Page, PageKey};
use super::store::Store;
use crate::{Damage, JournalError, Sequence, Shard};

/// What reads records: the visitor of a replay.
pub(super) type Visit<'a> = &'a mut dyn FnMut(Sequence, &[u8]) -> ControlFlow<()>;

/// An open generation.
pub(super) struct Generation {
    pub(super) number: u64,
    /// Per shard the first sequence that can be in here.
    pub(super) starts: Vec<u64>,
    pub(super) store: Store,
    page_bytes: AtomicU64,
}

impl Generation {
    pub(super) fn path(dir: &Path, number: u64) -> PathBuf {
        dir.join(format!("gen-{number:08}"))
    }

    /// The number in a generation's directory name.
    pub(super) fn number_of(path: &Path) -> Option<u64> {
        path.file_name()?.to_str()?.strip_prefix("gen-")?.parse().ok()
    }

    /// Makes a generation, durable in full before it is returned.
    pub(super) fn create(dir: &Path, number: u64, starts: Vec<u64>, options: &Options) -> Result<Self, JournalError> {
        let path = Self::path(dir, number);
        let store = Store::create(&path, &starts, options.cache_bytes, options)?;
        Ok(Self { number, starts, store, page_bytes: AtomicU64::new(0) })
    }

    /// Opens a generation; `None` when its making was interrupted, so that nothing in it was ever acknowledged.
    pub(super) fn open(
        dir: &Path,
        number: u64,
        cache: u64,
        options: &Options,
        removed: &mut Vec<PathBuf>,
    ) -> Result<Option<Self>, JournalError> {
        let path = Self::path(dir, number);
        let Some(seal) = Store::seal(&path, usize::from(options.shards))? else { return Ok(None) };
        let store = Store::open(&path, &seal, cache, options, removed)?;
        Ok(Some(Self { number, starts: seal.marks, store, page_bytes: AtomicU64::new(0) }))
    }

    /// Writes a page; durable only after the store's flush and barrier.
    pub(super) fn insert(&self, key: PageKey, page: &[u8]) -> Result<(), JournalError> {
        self.page_bytes.fetch_add(page.len() as u64, Ordering::Relaxed);
        self.store.ask("write a page", |tree| tree.insert(key.encode(), page)).map(drop)
    }

    /// Page bytes in here.
    pub(super) fn page_bytes(&self) -> u64 {
        self.page_bytes.load(Ordering::Relaxed)
    }

    pub(super) fn set_page_bytes(&self, bytes: u64) {
        self.page_bytes.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn damaged(&self, page: PageKey, damage: Damage) -> JournalError {
        JournalError::Damaged { path: self.store.dir().to_owned(), page, damage }
    }

    /// One record that must be in here.
    pub(super) fn read(&self, shard: Shard, sequence: Sequence) -> Result<Vec<u8>, JournalError> {
        let wanted = PageKey::new(shard, sequence.0, 0);
        let missing = || self.damaged(wanted, Damage::Missing { expected: sequence });
        let (key, value) = self.page_of(shard, sequence)?.ok_or_else(missing)?;
        let page = Page::decode(key, &value).map_err(|damage| self.damaged(key, damage))?;
        if page.is_split() {
            return if key.sequence == sequence { self.join(page) } else { Err(missing()) };
        }
        let index = usize::try_from(sequence.0 - key.sequence.0).map_err(|_| missing())?;
        let record = page.records().nth(index).ok_or_else(missing)?;
        let (_, bytes) = record.map_err(|damage| self.damaged(key, damage))?;
        Ok(bytes.to_vec())
    }

    /// The last page of the shard that begins at or before a sequence.
    fn page_of(&self, shard: Shard, sequence: Sequence) -> Result<Option<(PageKey, sled::IVec)>, JournalError> {
        let after = PageKey::new(shard, sequence.next().0, 0).encode();
        let found = self.store.ask("find a page", |tree| tree.get_lt(after))?;
        Ok(found.and_then(|(key, value)| {
            let key = PageKey::decode(&key)?;
            (key.shard == shard).then_some((key, value))
        }))
    }

    /// Puts a split record together again.
    fn join(&self, any: Page<'_>) -> Result<Vec<u8>, JournalError> {
        let mut record = Vec::with_capacity(any.part().len() * usize::from(any.parts));
        for part in 0..any.parts {
            let key = PageKey { part, ..any.key };
            let value = self
                .store
                .ask("read a page", |tree| tree.get(key.encode()))?
                .ok_or_else(|| self.damaged(key, Damage::Incomplete { parts: any.parts }))?;
            let page = Page::decode(key, &value).map_err(|damage| self.damaged(key, damage))?;
            record.extend_from_slice(page.part());
        }
        Ok(record)
    }

    /// Visits the shard's records from `from` up to and including `upto`, all of which must be in here.
    pub(super) fn replay(
        &self,
        shard: Shard,
        from: Sequence,
        upto: Sequence,
        visit: Visit<'_>,
    ) -> Result<ControlFlow<()>, JournalError> {
        let Some((begin, _)) = self.page_of(shard, from)? else {
            let key = PageKey::new(shard, from.0, 0);
            return Err(self.damaged(key, Damage::Missing { expected: from }));
        };
        let begin = PageKey { part: 0, ..begin };
        let end = PageKey::new(shard, upto.next().0, 0);
        let mut pages = self.store.ask("read pages", |tree| Ok(tree.range(begin.encode()..end.encode())))?;
        let mut expected = from.0;
        let mut joined = Vec::new();
        while let Some(entry) = self.store.ask("read pages", |_| pages.next().transpose())? {
            let key = PageKey::decode(&entry.0).unwrap_or(begin);
            let page = Page::decode(key, &entry.1).map_err(|damage| self.damaged(key, damage))?;
            if page.is_split() {
                joined.extend_from_slice(page.part());
                if key.part + 1 < page.parts {
                    continue;
                }
                if visit_from(&mut expected, key.sequence, &joined, visit).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
                joined.clear();
                continue;
            }
            for record in page.records() {
                let (sequence, bytes) = record.map_err(|damage| self.damaged(key, damage))?;
                if sequence > upto {
                    break;
                }
                if visit_from(&mut expected, sequence, bytes, visit).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        if expected <= upto.0 {
            let key = PageKey::new(shard, expected, 0);
            return Err(self.damaged(key, Damage::Missing { expected: upto }));
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// Skips what is before the wanted sequence; a gap stays visible to the caller, who compares `expected` at the end.
fn visit_from(expected: &mut u64, sequence: Sequence, bytes: &[u8], visit: Visit<'_>) -> ControlFlow<()> {
    if sequence.0 != *expected {
        return ControlFlow::Continue(());
    }
    *expected += 1;
    visit(sequence, bytes)
}
