//! Owns the making of a running engine from a configuration: journal, definitions, providers,
//! actors, the shared `App`. Refuses to listen: `serve` and the demo bring their own edges.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix::Arbiter;
use anyhow::Context as _;
use metrics_exporter_prometheus::PrometheusHandle;
use sluis_actors::{
    Book, Cards, Engine, EngineSettings, Follower, Latest, ProviderSetup, Readers, Recovery,
    RetentionSettings, Spool,
};
use sluis_journal::{DiskJournal, Journal, Options, RecoveryReport};
use sluis_model::flow::Definition;
use sluis_model::steering::Steering;
use sluis_model::{Clock, CorporationId, Policy, ReferenceKey};

use crate::admission::{Admission, Gatekeeper};
use crate::app::{App, WayOut};
use crate::arbiters::Actors;
use crate::archive;
use crate::backup::{self, Restored};
use crate::config::{Config, KeyRing, MapSecrets, facts};
use crate::counters::Counters;
use crate::data_version;
use crate::engine_settings::{corporations, journal_options, key_index, limits, quota, way_out};
use crate::erasing::{Beside, Erasing, Parts};
use crate::fact_types::FactTypes;
use crate::following::{Bell, Following};
use crate::mailings::{self, Mailings};
use crate::migrations::Migrations;
use crate::reference_key;
use crate::reloading::Reloading;
use crate::sealing::{self, Sealing, TenantErasures};
use crate::start_times::{self, StartTimes};
use crate::telemetry::{self, ReceiptCounters, Watch};
use crate::threads::Threads;

/// Threads that read the journal for outcomes, timelines and explanations.
const READ_THREADS: usize = 2;

/// What an engine is started with, besides its configuration.
pub struct Surroundings {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The recorder.
    pub prometheus: PrometheusHandle,
    /// API keys.
    pub keys: Arc<KeyRing>,
    /// Operators' keys.
    pub operators: Arc<KeyRing>,
    /// The process's environment: secrets may stand there.
    pub environment: BTreeMap<String, String>,
    /// Current definitions.
    pub definitions: Vec<(Option<CorporationId>, Definition)>,
    /// How corporations steer their channels.
    pub steering: BTreeMap<CorporationId, Steering>,
    /// Whether everything is paused before anything leaves, until an operator resumes it.
    pub paused: bool,
    /// Called once when nothing may be acknowledged any more: the process must end.
    pub on_fatal: Arc<dyn Fn(String) + Send + Sync>,
}

/// A running engine with its actors.
pub struct Running {
    /// What the edges share.
    pub app: Arc<App>,
    /// What was found at the start.
    pub report: RecoveryReport,
    /// Where connections are served.
    pub threads: Threads,
    actors: Actors,
    /// Archive and counters.
    following: Following,
    /// Encryption at rest, where a corporation has a key.
    sealing: Option<Sealing>,
}

/// Opens the journal, recovers and starts everything.
///
/// # Errors
/// The configuration's providers or flows are wrong, the data directory cannot be used, or recovery
/// stops.
pub fn start(config: &Config, around: Surroundings) -> anyhow::Result<Running> {
    start_watched(config, around, Arc::default())
}

