//! Owns the routers of a rehearsal: those of the engine, as they are, with its limits, windows and shares.
//! They are asked once a second of the rehearsal's clock, so a permit may be up to a second late; a
//! provider's burst is at least a second's worth for it. A provider grants what its connections carry:
//! its concurrency by how long it takes. Refuses to send.

use std::num::NonZeroU32;
use std::sync::Arc;

use sluis_actors::router::{Gate, ProviderSlot, RouterCore, RouterSettings, ShareSettings};
use sluis_actors::{Activity, Grant, Outbox, Waker};
use sluis_model::{Channel, ManualClock, OnDoubt, SECOND, ShardId, Timestamp};

use crate::stage::{Carrier, Stage};

/// More permits than anything can use at once.
const ALL: NonZeroU32 = NonZeroU32::MAX;

/// A grant for a shard. The place of the provider is one among all carriers.
pub(crate) struct Granted {
    pub shard: usize,
    pub grant: Grant,
    pub carrier: u8,
}

struct Router {
    core: RouterCore,
    /// Places of its providers among the carriers.
    carriers: Vec<u8>,
}

/// The routers of all channels.
pub(crate) struct Street {
    clock: Arc<ManualClock>,
    routers: Vec<Router>,
    /// What each shard leaves for each router.
    outboxes: Vec<Vec<Arc<Outbox>>>,
    due: Timestamp,
}

impl Street {
    pub(crate) fn new(stage: &Stage, shards: usize) -> Self {
        let clock = Arc::new(ManualClock::starting_at(stage.starts));
        let mut channels: Vec<Channel> = stage.carriers.iter().map(|one| one.channel).collect();
        channels.sort_unstable();
        channels.dedup();
        let mut outboxes = vec![Vec::new(); shards];
        let mut routers = Vec::new();
        for channel in channels {
            let own: Vec<Arc<Outbox>> = (0..shards).map(|_| Arc::default()).collect();
            for (shard, outbox) in own.iter().enumerate() {
                outboxes[shard].push(outbox.clone());
            }
            let places = (0_u8..).zip(&stage.carriers);
            let of: Vec<(u8, &Carrier)> =
                places.filter(|(_, one)| one.channel == channel).collect();
            let takes = |carrier: &Carrier| {
                let model = stage.outside.of(channel, &carrier.name);
                model.map_or(0, |model| model.takes_ms)
            };
            let slots = of.iter().map(|(_, one)| slot(one, takes(one))).collect();
            let settings = stage.routers.get(&channel).cloned();
            let settings = settings.unwrap_or_else(|| RouterSettings::new(channel));
            let activity: Arc<Activity> = Arc::default();
            routers.push(Router {
                core: RouterCore::new(by_the_second(settings), slots, own, clock.clone(), activity),
                carriers: of.iter().map(|(place, _)| *place).collect(),
            });
        }
        Self {
            clock,
            routers,
            outboxes,
            due: Timestamp::NEVER,
        }
    }

    /// Where a shard leaves its reports, by the order of channels.
    pub(crate) fn outboxes(&self, shard: usize) -> Vec<Arc<Outbox>> {
        self.outboxes[shard].clone()
    }

    /// When the routers want a turn by the clock alone.
    pub(crate) const fn due(&self) -> Timestamp {
        self.due
    }

    /// Something new stands in line: they are asked at the next second.
    pub(crate) fn wake(&mut self, now: Timestamp) {
        self.due = self.due.min(now.plus(SECOND));
    }

    /// Asks every router what may go now.
    pub(crate) fn turn(&mut self, now: Timestamp) -> Vec<Granted> {
        self.clock.set(now);
        let mut granted = Vec::new();
        let mut due = Timestamp::NEVER;
        for router in &mut self.routers {
            let carriers = &router.carriers;
            let next = router.core.turn(&mut |ShardId(shard), grant| {
                let carrier = carriers[grant.provider];
                granted.push(Granted {
                    shard: usize::from(shard),
                    grant,
                    carrier,
                });
            });
            due = due.min(next);
        }
        // Never twice in one second: so much is granted at once.
        self.due = if due == Timestamp::NEVER {
            due
        } else {
            due.max(now.plus(SECOND))
        };
        granted
    }
}

/// A provider with the rate that its limit and its connections leave.
fn slot(carrier: &Carrier, takes_ms: i64) -> ProviderSlot {
    let carried = u64::from(carrier.concurrency.get()) * 1_000;
    let carried = u64::try_from(takes_ms)
        .ok()
        .and_then(|takes| carried.checked_div(takes));
    let carried = carried.map(|rate| u32::try_from(rate.max(1)).unwrap_or(u32::MAX));
    let limit = carrier.rate_per_second.map(NonZeroU32::get);
    let rate = carried
        .into_iter()
        .chain(limit)
        .min()
        .and_then(NonZeroU32::new);
    ProviderSlot {
        name: carrier.name.clone(),
        owner: carrier.owner.clone(),
        on_doubt: OnDoubt::Hold,
        concurrency: ALL,
        rate_per_second: rate,
        burst: rate.map(|rate| carrier.burst.map_or(rate, |burst| burst.max(rate))),
        gate: Gate::new(ALL, Waker::new(Arc::default())),
    }
}

/// Shares whose bursts are at least a second's worth.
fn by_the_second(mut settings: RouterSettings) -> RouterSettings {
    let widen = |share: &mut ShareSettings| {
        share.burst = match (share.rate_per_second, share.burst) {
            (Some(rate), burst) => Some(burst.map_or(rate, |burst| burst.max(rate))),
            (None, burst) => burst,
        };
    };
    widen(&mut settings.default);
    settings.corporations.values_mut().for_each(widen);
    settings
}
