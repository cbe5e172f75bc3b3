//! Owns how an engine starts: the inboxes first, then routers and supervisors, then every shard from
//! its records, in parallel.

use std::sync::Arc;

use actix::Actor;
use parking_lot::Mutex;
use sluis_journal::{Journal, Shard};
use sluis_model::ShardId;
use tokio::sync::watch;

use super::channels::{Around, Channels, room};
use super::give_up::GiveUp;
use super::running::Engine;
use super::settings::{EngineSettings, ProviderSetup, StartError};
use crate::arbiter_waker::ArbiterWaker;
use crate::checkpointer::{CheckpointThread, Checkpointed, Checkpointer};
use crate::keys::KeyIndex;
use crate::latest::Latest;
use crate::pauses::PauseRegistry;
use crate::prepare::{PreparePool, Preparer};
use crate::readers::Readers;
use crate::recovery::Recovery;
use crate::retention::{Retained, Retention};
use crate::shard::{
    CheckpointDesk, Endings, Horizon, Inbox, RecoverError, RestSettings, ShardActor, ShardCore,
    ShardSettings,
};
use crate::table_writer::TableWriter;
use crate::wake::{Activity, Waker};

/// Threads that look in the table.
const READERS: usize = 2;
/// Most look-ups of one corporation that wait for them: as many repeats as a batch and some
/// connections have under way.
const MOST_LOOKUPS: usize = 16_384;

impl Engine {
    /// Recovers every shard, in parallel, and starts the actors.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start(mut settings: EngineSettings) -> Result<Self, StartError> {
        let permits = permits(&settings.providers);
        settings.bounds.internal = settings.bounds.internal.max(2 * permits + 1);
        let activity = Arc::new(Activity::default());
        let shards = settings.journal.shards();
        let wakers: Vec<Arc<Waker>> = (0..shards).map(|_| Waker::new(activity.clone())).collect();
        let inbox =
            |waker: &Arc<Waker>| Inbox::new(settings.bounds, waker.clone(), activity.clone());
        let inboxes: Vec<Arc<Inbox>> = wakers.iter().map(inbox).collect();
        let arbiter_wakers = start_arbiter_wakers(&settings);
        let around = Around {
            settings: &settings,
            inboxes: &inboxes,
            activity: &activity,
            pool: &start_pool(&settings, permits)?,
            arbiter_wakers: &arbiter_wakers,
        };
        let channels = Channels::start(&around);
        let engine = Self::around(&around, &channels, &wakers)?;
        let cores = engine.recover(&settings, &channels, &wakers)?;
        for (number, (core, waker)) in cores.into_iter().zip(wakers).enumerate() {
            let arbiter_waker = &arbiter_wakers[number % arbiter_wakers.len()];
            start_shard(&settings, core, waker, number, arbiter_waker);
        }
        Ok(engine)
    }

    /// The handles, with the threads beside the actors.
    fn around(
        around: &Around<'_>,
        channels: &Channels,
        shard_wakers: &[Arc<Waker>],
    ) -> Result<Self, StartError> {
        let (settings, shards) = (around.settings, around.inboxes.len());
        let endings: Vec<Arc<Endings>> = (0..shards).map(|_| Arc::default()).collect();
        let horizons: Vec<Arc<Horizon>> = (0..shards).map(|_| Arc::default()).collect();
        let retained = (0..shards).map(|shard| Retained {
            horizon: horizons[shard].clone(),
            endings: endings[shard].clone(),
            waker: shard_wakers[shard].clone(),
        });
        let retention = Retention::new(
            settings.journal.clone(),
            settings.clock.clone(),
            settings.retention.clone(),
            retained.collect(),
        );
        let brake = retention.brake();
        let retention = Arc::new(Mutex::new(retention));
        let keeper =
            TableWriter::start(settings.journal.clone(), endings.clone(), retention.clone())?;
        let mut wakers = shard_wakers.to_vec();
        wakers.extend(channels.wakers());
        let desks: Vec<_> = (0..shards)
            .map(|_| CheckpointDesk::new(settings.keys.clone()))
            .collect();
        let checkpointed = (0..shards).map(|shard| Checkpointed {
            desk: desks[shard].clone(),
            endings: endings[shard].clone(),
            horizon: horizons[shard].clone(),
            waker: shard_wakers[shard].clone(),
        });
        let checkpoints = CheckpointThread::start(Checkpointer::new(
            settings.journal.clone(),
            settings.clock.clone(),
            settings.checkpoints,
            checkpointed.collect(),
        ))?;
        Ok(Self {
            journal: settings.journal.clone(),
            inboxes: around.inboxes.to_vec(),
            wakers,
            activity: around.activity.clone(),
            policy: Arc::new(Latest::new(settings.policy.clone())),
            quota: settings.quota.clone(),
            keys: settings.keys.clone(),
            pauses: Arc::new(PauseRegistry::new(settings.journal.shards())),
            outlooks: channels.outlooks().collect(),
            router_wakers: channels.router_wakers(),
            cards: settings.corporations.clone(),
            supervisors: channels.supervisors().to_vec(),
            pool: around.pool.clone(),
            news: watch::Sender::new(0),
            endings,
            horizons,
            retention,
            brake,
            keeper,
            readers: Readers::start("reader", READERS, MOST_LOOKUPS, || ())?,
            given_up: GiveUp::after(settings.policy.retry.give_up_ms),
            desks,
            checkpoints,
        })
    }

    /// Every shard as its records have it, in order.
    fn recover(
        &self,
        settings: &EngineSettings,
        channels: &Channels,
        wakers: &[Arc<Waker>],
    ) -> Result<Vec<ShardCore>, StartError> {
        settings.recovery.begin(records(&*settings.journal));
        let all = self.shard_settings(settings, channels, wakers);
        let threads = settings.arbiters.len().max(1);
        let mut cores = replay_in_parallel(&all, threads, settings)?;
        cores.sort_by_key(|(shard, _)| *shard);
        Ok(cores.into_iter().map(|(_, core)| core).collect())
    }

    /// What each shard is made with.
    fn shard_settings(
        &self,
        settings: &EngineSettings,
        channels: &Channels,
        wakers: &[Arc<Waker>],
    ) -> Vec<ShardSettings> {
        let shards = self.shards();
        let of = |shard: u16| ShardSettings {
            shard: ShardId(shard),
            shards,
            journal: settings.journal.clone(),
            clock: settings.clock.clone(),
            flows: settings.book.clone(),
            policy: self.policy.clone(),
            quota: settings.quota.clone(),
            inboxes: self.inboxes.clone(),
            waker: wakers[usize::from(shard)].clone(),
            activity: self.activity.clone(),
            links: channels.links(shard, &self.news),
            endings: self.endings[usize::from(shard)].clone(),
            horizon: self.horizons[usize::from(shard)].clone(),
            readers: self.readers.clone(),
            pauses: self.pauses.clone(),
            paused: settings.paused,
            rest: RestSettings {
                most_active: settings.rest.most_active.div_ceil(usize::from(shards)),
                ..settings.rest
            },
            checkpoint: self.desks[usize::from(shard)].clone(),
            erasures: settings.erasures.clone(),
        };
        (0..shards).map(of).collect()
    }
}

