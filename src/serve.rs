//! Owns `sluis serve`: from the start-up log to the last line before the end. Refuses to acknowledge anything after a
//! failure of the journal: the process ends with an error, and the next start recovers.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use sluis_journal::RecoveryReport;
use tokio::net::{TcpListener, TcpSocket};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::binary::{self, BinarySettings};
use crate::clock::SystemClock;
use crate::config::{Config, KeyRing, flows};
use crate::engine_start::{self, Running, Surroundings};
use crate::http;
use crate::telemetry;

/// How often alarms are looked at: the most a timer is late while nothing else is.
const TICK: Duration = Duration::from_millis(5);
/// How often the free space of the disk is looked at.
const DISK_EVERY: Duration = Duration::from_secs(5);
/// How often the shutdown says what is still under way.
const SAY_EVERY: Duration = Duration::from_secs(3);

/// Serves until a signal ends it. `paused`: nothing leaves until an operator resumes it.
///
/// # Errors
/// Anything that keeps it from starting, or a failure of the journal.
pub async fn run(
    config: Config,
    environment: BTreeMap<String, String>,
    paused: bool,
    reload: impl Fn() -> Option<Config> + Send + 'static,
) -> anyhow::Result<()> {
    let (fatal, mut failed) = mpsc::channel::<String>(1);
    let keys = Arc::new(KeyRing::new(config.keys()));
    let operators = Arc::new(KeyRing::new(config.operator_keys()));
    let around = Surroundings {
        clock: Arc::new(SystemClock),
        prometheus: telemetry::install()?,
        keys: keys.clone(),
        operators: operators.clone(),
        environment,
        definitions: flows::load(&config)?,
        paused,
        on_fatal: Arc::new(move |why| drop(fatal.try_send(why))),
    };
    let starting = config.clone();
    let running = tokio::task::spawn_blocking(move || engine_start::start(&starting, around)).await??;
    let shutdown = CancellationToken::new();
    let edges = listen(&config, &running, paused, &shutdown).await?;
    let house = housekeeping(running.app.clone(), shutdown.clone());
    let mut hangup = signal(SignalKind::hangup())?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let why = loop {
        tokio::select! {
            Some(why) = failed.recv() => break Some(why),
            _ = terminate.recv() => break None,
            _ = interrupt.recv() => break None,
            _ = hangup.recv() => match reload() {
                Some(fresh) => {
                    keys.replace(fresh.keys());
                    operators.replace(fresh.operator_keys());
                    tracing::info!("API keys were read again");
                }
                None => tracing::error!("the configuration has mistakes: the keys stay as they were"),
            },
        }
    };
    if let Some(why) = why {
        // Nothing may be answered any more: what is not durable must not look as if it were.
        anyhow::bail!("{why}; nothing after it was acknowledged. Start again to recover from the disk");
    }
    end(running, edges, house, &shutdown, config.engine.shutdown_grace.0).await
}

type Edge = tokio::task::JoinHandle<()>;

/// Connections that may wait to be accepted: a provider that begins to call back, or many systems after our restart. With
/// the usual 128 the kernel drops the others, and they come again seconds later. It cuts this to `net.core.somaxconn`.
const WAITING: u32 = 4_096;

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING)
}

