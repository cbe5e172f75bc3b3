//! Owns the assembly: which actor stands where, who holds whose inbox, and how all of it starts and
//! stops. Refuses configuration, sockets and the clock: `src` brings them.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ArbiterHandle};
use sluis_channels::Provider;
use sluis_journal::{Journal, Shard};
use sluis_model::{
    AttemptRef, Channel, Clock, CorporationId, Lane, NotificationId, Policy, ReferenceKey, ShardId,
    TenantKey, Timestamp, Verdict,
};
use tokio::sync::watch;

use crate::belfry::Belfry;
use crate::board::Board;
use crate::book::Book;
use crate::claim::Quota;
use crate::dispatch::Dispatch;
use crate::keeper::Keeper;
use crate::keys::KeyIndex;
use crate::pauses::PauseBook;
use crate::prepare::{CorporationCard, PreparePool, Preparer};
use crate::readers::Readers;
use crate::recovery::Recovery;
use crate::router::{Gate, Hold, Outlook, ProviderSlot, RouterActor, RouterCore, RouterSettings};
use crate::shard::{
    Endings, Inbox, InboxBounds, Links, OnFatal, ProviderEntry, RecoverError, ShardActor,
    ShardCore, ShardSettings,
};
use crate::supervisor::{
    Supervisor, SupervisorActor, SupervisorInbox, SupervisorParts, SupervisorSettings,
};
use crate::wake::{Activity, Bell};

/// Threads that look in the table.
const READERS: usize = 2;
/// Most look-ups of one corporation that wait for them: as many repeats as a batch and some
/// connections have under way.
const MOST_LOOKUPS: usize = 16_384;

/// One provider with its limits, in order of preference within its channel.
pub struct ProviderSetup {
    /// The way out.
    pub provider: Arc<dyn Provider>,
    /// Most attempts at once.
    pub concurrency: NonZeroU32,
    /// Most messages a second.
    pub rate_per_second: Option<NonZeroU32>,
    /// Most messages at once after a quiet time.
    pub burst: Option<NonZeroU32>,
}

/// Everything an engine is made of.
pub struct EngineSettings {
    /// The journal.
    pub journal: Arc<dyn Journal>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Definitions.
    pub book: Arc<Book>,
    /// Engine-wide settings for decisions.
    pub policy: Policy,
    /// Bounds on open notifications.
    pub quota: Arc<Quota>,
    /// Used idempotency keys.
    pub keys: Arc<KeyIndex>,
    /// Bounds of each shard's inbox; `internal` is raised to the sum of all permits.
    pub bounds: InboxBounds,
    /// Router settings per channel; a channel with providers and no entry gets the defaults.
    pub routers: HashMap<Channel, RouterSettings>,
    /// Providers, in order of preference.
    pub providers: Vec<ProviderSetup>,
    /// Times and thresholds of supervisors.
    pub supervisors: SupervisorSettings,
    /// The engine's reference secret.
    pub key: ReferenceKey,
    /// Corporations as their messages show them.
    pub corporations: HashMap<CorporationId, CorporationCard>,
    /// Whether everything is paused before anything leaves, until an operator resumes it.
    pub paused: bool,
    /// Threads that render.
    pub prepare_threads: usize,
    /// One per core.
    pub arbiters: Vec<ArbiterHandle>,
    /// Where sends run: the runtimes of the arbiters, in their order, so that an attempt's outcome
    /// is decided on the thread that learned it. At least one.
    pub lanes: Arc<[tokio::runtime::Handle]>,
    /// Called when a shard cannot be rebuilt: the process must end.
    pub on_fatal: OnFatal,
    /// How far the replay of the records is, for whoever waits for it.
    pub recovery: Arc<Recovery>,
}

/// Why an engine does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A shard cannot be recovered.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// The operating system refused a thread.
    #[error("could not start a thread: {0}")]
    Thread(#[from] io::Error),
}

