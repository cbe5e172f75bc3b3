//! Owns one reading of a passive tenant's state, on the thread of a reader. Refuses to decide and to
//! put it in place: what it brings goes through the shard's inbox.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use sluis_journal::{Journal, Sequence, Shard};
use sluis_model::{Assembly, Record, StoredTenant, Whole};

use super::brought::{Activated, Brought, LostState};
use super::inbox::Inbox;
use super::place::Slot;
use super::settings::ShardSettings;
use crate::wake::UnderWay;

/// Reads the whole state of a passive tenant, which stands in this record and perhaps some behind it.
///
/// # Errors
/// See [`LostState`].
pub(super) fn read_stored(
    journal: &dyn Journal,
    shard: Shard,
    first: u64,
) -> Result<Whole, LostState> {
    let mut assembly = Assembly::default();
    let mut sequence = first;
    loop {
        let piece = read_piece(journal, shard, sequence)?;
        let is_last = piece.is_last();
        match assembly.take(sequence, piece) {
            Some(whole) => return Ok(whole),
            None if is_last => return Err(LostState::Missing { sequence }),
            None => sequence += 1,
        }
    }
}

fn read_piece(
    journal: &dyn Journal,
    shard: Shard,
    sequence: u64,
) -> Result<StoredTenant, LostState> {
    let Some(bytes) = journal.read(shard, Sequence(sequence))? else {
        return Err(LostState::Missing { sequence });
    };
    match Record::decode(&bytes) {
        Ok(Record::Stored(piece)) => Ok(*piece),
        Ok(Record::Tenant(_) | Record::Control(_) | Record::Gone(_)) => {
            Err(LostState::Missing { sequence })
        }
        Err(source) => Err(LostState::Record { sequence, source }),
    }
}

/// A reading that is asked for. It counts as under way until it is dropped.
pub(super) struct Activation {
    journal: Arc<dyn Journal>,
    shard: Shard,
    inbox: Arc<Inbox>,
    slot: Slot,
    stored: u64,
    _under_way: UnderWay,
}

impl Activation {
    pub(super) fn new(settings: &ShardSettings, slot: Slot, stored: u64) -> Self {
        Self {
            journal: settings.journal.clone(),
            shard: settings.journal_shard(),
            inbox: settings.inbox().clone(),
            slot,
            stored,
            _under_way: UnderWay::begin(&settings.activity),
        }
    }

    /// Reads, and brings the state back or says why it cannot.
    pub(super) fn run(self) {
        let sequence = self.stored;
        let read = || read_stored(&*self.journal, self.shard, sequence);
        // Whoever waits for the tenant is told in any case.
        let read = catch_unwind(AssertUnwindSafe(read));
        let brought = match read.unwrap_or(Err(LostState::Failed { sequence })) {
            Ok(Whole { key, state, .. }) => Brought::Activated(Box::new(Activated {
                slot: self.slot,
                stored: self.stored,
                key,
                state,
            })),
            Err(error) => Brought::Lost(self.slot, self.stored, error),
        };
        self.inbox.bring(brought);
    }
}