/// The same, with somebody who sees how far it is and may end it.
///
/// # Errors
/// As [`start`], or `recovery` was ended.
pub fn start_watched(
    config: &Config,
    mut around: Surroundings,
    recovery: Arc<Recovery>,
) -> anyhow::Result<Running> {
    let mut times = StartTimes::begin();
    data_version::check(&config.engine.data_dir)?;
    make_private(&config.engine.data_dir)?;
    let (mut stored, report) = Stored::open(config, &mut around, &mut times)?;
    let providers = config.provider_setups(&MapSecrets(&around.environment))?;
    let ways: HashMap<_, _> = providers
        .iter()
        .map(|setup| (setup.provider.name().to_owned(), way_out(setup)))
        .collect();
    let actors = start_actors(config)?;
    let readers = start_readers()?;
    let spool = archive::spool(config);
    let mut bell = Bell::new();
    let archived = stored.archived(config, &around, &providers);
    let archiving = archive::add(&mut bell, archived, spool.as_ref())?;
    let counters = Arc::new(stored.counters(&mut bell, config, &around)?);
    let mailings = stored.mailings(&mut bell, config, &around)?;
    let migrations = Migrations::open(&config.engine.data_dir, &around.clock, &stored.book)?;
    let following = Following::start(bell, &stored.journal, &around.clock)?;
    if let Some(archiving) = &archiving {
        archiving.first_try().inspect_err(|_| following.stop())?;
    }
    let archived = archiving.iter().cloned();
    let archived = archived.map(|archiving| archiving as Arc<dyn Follower>);
    let counted = counters.clone() as Arc<dyn Follower>;
    let sending = Sending {
        providers,
        spool,
        followers: archived.chain([counted]).collect(),
    };
    times.ended(start_times::FOLLOWERS);
    let engine = stored.engine(config, &around, sending, &actors, recovery)?;
    times.ended(start_times::SHARDS);
    let beside = (&archiving, &counters, &readers);
    let erasing = stored.erasing(config, &around, &engine, beside);
    let sealing = stored.sealing.take();
    if let Some(sealing) = &sealing {
        sealing.settle()?;
    }
    times.say();
    let fact_types = facts::load(config)?;
    sluis_actors::telemetry::announce(stored.book.all_current().into_iter().map(|(_, flow)| flow));
    let app = App {
        fact_types: Latest::new(fact_types),
        archiving,
        erasing,
        ..app(
            config,
            around,
            stored,
            (engine, counters, mailings, migrations),
            ways,
            readers,
        )
    };
    Ok(Running {
        app: Arc::new(app),
        report,
        threads: actors.threads.clone(),
        actors,
        following,
        sealing,
    })
}

/// What the engine sends with.
struct Sending {
    providers: Vec<ProviderSetup>,
    /// Where copies of what leaves are put, when that is kept.
    spool: Option<Arc<Spool>>,
    /// Nothing is forgotten before they are past it.
    followers: Vec<Arc<dyn Follower>>,
}

/// What the data directory holds, opened.
struct Stored {
    /// What the engine reads and writes: encrypted, where a corporation has a key.
    journal: Arc<dyn Journal>,
    sealing: Option<Sealing>,
    /// The same journal as it lies on the disk, and who destroys keys, where something is encrypted.
    erasures: Option<(Arc<dyn Journal>, Arc<TenantErasures>)>,
    book: Arc<Book>,
    reference: ReferenceKey,
    /// Whether it is a copy on which no engine was started yet.
    is_copy: bool,
    /// Corporations as their messages show them: the same to whoever sends and to whoever keeps what left.
    cards: Arc<Latest<Cards>>,
}

impl Stored {
    /// Opens it, and stores the definitions of now beside those that are there.
    fn open(
        config: &Config,
        around: &mut Surroundings,
        times: &mut StartTimes,
    ) -> anyhow::Result<(Self, RecoveryReport)> {
        let is_copy = backup::whole_note(&config.engine.data_dir)?.is_some();
        let (journal, mut report) = open_journal(config)?;
        times.opened(&report);
        // Behind the journal's lock, and before the first record.
        data_version::note(&config.engine.data_dir)?;
        let reference = reference_key::load(&config.engine.data_dir, &journal, &mut report)?;
        let fatal = around.on_fatal.clone();
        journal.on_failure(Arc::new(move |failure| {
            fatal(format!("the journal failed: {failure}"))
        }));
        let book = load_book(&journal, std::mem::take(&mut around.definitions))?;
        report.repairs.extend(journal.repaired_definitions());
        telemetry::count_repairs(&report);
        // Behind the journal's lock: nobody else writes the file of keys.
        let sealing = sealing::open(config, &around.environment, &journal, &around.on_fatal)?;
        let journal: Arc<dyn Journal> = Arc::new(journal);
        let erasures = sealing.as_ref().map(Sealing::erasures);
        let stored = Self {
            erasures: erasures.map(|erasures| (journal.clone(), erasures)),
            journal: match &sealing {
                Some(sealing) => sealing.journal(journal, around.on_fatal.clone())?,
                None => journal,
            },
            sealing,
            book: Arc::new(book),
            reference,
            is_copy,
            cards: Arc::new(Latest::new(config.cards())),
        };
        times.ended(start_times::DEFINITIONS);
        Ok((stored, report))
    }

