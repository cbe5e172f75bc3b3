//! Owns one process of the simulated house: shards, routers, supervisors, their bells and queues,
//! put together as the engine puts them together. Everything in it is gone after a crash. Refuses
//! to decide who runs next.

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroU32;
use std::sync::Arc;

use parking_lot::Mutex;
use sluis_actors::router::{Gate, ProviderSlot, RouterCore, RouterSettings, ShareSettings};
use sluis_actors::{
    Activity, Bell, Board, Claim, Claimed, Dispatch, Inbox, InboxBounds, KeyIndex, KeyWindow,
    Links, PauseBook, ProviderEntry, Quota, Readers, ShardCore, ShardSettings,
};
use sluis_journal::{Journal, Shard};
use sluis_model::{
    Channel, Clock, CorporationId, Environment, Idempotency, NotificationId, OnDoubt, Policy,
    RetryPolicy, ShardId, Timestamp,
};

use crate::clock::{LatestClock, SimClock};
use crate::disk::Disk;
use crate::flows::Shelf;
use crate::plan::Plan;
use crate::planted::Bug;
use crate::safety::hours::Hours;
use crate::seat::{RouterSeat, ShardSeat};
use crate::station::{Parts, Station};

/// The ways out: name, channel, what its provider wants done with doubt.
pub(crate) const WAYS: [(&str, Channel, OnDoubt); 3] = [
    ("relay", Channel::Email, OnDoubt::Resend),
    ("spare", Channel::Email, OnDoubt::Hold),
    ("texts", Channel::Sms, OnDoubt::Hold),
];
const CHANNELS: [Channel; 2] = [Channel::Email, Channel::Sms];
/// Alarms that are rung for each one that is swallowed, where that is planted.
const ALARMS: u64 = 3;

/// Who can have a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Actor {
    Shard(usize),
    Router(usize),
    Station(usize),
}

/// Those whose bell rang. A set: the order in which one turn rings several means nothing, and hash
/// maps decide it.
pub(crate) type Rung = Arc<Mutex<BTreeSet<Actor>>>;

/// One simulated process.
pub(crate) struct House {
    pub(crate) activity: Arc<Activity>,
    pub(crate) quota: Arc<Quota>,
    pauses: Arc<PauseBook>,
    pub(crate) inboxes: Vec<Arc<Inbox>>,
    pub(crate) shards: Vec<ShardSeat>,
    pub(crate) routers: Vec<RouterSeat>,
    pub(crate) stations: Vec<Station>,
    pub(crate) rung: Rung,
    keys: Arc<KeyIndex>,
    clock: Arc<SimClock>,
    alarms: u64,
    bug: Option<Bug>,
}

/// What outlives a process.
pub(crate) struct Ground<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) disk: &'a Arc<Disk>,
    pub(crate) clock: &'a Arc<SimClock>,
    pub(crate) bug: Option<Bug>,
}

pub(crate) fn corporations(plan: &Plan) -> impl Iterator<Item = CorporationId> {
    (1..=plan.corporations).map(CorporationId)
}

