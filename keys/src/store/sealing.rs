//! Owns which key new bytes of a tenant are sealed with: the one that he has, or one that nobody has yet.
//! Refuses to wait for a disk while keys are left that were made.

use std::hash::Hasher as _;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use rustc_hash::FxHasher;
use sluis_model::{CorporationId, TenantKey};

use super::{Found, KeyStore};
use crate::data_key::DataKey;
use crate::error::KeyError;
use crate::id::KeyId;
use crate::names::Tag;
use crate::pool::Ready;

impl KeyStore {
    /// The key for new bytes of a tenant; none when his corporation has no key. It waits for a disk
    /// only when more tenants are new than keys were made.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn sealing_key(
        &self,
        tenant: &TenantKey,
    ) -> Result<Option<(KeyId, Arc<DataKey>)>, KeyError> {
        if !self.wrapping.has(tenant.corporation) {
            return Ok(None);
        }
        let mark = mark_of(tenant);
        let is_his = |key: &DataKey| key.number_for(tenant).is_some();
        if let Some(key) = self.in_flight.find(mark, is_his)
            && let Some(id) = key.number()
        {
            return Ok(Some((id, key)));
        }
        let tag = self.tag(tenant);
        let (id, key) = self.own_key(tenant.corporation, tag)?;
        // Held: who takes the key from the tenant takes it out of there afterwards.
        let names = self.names.read();
        if names.find(&tag) == Some(id) && key.learn_owner(tenant, id) {
            self.in_flight.put(mark, key.clone(), is_his);
        }
        drop(names);
        Ok(Some((id, key)))
    }

    fn own_key(
        &self,
        corporation: CorporationId,
        tag: Tag,
    ) -> Result<(KeyId, Arc<DataKey>), KeyError> {
        loop {
            let id = self.names.read().find(&tag);
            let Some(id) = id else {
                return self.assign(corporation, tag);
            };
            // Destroyed since it was found: the tenant has none any more, or another one.
            if let Found::Key(key) = self.opening_key(id)? {
                return Ok((id, key));
            }
        }
    }

    /// Gives a tenant a key that is durable already.
    fn assign(
        &self,
        corporation: CorporationId,
        tag: Tag,
    ) -> Result<(KeyId, Arc<DataKey>), KeyError> {
        let ready = self.take_ready(corporation)?;
        let mut names = self.names.write();
        if let Some(id) = names.find(&tag) {
            drop(names);
            // Somebody else was faster.
            self.pools.lock().give_back(corporation, ready);
            return match self.opening_key(id)? {
                Found::Key(key) => Ok((id, key)),
                Found::Erased(_) => Err(KeyError::Missing(id)),
            };
        }
        let (id, key) = ready;
        names.add(tag, id);
        // Before anybody can take it from the tenant again.
        self.cache.put(id, key);
        let ready = self.make_ready(id, &key);
        drop(names);
        self.counts.given.fetch_add(1, Relaxed);
        self.unwritten.lock().push((id, tag));
        Ok((id, ready))
    }

    fn take_ready(&self, corporation: CorporationId) -> Result<Ready, KeyError> {
        loop {
            let (ready, low) = self.pools.lock().take(corporation);
            if low && let Some(wake) = self.wake.get() {
                wake();
            }
            if let Some(ready) = ready {
                return Ok(ready);
            }
            self.counts.waited.fetch_add(1, Relaxed);
            self.fill(corporation)?;
        }
    }
}

/// By what a tenant's key is looked for. Numbers are the callers' choice: whoever chooses many with the same mark
/// only makes their keys found more slowly.
fn mark_of(tenant: &TenantKey) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write_u16(tenant.corporation.0);
    hasher.write(tenant.tenant.as_bytes());
    (hasher.finish() >> 32) as u32
}