async fn listen(config: &Config, running: &Running, paused: bool, shutdown: &CancellationToken) -> anyhow::Result<Vec<Edge>> {
    let app = &running.app;
    let bind = |address| bind(address).with_context(|| format!("{address}: cannot listen there"));
    let tls = |edge: telemetry::Edge, files: &Option<crate::config::TlsFiles>| -> anyhow::Result<Option<http::Tls>> {
        let Some(files) = files else { return Ok(None) };
        let tls = http::tls(&files.cert, &files.key)?;
        telemetry::certificate_loaded(edge, &files.cert);
        Ok(Some(tls))
    };
    let listener = bind(config.http.address)?;
    let http_address = listener.local_addr()?;
    let most = config.http.max_connections as usize;
    let http = http::serve_most(
        listener,
        http::Front::new(app.clone()),
        running.lanes.clone(),
        tls(telemetry::Edge::Http, &config.http.tls)?,
        most,
        shutdown.clone(),
    );
    let mut edges = vec![tokio::spawn(http)];
    let mut binary_address = None;
    if config.binary.enabled {
        let listener = bind(config.binary.address)?;
        binary_address = Some(listener.local_addr()?);
        let settings = BinarySettings {
            credit: config.binary.credit,
            max_connections: config.binary.max_connections as usize,
            tls: tls(telemetry::Edge::Binary, &config.binary.tls)?,
        };
        edges.push(tokio::spawn(binary::serve(app.clone(), listener, running.lanes.clone(), settings, shutdown.clone())));
    }
    say_found(&running.report, app.engine.quota().total().0);
    let binary = binary_address.map_or_else(|| "off".to_owned(), |address| address.to_string());
    let (environment, durability) = (app.environment.name(), "fdatasync before every acknowledgement");
    tracing::info!(http = %http_address, binary, environment, durability, "serving");
    if paused {
        tracing::warn!(
            "everything is paused, as the command line asked: POST /v1/operator/resume with {{\"all\":true}} lets it go on"
        );
    }
    Ok(edges)
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
    let ticking = app.clone();
    let stop = shutdown.clone();
    let tick = tokio::spawn(async move {
        let mut interval = tokio::time::interval(TICK);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        while !stop.is_cancelled() {
            interval.tick().await;
            ticking.engine.tick(ticking.clock.now());
        }
    });
    let disk = tokio::spawn(async move {
        let mut interval = tokio::time::interval(DISK_EVERY);
        while !shutdown.is_cancelled() {
            interval.tick().await;
            // Samples of histograms pile up until somebody sorts them in, also while nobody reads the metrics.
            app.prometheus.run_upkeep();
            app.flush_warnings();
            let journal = app.engine.journal().clone();
            if let Ok(stats) = tokio::task::spawn_blocking(move || journal.stats()).await {
                app.gatekeeper.set_disk_low(app.watch.is_disk_low(&stats));
                // The forecast wants figures from the start, not only when somebody asks.
                app.watch.disk_left_days(&stats, app.clock.now());
            }
        }
    });
    vec![tick, disk]
}

async fn end(
    running: Running,
    edges: Vec<Edge>,
    house: Vec<Edge>,
    shutdown: &CancellationToken,
    grace: Duration,
) -> anyhow::Result<()> {
    tracing::info!("stopping: no more intake");
    running.app.gatekeeper.stop();
    shutdown.cancel();
    let app = running.app.clone();
    let say = tokio::spawn(async move {
        let mut interval = tokio::time::interval(SAY_EVERY);
        interval.tick().await;
        loop {
            interval.tick().await;
            let left: Vec<_> = app.engine.under_way().filter(|(_, n)| *n > 0).map(|(name, n)| format!("{n} at {name}")).collect();
            let left = left.join(", ");
            tracing::info!(under_way = left, "still stopping: attempts that are cut off are in doubt at the next start");
        }
    });
    for edge in edges {
        drop(edge.await);
    }
    house.iter().for_each(tokio::task::JoinHandle::abort);
    let ended = running.stop(grace).await;
    say.abort();
    ended?;
    tracing::info!("stopped");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the dropped connection, which would come again after a second, then three, then seven.
    const WATCHDOG: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn many_connections_may_wait_to_be_accepted() {
        let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let connections: Vec<_> = (0..400).map(|_| tokio::spawn(tokio::net::TcpStream::connect(address))).collect();
        let mut open = Vec::new();
        for connection in connections {
            open.push(tokio::time::timeout(WATCHDOG, connection).await.expect("none is dropped").unwrap().unwrap());
        }
        assert_eq!(open.len(), 400);
    }
}
