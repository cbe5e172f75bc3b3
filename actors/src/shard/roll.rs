//! Owns the roll of a corporation's tenants: who stands in a shard, in pieces, so that a shard of a
//! million is not held up. Of who is active it gives the state; of who is at rest the record that has it,
//! which is read beside the shard: nobody is woken to be counted. Refuses to judge a tenant.

use sluis_journal::{Journal, JournalError, Shard};
use sluis_model::{CorporationId, Tenant, TenantKey};

use super::activation::read_stored;
use super::brought::LostState;
use super::core::ShardCore;
use super::on_roll::{OnRoll, RollState};
use super::place::Slot;
use super::request::ShardAnswer;

/// Most places looked at in one piece.
const MOST_LOOKED_AT: usize = 8_192;
/// Most tenants in one piece: about a millisecond of the shard's time.
const MOST_FOUND: usize = 256;

impl ShardCore {
    pub(super) fn roll(&self, corporation: CorporationId, from: u32) -> ShardAnswer {
        let count = self.tenants.tenant_count();
        let first = from as usize;
        let end = count.min(first.saturating_add(MOST_LOOKED_AT));
        let mut tenants = Vec::new();
        let mut next = first;
        while next < end && tenants.len() < MOST_FOUND {
            let slot = next as Slot;
            next += 1;
            if self.tenants.corporation(slot) != corporation {
                continue;
            }
            let state = match self.tenants.awake(slot) {
                Some(tenant) => {
                    let key = self.tenants.key(tenant);
                    // The place of a tenant who was erased.
                    if key.tenant.is_empty() {
                        continue;
                    }
                    RollState::Active(Box::new((key.clone(), self.tenants.state(tenant).clone())))
                }
                None => match self.tenants.host.stored_at(slot) {
                    Some(stored) => RollState::AtRest(stored),
                    // He is being erased.
                    None => continue,
                },
            };
            tenants.push(OnRoll { place: slot, state });
        }
        ShardAnswer::Roll {
            tenants,
            next: (next < count).then_some(next as u32),
            places: count as u64,
        }
    }
}

/// The state of a tenant at rest. None: it does not stand in this record any more, so ask again who
/// stands at the place.
///
/// # Errors
/// The journal cannot be read.
pub fn read_at_rest(
    journal: &dyn Journal,
    shard: Shard,
    stored: u64,
) -> Result<Option<(TenantKey, Tenant)>, JournalError> {
    match read_stored(journal, shard, stored) {
        Ok(whole) => Ok(Some((whole.key, whole.state))),
        Err(LostState::Journal(error)) => Err(error),
        Err(LostState::Missing { .. } | LostState::Failed { .. } | LostState::Record { .. }) => {
            Ok(None)
        }
    }
}
