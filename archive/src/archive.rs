//! Owns an archive in use: the volumes that are sealed and the one that is being filled. Refuses to
//! follow the log: entries are handed to it, in the order of their shard.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use object_store::path::Path;
use parking_lot::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::block::{Opened, Press};
use crate::chain::{self, Chain, Listed};
use crate::entry::{Entry, Head};
use crate::error::ArchiveError;
use crate::hash::Hash;
use crate::index;
use crate::manifest::{self, BlockOf, Manifest, Tip};
use crate::names;
use crate::open_volume::{Objects, OpenVolume};
use crate::sealer::{Mark, Sealer};
use crate::store::Store;
use crate::veil::{Cover, Veil};

/// Entries that are put into the open volume at once: who looks waits no longer than for these.
const AT_ONCE: usize = 64;

/// When a volume is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes in memory from which it is.
    pub bytes: usize,
    /// How old its first entry may become, in milliseconds.
    pub age_ms: i64,
}

/// Entries of one shard, in the order of their sequences, and how far they go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The shard.
    pub shard: u16,
    /// Everything up to this sequence that is to be kept was handed over, with this batch.
    pub upto: u64,
    /// The entries, each with the category of its notification; empty for what is about none.
    pub entries: Vec<(Arc<str>, Entry)>,
}

/// What sealing did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The new end of the chain.
    pub tip: Tip,
    /// Entries of the volume.
    pub entries: u64,
    /// Bytes that were stored.
    pub bytes: u64,
}

/// An entry that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub head: Head,
    /// Its bytes.
    pub body: Bytes,
    /// The sealed volume that has it; none while it is in the one that is being filled.
    pub volume: Option<u64>,
    /// How it lies there, and whether all of it is known.
    pub cover: Cover,
}

impl Found {
    pub(crate) fn of((head, body, cover): (Head, Bytes, Cover), volume: Option<u64>) -> Self {
        Self {
            head,
            body,
            volume,
            cover,
        }
    }
}

/// An archive in use. One thread appends and seals; any thread may look. The one that appends gives
/// way to others, so it may be stopped anywhere: what others ask often takes no lock that it holds
/// for more than a moment.
pub struct Archive {
    pub(crate) store: Store,
    limits: Limits,
    pub(crate) sealer: Option<Sealer>,
    pub(crate) sealed: RwLock<Chain>,
    pub(crate) open: RwLock<OpenVolume>,
    /// How far the sealed volumes and all volumes follow each shard.
    passed: Vec<AtomicU64>,
    followed: Vec<AtomicU64>,
    /// Of whoever appends or seals.
    writing: Mutex<Writing>,
    pub(crate) remembered: Mutex<Vec<((u64, u32), Opened)>>,
    /// What has a tombstone and is still there.
    pub(crate) undeleted: Mutex<BTreeSet<Path>>,
}

pub(crate) struct Writing {
    press: Press,
    /// When the first entry of the open volume came.
    since: Option<i64>,
}

impl std::fmt::Debug for Archive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archive")
            .field("store", &self.store)
            .field("tip", &self.tip())
            .finish_non_exhaustive()
    }
}

impl Archive {
    /// Opens the archive in `store` of an engine with so many shards. What a crash left of a volume
    /// that was not sealed is removed.
    ///
    /// # Errors
    /// The store fails, a manifest is damaged or missing, or the archive is that of another data
    /// directory.
    pub fn open(store: Store, shards: u16, limits: Limits) -> Result<Self, ArchiveError> {
        let Listed {
            chain,
            leftovers,
            undeleted,
        } = chain::read(&store)?;
        for path in leftovers {
            store.delete(&path)?;
        }
        let shards = usize::from(shards);
        let reached: Vec<u64> = match chain.volumes.last() {
            Some(newest) if newest.shards.len() != shards => {
                return Err(ArchiveError::Shards {
                    archived: newest.shards.len(),
                    given: shards,
                });
            }
            Some(newest) => newest.shards.iter().map(|reached| reached.upto).collect(),
            None => vec![0; shards],
        };
        let archive = Self::with(store, limits, chain, &reached)?;
        archive.undeleted.lock().extend(undeleted);
        Ok(archive)
    }

    /// Opens the archive in `store` to look only, also while an engine writes to it: what is sealed at
    /// this moment is seen.
    ///
    /// # Errors
    /// The store fails, or a manifest is damaged or missing.
    pub fn look(store: Store) -> Result<Self, ArchiveError> {
        let Listed { chain, .. } = chain::read(&store)?;
        let never = Limits {
            bytes: usize::MAX,
            age_ms: i64::MAX,
        };
        Self::with(store, never, chain, &[])
    }