/// A running engine.
pub struct Engine {
    journal: Arc<dyn Journal>,
    inboxes: Vec<Arc<Inbox>>,
    bells: Vec<Arc<Bell>>,
    activity: Arc<Activity>,
    quota: Arc<Quota>,
    keys: Arc<KeyIndex>,
    pauses: Arc<PauseBook>,
    outlooks: BTreeMap<Channel, Arc<Outlook>>,
    supervisors: Vec<(Box<str>, Arc<Supervisor>)>,
    pool: Arc<PreparePool>,
    news: watch::Sender<u64>,
    endings: Vec<Arc<Endings>>,
    keeper: Keeper,
    readers: Arc<Readers>,
}

impl Engine {
    /// Recovers every shard, in parallel, and starts the actors.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start(mut settings: EngineSettings) -> Result<Self, StartError> {
        let shards = settings.journal.shards();
        let activity = Arc::new(Activity::default());
        let permits: usize = settings
            .providers
            .iter()
            .map(|p| p.concurrency.get() as usize)
            .sum();
        settings.bounds.internal = settings.bounds.internal.max(2 * permits + 1);
        let shard_bells: Vec<_> = (0..shards).map(|_| Bell::new(activity.clone())).collect();
        let inbox = |bell: &Arc<Bell>| Inbox::new(settings.bounds, bell.clone(), activity.clone());
        let inboxes: Vec<_> = shard_bells.iter().map(inbox).collect();
        let preparer = Preparer::new(
            settings.journal.clone(),
            settings.book.clone(),
            settings.key.clone(),
            settings.corporations.clone(),
        );
        let pool = PreparePool::start(
            settings.prepare_threads,
            permits.max(1),
            preparer.into_prepare(),
        )?;
        // A shard, a router or a supervisor each; routers are never more than providers.
        let actors = usize::from(shards) + 2 * settings.providers.len();
        let belfries: Vec<Belfry> = settings
            .arbiters
            .iter()
            .map(|arbiter| Belfry::start(arbiter.clone(), actors))
            .collect();
        let channels = Channels::start(&settings, &inboxes, &activity, &pool, &belfries);
        let news = watch::Sender::new(0);
        let endings: Vec<Arc<Endings>> = (0..shards).map(|_| Arc::default()).collect();
        let keeper = Keeper::start(settings.journal.clone(), endings.clone())?;
        let engine = Self {
            journal: settings.journal.clone(),
            bells: shard_bells
                .iter()
                .chain(channels.routers.values().map(|r| &r.bell))
                .cloned()
                .collect(),
            inboxes,
            activity,
            quota: settings.quota.clone(),
            keys: settings.keys.clone(),
            pauses: Arc::new(PauseBook::new(shards)),
            outlooks: channels
                .routers
                .iter()
                .map(|(channel, link)| (*channel, link.outlook.clone()))
                .collect(),
            supervisors: channels
                .supervisors
                .iter()
                .map(|(name, s)| (name.clone(), s.clone()))
                .collect(),
            pool,
            news,
            endings,
            readers: Readers::start("reader", READERS, MOST_LOOKUPS, || ())?,
            keeper,
        };
        let cores = engine.recover(&settings, &channels, &shard_bells)?;
        for ((core, bell), number) in cores.into_iter().zip(shard_bells).zip(0..) {
            start_shard(
                &settings,
                core,
                bell,
                number,
                &belfries[number % belfries.len()],
            );
        }
        Ok(engine)
    }

    fn recover(
        &self,
        settings: &EngineSettings,
        channels: &Channels,
        bells: &[Arc<Bell>],
    ) -> Result<Vec<ShardCore>, StartError> {
        let policy = Arc::new(settings.policy.clone());
        let of = |shard: u16| ShardSettings {
            shard: ShardId(shard),
            shards: settings.journal.shards(),
            journal: settings.journal.clone(),
            clock: settings.clock.clone(),
            flows: settings.book.clone(),
            policy: policy.clone(),
            quota: settings.quota.clone(),
            inboxes: self.inboxes.clone(),
            bell: bells[usize::from(shard)].clone(),
            activity: self.activity.clone(),
            links: channels.links(shard, &self.news),
            endings: self.endings[usize::from(shard)].clone(),
            readers: self.readers.clone(),
            pauses: self.pauses.clone(),
            paused: settings.paused,
        };
        let journal = &settings.journal;
        let kept = |shard: u16| {
            (journal.last(Shard(shard)).0 + 1).saturating_sub(journal.first(Shard(shard)).0)
        };
        settings
            .recovery
            .begin((0..journal.shards()).map(kept).sum());
        let lanes = settings.arbiters.len().max(1);
        let all: Vec<ShardSettings> = (0..settings.journal.shards()).map(of).collect();
        let (keys, watch) = (&settings.keys, &*settings.recovery);
        let mut cores: Vec<(u16, ShardCore)> = std::thread::scope(|scope| {
            let recover = |lane: usize| {
                let mine: Vec<ShardSettings> =
                    all.iter().skip(lane).step_by(lanes).cloned().collect();
                scope.spawn(move || {
                    mine.into_iter()
                        .map(|s| Ok((s.shard.0, ShardCore::start_watched(s, keys, watch)?)))
                        .collect::<Result<Vec<_>, RecoverError>>()
                })
            };
            let running: Vec<_> = (0..lanes).map(recover).collect();
            let joined = running.into_iter().map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            });
            joined.collect::<Result<Vec<Vec<_>>, RecoverError>>()
        })?
        .into_iter()
        .flatten()
        .collect();
        cores.sort_by_key(|(shard, _)| *shard);
        Ok(cores.into_iter().map(|(_, core)| core).collect())
    }

    /// The number of shards.
    #[must_use]
    pub fn shards(&self) -> u16 {
        self.journal.shards()
    }

    /// The inbox of a shard; none for a number that does not exist, which a forged id may carry.
    #[must_use]
    pub fn inbox(&self, shard: ShardId) -> Option<&Arc<Inbox>> {
        self.inboxes.get(usize::from(shard.0))
    }

    /// The inbox of a tenant's shard.
    #[must_use]
    pub fn inbox_of(&self, tenant: &TenantKey) -> &Arc<Inbox> {
        &self.inboxes[usize::from(tenant.shard(self.shards()).0)]
    }

    /// The inbox of a notification's shard.
    #[must_use]
    pub fn inbox_by_id(&self, id: NotificationId) -> Option<&Arc<Inbox>> {
        self.inbox(id.shard())
    }

    /// Every inbox, in order of shards.
    #[must_use]
    pub fn inboxes(&self) -> &[Arc<Inbox>] {
        &self.inboxes
    }

    /// The journal.
    #[must_use]
    pub fn journal(&self) -> &Arc<dyn Journal> {
        &self.journal
    }

    /// What is under way.
    #[must_use]
    pub fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }

    /// Open notifications and their bounds.
    #[must_use]
    pub fn quota(&self) -> &Arc<Quota> {
        &self.quota
    }

    /// Used idempotency keys.
    #[must_use]
    pub fn keys(&self) -> &Arc<KeyIndex> {
        &self.keys
    }

    /// What is paused.
    #[must_use]
    pub fn pauses(&self) -> &Arc<PauseBook> {
        &self.pauses
    }

    /// What holds back a message of the corporation that is ready for this channel and lane, pinned
    /// to a provider perhaps, beside pauses.
    #[must_use]
    pub fn holds(
        &self,
        corporation: CorporationId,
        channel: Channel,
        lane: Lane,
        pinned: Option<&str>,
        now: Timestamp,
    ) -> Vec<Hold> {
        self.outlooks
            .get(&channel)
            .map(|outlook| outlook.holds(corporation, lane, pinned, now))
            .unwrap_or_default()
    }

    /// Tells the warnings of the supervisors that were held back; to be called every few seconds.
    pub fn flush_warnings(&self) {
        self.supervisors
            .iter()
            .for_each(|(_, supervisor)| supervisor.flush_warnings());
    }

    /// Changes whenever something ended, durably.
    #[must_use]
    pub fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    /// Wakes whoever's alarm fell due. To be called often: its period is the lateness of timers.
    pub fn tick(&self, now: Timestamp) {
        self.bells.iter().for_each(|bell| bell.tick(now));
    }

    /// When the next alarm falls due: what a stepped clock may step to once nothing is under way.
    #[must_use]
    pub fn next_due(&self) -> Timestamp {
        self.bells
            .iter()
            .map(|bell| bell.due())
            .min()
            .unwrap_or(Timestamp::NEVER)
    }

    /// Attempts under way, per provider.
    pub fn under_way(&self) -> impl Iterator<Item = (&str, usize)> {
        self.supervisors
            .iter()
            .map(|(name, supervisor)| (&**name, supervisor.inbox().under_way()))
    }

    /// Starts no further attempts and waits, at most `bound`, for those under way. Returns how many
    /// still are: they stay journaled as started, and are in doubt at the next start.
    pub async fn stop_sending(&self, bound: Duration) -> usize {
        let mut left = 0;
        for (_, supervisor) in &self.supervisors {
            left += supervisor.stop(bound).await;
        }
        left
    }

    /// Tells them at the end of the process.
    pub fn finish_warnings(&self) {
        self.supervisors
            .iter()
            .for_each(|(_, supervisor)| supervisor.finish_warnings());
    }

    /// Ends the threads beside the actors. Blocks until they ended.
    pub fn close(&self) {
        self.readers.stop();
        self.keeper.stop();
        self.pool.close();
    }
}

