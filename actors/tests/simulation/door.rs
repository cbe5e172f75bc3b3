//! Owns the door of the simulated house: admission as the binary does it, and the requests of
//! everything else. Refuses to answer by itself, except where a bug is planted.

use sluis_actors::{Claim, Claimed, Query, Refused, Reply, ShardRequest};
use sluis_journal::Journal;
use sluis_model::{Input, Intent, NotificationId, Receipt, ShardId, Why, home_shard};

use crate::outside::Evidence;
use crate::planted::Bug;
use crate::safety::escalation::says_it_failed;
use crate::senders::What;
use crate::world::World;

/// Above this share of the journal's queue, intake is refused.
const JOURNAL_SHARE: f64 = 0.7;

impl World {
    /// Admits an order, or asks again for one that was admitted before. Gives the request that will be answered; none:
    /// it was refused at the door.
    pub(crate) fn admit(&mut self, order: usize) -> Option<usize> {
        let (tenant, mut body) = (
            self.senders.orders[order].tenant.clone(),
            self.senders.orders[order].body.clone(),
        );
        let shard = tenant.shard(self.plan.shards);
        let minted = self.chance.senders.next();
        let minted = NotificationId::new(shard, self.clock.peek().0, minted);
        let id = self.senders.orders[order].own_id.unwrap_or(minted);
        let claim = match self.claim(&tenant, &body, id) {
            Ok(claim) => claim,
            Err(Some(known)) => return self.repeat(order, known),
            Err(None) => {
                self.refusals += 1;
                self.note(|| format!("order {order} is refused: no room"));
                return None;
            }
        };
        if self.disk.queue().fill() >= JOURNAL_SHARE {
            self.note(|| format!("order {order} is refused: the journal is busy"));
            return None;
        }
        body.id = id;
        let input = Input::Notify(Box::new(body));
        let request = self.senders.ask(What::Notify { order, id }, shard.0);
        let asked = ShardRequest::Input {
            tenant,
            input,
            reply: self.reply(request),
            claim,
        };
        let taken = self.house.inboxes[usize::from(shard.0)].offer_intake(asked);
        let is_there = taken.is_ok();
        self.handed_in(request, taken);
        self.note(|| format!("order {order} goes to shard {} as {id}", shard.0));
        is_there.then_some(request)
    }

    /// Key and quota for a notification; an error with the id its key stands for already, or
    /// without: no room.
    fn claim(
        &self,
        tenant: &sluis_model::TenantKey,
        body: &sluis_model::Notification,
        id: NotificationId,
    ) -> Result<Option<Claim>, Option<NotificationId>> {
        if self.bug == Some(Bug::OpenUncounted) {
            return Ok(None);
        }
        match self.house.claim(tenant.corporation, body.idempotency, id) {
            Claimed::Granted(claim) => Ok(Some(claim)),
            Claimed::Duplicate(known) | Claimed::Conflict(known) => Err(Some(known)),
            Claimed::NoRoom(_) => Err(None),
        }
    }

    /// The answer of a repeat waits behind the first one's commit.
    fn repeat(&mut self, order: usize, id: NotificationId) -> Option<usize> {
        let corporation = self.senders.orders[order].tenant.corporation;
        let shard = id.shard().0;
        self.note(|| format!("order {order} is a repeat of {id}"));
        if self.bug == Some(Bug::RepeatAnsweredAtTheDoor) {
            self.accepted.told(id);
            return None;
        }
        let request = self.senders.ask(What::Repeat { order, id }, shard);
        let asked = ShardRequest::Query {
            query: Query::Accepted { corporation, id },
            reply: self.reply(request),
        };
        let taken = self.house.inboxes[usize::from(shard)].offer_intake(asked);
        let is_there = taken.is_ok();
        self.handed_in(request, taken);
        is_there.then_some(request)
    }

