//! Owns the destruction of a tenant's keys. Refuses to say that one is gone before the disk has it.

use std::sync::atomic::Ordering::Relaxed;

use sluis_model::{TenantKey, Timestamp};

use super::{KeyStore, offset};
use crate::error::KeyError;
use crate::id::KeyId;
use crate::names::Tag;
use crate::slot::{self, Slot, Wrapped};

impl KeyStore {
    /// The keys of a tenant, by his keyed hash: one, but for what a crash can leave behind.
    #[must_use]
    pub fn keys_of(&self, tag: Tag) -> Vec<KeyId> {
        self.names.read().all(&tag)
    }

    /// Destroys every key of a tenant; on return they are gone from the file, durably. Gives how many.
    /// What comes of this tenant later gets a new key.
    ///
    /// # Errors
    /// See [`KeyError`]: then it is not known whether the key is gone, and a repetition may be needed
    /// after a restart.
    pub fn erase(&self, tenant: &TenantKey, at: Timestamp) -> Result<usize, KeyError> {
        self.erase_tag(self.tag(tenant), at)
    }

    /// As [`KeyStore::erase`], by the keyed hash of the tenant.
    ///
    /// # Errors
    /// As [`KeyStore::erase`].
    pub fn erase_tag(&self, tag: Tag, at: Timestamp) -> Result<usize, KeyError> {
        let ids = self.names.write().remove(&tag);
        self.in_flight
            .remove_where(|key| key.number().is_some_and(|id| ids.contains(&id)));
        for id in &ids {
            self.destroy(*id, at)?;
        }
        if !ids.is_empty() {
            self.sync_file()?;
        }
        Ok(ids.len())
    }

    fn destroy(&self, id: KeyId, at: Timestamp) -> Result<(), KeyError> {
        self.unwritten.lock().retain(|(other, _)| *other != id);
        let _alone = self.places.lock();
        if let Slot::Key(Wrapped { corporation, .. }, _) = self.read(id)? {
            self.write(&slot::gone(corporation, at), offset(id))?;
            self.counts.erased.fetch_add(1, Relaxed);
        }
        self.cache.remove(&id);
        self.ready.remove(id.0);
        Ok(())
    }
}
