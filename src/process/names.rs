//! Owns how tenants and subjects are named in process data. Refuses to show the key of a name.

use std::fmt;

/// How tenants and subjects are named.
#[derive(Clone)]
pub enum Names {
    /// By the corporation's own numbers.
    Plain,
    /// By a keyed hash: equal ones can be counted, and nobody without the key finds out who it is.
    /// With a new key each time, two exports cannot be joined.
    Hashed([u8; 32]),
}

/// The key stays out of every log.
impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "Plain",
            Self::Hashed(_) => "Hashed",
        })
    }
}

/// Characters of a hashed name.
const HASHED_NAME: usize = 24;

impl Names {
    pub(super) fn of(&self, kind: &str, id: &str) -> String {
        match self {
            Self::Plain => id.to_owned(),
            Self::Hashed(key) => {
                let mut hasher = blake3::Hasher::new_keyed(key);
                hasher.update(kind.as_bytes());
                hasher.update(&[0]);
                hasher.update(id.as_bytes());
                hasher.finalize().to_hex()[..HASHED_NAME].to_owned()
            }
        }
    }
}
