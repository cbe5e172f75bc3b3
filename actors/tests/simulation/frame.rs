//! Owns the parts of a process that stand before any shard does: bells, inboxes, routers and their
//! stations, put together as the engine puts them together.

use std::num::NonZeroU32;
use std::sync::Arc;

use sluis_actors::router::{Gate, Owner, ProviderSlot, RouterCore};
use sluis_actors::{Activity, Bell, Board, Inbox};
use sluis_model::Channel;

use crate::ground::{Actor, Ground, Rung, WAYS};
use crate::planted::Bug;
use crate::safety::hours::Hours;
use crate::seat::RouterSeat;
use crate::settings::{bounds, router_settings};
use crate::station::{Parts, Station};

/// What everything else hangs on.
pub(crate) struct Frame<'a> {
    ground: &'a Ground<'a>,
    pub(crate) activity: Arc<Activity>,
    pub(crate) rung: Rung,
    pub(crate) shard_bells: Vec<Arc<Bell>>,
    pub(crate) inboxes: Vec<Arc<Inbox>>,
}

impl<'a> Frame<'a> {
    pub(crate) fn new(ground: &'a Ground<'a>) -> Self {
        let (activity, rung) = (Arc::new(Activity::default()), Rung::default());
        let shards = 0..usize::from(ground.plan.shards);
        let shard_bells: Vec<_> = shards
            .map(|shard| bell(&activity, &rung, Actor::Shard(shard)))
            .collect();
        let bounds = bounds(ground.plan, ground.bug);
        let inboxes = shard_bells
            .iter()
            .map(|bell| Inbox::new(bounds, bell.clone(), activity.clone()))
            .collect();
        Self {
            ground,
            activity,
            rung,
            shard_bells,
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
        let bell = self.bell(Actor::Router(number));
        let ways = WAYS.into_iter().enumerate();
        for (way, _) in ways.filter(|(_, (_, of, _))| *of == channel) {
            let gate = Gate::new(self.concurrency(way), bell.clone());
            stations.push(self.station(way, gate));
        }
        let configured = self.ground.contracts.of_channel(channel);
        let slots = configured
            .clone()
            .map(|(way, owner)| self.slot(way, owner, stations[way].gate.clone()))
            .collect();
        let owners = configured.map(|(_, owner)| owner.clone()).collect();
        let boards: Vec<Arc<Board>> = self.inboxes.iter().map(|_| Arc::default()).collect();
        let (plan, clock) = (self.ground.plan, self.ground.clock);
        let core = RouterCore::new(
            router_settings(plan, channel, self.ground.bug),
            slots,
            boards.clone(),
            clock.clone(),
            self.activity.clone(),
        );
        RouterSeat {
            channel,
            core,
            bell,
            boards,
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
            bell: self.bell(Actor::Station(way)),
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

    fn bell(&self, actor: Actor) -> Arc<Bell> {
        bell(&self.activity, &self.rung, actor)
    }
}

/// A bell that says whose it is.
fn bell(activity: &Arc<Activity>, rung: &Rung, actor: Actor) -> Arc<Bell> {
    let (bell, rung) = (Bell::new(activity.clone()), rung.clone());
    bell.connect(move || {
        rung.lock().insert(actor);
    });
    bell
}