    /// What the archive follows.
    fn archived<'a>(
        &'a self,
        config: &'a Config,
        around: &'a Surroundings,
        providers: &'a [ProviderSetup],
    ) -> archive::Around<'a> {
        archive::Around {
            config,
            journal: &self.journal,
            book: &self.book,
            reference: &self.reference,
            cards: &self.cards,
            providers,
            clock: &around.clock,
            veil: self.sealing.as_ref().map(Sealing::veil),
            environment: &around.environment,
        }
    }

    /// What is to be counted of what the journal says.
    fn counters(
        &self,
        bell: &mut Bell,
        config: &Config,
        around: &Surroundings,
    ) -> anyhow::Result<Counters> {
        let (data_dir, clock) = (&config.engine.data_dir, &around.clock);
        let counters = Counters::add(bell, data_dir, &self.journal, &self.book, clock)?;
        Ok(counters)
    }

    /// The mailings that are there, and what follows the log for them.
    fn mailings(
        &self,
        bell: &mut Bell,
        config: &Config,
        around: &Surroundings,
    ) -> anyhow::Result<Arc<Mailings>> {
        let named = config.corporations.iter();
        let parts = mailings::Parts {
            seal: self.sealing.as_ref().map(Sealing::rows).unwrap_or_default(),
            clock: around.clock.clone(),
            book: self.book.clone(),
            journal: self.journal.clone(),
            environment: config.engine.environment,
            names: named.map(|one| (one.id, one.name.clone())).collect(),
        };
        Ok(Mailings::add(bell, &config.engine.data_dir, parts)?)
    }

    /// Recovers the shards and starts the actors.
    fn engine(
        &self,
        config: &Config,
        around: &Surroundings,
        sending: Sending,
        actors: &Actors,
        recovery: Arc<Recovery>,
    ) -> anyhow::Result<Arc<Engine>> {
        let fatal = around.on_fatal.clone();
        let engine = Engine::start(EngineSettings {
            journal: self.journal.clone(),
            clock: around.clock.clone(),
            book: self.book.clone(),
            policy: Policy {
                steering: around.steering.clone(),
                ..config.policy()
            },
            quota: quota(config),
            keys: key_index(config),
            retention: RetentionSettings {
                followers: sending.followers,
                ..config.retention()
            },
            bounds: config.inbox_bounds(),
            routers: config.router_settings(),
            providers: sending.providers,
            spool: sending.spool,
            supervisors: config.supervisor_settings(),
            key: self.reference.clone(),
            corporations: self.cards.clone(),
            paused: around.paused || self.is_copy,
            rest: config.rest_settings(),
            checkpoints: config.checkpoints(),
            erasures: self.erasures.as_ref().map(|(_, keys)| keys.clone() as _),
            prepare_threads: config.engine.prepare_threads,
            arbiters: actors.arbiters.iter().map(Arbiter::handle).collect(),
            threads: actors.threads.all().clone(),
            on_fatal: Arc::new(move |error| fatal(format!("a shard cannot be rebuilt: {error}"))),
            recovery,
        })?;
        Ok(Arc::new(engine))
    }

    /// Who erases tenants while the engine runs.
    fn erasing(
        &self,
        config: &Config,
        around: &Surroundings,
        engine: &Arc<Engine>,
        beside: Beside<'_>,
    ) -> Option<Arc<Erasing>> {
        let (raw, keys) = self.erasures.clone()?;
        let stored = (raw, keys, self.book.clone());
        let (environment, fatal) = (around.environment.clone(), around.on_fatal.clone());
        let parts = Parts::new(config, environment, stored, engine.clone(), beside, fatal);
        Some(Arc::new(Erasing::new(parts)))
    }

    /// What is to do once the pause of a copy is durable.
    fn restored(&self, config: &Config) -> Restored {
        match self.is_copy {
            true => Restored::of(&config.engine.data_dir, &*self.journal),
            false => Restored::default(),
        }
    }
}

/// The arbiters, each on its core where the configuration says so.
fn start_actors(config: &Config) -> anyhow::Result<Actors> {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let actors = Actors::start(cores)?;
    if config.engine.pin_arbiters {
        crate::machine::pin(&actors.arbiters);
    }
    Ok(actors)
}

fn start_readers() -> io::Result<Arc<Readers>> {
    let most = crate::reading::MOST_WAITING;
    Readers::start("history", READ_THREADS, most, crate::machine::give_way)
}

