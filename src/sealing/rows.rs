//! Owns how rows of mailings are sealed: each with the key of its tenant, bound to its mailing and its
//! number. Whoever erases the tenant takes the row with him. Refuses to know what a row says.

use std::sync::Arc;

use sluis_keys::{Found, KeyError, KeyId, KeyStore};
use sluis_model::TenantKey;

/// What the context of a row begins with, so that nothing else opens in its place.
const DOMAIN: u8 = 5;

/// Seals and opens rows; of a corporation without a key it leaves them as they are.
#[derive(Clone, Debug, Default)]
pub struct RowSeal(Option<Arc<KeyStore>>);

/// A row that was sealed.
#[derive(Debug)]
pub enum Opened {
    /// What it says.
    Plain(Vec<u8>),
    /// Its tenant was erased.
    Erased,
}

impl RowSeal {
    pub(super) const fn of(store: Arc<KeyStore>) -> Self {
        Self(Some(store))
    }

    /// Seals the bytes of a tenant in their place; the number of the key, or none where his corporation
    /// has no key.
    ///
    /// # Errors
    /// The file of keys fails.
    pub fn seal(
        &self,
        tenant: &TenantKey,
        place: &[u8],
        bytes: &mut Vec<u8>,
    ) -> Result<Option<u32>, KeyError> {
        let key = match &self.0 {
            Some(store) => store.sealing_key(tenant)?,
            None => None,
        };
        let Some((id, key)) = key else {
            return Ok(None);
        };
        key.seal(&context(place, id), bytes, 0);
        Ok(Some(id.0))
    }

    /// Opens what was sealed with a key in this place.
    ///
    /// # Errors
    /// No key is configured any more; the bytes are not what was sealed here.
    pub fn open(&self, key: u32, place: &[u8], mut bytes: Vec<u8>) -> Result<Opened, KeyError> {
        let id = KeyId(key);
        let store = self.0.as_ref().ok_or(KeyError::Missing(id))?;
        match store.opening_key(id)? {
            Found::Erased(_) => Ok(Opened::Erased),
            Found::Key(key) => {
                let length = key.open(&context(place, id), &mut bytes)?.len();
                bytes.truncate(length);
                Ok(Opened::Plain(bytes))
            }
        }
    }

    /// Makes durable whose the keys are with which something was sealed.
    ///
    /// # Errors
    /// The disk fails.
    pub fn sync(&self) -> Result<(), KeyError> {
        self.0.as_ref().map_or(Ok(()), |store| store.sync())
    }
}

fn context(place: &[u8], id: KeyId) -> Vec<u8> {
    [&[DOMAIN][..], &id.0.to_be_bytes(), place].concat()
}
