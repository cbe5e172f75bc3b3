//! Owns the tests of a router's turns: a small world of shards that settle what they are granted,
//! and one file per promise. Refuses threads and sleeps: time is a clock that the test moves.

mod fairness;
mod health;
mod limits;
mod owners;
mod permits;
mod windows;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use sluis_model::{Channel, CorporationId, Lane, ManualClock, OnDoubt, ShardId, Timestamp};

use super::{Gate, Owner, ProviderSlot, RouterCore, RouterSettings};
use crate::outbox::{Grant, Outbox, QueueKey, Settled};
use crate::wake::{Activity, Waker};

/// Noon on a Wednesday in winter, Amsterdam 13:00.
const NOON: Timestamp = Timestamp(1_768_392_000_000);

fn some(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

fn settings() -> RouterSettings {
    RouterSettings::new(Channel::Email)
}

/// A provider with this many permits.
fn provider(name: &str, concurrency: u32) -> ProviderSlot {
    let gate = Gate::new(some(concurrency), Waker::new(Arc::default()));
    let (name, on_doubt, concurrency) = (name.into(), OnDoubt::Resend, some(concurrency));
    ProviderSlot {
        name,
        owner: Owner::Street,
        on_doubt,
        concurrency,
        rate_per_second: None,
        burst: None,
        gate,
    }
}

fn limited(name: &str, rate: u32, burst: u32) -> ProviderSlot {
    ProviderSlot {
        rate_per_second: Some(some(rate)),
        burst: Some(some(burst)),
        ..provider(name, 1_000)
    }
}

fn key(lane: Lane, corporation: u16) -> QueueKey {
    QueueKey {
        channel: Channel::Email,
        lane,
        corporation: CorporationId(corporation),
        pinned: None,
    }
}

fn pinned(lane: Lane, corporation: u16, provider: &str) -> QueueKey {
    QueueKey {
        pinned: Some(provider.into()),
        ..key(lane, corporation)
    }
}

/// The shards' side: what waits where, which grants are open, which attempts run.
struct World {
    clock: Arc<ManualClock>,
    activity: Arc<Activity>,
    gates: Vec<Arc<Gate>>,
    outboxes: Vec<Arc<Outbox>>,
    core: RouterCore,
    waiting: BTreeMap<(u16, QueueKey), u32>,
    open: Vec<(ShardId, Grant)>,
    running: Vec<u32>,
    /// Every message that began: queue and provider, in order.
    begun: Vec<(QueueKey, usize)>,
}

impl World {
    fn new(settings: RouterSettings, providers: Vec<ProviderSlot>, shards: usize) -> Self {
        let (clock, activity) = (
            Arc::new(ManualClock::starting_at(NOON)),
            Arc::new(Activity::default()),
        );
        let outboxes: Vec<Arc<Outbox>> = (0..shards).map(|_| Arc::default()).collect();
        let gates: Vec<Arc<Gate>> = providers.iter().map(|p| p.gate.clone()).collect();
        let running = vec![0; gates.len()];
        let core = RouterCore::new(
            settings,
            providers,
            outboxes.clone(),
            clock.clone(),
            activity.clone(),
        );
        Self {
            clock,
            activity,
            gates,
            outboxes,
            core,
            waiting: BTreeMap::new(),
            open: Vec::new(),
            running,
            begun: Vec::new(),
        }
    }

    fn add(&mut self, shard: u16, key: QueueKey, count: u32) {
        let waiting = self.waiting.entry((shard, key.clone())).or_default();
        *waiting += count;
        let now = *waiting;
        self.outboxes[usize::from(shard)].post(|report| {
            report.waiting.insert(key, now);
        });
    }

    fn turn(&mut self) -> Timestamp {
        let open = &mut self.open;
        self.core
            .turn(&mut |shard, grant| open.push((shard, grant)))
    }

    /// Settles the oldest open grant: at most `most` messages begin, the other permits go back.
    fn settle(&mut self, most: u32) -> bool {
        if self.open.is_empty() {
            return false;
        }
        let (shard, grant) = self.open.remove(0);
        let waiting = self
            .waiting
            .entry((shard.0, grant.queue.clone()))
            .or_default();
        let used = grant.count.min(*waiting).min(most);
        *waiting -= used;
        let left = *waiting;
        self.running[grant.provider] += used;
        self.begun
            .extend((0..used).map(|_| (grant.queue.clone(), grant.provider)));
        let settled = Settled {
            queue: grant.queue.clone(),
            provider: grant.provider,
            used,
            returned: grant.count - used,
        };
        self.outboxes[usize::from(shard.0)].post(|report| {
            report.settled.push(settled);
            report.waiting.insert(grant.queue, left);
        });
        true
    }

    fn finish(&mut self, provider: usize, count: u32) {
        self.running[provider] -= count;
        (0..count).for_each(|_| self.gates[provider].finish());
    }

    /// A turn in which everything granted begins and ends at once.
    fn round(&mut self) -> Timestamp {
        let next = self.turn();
        while self.settle(u32::MAX) {}
        for provider in 0..self.running.len() {
            self.finish(provider, self.running[provider]);
        }
        next
    }

    fn rounds(&mut self, count: u32) {
        for _ in 0..count {
            self.round();
        }
    }

    fn granted(&self) -> u32 {
        self.open.iter().map(|(_, grant)| grant.count).sum()
    }

    fn begun_of(&self, wanted: impl Fn(&QueueKey) -> bool) -> usize {
        self.begun.iter().filter(|(queue, _)| wanted(queue)).count()
    }

    fn now(&self) -> Timestamp {
        sluis_model::Clock::now(&*self.clock)
    }
}
