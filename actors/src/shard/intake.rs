//! Owns what a shard does with an input that names its tenant: the order in which the lines are
//! emptied, what an input may cost, and the bounds that only the tenant's own state can tell.
//! Refuses to let a tenant who has gathered too much take the others' time: a turn counts what is
//! walked over, not only what comes in.

use sluis_model::{Answer, CancelTarget, Input, TenantKey};

use super::core::ShardCore;
use super::effects::Effect;
use super::inbox::Inbox;
use super::letter::{Letter, NotTaken, Reply, ShardAnswer};
use crate::claim::Claim;

/// What one turn may cost: so many inputs that walk over nothing.
pub(super) const TURN_WORK: usize = 512;
/// Facts, receipts and questions take at most this part of a turn while intake waits: a flood of
/// them would hold it up.
const BUSINESS_WORK: usize = TURN_WORK / 2;
/// Open notifications that may be looked at for the price of one more input.
const WALKED_FOR_ONE: usize = 8;

/// What a turn has used up.
#[derive(Debug, Default)]
pub(super) struct Spent {
    all: usize,
    business: usize,
}

impl Spent {
    /// Whether the turn is over.
    pub(super) const fn is_all(&self) -> bool {
        self.all >= TURN_WORK
    }

    /// The next letter of the two lines that come from outside, and whether it is business.
    pub(super) fn next(&self, inbox: &Inbox) -> Option<(Letter, bool)> {
        let business = || inbox.next_business().map(|letter| (letter, true));
        let intake = || inbox.next_intake().map(|letter| (letter, false));
        if self.business < BUSINESS_WORK {
            business().or_else(intake)
        } else {
            intake().or_else(business)
        }
    }

    /// Counts one item that walked over so many open notifications.
    pub(super) const fn count(&mut self, walked: usize, business: bool) {
        let work = 1 + walked / WALKED_FOR_ONE;
        self.all += work;
        if business {
            self.business += work;
        }
    }
}

/// Open notifications of the tenant that the input looks at, of `open`.
pub(super) const fn walks_over(input: &Input, open: usize) -> usize {
    match input {
        Input::Notify(_)
        | Input::Fact(_)
        | Input::Cancel {
            target: CancelTarget::Subject(_),
            ..
        } => open,
        Input::PutProfile(_)
        | Input::Supplied(_)
        | Input::Receipt(_)
        | Input::Timer { .. }
        | Input::Permit(_)
        | Input::Outcome { .. }
        | Input::Interrupted { .. }
        | Input::Cancel {
            target: CancelTarget::Notification(_),
            ..
        }
        | Input::Answer { .. }
        | Input::Link { .. } => 0,
    }
}

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
            let tenant = tenant.tenant.clone();
            return self.later(Effect::Answer(
                reply,
                ShardAnswer::NotTaken(NotTaken::ManyUnknown { tenant, most }),
            ));
        }
        let slot = self.tenants.slot(&tenant);
        let claimed = claim.is_some();
        // Before the decision: if that fails, the rebuilding counts on it.
        self.claims.extend(claim);
        let (answer, position) = self.decide_now(slot, tenant, input).1;
        if stranger && position == 0 {
            self.settings.quota.add_unknown(corporation, -1);
        }
        let answer = match answer {
            Answer::TenantFull { open, most } => {
                if claimed {
                    // Dropped, not kept: key and quota go back.
                    drop(self.claims.pop());
                }
                let tenant = self.tenants.key(slot).tenant.clone();
                ShardAnswer::NotTaken(NotTaken::TenantFull { tenant, open, most })
            }
            answer => ShardAnswer::Decided { answer, position },
        };
        self.later(Effect::Answer(reply, answer));
    }
}
