//! Owns what a shard does with permits: who of a ready list may use one now, and what becomes of
//! those that nobody uses. Guards and stop rules are asked again: a permit is an input like any
//! other.

use sluis_model::{CorporationId, FlowRef, Input, NotificationId, Permit, Phase, Timestamp};

use super::core::ShardCore;
use super::message::Message;
use super::schedule::ready_key;
use crate::outbox::{Grant, QueueKey, Settled};
use crate::tenant::Awake;

/// A notification that wants the permit at hand.
pub(super) struct Candidate {
    tenant: Awake,
    corporation: CorporationId,
    flow: FlowRef,
    /// Since when it wants to be sent.
    since: Timestamp,
}

impl ShardCore {
    /// Uses as many permits as there is somebody to use them, and settles all of them.
    pub(super) fn grant(&mut self, grant: Grant) {
        let mut used = 0;
        while used < grant.count {
            let Some(id) = self.schedule.ready.pop(&grant.queue) else {
                break;
            };
            if !self.tenants.set_queued(id, false) {
                continue;
            }
            used += u32::from(self.try_start(id, &grant));
        }
        let returned = grant.count - used;
        self.settle(Settled {
            queue: grant.queue,
            provider: grant.provider,
            used,
            returned,
        });
    }

    /// Whether an attempt started.
    fn try_start(&mut self, id: NotificationId, grant: &Grant) -> bool {
        let Some(candidate) = self.candidate(id, &grant.queue) else {
            return false;
        };
        if self.is_paused(&candidate, &grant.queue) {
            self.tenants.set_queued(id, true);
            self.schedule.ready.park(grant.queue.clone(), id);
            return false;
        }
        let Some(permit) = self.permit(id, grant) else {
            return false;
        };
        let key = self.tenants.key(candidate.tenant).clone();
        let decided = self.decide_now(candidate.tenant, key, Input::Permit(permit));
        self.follow_unasked();
        if decided.started {
            let (channel, lane) = (grant.queue.channel, grant.queue.lane);
            self.metrics
                .left_queue(channel, lane, candidate.since, self.now);
        }
        decided.started
    }

    /// The notification, if it still wants a permit of this queue. If it wants another one by now,
    /// it is placed anew.
    pub(super) fn candidate(&mut self, id: NotificationId, queue: &QueueKey) -> Option<Candidate> {
        let slot = self.tenants.locate(id)?.slot;
        let Some(tenant) = self.tenants.awake(slot) else {
            // Nobody is put to rest who waits for a permit. The permit goes back, and whoever wants
            // it is lined up again.
            self.wait_for(slot, Message::Place(id));
            return None;
        };
        let open = self.tenants.state(tenant).find(id)?;
        let corporation = self.tenants.corporation(slot);
        if ready_key(open, corporation, self.now).as_ref() != Some(queue) {
            let flows = &*self.settings.flows;
            self.schedule.place(&mut self.tenants, flows, id, self.now);
            return None;
        }
        match open.phase {
            Phase::Ready { not_before, .. } => Some(Candidate {
                tenant,
                corporation,
                flow: open.flow,
                since: not_before,
            }),
            _ => None,
        }
    }

    fn is_paused(&self, candidate: &Candidate, queue: &QueueKey) -> bool {
        let flow = self.settings.flows.flow(candidate.flow);
        let name = flow.map_or("", |flow| &flow.name);
        self.pauses
            .cover(candidate.corporation, name, queue.channel)
    }

    fn permit(&self, id: NotificationId, grant: &Grant) -> Option<Permit> {
        let channel = grant.queue.channel;
        let provider = self.settings.links.provider(channel, grant.provider)?;
        Some(Permit {
            id,
            channel,
            provider: provider.name.clone(),
            on_doubt: provider.on_doubt,
        })
    }

    /// Tells the router what became of its grant.
    fn settle(&self, settled: Settled) {
        let (queue, waiting) = (
            settled.queue.clone(),
            self.schedule.ready.waiting(&settled.queue),
        );
        let channel = queue.channel;
        self.settings.links.tell_router(channel, |report| {
            report.waiting.insert(queue, waiting);
            report.settled.push(settled);
        });
    }

    /// Tells the routers which queues changed.
    pub(super) fn tell_routers(&mut self) {
        for queue in self.schedule.ready.take_changed() {
            let waiting = self.schedule.ready.waiting(&queue);
            let channel = queue.channel;
            self.settings.links.tell_router(channel, |report| {
                report.waiting.insert(queue, waiting);
            });
        }
    }
}
