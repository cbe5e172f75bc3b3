//! Owns what a shard does with an input that names its tenant, and the bounds that only the tenant's
//! own state can tell.

use sluis_model::{Addressed, Answer, CorporationId, Input, TenantKey};

use super::core::ShardCore;
use super::decide::is_part;
use super::request::{NotTaken, Reply, ShardAnswer, ShardRequest};
use crate::claim::Claim;
use crate::quota::NoRoom;
use crate::tenant::Awake;

impl ShardCore {
    pub(super) fn input(
        &mut self,
        tenant: TenantKey,
        input: Input,
        reply: Reply,
        claim: Option<Claim>,
    ) {
        let corporation = tenant.corporation;
        let known = match self.tenants.find(&tenant) {
            Ok(known) => known,
            Err(slot) => {
                let again = ShardRequest::Input {
                    tenant,
                    input,
                    reply,
                    claim,
                };
                return self.wait_for(slot, again.into());
            }
        };
        let tells = matches!(input, Input::Fact(_) | Input::Declared(_));
        let stranger = tells && self.tenants.is_unknown(known);
        if stranger && let Err(most) = self.settings.quota.take_unknown(corporation) {
            let tenant = tenant.tenant;
            let many = NotTaken::ManyUnknown { tenant, most };
            return self.answer(reply, ShardAnswer::NotTaken(many));
        }
        let claimed = claim.is_some();
        match self.places(known, corporation, &input, claimed) {
            Ok(places) => self.places = places,
            Err(no_room) => {
                let no_room = NotTaken::NoRoom(no_room);
                return self.answer(reply, ShardAnswer::NotTaken(no_room));
            }
        }
        let known = known.unwrap_or_else(|| self.tenants.host.add(&tenant));
        if is_part(&input) {
            // Where it is taken its own record counts it from now on.
            drop(claim);
        } else {
            self.writer.hold(claim);
        }
        let decided = self.decide_now(known, tenant, input);
        // Where no group was formed nobody takes them.
        self.places.clear();
        if stranger && decided.position == 0 {
            self.settings.quota.add_unknown(corporation, -1);
        }
        let answer = match decided.answer {
            Answer::TenantFull { open, most } => self.refuse_full(known, claimed, (open, most)),
            Answer::UnknownHousehold | Answer::NobodyToTell(_) if claimed => {
                self.writer.drop_claim();
                decided.into()
            }
            Answer::Fact {
                duplicate: true, ..
            } => {
                self.follow_again(known);
                return self.reply(reply, decided);
            }
            _ => return self.reply(reply, decided),
        };
        self.answer(reply, answer);
    }

    /// The places of those who are told, where this is a notification to a household: it is taken for all of them, or
    /// for none.
    fn places(
        &self,
        household: Option<Awake>,
        corporation: CorporationId,
        input: &Input,
        claimed: bool,
    ) -> Result<Vec<Claim>, NoRoom> {
        let Input::Notify(body) = input else {
            return Ok(Vec::new());
        };
        if body.addressed != Addressed::Household || !claimed {
            return Ok(Vec::new());
        }
        let state = household.map(|household| self.tenants.state(household));
        let known = state.and_then(|state| state.household());
        let (Some(known), Some(flow)) = (known, self.settings.flows.flow(body.flow)) else {
            return Ok(Vec::new());
        };
        let (told, _) = known.told(&flow.group.roles, self.now);
        Claim::take_parts(&self.settings.quota, corporation, told.len())
    }

    /// The tenant has as many open notifications as one may: nothing was stored.
    fn refuse_full(
        &mut self,
        tenant: Awake,
        claimed: bool,
        (open, most): (usize, usize),
    ) -> ShardAnswer {
        if claimed {
            // Dropped, not kept: key and quota go back.
            self.writer.drop_claim();
        }
        let key = self.tenants.key(tenant);
        let tenant = key.as_household().unwrap_or(&key.tenant).into();
        ShardAnswer::NotTaken(NotTaken::TenantFull { tenant, open, most })
    }
}