impl House {
    /// Recovers every shard and starts everything.
    pub(crate) fn start(ground: &Ground<'_>) -> Self {
        let Ground {
            plan, clock, bug, ..
        } = *ground;
        let (activity, rung) = (Arc::new(Activity::default()), Rung::default());
        let bell = |actor: Actor| {
            let (bell, rung) = (Bell::new(activity.clone()), rung.clone());
            bell.connect(move || {
                rung.lock().insert(actor);
            });
            bell
        };
        let bells: Vec<_> = (0..usize::from(plan.shards))
            .map(|shard| bell(Actor::Shard(shard)))
            .collect();
        let inboxes: Vec<_> = bells
            .iter()
            .map(|bell| Inbox::new(bounds(plan, bug), bell.clone(), activity.clone()))
            .collect();
        let mut routers = Vec::new();
        let mut stations = Vec::new();
        for (number, channel) in CHANNELS.into_iter().enumerate() {
            let router_bell = bell(Actor::Router(number));
            let mut slots = Vec::new();
            for (way, (name, of, on_doubt)) in WAYS
                .into_iter()
                .enumerate()
                .filter(|(_, (_, of, _))| *of == channel)
            {
                let concurrency =
                    NonZeroU32::new(plan.ways[way].concurrency).expect("a provider has permits");
                let gate = Gate::new(concurrency, router_bell.clone());
                stations.push(Station::new(Parts {
                    name,
                    channel: of,
                    concurrency: concurrency.get(),
                    breaker: plan.breaker,
                    gate: gate.clone(),
                    bell: bell(Actor::Station(way)),
                    clock: clock.clone(),
                    inboxes: inboxes.clone(),
                    bug,
                }));
                let rate_per_second = plan.ways[way].rate_per_second.and_then(NonZeroU32::new);
                slots.push(ProviderSlot {
                    name: name.into(),
                    on_doubt,
                    concurrency,
                    rate_per_second,
                    burst: None,
                    gate,
                });
            }
            let boards: Vec<Arc<Board>> = inboxes.iter().map(|_| Arc::default()).collect();
            let core = RouterCore::new(
                router_settings(plan, channel, bug),
                slots,
                boards.clone(),
                clock.clone(),
                activity.clone(),
            );
            routers.push(RouterSeat {
                channel,
                core,
                bell: router_bell,
                boards,
                hours: Hours {
                    window: plan.window(),
                    clock: clock.clone(),
                },
            });
        }
        let quota = Arc::new(Quota::new(
            plan.open.0,
            plan.open.2,
            corporations(plan).map(|c| (c, plan.open.1)),
        ));
        let keys = Arc::new(KeyIndex::new(KeyWindow::default(), corporations(plan)));
        let mut house = Self {
            activity,
            quota,
            pauses: Arc::new(PauseBook::new(plan.shards)),
            inboxes,
            shards: Vec::new(),
            routers,
            stations,
            rung,
            keys,
            clock: clock.clone(),
            alarms: 0,
            bug,
        };
        house.recover(ground, &bells);
        house
    }

    fn recover(&mut self, ground: &Ground<'_>, bells: &[Arc<Bell>]) {
        let Ground {
            plan,
            disk,
            clock,
            bug,
        } = *ground;
        let again = disk.last(Shard(0)).0 > 0;
        let shelf = Shelf::new(again && bug == Some(Bug::WaitsForgotten));
        let forgotten = KeyIndex::new(KeyWindow::default(), corporations(plan));
        let keys = if bug == Some(Bug::KeysForgotten) {
            &forgotten
        } else {
            &*self.keys
        };
        let time: Arc<dyn Clock> = match bug {
            Some(Bug::ClockNeverGoesBack) => Arc::new(LatestClock::over(clock.clone())),
            _ => clock.clone(),
        };
        for (shard, bell) in bells.iter().enumerate() {
            let settings = ShardSettings {
                shard: ShardId(shard as u16),
                shards: plan.shards,
                journal: disk.clone(),
                clock: time.clone(),
                flows: shelf.clone(),
                policy: Arc::new(policy(plan, bug)),
                quota: self.quota.clone(),
                inboxes: self.inboxes.clone(),
                bell: bell.clone(),
                activity: self.activity.clone(),
                links: self.links(shard),
                endings: Arc::default(),
                readers: Readers::inline(),
                pauses: self.pauses.clone(),
                paused: false,
            };
            let endings = settings.endings.clone();
            let core = ShardCore::start(settings, keys).expect("the journal can be read");
            let wake = bell.clone();
            disk.on_durable(Shard(shard as u16), Arc::new(move || wake.ring()));
            self.shards
                .push(ShardSeat::new(core, bell.clone(), endings));
            bell.ring();
        }
        shelf.open();
    }

    fn links(&self, shard: usize) -> Links {
        let ways: Vec<_> = self
            .stations
            .iter()
            .map(|station| (station.inbox.clone(), station.gate.clone()))
            .collect();
        let gates = ways.clone();
        let providers = |channel: Channel| {
            let of = WAYS.iter().filter(|(_, of, _)| *of == channel);
            of.map(|(name, _, on_doubt)| ProviderEntry {
                name: (*name).into(),
                on_doubt: *on_doubt,
            })
            .collect()
        };
        Links {
            dispatch: Arc::new(move |dispatch: Box<Dispatch>| {
                let (inbox, _) = &ways[way(&dispatch)];
                inbox.offer(*dispatch).map_err(Box::new)
            }),
            abandon: Arc::new(move |dispatch: &Dispatch| gates[way(dispatch)].1.finish()),
            routers: self
                .routers
                .iter()
                .map(|seat| {
                    (
                        seat.channel,
                        (seat.boards[shard].clone(), seat.bell.clone()),
                    )
                })
                .collect(),
            providers: HashMap::from(CHANNELS.map(|channel| (channel, providers(channel)))),
            news: Arc::new(|| ()),
        }
    }

