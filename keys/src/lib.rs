//! Encryption at rest: a key for each tenant, wrapped by a key of its corporation. It owns the file of
//! tenants' keys, where corporations' keys come from, the sealing of bytes, and the destruction of a
//! key, after which nothing that was sealed with it can be read again.
//!
//! It refuses to know what is sealed and where that is kept. It reads no clock.
//!
//! * [`KeyStore::open`] opens the file; [`KeyStore::sealing_key`] and [`KeyStore::opening_key`] are all
//!   that a writer and a reader of sealed bytes need.
//! * [`DataKey::seal`] and [`DataKey::open`] do the work.
//! * [`KeyStore::tend`] makes keys before they are needed, so that nobody waits for a disk when a
//!   tenant is seen for the first time.
//! * [`KeyStore::erase`] destroys a key.
//!
//! `docs/decisions/2026-11-27-a-key-for-each-tenant.md` says what is protected, from whom, and what is
//! not.

mod at_hand;
mod cache;
mod copy;
mod data_key;
mod error;
mod figures;
mod file;
mod header;
mod id;
mod names;
mod pool;
mod slot;
mod source;
mod store;
mod wrapping;

pub use copy::copy_keys;
pub use data_key::{DataKey, SEAL_BYTES};
pub use error::KeyError;
pub use figures::{Figures, Rewrapped};
pub use file::{DiskFile, KeyFile};
pub use id::KeyId;
pub use names::Tag;
pub use source::{KeySource, Secret, SourceError};
pub use store::{Found, KeyStore, StoreOptions};
pub use wrapping::WrappingKeys;
