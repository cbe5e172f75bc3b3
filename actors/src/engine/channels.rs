//! Owns the assembly of the channels: a router for each, a supervisor for each provider, and the
//! links by which shards reach them.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;
use std::sync::Arc;

use sluis_model::{Channel, ShardId};
use tokio::sync::watch;

use super::settings::{EngineSettings, ProviderSetup};
use crate::arbiter_waker::ArbiterWaker;
use crate::dispatch::{Dispatch, Outcome};
use crate::outbox::{Grant, Outbox};
use crate::prepare::PreparePool;
use crate::router::{Gate, Outlook, ProviderSlot, RouterActor, RouterCore, RouterSettings};
use crate::shard::{Inbox, Links, ProviderEntry};
use crate::supervisor::{Supervisor, SupervisorActor, SupervisorInbox, SupervisorParts};
use crate::wake::{Activity, Waker};

/// How many times what it was started with a provider may be given while the engine runs.
const MOST_TIMES: NonZeroU32 = NonZeroU32::MIN.saturating_add(3);
/// What it may be given in any case.
const LEAST_ROOM: NonZeroU32 = NonZeroU32::MIN.saturating_add(127);

/// What channels are put together from.
pub(super) struct Around<'a> {
    pub settings: &'a EngineSettings,
    /// Of the shards, in order.
    pub inboxes: &'a [Arc<Inbox>],
    pub activity: &'a Arc<Activity>,
    pub pool: &'a Arc<PreparePool>,
    pub arbiter_wakers: &'a [ArbiterWaker],
}

/// Routers and supervisors, by channel.
#[derive(Default)]
pub(super) struct Channels {
    routers: BTreeMap<Channel, RouterLink>,
    /// By the names of their providers.
    supervisors: Vec<(Box<str>, Arc<Supervisor>)>,
    ways: HashMap<Channel, Vec<WayOut>>,
    entries: HashMap<Channel, Vec<ProviderEntry>>,
}

/// A supervisor's inbox, and what it shares with the router.
#[derive(Clone)]
struct WayOut {
    inbox: Arc<SupervisorInbox>,
    gate: Arc<Gate>,
}

struct RouterLink {
    outlook: Arc<Outlook>,
    waker: Arc<Waker>,
    outboxes: Vec<Arc<Outbox>>,
}

impl Channels {
    pub(super) fn start(around: &Around<'_>) -> Self {
        let mut channels = Self::default();
        let mut by_channel: BTreeMap<Channel, Vec<&ProviderSetup>> = BTreeMap::new();
        for setup in &around.settings.providers {
            let channel = setup.provider.channel();
            by_channel.entry(channel).or_default().push(setup);
        }
        for (number, (channel, setups)) in by_channel.into_iter().enumerate() {
            let arbiter_waker = &around.arbiter_wakers[number % around.arbiter_wakers.len()];
            channels.start_channel(around, channel, &setups, arbiter_waker);
        }
        channels
    }

    fn start_channel(
        &mut self,
        around: &Around<'_>,
        channel: Channel,
        setups: &[&ProviderSetup],
        arbiter_waker: &ArbiterWaker,
    ) {
        let waker = Waker::new(around.activity.clone());
        let mut slots = Vec::with_capacity(setups.len());
        for setup in setups {
            let gate = Gate::new(setup.concurrency, waker.clone());
            self.start_provider(around, setup, gate.clone(), arbiter_waker);
            slots.push(slot(setup, gate));
        }
        let router = start_router(around, channel, slots, waker, arbiter_waker);
        self.routers.insert(channel, router);
    }

    fn start_provider(
        &mut self,
        around: &Around<'_>,
        setup: &ProviderSetup,
        gate: Arc<Gate>,
        arbiter_waker: &ArbiterWaker,
    ) {
        let supervisor = supervisor(around, setup, gate.clone());
        SupervisorActor::start_in(supervisor.clone(), arbiter_waker);
        let (channel, name) = (setup.provider.channel(), setup.provider.name());
        let inbox = supervisor.inbox().clone();
        let ways = self.ways.entry(channel).or_default();
        ways.push(WayOut { inbox, gate });
        let entries = self.entries.entry(channel).or_default();
        entries.push(ProviderEntry {
            name: name.into(),
            on_doubt: setup.provider.on_doubt(),
            owner: setup.owner.clone(),
        });
        self.supervisors.push((name.into(), supervisor));
    }

    /// Those of the routers.
    pub(super) fn wakers(&self) -> impl Iterator<Item = Arc<Waker>> {
        self.routers.values().map(|router| router.waker.clone())
    }

    /// What wakes each router.
    pub(super) fn router_wakers(&self) -> BTreeMap<Channel, Arc<Waker>> {
        let of = |(channel, router): (&Channel, &RouterLink)| (*channel, router.waker.clone());
        self.routers.iter().map(of).collect()
    }

