//! Owns the erasure of one tenant in his shard: the last look, the record of it, the forgetting of what
//! is in memory, and the wait until his key is gone. Messages for him wait meanwhile, in their order;
//! after it he is somebody whom the shard does not know. A start that finds the record and not its end
//! finishes it. Refuses to destroy a key: whoever asked does that, beside the arbiters.

use sluis_model::{Control, ShardId, TenantKey};

use super::core::ShardCore;
use super::erased::{EraseOrder, ErasedTenants, Erasure, Erasures};
use super::message::Message;
use super::recover::RecoverError;
use super::request::{Reply, ShardAnswer, ShardRequest};

/// Finishes the erasures whose records a replay has found. Says whether keys were left: then something of
/// an erased tenant may be in what was read.
pub(super) fn finish(
    erasures: &dyn Erasures,
    shard: ShardId,
    erased: ErasedTenants,
) -> Result<bool, RecoverError> {
    let mut were_left = false;
    for (found, has_newer) in erased.into_found(shard) {
        if has_newer {
            erasures.finished(&found);
            continue;
        }
        let destroyed = erasures.finish(&found);
        were_left |= destroyed.map_err(|why| RecoverError::Erasure {
            shard: shard.0,
            sequence: found.sequence,
            why,
        })? > 0;
    }
    Ok(were_left)
}

impl ShardCore {
    pub(super) fn erase(&mut self, order: Box<EraseOrder>, reply: Reply) {
        let found = match self.tenants.find(&order.tenant) {
            Ok(found) => found,
            Err(slot) => return self.wait_for(slot, ShardRequest::Erase { order, reply }.into()),
        };
        // Also he of whom the shard knows nothing gets a place, at which his messages wait.
        let tenant = found.unwrap_or_else(|| self.tenants.host.add(&order.tenant));
        let state = self.tenants.state(tenant);
        if state.last != order.seen {
            return self.answer(reply, ShardAnswer::Erasure(Erasure::Changed));
        }
        if let Some(unfinished) = state.unfinished() {
            return self.answer(reply, ShardAnswer::Erasure(Erasure::Refused(unfinished)));
        }
        self.write_control(Control::Erased(Box::new(order.record)));
        let corporation = order.tenant.corporation;
        if self.tenants.erase(tenant, &order.notifications) {
            self.settings.quota.add_unknown(corporation, -1);
        }
        // What is being taken has him in it.
        self.taking = None;
        let written = Erasure::Written {
            sequence: self.writer.last(),
            at: self.now,
        };
        self.answer(reply, ShardAnswer::Erasure(written));
    }

    /// The key of an erased tenant is gone: what waited for him is taken in its order, as about
    /// somebody new.
    pub(super) fn erased(&mut self, tenant: &TenantKey) {
        let Some(slot) = self.tenants.host.vacate(tenant) else {
            // The shard was rebuilt meanwhile, and that has finished it.
            return;
        };
        let Some(line) = self.lobby.waiting.take(slot) else {
            return;
        };
        for message in line.messages {
            match message {
                // It was read before he was erased.
                Message::Found(found) => self.answer(found.asked.reply, ShardAnswer::NotFound),
                message => self.resume(message),
            }
        }
    }
}
