//! Owns the sealing of bytes: AES-256 in Galois/Counter mode (NIST SP 800-38D), by ring.
//! Refuses to choose what is sealed.
//!
//! Sealed bytes: the ciphertext, a tag of 16 bytes, the nonce of 12 bytes. The nonce is random. With
//! random nonces one key may seal 2^32 times (SP 800-38D, 8.3); a tenant's key seals some thousands.
//! A counter, or the number of a record, would not do: after a crash the same number is given to
//! another record.

use std::fmt;
use std::sync::OnceLock;

use rand::RngCore as _;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, Tag, UnboundKey};

use sluis_model::TenantKey;

use crate::error::KeyError;
use crate::header;
use crate::id::KeyId;

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 32;
const TAG_BYTES: usize = 16;
/// By how much sealing makes bytes longer.
pub const SEAL_BYTES: usize = TAG_BYTES + NONCE_LEN;

/// A key that seals and opens.
pub struct DataKey {
    /// Whose it is, once that was asked: by it the key is found again when it is at hand.
    owner: OnceLock<Owner>,
    key: LessSafeKey,
}

/// A tenant, and the number of his key. Everything lies in one piece, beside the key that is read next.
struct Owner {
    id: KeyId,
    corporation: u16,
    length: u8,
    tenant: [u8; TenantKey::MAX_BYTES],
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey")
    }
}

impl DataKey {
    /// The key of these bytes.
    ///
    /// # Panics
    /// Never: every 32 bytes are a key of this algorithm.
    #[must_use]
    pub fn new(bytes: &[u8; KEY_BYTES]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, bytes);
        Self {
            owner: OnceLock::new(),
            key: LessSafeKey::new(key.expect("32 bytes are a key of AES-256")),
        }
    }

    /// It is this tenant's, under this number. Whether it is now known of it: not of a tenant with a longer
    /// number than any that is admitted.
    pub(crate) fn learn_owner(&self, tenant: &TenantKey, id: KeyId) -> bool {
        let number = tenant.tenant.as_bytes();
        let mut text = [0; TenantKey::MAX_BYTES];
        let Some(room) = text.get_mut(..number.len()) else {
            return false;
        };
        room.copy_from_slice(number);
        let owner = self.owner.get_or_init(|| Owner {
            id,
            corporation: tenant.corporation.0,
            length: number.len() as u8,
            tenant: text,
        });
        owner.id == id && owner.is(tenant)
    }

    /// Its number, when it is known to be this tenant's.
    pub(crate) fn number_for(&self, tenant: &TenantKey) -> Option<KeyId> {
        let owner = self.owner.get()?;
        owner.is(tenant).then_some(owner.id)
    }

    /// Its number, when it is known whose it is.
    pub(crate) fn number(&self) -> Option<KeyId> {
        self.owner.get().map(|owner| owner.id)
    }

    /// A new key, and its bytes: to be sealed with another one.
    ///
    /// # Errors
    /// The operating system gives no random bytes.
    pub fn random() -> Result<(Self, [u8; KEY_BYTES]), KeyError> {
        let mut bytes = [0; KEY_BYTES];
        header::fill(&mut bytes)?;
        Ok((Self::new(&bytes), bytes))
    }

    /// Seals the bytes from `from` on where they are, and puts [`SEAL_BYTES`] behind them. `context`
    /// says where they stand: they open nowhere else.
    ///
    /// # Panics
    /// When `from` is behind the end, or the bytes are more than 64 GiB.
    pub fn seal(&self, context: &[u8], bytes: &mut Vec<u8>, from: usize) {
        let mut nonce = [0; NONCE_LEN];
        rand::rng().fill_bytes(&mut nonce);
        let sealed = self.key.seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(context),
            &mut bytes[from..],
        );
        // ring refuses only what is longer than the mode allows.
        let tag = sealed.expect("less than 64 GiB are sealed at once");
        bytes.extend_from_slice(tag.as_ref());
        bytes.extend_from_slice(&nonce);
    }

    /// Opens sealed bytes where they are; gives the plain ones.
    ///
    /// # Errors
    /// [`KeyError::NotAuthentic`]; what stands in `bytes` is then of no use.
    pub fn open<'a>(&self, context: &[u8], bytes: &'a mut [u8]) -> Result<&'a mut [u8], KeyError> {
        let (rest, nonce) = bytes
            .split_last_chunk_mut::<NONCE_LEN>()
            .ok_or(KeyError::NotAuthentic)?;
        let (sealed, tag) = rest
            .split_last_chunk_mut::<TAG_BYTES>()
            .ok_or(KeyError::NotAuthentic)?;
        let (nonce, tag) = (Nonce::assume_unique_for_key(*nonce), Tag::from(*tag));
        self.key
            .open_in_place_separate_tag(nonce, Aad::from(context), tag, sealed, 0..)
            .map_err(|_| KeyError::NotAuthentic)
    }
}

impl Owner {
    fn is(&self, tenant: &TenantKey) -> bool {
        let number = self.tenant.get(..usize::from(self.length));
        self.corporation == tenant.corporation.0 && number == Some(tenant.tenant.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_sealed_opens_in_its_place_with_its_key_and_nowhere_else(
            key: [u8; 32], other: [u8; 32],
            plain in prop::collection::vec(any::<u8>(), 0..300),
            before in prop::collection::vec(any::<u8>(), 0..9),
            context in prop::collection::vec(any::<u8>(), 0..40),
            flip: prop::sample::Index,
        ) {
            prop_assume!(key != other);
            let mut bytes = [before.clone(), plain.clone()].concat();
            DataKey::new(&key).seal(&context, &mut bytes, before.len());
            prop_assert_eq!(bytes.len(), before.len() + plain.len() + SEAL_BYTES);
            prop_assert_eq!(&bytes[..before.len()], &before[..]);
            let sealed = bytes[before.len()..].to_vec();

            let mut opened = sealed.clone();
            prop_assert_eq!(DataKey::new(&key).open(&context, &mut opened).unwrap(), &plain[..]);
            prop_assert!(DataKey::new(&other).open(&context, &mut sealed.clone()).is_err());
            let elsewhere = [&context[..], &[1]].concat();
            prop_assert!(DataKey::new(&key).open(&elsewhere, &mut sealed.clone()).is_err());
            let mut changed = sealed.clone();
            changed[flip.index(sealed.len())] ^= 1;
            prop_assert!(DataKey::new(&key).open(&context, &mut changed).is_err());
            let cut = flip.index(sealed.len());
            prop_assert!(DataKey::new(&key).open(&context, &mut sealed[..cut].to_vec()).is_err());
        }
    }

    #[test]
    fn the_same_bytes_are_never_sealed_the_same_way_twice() {
        let key = DataKey::new(&[7; 32]);
        let seal = || {
            let mut bytes = b"the same".to_vec();
            key.seal(b"", &mut bytes, 0);
            bytes
        };
        assert_ne!(seal(), seal());
    }
}
