//! Owns `sluis serve`: from the start-up log to the last line before the end. Refuses to
//! acknowledge anything after a failure of the journal: the process ends with an error, and the
//! next start recovers.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use sluis_actors::Recovery;
use sluis_journal::RecoveryReport;
use sluis_model::Clock;
use tokio::signal::unix::{self, SignalKind};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::config::{Config, KeyRing, flows, steering};
use crate::engine_start::{self, Running, Surroundings};
use crate::http;
use crate::ports::{Edge, Ports};
use crate::reload::{Reload, Source};
use crate::reloading::{Asked, Reloads};
use crate::service;
use crate::telemetry;

/// How often alarms are looked at: the most a timer is late while nothing else is.
const TICK: Duration = Duration::from_millis(5);
/// How often mailings go on.
const MAILINGS_EVERY: Duration = Duration::from_millis(20);
/// How often migrations go on.
const MIGRATIONS_EVERY: Duration = Duration::from_millis(20);
/// How often the free space of the disk is looked at.
const DISK_EVERY: Duration = Duration::from_secs(5);
/// How often a start says how far it is, and a shutdown what is still under way.
const SAY_EVERY: Duration = Duration::from_secs(3);
/// How long a start that was ended may take to notice.
const START_END: Duration = Duration::from_secs(1);

/// Serves until a signal ends it, by this clock. `paused`: nothing leaves until an operator resumes it.
///
/// # Errors
/// Anything that keeps it from starting, or a failure of the journal.
pub async fn run(
    config: Config,
    environment: BTreeMap<String, String>,
    clock: Arc<dyn Clock>,
    paused: bool,
    source: Source,
) -> anyhow::Result<()> {
    let (fatal, mut failed) = mpsc::channel::<String>(1);
    let keys = Arc::new(KeyRing::new(config.keys()));
    let operators = Arc::new(KeyRing::new(config.operator_keys()));
    let around = Surroundings {
        clock,
        prometheus: telemetry::install()?,
        keys: keys.clone(),
        operators: operators.clone(),
        environment: environment.clone(),
        definitions: flows::load(&config)?,
        steering: steering::load(&config)?,
        paused,
        on_fatal: Arc::new(move |why| drop(fatal.try_send(why))),
    };
    let mut signals = Signals::listen()?;
    let (recovery, shutdown) = (Arc::<Recovery>::default(), CancellationToken::new());
    let ports = Ports::listen(&config, &recovery, &shutdown)?;
    let renewal = Reload {
        source,
        keys,
        operators,
        certificates: ports.certificates(),
        secrets: environment,
    };
    let early = || renewal.read_early(&config);
    let Some(running) = start(&config, around, &ports, &recovery, &mut signals, &early).await?
    else {
        return Ok(());
    };
    let reloads = renewal.begin(config.clone(), &running.app);
    ports.open(&running);
    service::ready();
    say_serving(&running, &ports, paused);
    let house = housekeeping(running.app.clone(), shutdown.clone());
    if let Some(why) = until_the_end(&mut failed, &mut signals, &reloads).await {
        service::failed(&why);
        // Nothing may be answered any more: what is not durable must not look as if it were.
        anyhow::bail!(
            "{why}; nothing after it was acknowledged. Start again to recover from the disk"
        );
    }
    end(
        running,
        ports,
        house,
        &shutdown,
        config.engine.shutdown_grace.0,
    )
    .await
}

/// Waits for a signal that ends the process, or for a failure: then with why.
async fn until_the_end(
    failed: &mut mpsc::Receiver<String>,
    signals: &mut Signals,
    reloads: &Arc<dyn Reloads>,
) -> Option<String> {
    loop {
        tokio::select! {
            Some(why) = failed.recv() => return Some(why),
            signal = signals.next() => match signal {
                Signal::End => return None,
                Signal::ReadAgain => {
                    service::reading_again();
                    let reloads = reloads.clone();
                    let read = move || reloads.reload(Asked::Take);
                    // What came of it is in the log.
                    drop(tokio::task::spawn_blocking(read).await);
                    service::ready();
                }
            },
        }
    }
}

