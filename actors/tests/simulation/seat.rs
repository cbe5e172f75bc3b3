//! Owns the turns of shards and routers as their actors run them: a failed shard is rebuilt once
//! everything handed to the journal is durable; grants go into the shards' inboxes. Refuses actix.

use std::sync::Arc;

use sluis_actors::router::{Owner, RouterCore};
use sluis_actors::{Endings, Grant, Inbox, Outbox, QueueKey, Report, ShardCore, Waker};
use sluis_journal::{Journal, Shard};
use sluis_model::{Channel, CorporationId, Lane, ShardId};

use crate::planted::Bug;
use crate::safety::fairness::Fairness;
use crate::safety::hours::Hours;

/// A shard's place.
pub(crate) struct ShardSeat {
    core: Option<ShardCore>,
    failed: bool,
    pub(crate) waker: Arc<Waker>,
    endings: Arc<Endings>,
}

impl ShardSeat {
    pub(crate) fn new(core: ShardCore, waker: Arc<Waker>, endings: Arc<Endings>) -> Self {
        Self {
            core: Some(core),
            failed: false,
            waker,
            endings,
        }
    }

    /// A turn, as the shard's actor runs it. `true` when the shard was rebuilt in it.
    pub(crate) fn turn(&mut self) -> bool {
        let (waker, failed) = (self.waker.clone(), self.failed);
        let more = waker.turn(|| match self.core.take() {
            Some(core) if self.failed && core.may_be_rebuilt() => {
                self.core = Some(core.rebuilt().expect("the journal can be read"));
                self.failed = false;
                true
            }
            Some(mut core) => {
                let more = !self.failed && core.turn();
                self.core = Some(core);
                more
            }
            None => false,
        });
        if more {
            self.waker.wake();
        }
        failed && !self.failed
    }

    /// A turn that panics at its end.
    pub(crate) fn fail(&mut self) {
        if let (Some(core), false) = (&mut self.core, self.failed) {
            core.lose_turn();
            self.failed = true;
            self.waker.wake();
        }
    }

    /// How many tenants are at rest.
    pub(crate) fn at_rest(&self) -> usize {
        self.core.as_ref().map_or(0, ShardCore::at_rest)
    }

    /// What a start would make of it, from its checkpoint and from its log.
    pub(crate) fn told_twice(
        &self,
        corporations: &[CorporationId],
    ) -> Option<(u64, String, String)> {
        let core = self.core.as_ref()?;
        Some(
            core.told_twice(corporations)
                .expect("the journal can be read"),
        )
    }

    /// Forgets the timers of passive tenants.
    pub(crate) fn forget_timers_at_rest(&mut self) {
        if let Some(core) = &mut self.core {
            core.forget_timers_at_rest();
        }
    }

    /// Writes what ended to the keyed table, and says up to where that is complete.
    pub(crate) fn table(&self, journal: &dyn Journal, shard: Shard) -> u64 {
        self.endings
            .write(journal, shard)
            .expect("the table takes everything")
    }
}

/// A router's place.
pub(crate) struct RouterSeat {
    pub(crate) channel: Channel,
    pub(crate) core: RouterCore,
    pub(crate) waker: Arc<Waker>,
    pub(crate) outboxes: Vec<Arc<Outbox>>,
    pub(crate) hours: Hours,
    /// Whose its providers are, in their order.
    pub(crate) owners: Vec<Owner>,
}

impl RouterSeat {
    /// A turn, as the router's actor runs it; `false` when a grant found no room. The fairness book
    /// sees what the shards reported and what was granted.
    #[must_use]
    pub(crate) fn turn(
        &mut self,
        inboxes: &[Arc<Inbox>],
        fairness: &mut Fairness,
        bug: Option<Bug>,
    ) -> bool {
        let mut grants: Vec<(ShardId, Grant)> = Vec::new();
        let waker = self.waker.clone();
        let next = waker.turn(|| {
            for (shard, outbox) in self.outboxes.iter().enumerate() {
                let report = outbox.take();
                fairness.reported(shard, &report);
                outbox.post(|empty| *empty = distort(report, bug));
            }
            self.core
                .turn(&mut |shard, grant| grants.push((shard, grant)))
        });
        waker.set_due(next);
        for (_, grant) in &mut grants {
            grant.queue = heard(&grant.queue, bug);
        }
        fairness.granted(self.channel, &self.owners, &grants);
        self.hours.granted(&grants, &mut fairness.findings);
        // Every grant is tried, whatever became of the others.
        grants
            .into_iter()
            .map(|(shard, grant)| inboxes[usize::from(shard.0)].grant(grant))
            .fold(true, |all, room| all & room)
    }
}

/// What the router hears of a report, where a bug is planted between them.
fn distort(report: Report, bug: Option<Bug>) -> Report {
    let Report {
        waiting,
        mut settled,
    } = report;
    settled
        .iter_mut()
        .for_each(|settled| settled.queue = heard(&settled.queue, bug));
    let busy = waiting
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(key, _)| key.corporation)
        .min();
    let hidden = |key: &QueueKey| {
        bug == Some(Bug::BusyHidesOthers) && busy.is_some_and(|first| key.corporation > first)
    };
    let waiting = waiting
        .into_iter()
        .filter(|(key, _)| !hidden(key))
        .map(|(key, count)| (heard(&key, bug), count))
        .collect();
    Report { waiting, settled }
}

/// The queue a router takes this one for, and back again.
fn heard(key: &QueueKey, bug: Option<Bug>) -> QueueKey {
    let lane = match (bug, key.lane) {
        (Some(Bug::LanesMixedUp), Lane::Urgent) => Lane::Bulk,
        (Some(Bug::LanesMixedUp), Lane::Bulk) => Lane::Urgent,
        (_, lane) => lane,
    };
    QueueKey {
        lane,
        ..key.clone()
    }
}
