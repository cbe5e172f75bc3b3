//! Owns the words in which an erasure is asked for, answered and found again. Refuses to do it.

use std::collections::HashMap;

use sluis_journal::Sequence;
use sluis_model::{Erased, NotificationId, ShardId, TenantKey, Timestamp, Unfinished};

use super::endings::Endings;

/// Whom to erase, as whoever asks has seen him.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EraseOrder {
    /// The tenant.
    pub tenant: TenantKey,
    /// The sequence of his newest record that was looked at; 0: none. With another one nothing is
    /// done: what came since may forbid it.
    pub seen: u64,
    /// What is written.
    pub record: Erased,
    /// The notifications that were his.
    pub notifications: Vec<NotificationId>,
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Erasure {
    /// The record is durable and nothing of him is in the shard's memory. His messages wait until
    /// [`crate::Engine::end_erasure`].
    Written {
        /// Where it stands.
        sequence: u64,
        /// When it was written.
        at: Timestamp,
    },
    /// Something was written about him since he was looked at. Nothing was done.
    Changed,
    /// It is not allowed. Nothing was done.
    Refused(Unfinished),
}

/// A record of an erasure, as a replay finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundErasure {
    /// The shard.
    pub shard: ShardId,
    /// Where the record stands.
    pub sequence: u64,
    /// When it was written.
    pub at: Timestamp,
    /// What it says.
    pub record: Erased,
}

/// Who has the keys of tenants and destroys them.
pub trait Erasures: Send + Sync {
    /// The keyed hash of a tenant, as [`Erased::tenant`] has it.
    fn tag(&self, tenant: &TenantKey) -> [u8; 16];

    /// A replay has found the record of an erasure, and nothing newer of the tenant behind it: destroys
    /// what is left of his keys. Gives how many there were. May block.
    ///
    /// # Errors
    /// They cannot be destroyed.
    fn finish(&self, found: &FoundErasure) -> Result<usize, String>;

    /// The same, with something newer of the tenant behind it: it was finished before that.
    fn finished(&self, found: &FoundErasure);
}

/// Who works beside a replay.
#[derive(Clone, Copy)]
pub(super) struct Beside<'a> {
    /// Who else writes the table.
    pub(super) endings: &'a Endings,
    /// Who destroys keys.
    pub(super) erasures: Option<&'a dyn Erasures>,
}

/// The newest record of an erasure for each tenant, by his hash.
#[derive(Debug, Default)]
pub(super) struct ErasedTenants(HashMap<[u8; 16], Noted>);

#[derive(Debug)]
struct Noted {
    sequence: u64,
    at: Timestamp,
    record: Erased,
    /// Whether something newer about him came behind it.
    has_newer: bool,
}

impl ErasedTenants {
    pub(super) fn note(&mut self, sequence: Sequence, at: Timestamp, record: Erased) {
        let noted = Noted {
            sequence: sequence.0,
            at,
            has_newer: false,
            record,
        };
        self.0.insert(noted.record.tenant, noted);
    }

    /// A record about a tenant came.
    pub(super) fn newer(&mut self, erasures: Option<&dyn Erasures>, tenant: &TenantKey) {
        if self.0.is_empty() {
            return;
        }
        let tag = erasures.map(|erasures| erasures.tag(tenant));
        if let Some(noted) = tag.and_then(|tag| self.0.get_mut(&tag)) {
            noted.has_newer = true;
        }
    }

    /// Each, and whether something newer came behind it.
    pub(super) fn into_found(self, shard: ShardId) -> impl Iterator<Item = (FoundErasure, bool)> {
        self.0.into_values().map(move |noted| {
            let found = FoundErasure {
                shard,
                sequence: noted.sequence,
                at: noted.at,
                record: noted.record,
            };
            (found, noted.has_newer)
        })
    }
}