    /// Hands in a fact, for one tenant or several.
    pub(crate) fn tell_fact(&mut self, number: usize) {
        let (tenants, fact) = (
            self.senders.facts[number].tenants.clone(),
            self.senders.facts[number].fact.clone(),
        );
        let home = home_shard(fact.fact_id.as_bytes(), self.plan.shards);
        let astray = self.bug == Some(Bug::PaymentToTheWrongShard);
        let shard = if tenants.len() == 1 && !astray {
            tenants[0].shard(self.plan.shards)
        } else {
            home
        };
        let request = self.senders.ask(What::Fact { fact: number }, shard.0);
        let (reply, input) = (self.reply(request), Input::Fact(fact));
        let asked = match <[_; 1]>::try_from(tenants) {
            Ok([tenant]) => ShardRequest::Input {
                tenant,
                input,
                reply,
                claim: None,
            },
            Err(tenants) => ShardRequest::Intent {
                work: Intent::Each { tenants, input },
                reply,
            },
        };
        let taken = self.house.inboxes[usize::from(shard.0)].offer_business(asked);
        let there = taken.is_ok();
        self.handed_in(request, taken);
        if there && self.bug == Some(Bug::PaymentAnsweredAtTheDoor) {
            self.acknowledge_fact(number);
        }
        self.note(|| {
            format!(
                "fact {number} goes to shard {}{}",
                shard.0,
                if there { "" } else { ", which is full" }
            )
        });
    }

    /// A provider tells something about a message.
    pub(crate) fn tell_evidence(&mut self, evidence: Evidence) {
        self.outside.tells(&evidence);
        let arrival = &self.outside.arrivals[evidence.arrival];
        let (attempt, corporation) = (arrival.dispatch.attempt, arrival.dispatch.corporation);
        let why = says_it_failed(evidence.kind).then(|| Why::new("5.1.1", "told later"));
        let receipt = Receipt {
            attempt,
            kind: evidence.kind,
            why,
            provider: "outside".into(),
            occurred_at: None,
        };
        self.note(|| {
            format!(
                "{} about attempt {} of {}",
                evidence.kind.name(),
                attempt.attempt,
                attempt.id
            )
        });
        let request = self.senders.ask(
            What::Receipt {
                evidence: evidence.clone(),
                attempt,
            },
            attempt.id.shard().0,
        );
        let input = Input::Receipt(receipt);
        let asked = ShardRequest::ById {
            corporation,
            id: attempt.id,
            input,
            reply: self.reply(request),
        };
        let taken = self.house.inboxes[usize::from(attempt.id.shard().0)].offer_business(asked);
        let refused = taken.is_err();
        self.handed_in(request, taken);
        if refused && self.bug == Some(Bug::BounceSwallowed) {
            self.escalations.acknowledged(attempt, evidence.kind);
        } else if refused {
            self.outside.evidence.push(evidence);
        }
    }

    /// Hands in a request nobody's promise hangs on.
    pub(crate) fn hand_in(
        &mut self,
        what: What,
        shard: ShardId,
        asked: impl FnOnce(Reply) -> ShardRequest,
    ) {
        let request = self.senders.ask(what, shard.0);
        let taken =
            self.house.inboxes[usize::from(shard.0)].offer_business(asked(self.reply(request)));
        self.handed_in(request, taken);
    }

    fn reply(&self, request: usize) -> Reply {
        Reply::to(self.tape.clone(), request as u64)
    }

    fn handed_in(&mut self, request: usize, taken: Result<(), Refused>) {
        if let Err(Refused(asked)) = taken {
            self.senders.refused(request);
            forget(*asked);
        }
    }
}

/// Takes a refused request apart without an answer: its sender was told at the door. Its claim is
/// given back.
fn forget(asked: ShardRequest) {
    match asked {
        ShardRequest::Input { reply, .. }
        | ShardRequest::ById { reply, .. }
        | ShardRequest::Part { reply, .. }
        | ShardRequest::Control { reply, .. }
        | ShardRequest::Intent { reply, .. }
        | ShardRequest::IntentFinished { reply, .. }
        | ShardRequest::Erase { reply, .. }
        | ShardRequest::Query { reply, .. } => reply.forget(),
        ShardRequest::GiveUp(_) => {}
    }
}