/// What is served, where, and whether anything leaves.
fn say_serving(running: &Running, ports: &Ports, paused: bool) {
    say_found(&running.report, running.app.engine.quota().total().0);
    let (environment, durability) = (
        running.app.environment.name(),
        "fdatasync before every acknowledgement",
    );
    tracing::info!(http = %ports.http(), binary = ports.binary(), status = ports.status(), environment, durability, "serving");
    let why = match paused {
        true => "as the command line asked",
        false if running.app.restored.is_pending() => "because this directory is a copy",
        false => return,
    };
    tracing::warn!(
        "everything is paused, {why}: POST /v1/operator/resume with {{\"all\":true}} lets it go on"
    );
}

/// What a signal asks for.
enum Signal {
    End,
    ReadAgain,
}

struct Signals {
    hangup: unix::Signal,
    terminate: unix::Signal,
    interrupt: unix::Signal,
}

impl Signals {
    /// From here on signals no longer end the process by themselves.
    fn listen() -> io::Result<Self> {
        let on = |kind: fn() -> SignalKind| unix::signal(kind());
        let (hangup, terminate, interrupt) = (
            on(SignalKind::hangup)?,
            on(SignalKind::terminate)?,
            on(SignalKind::interrupt)?,
        );
        Ok(Self {
            hangup,
            terminate,
            interrupt,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.hangup.recv() => Signal::ReadAgain,
            _ = self.terminate.recv() => Signal::End,
            _ = self.interrupt.recv() => Signal::End,
        }
    }
}

/// Starts the engine and says how far it is. None: a signal ended it before it was there.
async fn start(
    config: &Config,
    around: Surroundings,
    ports: &Ports,
    recovery: &Arc<Recovery>,
    signals: &mut Signals,
    read_again: &impl Fn(),
) -> anyhow::Result<Option<Running>> {
    tracing::info!(http = %ports.http(), binary = ports.binary(), status = ports.status(), "listening; the engine recovers");
    let (config, watch) = (config.clone(), recovery.clone());
    let mut starting =
        tokio::task::spawn_blocking(move || engine_start::start_watched(&config, around, watch));
    let mut say = tokio::time::interval(SAY_EVERY);
    say.tick().await;
    loop {
        tokio::select! {
            started = &mut starting => return Ok(Some(started??)),
            _ = say.tick() => {
                let progress = http::progress(recovery);
                service::status(&format!("starting: {progress}"));
                tracing::info!(replayed = recovery.replayed(), of = recovery.of(), "still starting: {progress}");
            }
            signal = signals.next() => match signal {
                Signal::ReadAgain => read_again(),
                Signal::End => break,
            },
        }
    }
    tracing::info!(
        "stopping before the engine was there: nothing was taken in, the next start recovers again"
    );
    recovery.end();
    // What is being read is left as it is, as a kill would leave it.
    if let Ok(Ok(Ok(running))) = tokio::time::timeout(START_END, starting).await {
        running.stop(Duration::ZERO).await?;
    }
    tracing::info!("stopped");
    Ok(None)
}

/// What the start found, a line for each fact. What was repaired has a line already.
fn say_found(report: &RecoveryReport, open: i64) {
    let records: u64 = report.shards.iter().map(|shard| shard.records).sum();
    let (shards, generations) = (report.shards.len(), report.generations);
    if report.created {
        tracing::info!(shards, "a new data directory was made");
    } else {
        tracing::info!(records, shards, generations, open, "the journal was read");
    }
    for path in &report.removed {
        tracing::info!(path = %path.display(), "a leftover of an interrupted run was removed");
    }
}

/// Alarms, and an eye on the disk.
fn housekeeping(app: Arc<App>, shutdown: CancellationToken) -> Vec<Edge> {
    let tick = tokio::spawn(tick(app.clone(), shutdown.clone()));
    let upkeep = tokio::spawn(upkeep(app.clone(), shutdown.clone()));
    let mailings = tokio::spawn(drive_mailings(app.clone(), shutdown.clone()));
    let migrations = tokio::spawn(drive_migrations(app.clone(), shutdown.clone()));
    let alive = service::watch(app, shutdown);
    let own = [tick, upkeep, mailings, migrations];
    own.into_iter().chain(alive).collect()
}

/// Lets the engine look at its clock.
async fn tick(app: Arc<App>, stop: CancellationToken) {
    let mut interval = tokio::time::interval(TICK);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    while !stop.is_cancelled() {
        interval.tick().await;
        app.engine.tick(app.clock.now());
    }
}

/// Lets mailings go on.
async fn drive_mailings(app: Arc<App>, stop: CancellationToken) {
    let mut interval = tokio::time::interval(MAILINGS_EVERY);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    while !stop.is_cancelled() {
        interval.tick().await;
        app.turn_mailings().await;
    }
}

/// Lets migrations go on.
async fn drive_migrations(app: Arc<App>, stop: CancellationToken) {
    let mut interval = tokio::time::interval(MIGRATIONS_EVERY);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        // Most of the time there is none: nothing wakes then.
        tokio::select! {
            () = stop.cancelled() => return,
            () = app.migrations.have_work() => {}
        }
        interval.tick().await;
        app.turn_migrations().await;
    }
}

