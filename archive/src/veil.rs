//! Owns what is asked of whoever has keys: to seal bytes for a tenant, and to open them. Refuses to
//! know what stands in them.

use std::error::Error;

use sluis_model::{CorporationId, TenantKey};

/// Why something cannot be sealed or opened.
pub type VeilError = Box<dyn Error + Send + Sync>;

/// What a key led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifted {
    /// It is there.
    Plain,
    /// The key was destroyed at that time, in milliseconds since 1970.
    Erased(i64),
}

/// What seals and opens, with the key of each tenant.
pub trait Veil: Send + Sync {
    /// Whether what is about tenants of this corporation is sealed.
    fn seals(&self, corporation: CorporationId) -> bool;

    /// The number of the tenant's key, which is not 0. A tenant without a key gets one.
    ///
    /// # Errors
    /// There can be no key.
    fn key(&self, tenant: &TenantKey) -> Result<u32, VeilError>;

    /// Whether the key of this number is there.
    ///
    /// # Errors
    /// The key cannot be read.
    fn state(&self, key: u32) -> Result<Lifted, VeilError>;

    /// Seals `bytes` where they are. `context` says where they stand: they open nowhere else. Nothing
    /// happens to them when the key was destroyed.
    ///
    /// # Errors
    /// The key cannot be read.
    fn seal(&self, key: u32, context: &[u8], bytes: &mut Vec<u8>) -> Result<Lifted, VeilError>;

    /// Opens `bytes` where they are.
    ///
    /// # Errors
    /// The key cannot be read, or the bytes are not what was sealed there.
    fn open(&self, key: u32, context: &[u8], bytes: &mut Vec<u8>) -> Result<Lifted, VeilError>;

    /// Makes durable whose each key is: what was sealed is about to be.
    ///
    /// # Errors
    /// The disk fails.
    fn sync(&self) -> Result<(), VeilError>;

    /// What tenants and subjects are hashed with: a plain hash of a tenant's number could be found by
    /// trying all numbers.
    fn secret(&self) -> &[u8; 32];
}

/// How an entry lies in the archive, and whether it could be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    /// It is not sealed.
    Bare,
    /// It was sealed, and its key opened it.
    Opened,
    /// Its key was destroyed at that time, in milliseconds since 1970. Only what stays in the clear is
    /// known of it.
    Erased(i64),
    /// It is sealed, and no keys are at hand. Only what stays in the clear is known of it.
    Closed,
}

impl Cover {
    /// Whether all of the entry is known.
    #[must_use]
    pub const fn is_open(self) -> bool {
        match self {
            Self::Bare | Self::Opened => true,
            Self::Erased(_) | Self::Closed => false,
        }
    }
}
