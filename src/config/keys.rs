//! Owns API keys: how one is made, how it is written, and whose a presented one is. Only hashes are
//! kept. Refuses to show a key twice, and to answer faster for a key that is nearly right.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE};
use parking_lot::RwLock;
use rand::TryRngCore;
use rand::rngs::OsRng;
use sluis_model::CorporationId;
use subtle::{ConditionallySelectable, ConstantTimeEq};

use super::Config;

/// What every key starts with, so that scanners for leaked secrets can find it.
const KEY_PREFIX: &str = "slk_";

/// Hex digits of a hash that name a key to people.
const FINGERPRINT: usize = 8;

/// A fresh API key: 256 bits of randomness. Does not implement `Debug`: it is shown once, to
/// whoever asked for it.
pub struct ApiKey(String);

impl ApiKey {
    /// Makes one.
    ///
    /// # Errors
    /// The operating system gives no randomness.
    pub fn fresh() -> Result<Self, KeyProblem> {
        let mut bytes = [0; 32];
        OsRng
            .try_fill_bytes(&mut bytes)
            .map_err(|error| KeyProblem::NoRandomness(error.to_string()))?;
        Ok(Self(format!(
            "{KEY_PREFIX}{}",
            BASE64URL_NOPAD.encode(&bytes)
        )))
    }

    /// The key as it is handed out.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Its hash, for the configuration.
    #[must_use]
    pub fn hash(&self) -> KeyHash {
        KeyHash::of(&self.0)
    }
}

/// BLAKE3 of a key's text. Written as 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash([u8; 32]);

impl KeyHash {
    /// The hash of a presented key.
    #[must_use]
    pub fn of(key: &str) -> Self {
        Self(*blake3::hash(key.as_bytes()).as_bytes())
    }
}

impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for KeyHash {
    type Err = KeyProblem;

    fn from_str(text: &str) -> Result<Self, KeyProblem> {
        let decoded = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok();
        decoded
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or(KeyProblem::NoHash)
    }
}

/// What is wrong with a key. Never quotes it: it may be a real one in the wrong place.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    /// The text is no hash.
    #[error(
        "expected a BLAKE3 hash of 64 hex digits: `sluis config key` makes a key with its hash"
    )]
    NoHash,
    /// No randomness.
    #[error("the operating system gave no randomness: {0}")]
    NoRandomness(String),
}

/// The keys that are valid now. Shared; replaced as a whole when the configuration is read again.
#[derive(Debug, Default)]
pub struct KeyRing(RwLock<Arc<[(KeyHash, CorporationId)]>>);

impl KeyRing {
    /// A ring of these keys.
    #[must_use]
    pub fn new(keys: impl IntoIterator<Item = (KeyHash, CorporationId)>) -> Self {
        Self(RwLock::new(keys.into_iter().collect()))
    }

    /// Puts these keys in the place of all others. Requests that were let in already are not asked
    /// again.
    pub fn replace(&self, keys: impl IntoIterator<Item = (KeyHash, CorporationId)>) {
        *self.0.write() = keys.into_iter().collect();
    }

    /// Whose key this is. Takes as long for a wrong key as for a right one.
    #[must_use]
    pub fn corporation(&self, presented: &str) -> Option<CorporationId> {
        let hash = KeyHash::of(presented);
        let keys = self.0.read().clone();
        // The number and one, so that zero means nobody.
        let mut found = 0_u32;
        for (known, corporation) in keys.iter() {
            found.conditional_assign(&(u32::from(corporation.0) + 1), known.0.ct_eq(&hash.0));
        }
        u16::try_from(found.checked_sub(1)?).ok().map(CorporationId)
    }

    /// The name of a presented key in audit lines, if it is one of these: the beginning of its
    /// hash, as it stands in the configuration.
    #[must_use]
    pub fn fingerprint(&self, presented: &str) -> Option<String> {
        self.corporation(presented)
            .map(|_| KeyHash::of(presented).to_string()[..FINGERPRINT].to_owned())
    }

    /// Whether there is no key at all: then only this machine is served, as corporation `demo`.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.read().is_empty()
    }

    /// How many keys are valid.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.read().len()
    }
}

impl Config {
    /// The corporations' keys it names, for [`KeyRing::new`] and [`KeyRing::replace`].
    pub fn keys(&self) -> impl Iterator<Item = (KeyHash, CorporationId)> + '_ {
        let of = |corporation: &super::Corporation| {
            let id = corporation.id;
            let hashes: Vec<_> = corporation
                .key_hashes
                .iter()
                .filter_map(|hash| hash.parse().ok())
                .collect();
            hashes.into_iter().map(move |hash| (hash, id))
        };
        self.corporations.iter().flat_map(of)
    }

    /// The operators' keys it names, for a ring of their own; they stand for no corporation, which
    /// is number 0.
    pub fn operator_keys(&self) -> impl Iterator<Item = (KeyHash, CorporationId)> + '_ {
        let hashes = self
            .http
            .operator_key_hashes
            .iter()
            .filter_map(|hash| hash.parse().ok());
        hashes.map(|hash| (hash, CorporationId(0)))
    }
}