    /// What each router's explanations are made from.
    pub(super) fn outlooks(&self) -> impl Iterator<Item = (Channel, Arc<Outlook>)> {
        self.routers
            .iter()
            .map(|(channel, router)| (*channel, router.outlook.clone()))
    }

    /// By the names of their providers.
    pub(super) fn supervisors(&self) -> &[(Box<str>, Arc<Supervisor>)] {
        &self.supervisors
    }

    /// Where the effects of this shard go.
    pub(super) fn links(&self, shard: u16, news: &watch::Sender<u64>) -> Links {
        let ways = Arc::new(self.ways.clone());
        let back = ways.clone();
        let news = news.clone();
        let router = |(channel, router): (&Channel, &RouterLink)| {
            let outbox = router.outboxes[usize::from(shard)].clone();
            (*channel, (outbox, router.waker.clone()))
        };
        Links {
            dispatch: Arc::new(move |dispatch: Box<Dispatch>| match way(&ways, &dispatch) {
                Some(way) => way.inbox.offer(*dispatch).map_err(Box::new),
                None => Err(dispatch),
            }),
            abandon: Arc::new(move |dispatch: &Dispatch| {
                if let Some(way) = way(&back, dispatch) {
                    way.gate.finish();
                }
            }),
            routers: self.routers.iter().map(router).collect(),
            providers: self.entries.clone(),
            news: Arc::new(move || news.send_modify(|count| *count += 1)),
        }
    }
}

/// The way out that an attempt takes.
fn way<'a>(ways: &'a HashMap<Channel, Vec<WayOut>>, dispatch: &Dispatch) -> Option<&'a WayOut> {
    ways.get(&dispatch.channel)?.get(dispatch.provider)
}

/// Most attempts at once that a provider may be given while the engine runs: every line is made with room for
/// them.
pub(super) const fn room(concurrency: NonZeroU32) -> NonZeroU32 {
    let room = concurrency.saturating_mul(MOST_TIMES);
    match room.get() < LEAST_ROOM.get() {
        true => LEAST_ROOM,
        false => room,
    }
}

/// A provider as its router knows it.
fn slot(setup: &ProviderSetup, gate: Arc<Gate>) -> ProviderSlot {
    ProviderSlot {
        name: setup.provider.name().into(),
        owner: setup.owner.clone(),
        on_doubt: setup.provider.on_doubt(),
        concurrency: setup.concurrency,
        rate_per_second: setup.rate_per_second,
        burst: setup.burst,
        gate,
    }
}

fn start_router(
    around: &Around<'_>,
    channel: Channel,
    slots: Vec<ProviderSlot>,
    waker: Arc<Waker>,
    arbiter_waker: &ArbiterWaker,
) -> RouterLink {
    let configured = around.settings.routers.get(&channel).cloned();
    let settings = configured.unwrap_or_else(|| RouterSettings::new(channel));
    let outboxes: Vec<Arc<Outbox>> = around.inboxes.iter().map(|_| Arc::default()).collect();
    let core = RouterCore::new(
        settings,
        slots,
        outboxes.clone(),
        around.settings.clock.clone(),
        around.activity.clone(),
    );
    let outlook = Arc::new(core.outlook());
    let to = around.inboxes.to_vec();
    let grant = Box::new(move |shard, grant| give(&to, shard, grant));
    RouterActor::new(core, waker.clone(), grant).start_in(arbiter_waker);
    RouterLink {
        outlook,
        waker,
        outboxes,
    }
}

/// Gives permits to a shard. Its line is as long as all permits together.
fn give(inboxes: &[Arc<Inbox>], shard: ShardId, grant: Grant) {
    if !inboxes[usize::from(shard.0)].grant(grant) {
        tracing::error!(
            shard = shard.0,
            "a shard's internal line was full: permits are lost until the next start"
        );
    }
}

fn supervisor(around: &Around<'_>, setup: &ProviderSetup, gate: Arc<Gate>) -> Arc<Supervisor> {
    let (settings, to) = (around.settings, around.inboxes.to_vec());
    Supervisor::new(SupervisorParts {
        provider: setup.provider.clone(),
        gate,
        waker: Waker::new(around.activity.clone()),
        concurrency: setup.concurrency,
        room: room(setup.concurrency),
        pool: around.pool.clone(),
        threads: settings.threads.clone(),
        outcomes: Arc::new(move |outcome| tell(&to, outcome)),
        spool: settings.spool.clone(),
        clock: settings.clock.clone(),
        settings: settings.supervisors,
    })
}

/// Tells the attempt's shard its outcome. Its line is as long as all permits together.
fn tell(inboxes: &[Arc<Inbox>], outcome: Outcome) {
    let id = outcome.attempt.id;
    let inbox = &inboxes[usize::from(id.shard().0)];
    if !inbox.take_outcome(outcome) {
        tracing::error!(%id, "a shard's internal line was full: the outcome is lost, the attempt is in doubt at the next start");
    }
}
