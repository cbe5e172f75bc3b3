//! Owns the destruction of erased tenants' keys beside a running engine, and the memory of who was
//! erased. Each record of an erasure is finished once: whoever comes late, a start or the erasure
//! itself, destroys nothing of what came after it.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use sluis_actors::{Erasures, FoundErasure};
use sluis_journal::{Sequence, Shard};
use sluis_keys::{KeyError, KeyStore, Tag};
use sluis_model::TenantKey;

use super::checkpoints::SealedCheckpoints;

/// Who was erased, as far as the journal has the records, and the keys.
pub struct TenantErasures {
    store: Arc<KeyStore>,
    checkpoints: Arc<SealedCheckpoints>,
    /// The newest finished erasure of each tenant.
    finished: Mutex<HashMap<Tag, FoundErasure>>,
}

impl TenantErasures {
    /// With the keys of `store`; `checkpoints`: those of the same store.
    #[must_use]
    pub fn new(store: Arc<KeyStore>, checkpoints: Arc<SealedCheckpoints>) -> Self {
        Self {
            store,
            checkpoints,
            finished: Mutex::default(),
        }
    }

    pub(crate) const fn store(&self) -> &Arc<KeyStore> {
        &self.store
    }

    /// The newest erasure of a tenant.
    pub(crate) fn of(&self, tenant: &TenantKey) -> Option<FoundErasure> {
        self.finished.lock().get(&self.store.tag(tenant)).cloned()
    }

    /// Destroys the keys of the tenant of whom the record tells, unless that was done. Gives how many
    /// there were; the disk has it on return.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn destroy(&self, found: &FoundErasure) -> Result<usize, KeyError> {
        let tag = Tag(found.record.tenant);
        // Held meanwhile: two that finish the same one do it once.
        let mut finished = self.finished.lock();
        let is_done = |done: &FoundErasure| done.sequence >= found.sequence;
        if finished.get(&tag).is_some_and(is_done) {
            return Ok(0);
        }
        // One that was finished before this start has none, and newer checkpoints stay.
        if !self.store.keys_of(tag).is_empty() {
            let (corporation, shard) = (found.record.corporation, Shard(found.shard.0));
            let erased = Sequence(found.sequence);
            self.checkpoints
                .forget(corporation, shard, erased, found.at)?;
        }
        let keys = self.store.erase_tag(tag, found.at)?;
        finished.insert(tag, found.clone());
        Ok(keys)
    }
}

impl Erasures for TenantErasures {
    fn tag(&self, tenant: &TenantKey) -> [u8; 16] {
        self.store.tag(tenant).0
    }

    fn finish(&self, found: &FoundErasure) -> Result<usize, String> {
        self.destroy(found).map_err(|error| error.to_string())
    }

    fn finished(&self, found: &FoundErasure) {
        let tag = Tag(found.record.tenant);
        self.finished.lock().insert(tag, found.clone());
    }
}