    /// Rings whoever's alarm fell due.
    pub(crate) fn tick(&mut self) {
        let now = self.clock.now();
        for seat in &self.shards {
            if seat.bell.due() <= now && self.bug == Some(Bug::AlarmSwallowed) {
                self.alarms += 1;
                if self.alarms.is_multiple_of(ALARMS) {
                    seat.bell.set_due(Timestamp::NEVER);
                }
            }
            seat.bell.tick(now);
        }
        self.routers.iter().for_each(|seat| seat.bell.tick(now));
    }

    /// When somebody wants to run by the clock alone.
    pub(crate) fn next_alarm(&self) -> Timestamp {
        let shards = self.shards.iter().map(|seat| seat.bell.due());
        shards
            .chain(self.routers.iter().map(|seat| seat.bell.due()))
            .min()
            .unwrap_or(Timestamp::NEVER)
    }

    /// When something happens by the clock alone: an alarm, or the end of a provider's silence.
    pub(crate) fn next_due(&self) -> Timestamp {
        let silent = self
            .stations
            .iter()
            .flat_map(|station| &station.flights)
            .filter_map(|flight| flight.silent_until);
        silent
            .min()
            .unwrap_or(Timestamp::NEVER)
            .min(self.next_alarm())
    }

    pub(crate) fn claim(
        &self,
        corporation: CorporationId,
        key: Idempotency,
        id: NotificationId,
    ) -> Claimed {
        Claim::take(
            &self.quota,
            &self.keys,
            corporation,
            key,
            id,
            self.clock.now(),
        )
    }

    /// Attempts that were handed over and have not ended.
    pub(crate) fn flights(&self) -> usize {
        self.stations
            .iter()
            .map(|station| station.flights.len())
            .sum()
    }
}

/// The place of an attempt's provider among [`WAYS`].
pub(crate) fn way(dispatch: &Dispatch) -> usize {
    let of_channel = WAYS
        .iter()
        .enumerate()
        .filter(|(_, (_, channel, _))| *channel == dispatch.channel);
    of_channel
        .map(|(way, _)| way)
        .nth(dispatch.provider)
        .expect("a provider of the channel")
}

/// As the engine raises them: the internal line holds every permit twice.
pub(crate) fn declared(plan: &Plan) -> InboxBounds {
    InboxBounds {
        internal: 2 * plan.permits() + 1,
        ..plan.bounds
    }
}

fn bounds(plan: &Plan, bug: Option<Bug>) -> InboxBounds {
    let declared = declared(plan);
    match bug {
        Some(Bug::InboxUnbounded) => InboxBounds {
            intake: 10_000,
            business: 10_000,
            ..declared
        },
        _ => declared,
    }
}

fn router_settings(plan: &Plan, channel: Channel, bug: Option<Bug>) -> RouterSettings {
    let mut settings = RouterSettings::new(channel);
    let rate_per_second = if plan.limited {
        NonZeroU32::new(2)
    } else {
        None
    };
    let window = match bug {
        Some(Bug::HoursOfAnotherZone) => plan.hours.and_then(|_| "09:00-21:00".parse().ok()),
        _ => plan.window(),
    };
    if plan.limited || window.is_some() {
        let share = ShareSettings {
            rate_per_second,
            window,
            ..ShareSettings::default()
        };
        settings.corporations.insert(CorporationId(1), share);
    }
    settings
}

fn policy(plan: &Plan, bug: Option<Bug>) -> Policy {
    let most = if bug == Some(Bug::TenantUnbounded) {
        usize::MAX
    } else {
        plan.open_per_tenant
    };
    Policy {
        environment: Environment::Production,
        channels: corporations(plan).map(|c| (c, CHANNELS.to_vec())).collect(),
        allow_list: Default::default(),
        retry: RetryPolicy {
            most: 3,
            ..RetryPolicy::default()
        },
        max_open_per_tenant: most,
    }
}
