//! Owns what a store tells of whose keys are: which corporations have one, and of how many it is known.
//! Refuses to give one.

use std::sync::atomic::Ordering::Relaxed;

use sluis_model::CorporationId;

use super::KeyStore;

impl KeyStore {
    /// Whether bytes of this corporation's tenants are sealed.
    #[must_use]
    pub fn seals(&self, corporation: CorporationId) -> bool {
        self.wrapping.has(corporation)
    }

    /// The corporations whose tenants' bytes are sealed, by number.
    #[must_use]
    pub fn corporations(&self) -> Vec<CorporationId> {
        let mut corporations: Vec<_> = self.wrapping.corporations().collect();
        corporations.sort_unstable();
        corporations
    }

    /// Of how many keys it is known whose they are or were. It never becomes less: what is known is
    /// durable after [`KeyStore::sync`].
    #[must_use]
    pub fn owners(&self) -> u64 {
        self.names.read().owned() + self.counts.gone
    }

    /// As [`KeyStore::owners`], without what was only learned since the file was opened. A file that was
    /// put back from a copy knows fewer than the one that it replaced, as long as a key was given
    /// between.
    #[must_use]
    pub fn owners_in_file(&self) -> u64 {
        self.counts.known + self.counts.given.load(Relaxed)
    }
}