type Around = (Arc<Engine>, Arc<Counters>, Arc<Mailings>, Arc<Migrations>);

/// What the edges share.
fn app(
    config: &Config,
    around: Surroundings,
    stored: Stored,
    (engine, counters, mailings, migrations): Around,
    ways: HashMap<String, WayOut>,
    readers: Arc<Readers>,
) -> App {
    let gatekeeper = Arc::new(Gatekeeper::default());
    let restored = stored.restored(config);
    let places = sluis_channels::intakes().map(|intake| intake.name);
    let task_after = config.limits.unmatched_task_after.0.as_millis();
    App {
        admission: door(config, &engine, &stored.book, &around.clock, &gatekeeper),
        watch: Watch::new(&around.clock, config.journal.free_min_bytes),
        receipts: ReceiptCounters::of(ways.keys().map(String::as_str).chain(places)),
        engine,
        book: stored.book,
        fact_types: Latest::new(FactTypes::default()),
        reloading: Reloading::default(),
        gatekeeper,
        clock: around.clock,
        keys: around.keys,
        operators: around.operators,
        corporations: Latest::new(corporations(config)),
        providers: ways,
        reference: stored.reference,
        limits: limits(config),
        environment: config.engine.environment,
        clock_tolerance_ms: config.clock_tolerance_ms(),
        endings_for_ms: config.retention().endings_for_ms,
        unmatched_task_after_ms: i64::try_from(task_after).unwrap_or(i64::MAX),
        surveys: crate::surveys::Surveys::default(),
        pace: crate::pace::Pace::default(),
        restored,
        readers,
        counters,
        mailings,
        migrations,
        archiving: None,
        erasing: None,
        prometheus: around.prometheus,
    }
}

/// Makes the data directory, where nobody else may look in.
fn make_private(data_dir: &Path) -> anyhow::Result<()> {
    let made = std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data_dir);
    made.with_context(|| format!("{}: the data directory cannot be made", data_dir.display()))?;
    crate::private::keep_private(data_dir);
    Ok(())
}

fn open_journal(config: &Config) -> anyhow::Result<(DiskJournal, RecoveryReport)> {
    let data_dir = &config.engine.data_dir;
    let options = Options {
        existing: reference_key::is_there(data_dir),
        ..journal_options(config)
    };
    Ok(DiskJournal::open(&data_dir.join("journal"), options)?)
}

/// The definitions that are stored and those of now, or everything wrong with them.
fn load_book(
    journal: &DiskJournal,
    definitions: Vec<(Option<CorporationId>, Definition)>,
) -> anyhow::Result<Book> {
    Book::load(journal, definitions).map_err(|problems| {
        let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!(lines.join("\n"))
    })
}

/// The door in front of the engine.
fn door(
    config: &Config,
    engine: &Arc<Engine>,
    book: &Arc<Book>,
    clock: &Arc<dyn Clock>,
    gatekeeper: &Arc<Gatekeeper>,
) -> Admission {
    let named =
        |corporation: &'_ crate::config::Corporation| (corporation.id, corporation.name.clone());
    Admission::new(
        engine.clone(),
        book.clone(),
        clock.clone(),
        config.engine.environment,
        gatekeeper.clone(),
        config.corporations.iter().map(named),
    )
}

impl Running {
    /// Ends sends, then the actors, then the journal: what was decided is durable before this
    /// returns.
    ///
    /// # Errors
    /// The journal failed.
    pub async fn stop(self, grace: Duration) -> anyhow::Result<()> {
        let left = self.app.engine.stop_sending(grace).await;
        if left > 0 {
            tracing::warn!(
                left,
                "attempts were still under way: they are in doubt at the next start"
            );
        }
        self.app.finish_warnings();
        let (app, engine, readers) = (
            self.app.clone(),
            self.app.engine.clone(),
            self.app.readers.clone(),
        );
        let (actors, following, sealing) = (self.actors, self.following, self.sealing);
        tokio::task::spawn_blocking(move || {
            actors.stop();
            engine.close();
            readers.stop();
            let closed = engine.journal().close();
            app.restored.settle(&**engine.journal());
            following.stop();
            if let Some(sealing) = sealing {
                sealing.stop();
            }
            closed
        })
        .await??;
        Ok(())
    }
}
