//! Owns what a shard does with an input that names its tenant, and the bounds that only the tenant's
//! own state can tell.

use sluis_model::{Answer, Input, TenantKey};

use super::core::ShardCore;
use super::place::Slot;
use super::request::{NotTaken, Reply, ShardAnswer};
use crate::claim::Claim;

impl ShardCore {
    pub(super) fn input(
        &mut self,
        tenant: TenantKey,
        input: Input,
        reply: Reply,
        claim: Option<Claim>,
    ) {
        let corporation = tenant.corporation;
        let stranger = matches!(input, Input::Fact(_)) && self.tenants.is_unknown(&tenant);
        if stranger && let Err(most) = self.settings.quota.take_unknown(corporation) {
            let tenant = tenant.tenant;
            let many = NotTaken::ManyUnknown { tenant, most };
            return self.answer(reply, ShardAnswer::NotTaken(many));
        }
        let slot = self.tenants.slot(&tenant);
        let claimed = claim.is_some();
        self.writer.hold(claim);
        let decided = self.decide_now(slot, tenant, input);
        if stranger && decided.position == 0 {
            self.settings.quota.add_unknown(corporation, -1);
        }
        let answer = match decided.answer {
            Answer::TenantFull { open, most } => self.refuse_full(slot, claimed, (open, most)),
            _ => decided.into(),
        };
        self.answer(reply, answer);
    }

    /// The tenant has as many open notifications as one may: nothing was stored.
    fn refuse_full(
        &mut self,
        slot: Slot,
        claimed: bool,
        (open, most): (usize, usize),
    ) -> ShardAnswer {
        if claimed {
            // Dropped, not kept: key and quota go back.
            self.writer.drop_claim();
        }
        let tenant = self.tenants.key(slot).tenant.clone();
        ShardAnswer::NotTaken(NotTaken::TenantFull { tenant, open, most })
    }
}
