//! Owns what readers bring back into a shard's inbox. Refuses to know how they came by it.

use sluis_journal::JournalError;
use sluis_model::codec::CodecError;
use sluis_model::{Tenant, TenantKey};

use super::found::Found;
use super::place::Slot;
use super::request::{Reply, ShardAnswer};

/// What readers bring.
#[derive(Debug)]
pub(super) enum Brought {
    /// How a notification ended, with what was asked about it.
    Found(Found),
    /// The state of a passive tenant.
    Activated(Box<Activated>),
    /// It cannot be had: whose, and the record that should hold it.
    Lost(Slot, u64, LostState),
    /// An answer that needed more than the shard has in memory.
    Answer(Reply, ShardAnswer),
    /// The key of an erased tenant is gone.
    Erased(TenantKey),
}

/// A passive tenant's state, as a reader brings it.
#[derive(Debug)]
pub(super) struct Activated {
    pub slot: Slot,
    /// The record that holds it.
    pub stored: u64,
    pub key: TenantKey,
    pub state: Tenant,
}

/// The state of a passive tenant cannot be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum LostState {
    /// The store failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Something else stands there, or nothing.
    #[error("record {sequence} holds no stored tenant")]
    Missing {
        /// Where it should be.
        sequence: u64,
    },
    /// The reader failed at it.
    #[error("record {sequence} made its reader fail")]
    Failed {
        /// Where it is.
        sequence: u64,
    },
    /// The record is there but cannot be read.
    #[error("record {sequence} cannot be read: {source}")]
    Record {
        /// Where it is.
        sequence: u64,
        /// What is wrong with it.
        source: CodecError,
    },
}
