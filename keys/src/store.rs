//! Owns the file of tenants' keys. A key is made, wrapped and durable before it is given to a tenant,
//! so nothing is ever sealed with a key that a power cut can take away. Whose it is may be written
//! later: what was sealed with it tells that too. Refuses to go on after a failed write or sync.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use parking_lot::{Mutex, RwLock};
use sluis_model::{CorporationId, TenantKey, Timestamp};

use crate::at_hand::AtHand;
use crate::cache::Cache;
use crate::copy;
use crate::data_key::{DataKey, KEY_BYTES};
use crate::error::KeyError;
use crate::figures::{Counts, Figures, Rewrapped};
use crate::file::{DiskFile, KeyFile};
use crate::header::{self, HEADER_BYTES, Header};
use crate::id::KeyId;
use crate::names::{Names, Tag};
use crate::pool::{Pools, Ready};
use crate::slot::{self, Owner, SLOT_BYTES, Slot};
use crate::wrapping::{Place, WrappingKeys};

mod erase;
mod open;
mod sealing;
mod whose;

/// Sizes of a store.
#[derive(Clone, Copy, Debug)]
pub struct StoreOptions {
    /// Unwrapped keys that are at hand, of 32 bytes each; others are read again.
    pub cached_keys: usize,
    /// Of those, how many are ready to seal with, of some 600 bytes each: the keys of tenants of whom
    /// something is under way.
    pub ready_keys: usize,
    /// Keys of a corporation that are made at once, at least: a restart leaves as many unused.
    pub least_made: usize,
    /// And at most, while many tenants are new.
    pub most_made: usize,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            cached_keys: 262_144,
            ready_keys: 32_768,
            least_made: 256,
            most_made: 65_536,
        }
    }
}

/// What a number of a key leads to.
#[derive(Debug)]
pub enum Found {
    /// The key.
    Key(Arc<DataKey>),
    /// It was destroyed.
    Erased(Timestamp),
}

/// The keys of all tenants.
pub struct KeyStore {
    file: Box<dyn KeyFile>,
    header: Header,
    wrapping: WrappingKeys,
    options: StoreOptions,
    names: RwLock<Names>,
    cache: Cache<KeyId, [u8; KEY_BYTES]>,
    /// Those of tenants in flight, ready to seal and open with.
    ready: AtHand<DataKey>,
    /// The same, by tenant: for new bytes.
    in_flight: AtHand<DataKey>,
    pools: Mutex<Pools>,
    /// Held while keys are made: one at a time.
    making: Mutex<()>,
    /// Number of the next place: those before it are durable.
    next: AtomicU32,
    /// Held for every write into a place that exists, and while one is read into the cache.
    places: Mutex<()>,
    /// Owners that are not in the file yet.
    unwritten: Mutex<Vec<(KeyId, Tag)>>,
    /// Keys that were nobody's when the file was opened, until [`KeyStore::settle`].
    left: Mutex<Vec<(CorporationId, KeyId)>>,
    /// Rung when keys are to be made soon.
    wake: OnceLock<Box<dyn Fn() + Send + Sync>>,
    broken: AtomicBool,
    counts: Counts,
}

impl fmt::Debug for KeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyStore").finish_non_exhaustive()
    }
}

impl KeyStore {
    /// Opens the file of keys, or makes it.
    ///
    /// # Errors
    /// A key that is needed is not among `wrapping`; damage; a failing disk.
    pub fn open(
        path: &Path,
        wrapping: WrappingKeys,
        options: StoreOptions,
    ) -> Result<Self, KeyError> {
        Self::on(Box::new(DiskFile::open(path)?), wrapping, options)
    }

    /// Opens the file of keys that is there, to read only: also while an engine uses it.
    ///
    /// # Errors
    /// There is none; otherwise as [`KeyStore::open`].
    pub fn look(
        path: &Path,
        wrapping: WrappingKeys,
        options: StoreOptions,
    ) -> Result<Self, KeyError> {
        Self::on(Box::new(DiskFile::look(path)?), wrapping, options)
    }

    /// Who is told when it is time to call [`KeyStore::tend`]. It must not block.
    pub fn on_low(&self, wake: impl Fn() + Send + Sync + 'static) {
        // There is one who makes keys.
        drop(self.wake.set(Box::new(wake)));
    }

    /// The file's own number, which no other file has.
    #[must_use]
    pub const fn number(&self) -> [u8; 16] {
        self.header.file
    }

    /// Whether a tenant has a key.
    #[must_use]
    pub fn has_key(&self, tenant: &TenantKey) -> bool {
        self.names.read().find(&self.tag(tenant)).is_some()
    }