/// What is done every few seconds.
async fn upkeep(app: Arc<App>, stop: CancellationToken) {
    let mut interval = tokio::time::interval(DISK_EVERY);
    while !stop.is_cancelled() {
        interval.tick().await;
        // Samples of histograms pile up until somebody sorts them in, also while nobody reads the
        // metrics.
        app.prometheus.run_upkeep();
        app.flush_warnings();
        app.restored.settle(&**app.engine.journal());
        look_at_the_disk(&app).await;
    }
}

async fn look_at_the_disk(app: &App) {
    let journal = app.engine.journal().clone();
    if let Ok(stats) = tokio::task::spawn_blocking(move || journal.stats()).await {
        app.gatekeeper.set_disk_low(app.watch.is_disk_low(&stats));
        // The forecast wants figures from the start, not only when somebody asks.
        app.watch.disk_left_days(&stats, app.clock.now());
    }
}

/// Says now and then what is still under way, for ever.
async fn say_stopping(app: Arc<App>) {
    let mut interval = tokio::time::interval(SAY_EVERY);
    interval.tick().await;
    loop {
        interval.tick().await;
        let under_way = app.engine.under_way().filter(|(_, count)| *count > 0);
        let left: Vec<_> = under_way
            .map(|(name, count)| format!("{count} at {name}"))
            .collect();
        if left.is_empty() {
            tracing::info!("still stopping: the journal and the archive come to their ends");
            continue;
        }
        tracing::info!(
            under_way = left.join(", "),
            "still stopping: attempts that are cut off are in doubt at the next start"
        );
    }
}

async fn end(
    running: Running,
    ports: Ports,
    house: Vec<Edge>,
    shutdown: &CancellationToken,
    grace: Duration,
) -> anyhow::Result<()> {
    tracing::info!("stopping: no more intake");
    service::stopping(grace);
    running.app.gatekeeper.stop();
    shutdown.cancel();
    let say = tokio::spawn(say_stopping(running.app.clone()));
    // Side by side: whoever keeps a connection open takes nothing from the attempts' time.
    tokio::join!(ports.ended(), running.app.engine.stop_sending(grace));
    house.iter().for_each(tokio::task::JoinHandle::abort);
    let ended = running.stop(Duration::ZERO).await;
    say.abort();
    ended?;
    tracing::info!("stopped");
    Ok(())
}