fn start_shard(
    settings: &EngineSettings,
    core: ShardCore,
    bell: Arc<Bell>,
    number: usize,
    belfry: &Belfry,
) {
    let actor = ShardActor::new(core, bell.clone(), settings.on_fatal.clone());
    let address = ShardActor::start_in_arbiter(belfry.arbiter(), |_| actor);
    let wake = bell.clone();
    settings
        .journal
        .on_durable(Shard(number as u16), Arc::new(move || wake.ring()));
    belfry.connect(&bell, address);
    bell.ring();
}

/// Routers and supervisors, by channel.
struct Channels {
    routers: BTreeMap<Channel, RouterLink>,
    supervisors: Vec<(Box<str>, Arc<Supervisor>)>,
    inboxes: HashMap<Channel, Vec<WayOut>>,
    entries: HashMap<Channel, Vec<ProviderEntry>>,
}

/// A supervisor's inbox, and what it shares with the router.
type WayOut = (Arc<SupervisorInbox>, Arc<Gate>);

struct RouterLink {
    outlook: Arc<Outlook>,
    bell: Arc<Bell>,
    boards: Vec<Arc<Board>>,
}

impl Channels {
    fn start(
        settings: &EngineSettings,
        inboxes: &[Arc<Inbox>],
        activity: &Arc<Activity>,
        pool: &Arc<PreparePool>,
        belfries: &[Belfry],
    ) -> Self {
        let mut channels = Self {
            routers: BTreeMap::new(),
            supervisors: Vec::new(),
            inboxes: HashMap::new(),
            entries: HashMap::new(),
        };
        let mut by_channel: BTreeMap<Channel, Vec<&ProviderSetup>> = BTreeMap::new();
        for setup in &settings.providers {
            by_channel
                .entry(setup.provider.channel())
                .or_default()
                .push(setup);
        }
        for (number, (channel, setups)) in by_channel.into_iter().enumerate() {
            let belfry = &belfries[number % belfries.len()];
            channels.start_channel(settings, channel, &setups, inboxes, activity, pool, belfry);
        }
        channels
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "one private call that puts a channel together"
    )]
    fn start_channel(
        &mut self,
        settings: &EngineSettings,
        channel: Channel,
        setups: &[&ProviderSetup],
        inboxes: &[Arc<Inbox>],
        activity: &Arc<Activity>,
        pool: &Arc<PreparePool>,
        belfry: &Belfry,
    ) {
        let bell = Bell::new(activity.clone());
        let boards: Vec<Arc<Board>> = inboxes.iter().map(|_| Arc::new(Board::default())).collect();
        let mut slots = Vec::new();
        for setup in setups {
            let gate = Gate::new(setup.concurrency, bell.clone());
            let supervisor = supervisor(settings, setup, &gate, inboxes, activity, pool);
            SupervisorActor::start_in(supervisor.clone(), belfry);
            let name: Box<str> = setup.provider.name().into();
            let on_doubt = setup.provider.on_doubt();
            self.inboxes
                .entry(channel)
                .or_default()
                .push((supervisor.inbox().clone(), gate.clone()));
            self.entries
                .entry(channel)
                .or_default()
                .push(ProviderEntry {
                    name: name.clone(),
                    on_doubt,
                });
            self.supervisors.push((name.clone(), supervisor));
            let ProviderSetup {
                concurrency,
                rate_per_second,
                burst,
                ..
            } = setup;
            slots.push(ProviderSlot {
                name,
                on_doubt,
                concurrency: *concurrency,
                rate_per_second: *rate_per_second,
                burst: *burst,
                gate,
            });
        }
        let router = settings
            .routers
            .get(&channel)
            .cloned()
            .unwrap_or_else(|| RouterSettings::new(channel));
        let core = RouterCore::new(
            router,
            slots,
            boards.clone(),
            settings.clock.clone(),
            activity.clone(),
        );
        let outlook = Arc::new(core.outlook());
        let to = inboxes.to_vec();
        let grant = Box::new(move |shard: ShardId, grant| {
            // The line is as long as all permits together.
            if !to[usize::from(shard.0)].grant(grant) {
                tracing::error!(
                    shard = shard.0,
                    "a shard's internal line was full: permits are lost until the next start"
                );
            }
        });
        RouterActor::new(core, bell.clone(), grant).start_in(belfry);
        self.routers.insert(
            channel,
            RouterLink {
                outlook,
                bell,
                boards,
            },
        );
    }

    fn links(&self, shard: u16, news: &watch::Sender<u64>) -> Links {
        let inboxes = Arc::new(self.inboxes.clone());
        let gates = inboxes.clone();
        let of = |link: &RouterLink| (link.boards[usize::from(shard)].clone(), link.bell.clone());
        let news = news.clone();
        Links {
            dispatch: Arc::new(move |dispatch: Box<Dispatch>| {
                match inboxes
                    .get(&dispatch.channel)
                    .and_then(|all| all.get(dispatch.provider))
                {
                    Some((inbox, _)) => inbox.offer(*dispatch).map_err(Box::new),
                    None => Err(dispatch),
                }
            }),
            abandon: Arc::new(move |dispatch: &Dispatch| {
                if let Some((_, gate)) = gates
                    .get(&dispatch.channel)
                    .and_then(|all| all.get(dispatch.provider))
                {
                    gate.finish();
                }
            }),
            routers: self
                .routers
                .iter()
                .map(|(channel, link)| (*channel, of(link)))
                .collect(),
            providers: self.entries.clone(),
            news: Arc::new(move || news.send_modify(|count| *count += 1)),
        }
    }
}

fn supervisor(
    settings: &EngineSettings,
    setup: &ProviderSetup,
    gate: &Arc<Gate>,
    inboxes: &[Arc<Inbox>],
    activity: &Arc<Activity>,
    pool: &Arc<PreparePool>,
) -> Arc<Supervisor> {
    let to = inboxes.to_vec();
    Supervisor::new(SupervisorParts {
        provider: setup.provider.clone(),
        gate: gate.clone(),
        bell: Bell::new(activity.clone()),
        concurrency: setup.concurrency,
        pool: pool.clone(),
        lanes: settings.lanes.clone(),
        outcomes: Arc::new(move |attempt: AttemptRef, verdict: Verdict| {
            let inbox = &to[usize::from(attempt.id.shard().0)];
            // The line is as long as all permits together.
            if !inbox.outcome(attempt, verdict) {
                tracing::error!(id = %attempt.id, "a shard's internal line was full: the outcome is lost, the attempt is in doubt at the next start");
            }
        }),
        clock: settings.clock.clone(),
        settings: settings.supervisors,
    })
}