/// Attempts that all providers together may be allowed to have under way.
fn permits(providers: &[ProviderSetup]) -> usize {
    let of = |provider: &ProviderSetup| room(provider.concurrency).get() as usize;
    providers.iter().map(of).sum()
}

/// The threads that render, with room for every permit.
fn start_pool(settings: &EngineSettings, permits: usize) -> Result<Arc<PreparePool>, StartError> {
    let preparer = Preparer::new(
        settings.journal.clone(),
        settings.book.clone(),
        settings.key.clone(),
        settings.corporations.clone(),
    );
    let prepare = preparer.into_prepare();
    let pool = PreparePool::start(settings.prepare_threads, permits.max(1), prepare)?;
    Ok(pool)
}

/// One for each arbiter, with room for all actors.
fn start_arbiter_wakers(settings: &EngineSettings) -> Vec<ArbiterWaker> {
    // A shard, a router or a supervisor each; routers are never more than providers.
    let actors = usize::from(settings.journal.shards()) + 2 * settings.providers.len();
    let arbiters = settings.arbiters.iter();
    arbiters
        .map(|arbiter| ArbiterWaker::start(arbiter.clone(), actors))
        .collect()
}

/// How many records there are to replay.
fn records(journal: &dyn Journal) -> u64 {
    let of = |shard: u16| {
        let (first, last) = (journal.first(Shard(shard)), journal.last(Shard(shard)));
        (last.0 + 1).saturating_sub(first.0)
    };
    (0..journal.shards()).map(of).sum()
}

/// Replays all shards on so many threads, in whatever order they come.
fn replay_in_parallel(
    all: &[ShardSettings],
    threads: usize,
    settings: &EngineSettings,
) -> Result<Vec<(u16, ShardCore)>, RecoverError> {
    let (keys, watch) = (&*settings.keys, &*settings.recovery);
    let replayed = std::thread::scope(|scope| {
        let replay = |first: usize| {
            let mine = all.iter().skip(first).step_by(threads).cloned();
            let mine: Vec<ShardSettings> = mine.collect();
            scope.spawn(move || replay_all(mine, keys, watch))
        };
        let running: Vec<_> = (0..threads).map(replay).collect();
        running.into_iter().map(join).collect::<Result<Vec<_>, _>>()
    })?;
    Ok(replayed.into_iter().flatten().collect())
}

/// What a thread gives; its panic goes on here.
fn join<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    thread
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Replays these shards, one after the other.
fn replay_all(
    shards: Vec<ShardSettings>,
    keys: &KeyIndex,
    watch: &Recovery,
) -> Result<Vec<(u16, ShardCore)>, RecoverError> {
    let replay = |of: ShardSettings| {
        let shard = of.shard.0;
        Ok((shard, ShardCore::start_watched(of, keys, watch)?))
    };
    shards.into_iter().map(replay).collect()
}

/// Puts a shard on its arbiter, woken by its waker and by the journal.
fn start_shard(
    settings: &EngineSettings,
    core: ShardCore,
    waker: Arc<Waker>,
    number: usize,
    arbiter_waker: &ArbiterWaker,
) {
    let actor = ShardActor::new(core, waker.clone(), settings.on_fatal.clone());
    let address = ShardActor::start_in_arbiter(arbiter_waker.arbiter(), |_| actor);
    let wake = waker.clone();
    settings
        .journal
        .on_durable(Shard(number as u16), Arc::new(move || wake.wake()));
    arbiter_waker.connect(&waker, address);
    waker.wake();
}
