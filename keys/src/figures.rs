//! Owns what a store tells of itself, and what it counts for that.

use std::sync::atomic::AtomicU64;

/// What a change of a corporation's key did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rewrapped {
    /// Keys that are under the current key now.
    pub done: u64,
}

/// Figures of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Places in the file.
    pub places: u64,
    /// Tenants with a key.
    pub tenants: u64,
    /// Keys that are made and nobody's.
    pub ready: u64,
    /// Keys that were destroyed.
    pub erased: u64,
    /// Damaged places.
    pub damaged: u64,
    /// Keys under an older key of their corporation.
    pub stale: u64,
    /// How often somebody waited for keys to be made.
    pub waited: u64,
}

/// What was counted.
#[derive(Default)]
pub(crate) struct Counts {
    /// Keys that were destroyed before the file was opened.
    pub(crate) gone: u64,
    /// Keys of which the file said then whose they are or that they were destroyed.
    pub(crate) known: u64,
    /// Keys that were given since.
    pub(crate) given: AtomicU64,
    pub(crate) erased: AtomicU64,
    pub(crate) damaged: AtomicU64,
    pub(crate) stale: AtomicU64,
    pub(crate) waited: AtomicU64,
}