    fn with(
        store: Store,
        limits: Limits,
        chain: Chain,
        reached: &[u64],
    ) -> Result<Self, ArchiveError> {
        let marks = || reached.iter().copied().map(AtomicU64::new).collect();
        Ok(Self {
            store,
            limits,
            sealer: None,
            sealed: RwLock::new(chain),
            open: RwLock::new(OpenVolume::behind(reached.iter().copied())),
            passed: marks(),
            followed: marks(),
            writing: Mutex::new(Writing {
                press: Press::new()?,
                since: None,
            }),
            remembered: Mutex::default(),
            undeleted: Mutex::default(),
        })
    }

    /// The same, whose entries are sealed for their tenants and opened.
    #[must_use]
    pub fn veiled(self, veil: Arc<dyn Veil>) -> Self {
        Self {
            sealer: Some(Sealer::new(veil)),
            ..self
        }
    }

    /// Where it is.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The end of the chain.
    #[must_use]
    pub fn tip(&self) -> Tip {
        self.sealed.read().tip
    }

    pub(crate) fn chain(&self) -> RwLockReadGuard<'_, Chain> {
        self.sealed.read()
    }

    pub(crate) fn chain_mut(&self) -> RwLockWriteGuard<'_, Chain> {
        self.sealed.write()
    }

    /// Of whoever appends, seals or removes.
    pub(crate) fn writing(&self) -> MutexGuard<'_, Writing> {
        self.writing.lock()
    }

    /// A sealed volume.
    pub(crate) fn volume(&self, number: u64) -> Option<Arc<Manifest>> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        self.chain().volumes.get(index).cloned()
    }

    /// The sealed volumes.
    #[must_use]
    pub fn volumes(&self) -> Arc<Vec<Arc<Manifest>>> {
        self.sealed.read().volumes.clone()
    }

    /// The newest of them.
    #[must_use]
    pub fn newest(&self) -> Option<Arc<Manifest>> {
        self.sealed.read().volumes.last().cloned()
    }

    /// The shard's last sequence of which everything up to it is in a sealed volume: what is behind
    /// it may be forgotten elsewhere.
    #[must_use]
    pub fn passed(&self, shard: u16) -> u64 {
        mark(&self.passed, shard)
    }

    /// The shard's last sequence that was handed over, sealed or not: to be followed from here.
    #[must_use]
    pub fn followed(&self, shard: u16) -> u64 {
        mark(&self.followed, shard)
    }

    /// Takes a batch at `now`, in milliseconds since 1970. What is covered already is left out.
    ///
    /// # Errors
    /// [`ArchiveError::TooLong`]; [`ArchiveError::Sealed`].
    pub fn append(&self, batch: &Batch, now: i64) -> Result<(), ArchiveError> {
        let mut writing = self.writing.lock();
        for entries in batch.entries.chunks(AT_ONCE) {
            writing.since.get_or_insert(now);
            // Hashed before anybody who looks has to wait.
            let marks = entries.iter().map(|(_, entry)| self.mark(entry));
            let marks: Vec<Mark> = marks.collect::<Result<_, _>>()?;
            let mut open = self.open.write();
            for ((category, entry), mark) in entries.iter().zip(&marks) {
                open.append(category, entry, mark);
            }
        }
        self.open.write().reach(batch.shard, batch.upto);
        if let Some(followed) = self.followed.get(usize::from(batch.shard)) {
            followed.fetch_max(batch.upto, Ordering::Release);
        }
        self.compress(&mut writing.press)
    }

    /// With what an entry will be sealed, if it is, and under which hashes it is found.
    fn mark(&self, entry: &Entry) -> Result<Mark, ArchiveError> {
        let length = entry.body.len();
        if length > crate::MAX_BODY_BYTES {
            return Err(ArchiveError::TooLong {
                length,
                most: crate::MAX_BODY_BYTES,
            });
        }
        let is_covered = entry.head.sequence <= self.followed(entry.head.shard);
        let sealer = self.sealer.as_ref().filter(|_| !is_covered);
        let sealed = sealer.map(|sealer| sealer.mark(entry)).transpose()?;
        let plain = || Mark {
            key: 0,
            hashes: index::keys_of(&entry.head, None).collect(),
        };
        Ok(sealed.flatten().unwrap_or_else(plain))
    }

    /// Compresses the blocks that are closed.
    fn compress(&self, press: &mut Press) -> Result<(), ArchiveError> {
        loop {
            let Some(closed) = self.open.read().next_closed() else {
                return Ok(());
            };
            let block = press.finish(&closed.filling, self.sealer.as_ref())?;
            self.open.write().compressed(&closed, block);
        }
    }

    /// Whether the open volume should be sealed at `now`.
    #[must_use]
    pub fn wants_seal(&self, now: i64) -> bool {
        let since = self.writing.lock().since;
        let is_old = since.is_some_and(|since| now.saturating_sub(since) >= self.limits.age_ms);
        let open = self.open.read();
        is_old || open.bytes() >= self.limits.bytes || open.is_full()
    }

    /// Entries and bytes of the open volume.
    #[must_use]
    pub fn unsealed(&self) -> (u64, usize) {
        let open = self.open.read();
        (open.entries(), open.bytes())
    }

    /// Seals the open volume; none when it has no entry and no tombstone waits for a manifest that names
    /// it. Its manifest is stored last: without it there is no volume, with it all of it is durable.
    ///
    /// # Errors
    /// The store fails, and everything is as before; [`ArchiveError::Taken`].
    pub fn seal(&self, now: i64) -> Result<Option<Sealed>, ArchiveError> {
        let mut writing = self.writing.lock();
        if self.open.read().entries() == 0 && !self.owes_removals() {
            return Ok(None);
        }
        self.ensure_there()?;
        self.open.write().close_all();
        self.compress(&mut writing.press)?;
        self.sealer.as_ref().map_or(Ok(()), Sealer::sync)?;
        let (tip, removals) = {
            let chain = self.chain();
            (chain.tip, chain.removals)
        };
        let Objects { manifest, objects } = self.open.read().objects(tip, removals, now);
        let (volume, entries) = (manifest.volume, manifest.entries);
        let bytes = manifest.bytes();
        let stored: usize = objects.iter().map(|(_, bytes)| bytes.len()).sum();
        let tip = Tip {
            volume,
            hash: Hash::of(&bytes),
        };
        let sealed = Sealed {
            tip,
            entries,
            bytes: (stored + bytes.len()) as u64,
        };
        let objects = objects.into_iter();
        let named = objects.map(|(object, bytes)| (names::object(volume, &object), bytes));
        self.store.put_all(named.collect())?;
        let path = names::object(volume, names::MANIFEST);
        self.store
            .put_once(&path, bytes.into())
            .map_err(|error| taken(volume, error))?;
        writing.since = None;
        self.sealed_to(manifest, tip);
        Ok(Some(sealed))
    }

    /// The newest volume is where it was sealed. A disk that was taken away while nobody looked leaves a
    /// directory behind, into which one could write.
    ///
    /// # Errors
    /// It is not there, or is another one; the store fails.
    pub fn ensure_there(&self) -> Result<(), ArchiveError> {
        let tip = self.tip();
        if tip == Tip::EMPTY {
            return Ok(());
        }
        let found = self
            .store
            .get(&names::object(tip.volume, names::MANIFEST))?;
        match found.map(|bytes| Hash::of(&bytes)) {
            Some(hash) if hash == tip.hash => Ok(()),
            Some(_) => {
                let what =
                    "it is another one than was sealed: does another engine use this archive?";
                Err(ArchiveError::damaged(manifest::place(tip.volume), what))
            }
            None => {
                let what = "it was sealed and is not there any more: is its disk mounted?";
                Err(ArchiveError::damaged(manifest::place(tip.volume), what))
            }
        }
    }

    /// What was sealed is in the chain, and nothing is open.
    fn sealed_to(&self, manifest: Manifest, tip: Tip) {
        let reached: Vec<u64> = manifest.shards.iter().map(|reached| reached.upto).collect();
        let empty = OpenVolume::behind(reached.iter().copied());
        let manifest = Arc::new(manifest);
        let old = {
            let mut open = self.open.write();
            let mut sealed = self.sealed.write();
            sealed.seal(manifest, tip);
            std::mem::replace(&mut *open, empty)
        };
        for (passed, upto) in self.passed.iter().zip(reached) {
            passed.store(upto, Ordering::Release);
        }
        // Its blocks are freed here, where nobody waits.
        drop(old);
    }
}

fn mark(marks: &[AtomicU64], shard: u16) -> u64 {
    let mark = marks.get(usize::from(shard));
    mark.map_or(0, |mark| mark.load(Ordering::Acquire))
}

fn taken(volume: u64, error: ArchiveError) -> ArchiveError {
    match error {
        ArchiveError::Store {
            source: object_store::Error::AlreadyExists { .. },
            ..
        } => ArchiveError::Taken { volume },
        error => error,
    }
}

/// A volume, for people.
pub(crate) fn place(volume: Option<u64>) -> String {
    volume.map_or_else(|| "the open volume".to_owned(), manifest::place)
}

/// Where a block is, for people.
pub(crate) fn block_place(path: &Path, at: u64, block: &BlockOf) -> String {
    format!("{path}, block at bytes {at} to {}", at + block.length())
}
