//! Owns the keys of an archive that is measured: as the engine seals, with a file of keys. Refuses a
//! configuration.

use std::path::Path;
use std::sync::Arc;

use sluis_archive::{Lifted, Veil, VeilError};
use sluis_keys::{Found, KeyId, KeyStore, Secret, StoreOptions, WrappingKeys};
use sluis_model::{CorporationId, TenantKey};

struct Keys {
    store: KeyStore,
    secret: [u8; 32],
}

/// Keys in a file beside the archive in `dir`.
pub(super) fn of(dir: &Path) -> anyhow::Result<Arc<dyn Veil>> {
    let wrapping = WrappingKeys::default().with(CorporationId(7), &[Secret::new([7; 32])]);
    let store = KeyStore::open(
        &dir.with_extension("keys"),
        wrapping,
        StoreOptions::default(),
    )?;
    store.settle()?;
    let secret = store.secret_for("sluis-bench archive");
    Ok(Arc::new(Keys { store, secret }))
}

impl Veil for Keys {
    fn seals(&self, corporation: CorporationId) -> bool {
        self.store.seals(corporation)
    }

    fn key(&self, tenant: &TenantKey) -> Result<u32, VeilError> {
        let key = self.store.sealing_key(tenant)?;
        let (id, _) = key.ok_or("this corporation has no key")?;
        Ok(id.0)
    }

    fn state(&self, key: u32) -> Result<Lifted, VeilError> {
        Ok(match self.store.opening_key(KeyId(key))? {
            Found::Key(_) => Lifted::Plain,
            Found::Erased(at) => Lifted::Erased(at.0),
        })
    }

    fn seal(&self, key: u32, context: &[u8], bytes: &mut Vec<u8>) -> Result<Lifted, VeilError> {
        let id = KeyId(key);
        match self.store.opening_key(id)? {
            Found::Key(key) => {
                key.seal(context, bytes, 0);
                Ok(Lifted::Plain)
            }
            Found::Erased(at) => Ok(Lifted::Erased(at.0)),
        }
    }

    fn open(&self, key: u32, context: &[u8], bytes: &mut Vec<u8>) -> Result<Lifted, VeilError> {
        match self.store.opening_key(KeyId(key))? {
            Found::Key(key) => {
                let length = key.open(context, bytes)?.len();
                bytes.truncate(length);
                Ok(Lifted::Plain)
            }
            Found::Erased(at) => Ok(Lifted::Erased(at.0)),
        }
    }

    fn sync(&self) -> Result<(), VeilError> {
        Ok(self.store.sync()?)
    }

    fn secret(&self) -> &[u8; 32] {
        &self.secret
    }
}