    /// The keyed hash of a tenant, by which a record can say that his key was destroyed.
    #[must_use]
    pub fn tag(&self, tenant: &TenantKey) -> Tag {
        Tag::of(&self.header.secret, tenant)
    }

    /// A secret of this file for another purpose than the hash of a tenant; `purpose` is a text that
    /// nothing else uses.
    #[must_use]
    pub fn secret_for(&self, purpose: &str) -> [u8; 32] {
        blake3::derive_key(purpose, &self.header.secret)
    }

    /// The key that bytes were sealed with.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn opening_key(&self, id: KeyId) -> Result<Found, KeyError> {
        if let Some(key) = self.ready.find(id.0, |_| true) {
            return Ok(Found::Key(key));
        }
        // Who destroys the key takes it out of the one and then of the other.
        if let Some(key) = self.cache.find(&id, |key| self.make_ready(id, key)) {
            return Ok(Found::Key(key));
        }
        // Held until the key is at hand: who destroys it takes it out of there afterwards.
        let _alone = self.places.lock();
        match self.read(id)? {
            Slot::Key(wrapped, _) => {
                let key = self.wrapping.unwrap(self.place(id), &wrapped)?;
                self.cache.put(id, key);
                Ok(Found::Key(self.make_ready(id, &key)))
            }
            Slot::Gone { at, .. } => Ok(Found::Erased(at)),
            Slot::Damaged => Err(KeyError::Damaged(id)),
        }
    }

    /// Makes a key ready to seal and open with, which costs half of what sealing a record does.
    fn make_ready(&self, id: KeyId, key: &[u8; KEY_BYTES]) -> Arc<DataKey> {
        let key = Arc::new(DataKey::new(key));
        self.ready.put(id.0, key.clone(), |_| true);
        key
    }

    /// Whether it is known whose this key is.
    #[must_use]
    pub fn is_owned(&self, id: KeyId) -> bool {
        self.names.read().is_owned(id)
    }

    /// Something that was sealed with this key is about this tenant. Whoever opens it says so: the file
    /// may not know, after a power cut.
    pub fn learn(&self, id: KeyId, tenant: &TenantKey) {
        if self.names.read().is_owned(id) {
            return;
        }
        let tag = self.tag(tenant);
        self.left.lock().retain(|(_, left)| *left != id);
        self.pools.lock().withdraw(id);
        self.names.write().add(tag, id);
        self.unwritten.lock().push((id, tag));
    }

    /// Everything that is sealed was opened once since the start: keys that are still nobody's may be
    /// given to tenants.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn settle(&self) -> Result<(), KeyError> {
        let left = std::mem::take(&mut *self.left.lock());
        for (corporation, id) in left {
            let Slot::Key(wrapped, Owner::Nobody) = self.read(id)? else {
                continue;
            };
            let key = self.wrapping.unwrap(self.place(id), &wrapped)?;
            let least = self.options.least_made;
            self.pools.lock().add(corporation, least, [(id, key)]);
        }
        Ok(())
    }

    /// Makes keys where few are left, and writes down whose the given ones are. Blocks for the disk:
    /// not for an arbiter.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn tend(&self) -> Result<(), KeyError> {
        for corporation in self.wrapping.corporations() {
            if !self.is_left_enough(corporation) {
                self.fill(corporation)?;
            }
        }
        self.write_owners()
    }

    /// Everything that this store knows is durable on return: before records are forgotten that would
    /// tell it again. Blocks for the disk.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn sync(&self) -> Result<(), KeyError> {
        self.write_owners()?;
        self.sync_file()
    }

    /// Whether enough keys were nobody's at the last stop: they can be given soon.
    fn is_left_enough(&self, corporation: CorporationId) -> bool {
        let left = self.left.lock();
        let own = left.iter().filter(|(of, _)| *of == corporation);
        own.count() >= self.options.least_made / 2
    }

    fn fill(&self, corporation: CorporationId) -> Result<(), KeyError> {
        let _alone = self.making.lock();
        let StoreOptions {
            least_made,
            most_made,
            ..
        } = self.options;
        let wanted = self.pools.lock().wanted(corporation, least_made, most_made);
        if wanted == 0 {
            return Ok(());
        }
        let next = self.next.load(Relaxed);
        let made = self.make(corporation, next, wanted)?;
        self.next.store(next + wanted as u32, Relaxed);
        self.pools.lock().add(corporation, least_made, made);
        Ok(())
    }

    /// Writes new keys at the end of the file, durably.
    fn make(
        &self,
        corporation: CorporationId,
        next: u32,
        count: usize,
    ) -> Result<Vec<Ready>, KeyError> {
        if next.checked_add(count as u32).is_none() {
            return Err(KeyError::Full);
        }
        let mut random = vec![0; count * KEY_BYTES];
        header::fill(&mut random)?;
        let (keys, _) = random.as_chunks::<KEY_BYTES>();
        let mut bytes = Vec::with_capacity(count * SLOT_BYTES);
        let mut made = Vec::with_capacity(count);
        for (key, id) in keys.iter().zip((next..).map(KeyId)) {
            let wrapped = self.wrapping.wrap(self.place(id), corporation, key);
            // Only a corporation with a key has tenants with keys.
            bytes.extend_from_slice(&slot::new_key(&wrapped.ok_or(KeyError::Missing(id))?));
            made.push((id, *key));
        }
        self.write(&bytes, offset(KeyId(next)))?;
        self.sync_file()?;
        Ok(made)
    }

    fn write_owners(&self) -> Result<(), KeyError> {
        let unwritten = std::mem::take(&mut *self.unwritten.lock());
        for (id, tag) in unwritten {
            let _alone = self.places.lock();
            // Not when the key was destroyed meanwhile: nothing of its owner may come back.
            if matches!(self.read(id)?, Slot::Key(_, Owner::Nobody | Owner::Unknown)) {
                let (at, part) = slot::owner_part(tag);
                self.write(&part, offset(id) + at as u64)?;
            }
        }
        Ok(())
    }

    /// Wraps every key anew that is not under the current key of its corporation, durably. What was
    /// sealed stays as it is. Blocks for the disk.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn rewrap(&self) -> Result<Rewrapped, KeyError> {
        let mut rewrapped = Rewrapped::default();
        let end = self.next.load(Relaxed);
        for id in (1..end).map(KeyId) {
            let _alone = self.places.lock();
            let Slot::Key(wrapped, _) = self.read(id)? else {
                continue;
            };
            let corporation = wrapped.corporation;
            if self.wrapping.is_current(corporation, wrapped.fingerprint) {
                continue;
            }
            let key = self.wrapping.unwrap(self.place(id), &wrapped)?;
            if let Some(wrapped) = self.wrapping.wrap(self.place(id), corporation, &key) {
                self.write(&slot::key_part(&wrapped), offset(id))?;
                rewrapped.done += 1;
            }
        }
        self.sync_file()?;
        self.counts.stale.store(0, Relaxed);
        Ok(rewrapped)
    }

    /// Makes the file at `to` a copy of this one, in place and durably: a key that was destroyed since
    /// the last copy is destroyed there too. Gives how many bytes were written.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn copy_to(&self, to: &Path) -> Result<u64, KeyError> {
        copy::copy(&*self.file, to)
    }

    /// Figures, for metrics.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let counts = &self.counts;
        Figures {
            places: u64::from(self.next.load(Relaxed) - 1),
            tenants: self.names.read().len() as u64,
            ready: self.pools.lock().len() as u64,
            erased: counts.erased.load(Relaxed),
            damaged: counts.damaged.load(Relaxed),
            stale: counts.stale.load(Relaxed),
            waited: counts.waited.load(Relaxed),
        }
    }

    fn place(&self, id: KeyId) -> Place<'_> {
        Place {
            file: &self.header.file,
            id,
        }
    }

    fn read(&self, id: KeyId) -> Result<Slot, KeyError> {
        let mut bytes = [0; SLOT_BYTES];
        if id.0 == 0 || id.0 >= self.next.load(Relaxed) {
            return Err(KeyError::Missing(id));
        }
        self.file
            .read_at(&mut bytes, offset(id))
            .map_err(KeyError::file("read a place"))?;
        Ok(Slot::decode(&bytes))
    }

    fn write(&self, bytes: &[u8], at: u64) -> Result<(), KeyError> {
        self.unless_broken(|| self.file.write_at(bytes, at), "write")
    }

    fn sync_file(&self) -> Result<(), KeyError> {
        self.unless_broken(|| self.file.sync(), "sync")
    }

    /// A failed sync is never tried again: the system may have dropped what it could not write.
    fn unless_broken(
        &self,
        act: impl FnOnce() -> std::io::Result<()>,
        what: &'static str,
    ) -> Result<(), KeyError> {
        if self.broken.load(Relaxed) {
            return Err(KeyError::Broken);
        }
        act().map_err(|error| {
            self.broken.store(true, Relaxed);
            KeyError::file(what)(error)
        })
    }
}

/// Where a place begins.
fn offset(id: KeyId) -> u64 {
    HEADER_BYTES as u64 + (u64::from(id.0) - 1) * SLOT_BYTES as u64
}
