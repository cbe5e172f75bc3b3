//! Owns how far the taking of a checkpoint is, and what was taken. Refuses to take anything: the shard
//! does.

use sluis_model::checkpoint::{Begin, Part};
use sluis_model::{CorporationId, NotificationId};

use super::super::place::Slot;
use crate::keys::KeyCursor;

/// Bytes of a chunk.
const CHUNK: usize = 256 << 10;

/// A checkpoint that is being taken.
pub(in super::super) struct Taking {
    /// Everything up to this record is in it.
    pub(super) upto: u64,
    pub(super) chunks: Vec<Vec<u8>>,
    pub(super) chunk: Vec<u8>,
    /// Whether the tenant at each place was passive.
    pub(super) passive: Vec<bool>,
    pub(super) stage: Stage,
}

/// What is taken next.
pub(super) enum Stage {
    /// Tenants, from this place on.
    Tenants,
    /// What passive tenants have open, behind this one.
    Opens(Option<NotificationId>),
    /// Their subjects, from this place on.
    Subjects((u64, CorporationId, Slot)),
    /// Idempotency keys.
    Keys(KeyCursor),
    /// What the shard is beside that.
    Itself,
    /// Everything up to this record must be durable.
    Taken(u64),
}

impl Taking {
    pub(super) fn begin(begin: Begin, upto: u64) -> Self {
        let mut chunk = Vec::with_capacity(CHUNK);
        <Part>::Begin(begin).append(&mut chunk);
        Self {
            upto,
            chunks: Vec::new(),
            chunk,
            passive: Vec::new(),
            stage: Stage::Tenants,
        }
    }

    pub(super) fn was_passive(&self, slot: Slot) -> bool {
        self.passive.get(slot as usize).copied().unwrap_or(false)
    }

    /// Begins another chunk when this one is full.
    pub(super) fn cut(&mut self) {
        if self.chunk.len() >= CHUNK {
            let full = std::mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK));
            self.chunks.push(full);
        }
    }
}
