//! Owns the corporations' keys, which wrap those of their tenants. The first of a corporation wraps;
//! the others only open what they wrapped before. Refuses to fetch them: `source` does.

use std::collections::HashMap;
use std::fmt;

use sluis_model::CorporationId;

use crate::data_key::{DataKey, KEY_BYTES};
use crate::error::KeyError;
use crate::id::KeyId;
use crate::slot::{WRAPPED_BYTES, Wrapped};
use crate::source::Secret;

/// The keys of all corporations that have one.
#[derive(Default)]
pub struct WrappingKeys {
    of: HashMap<u16, Vec<(u64, DataKey)>>,
}

impl fmt::Debug for WrappingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WrappingKeys")
            .field("corporations", &self.of.len())
            .finish()
    }
}

impl WrappingKeys {
    /// With the keys of a corporation, the current one first. None: nothing of it is sealed.
    #[must_use]
    pub fn with(mut self, corporation: CorporationId, keys: &[Secret]) -> Self {
        let keys: Vec<_> = keys
            .iter()
            .map(|key| (key.fingerprint(), DataKey::new(key.bytes())))
            .collect();
        if !keys.is_empty() {
            self.of.insert(corporation.0, keys);
        }
        self
    }

    /// Whether any corporation has a key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// Corporations with a key.
    pub(crate) fn corporations(&self) -> impl Iterator<Item = CorporationId> {
        self.of.keys().map(|number| CorporationId(*number))
    }

    pub(crate) fn has(&self, corporation: CorporationId) -> bool {
        self.of.contains_key(&corporation.0)
    }

    /// Whether a key of this name is there.
    pub(crate) fn knows(&self, corporation: CorporationId, fingerprint: u64) -> bool {
        self.find(corporation, fingerprint).is_some()
    }

    /// Whether it is the one that wraps now.
    pub(crate) fn is_current(&self, corporation: CorporationId, fingerprint: u64) -> bool {
        let current = self.of.get(&corporation.0).and_then(|keys| keys.first());
        current.is_some_and(|(name, _)| *name == fingerprint)
    }

    fn find(&self, corporation: CorporationId, fingerprint: u64) -> Option<&DataKey> {
        let keys = self.of.get(&corporation.0)?;
        let found = keys.iter().find(|(name, _)| *name == fingerprint);
        found.map(|(_, key)| key)
    }

    /// Wraps a key under the current key of a corporation; none when it has none.
    pub(crate) fn wrap(
        &self,
        place: Place<'_>,
        corporation: CorporationId,
        key: &[u8; KEY_BYTES],
    ) -> Option<Wrapped> {
        let (fingerprint, wrapping) = self.of.get(&corporation.0)?.first()?;
        let mut bytes = Vec::with_capacity(WRAPPED_BYTES);
        bytes.extend_from_slice(key);
        wrapping.seal(&place.context(corporation, *fingerprint), &mut bytes, 0);
        Some(Wrapped {
            corporation,
            fingerprint: *fingerprint,
            bytes: bytes.try_into().ok()?,
        })
    }

    /// Opens a wrapped key.
    pub(crate) fn unwrap(
        &self,
        place: Place<'_>,
        wrapped: &Wrapped,
    ) -> Result<[u8; KEY_BYTES], KeyError> {
        let Wrapped {
            corporation,
            fingerprint,
            bytes,
        } = wrapped;
        let key = self.find(*corporation, *fingerprint);
        let key = key.ok_or(KeyError::Unwrappable {
            corporation: *corporation,
            fingerprint: *fingerprint,
            count: 1,
        })?;
        let mut bytes = *bytes;
        let plain = key
            .open(&place.context(*corporation, *fingerprint), &mut bytes)
            .map_err(|_| KeyError::Wrapped(place.id))?;
        (&*plain)
            .try_into()
            .map_err(|_| KeyError::Wrapped(place.id))
    }
}

/// Where a wrapped key stands: it opens nowhere else.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The file's own number.
    pub(crate) file: &'a [u8; 16],
    pub(crate) id: KeyId,
}

impl Place<'_> {
    fn context(self, corporation: CorporationId, fingerprint: u64) -> [u8; 30] {
        let mut context = [0; 30];
        context[..16].copy_from_slice(self.file);
        context[16..20].copy_from_slice(&self.id.0.to_be_bytes());
        context[20..22].copy_from_slice(&corporation.0.to_be_bytes());
        context[22..].copy_from_slice(&fingerprint.to_be_bytes());
        context
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: CorporationId = CorporationId(1);

    #[test]
    fn a_key_opens_in_its_place_alone_and_under_an_older_key_of_its_corporation() {
        let (old, new) = (Secret::new([1; 32]), Secret::new([2; 32]));
        let before = WrappingKeys::default().with(ONE, std::slice::from_ref(&old));
        let place = Place {
            file: &[3; 16],
            id: KeyId(4),
        };
        let wrapped = before.wrap(place, ONE, &[5; 32]).expect("it has a key");
        let after = WrappingKeys::default().with(ONE, &[new.clone(), old]);
        assert_eq!(after.unwrap(place, &wrapped).expect("opens"), [5; 32]);
        assert!(!after.is_current(ONE, wrapped.fingerprint));

        let without = WrappingKeys::default().with(ONE, &[new]);
        assert!(matches!(
            without.unwrap(place, &wrapped),
            Err(KeyError::Unwrappable { .. })
        ));
        let moved = Place {
            id: KeyId(5),
            ..place
        };
        assert!(matches!(
            after.unwrap(moved, &wrapped),
            Err(KeyError::Wrapped(KeyId(5)))
        ));
        let none = CorporationId(2);
        assert!(after.wrap(place, none, &[5; 32]).is_none() && !after.has(none));
    }
}
