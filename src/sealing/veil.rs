//! Owns how the archive's entries are sealed: with the key of their tenant, bound to where they stand.
//! Refuses to know how an entry lies there: the archive does.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::ensure;
use sluis_archive::{Lifted, Veil, VeilError};
use sluis_keys::{Found, KeyError, KeyId, KeyStore, StoreOptions};
use sluis_model::{CorporationId, TenantKey};

use super::place::path;
use super::wrapping::wrapping;
use crate::config::Config;

/// What the context of an entry begins with, so that nothing else opens in its place.
const DOMAIN: u8 = 3;
/// What the secret of the archive's index is made for.
const INDEX: &str = "sluis 2026-11-27 hashes of tenants and subjects in the index of the archive";

/// The keys of tenants, for the archive.
pub(super) struct TenantVeil {
    store: Arc<KeyStore>,
    secret: [u8; 32],
}

impl TenantVeil {
    pub(super) fn new(store: Arc<KeyStore>) -> Self {
        let secret = store.secret_for(INDEX);
        Self { store, secret }
    }
}

impl Veil for TenantVeil {
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
                key.seal(&with_key(context, id), bytes, 0);
                Ok(Lifted::Plain)
            }
            Found::Erased(at) => Ok(Lifted::Erased(at.0)),
        }
    }

    fn open(&self, key: u32, context: &[u8], bytes: &mut Vec<u8>) -> Result<Lifted, VeilError> {
        let id = KeyId(key);
        match self.store.opening_key(id)? {
            Found::Key(key) => {
                let length = key.open(&with_key(context, id), bytes)?.len();
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

fn with_key(context: &[u8], id: KeyId) -> Vec<u8> {
    [&[DOMAIN][..], &id.0.to_be_bytes(), context].concat()
}

/// The keys of a data directory, to read its archive, also while an engine uses it; none when there is
/// no file of keys.
///
/// # Errors
/// A corporation's key cannot be fetched or does not open what it must; the file is damaged.
pub fn look(
    config: &Config,
    environment: &BTreeMap<String, String>,
) -> anyhow::Result<Option<Arc<dyn Veil>>> {
    let path = path(&config.engine.data_dir);
    let wrapping = wrapping(config, environment)?;
    if !path.exists() {
        ensure!(
            wrapping.is_empty(),
            "{}: no file of keys is there: engine.data_dir of the configuration says where it is, and SLUIS_ENGINE__DATA_DIR names \
             another directory, such as a copy; where nothing was sealed yet, leave --config out",
            path.display()
        );
        return Ok(None);
    }
    let store = KeyStore::look(&path, wrapping, StoreOptions::default());
    let store = store.map_err(|error: KeyError| anyhow::anyhow!("{}: {error}", path.display()))?;
    Ok(Some(Arc::new(TenantVeil::new(Arc::new(store)))))
}
