//! Owns the parts of a process that stand before any shard does: wakers, inboxes, routers and their
//! stations, put together as the engine puts them together.

use std::num::NonZeroU32;
use std::sync::Arc;

use sluis_actors::router::{Gate, Owner, ProviderSlot, RouterCore};
use sluis_actors::{Activity, Inbox, Outbox, Waker};
use sluis_model::Channel;

use crate::ground::{Actor, Ground, WAYS, Woken};
use crate::planted::Bug;
use crate::safety::hours::Hours;
use crate::seat::RouterSeat;
use crate::settings::{bounds, router_settings};
use crate::station::{Parts, Station};

/// What everything else hangs on.
pub(crate) struct Frame<'a> {
    ground: &'a Ground<'a>,
    pub(crate) activity: Arc<Activity>,
    pub(crate) woken: Woken,
    pub(crate) shard_wakers: Vec<Arc<Waker>>,
    pub(crate) inboxes: Vec<Arc<Inbox>>,
}

impl<'a> Frame<'a> {
    pub(crate) fn new(ground: &'a Ground<'a>) -> Self {
        let (activity, woken) = (Arc::new(Activity::default()), Woken::default());
        let shards = 0..usize::from(ground.plan.shards);
        let shard_wakers: Vec<_> = shards
            .map(|shard| waker(&activity, &woken, Actor::Shard(shard)))
            .collect();
        let bounds = bounds(ground.plan, ground.bug);
        let inboxes = shard_wakers
            .iter()
            .map(|waker| Inbox::new(bounds, waker.clone(), activity.clone()))
            .collect();
        Self {
            ground,
            activity,
            woken,
            shard_wakers,
            inboxes,
        }
    }

    /// The router of a channel; its stations are added to `stations`.
    pub(crate) fn router(
        &self,
        number: usize,
        channel: Channel,
        stations: &mut Vec<Station>,
    ) -> RouterSeat {
        let waker = self.waker(Actor::Router(number));
        let ways = WAYS.into_iter().enumerate();
        for (way, _) in ways.filter(|(_, (_, of, _))| *of == channel) {
            let gate = Gate::new(self.concurrency(way), waker.clone());
            stations.push(self.station(way, gate));
        }
        let configured = self.ground.contracts.of_channel(channel);
        let slots = configured
            .clone()
            .map(|(way, owner)| self.slot(way, owner, stations[way].gate.clone()))
            .collect();
        let owners = configured.map(|(_, owner)| owner.clone()).collect();
        let outboxes: Vec<Arc<Outbox>> = self.inboxes.iter().map(|_| Arc::default()).collect();
        let (plan, clock) = (self.ground.plan, self.ground.clock);
        let core = RouterCore::new(
            router_settings(plan, channel, self.ground.bug),
            slots,
            outboxes.clone(),
            clock.clone(),
            self.activity.clone(),
        );
        RouterSeat {
            channel,
            core,
            waker,
            outboxes,
            hours: Hours {
                window: plan.window(),
                clock: clock.clone(),
            },
            owners,
        }
    }

    fn station(&self, way: usize, gate: Arc<Gate>) -> Station {
        let (name, channel, _) = WAYS[way];
        Station::new(Parts {
            name,
            channel,
            concurrency: self.concurrency(way).get(),
            breaker: self.ground.plan.breaker,
            gate,
            waker: self.waker(Actor::Station(way)),
            clock: self.ground.clock.clone(),
            inboxes: self.inboxes.clone(),
            bug: self.ground.bug,
        })
    }

    fn slot(&self, way: usize, owner: &Owner, gate: Arc<Gate>) -> ProviderSlot {
        let (name, _, on_doubt) = WAYS[way];
        let rate = self.ground.plan.ways[way].rate_per_second;
        ProviderSlot {
            name: name.into(),
            owner: match self.ground.bug {
                Some(Bug::AccountsShared) => Owner::Street,
                _ => owner.clone(),
            },
            on_doubt,
            concurrency: self.concurrency(way),
            rate_per_second: rate.and_then(NonZeroU32::new),
            burst: None,
            gate,
        }
    }

    fn concurrency(&self, way: usize) -> NonZeroU32 {
        let permits = self.ground.plan.ways[way].concurrency;
        NonZeroU32::new(permits).expect("a provider has permits")
    }

    fn waker(&self, actor: Actor) -> Arc<Waker> {
        waker(&self.activity, &self.woken, actor)
    }
}

/// A waker that says whose it is.
fn waker(activity: &Arc<Activity>, woken: &Woken, actor: Actor) -> Arc<Waker> {
    let (waker, woken) = (Waker::new(activity.clone()), woken.clone());
    waker.connect(move || {
        woken.lock().insert(actor);
    });
    waker
}
