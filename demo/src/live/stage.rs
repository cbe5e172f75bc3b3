//! Owns the stage of a live comparison: the engine as it is configured, in a temporary directory, with a
//! clock that is stepped, and a sink for each of its providers. Refuses to keep anything of the
//! configuration that leads to another machine.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context as _, bail};
use sluis::cli::Prepared;
use sluis::config::{Config, KeyRing, ProviderEntry, flows, steering};
use sluis::engine_start::{self, Running, Surroundings};
use sluis::http;
use sluis_channels::ProviderConfig;
use sluis_channels::email::SmtpTls;
use sluis_loadtest::sink::{
    CoreOptions, Drawn, HeapWorld, Profile, SinkCore, SmsOptions, SmsSink, SmtpOptions, SmtpSink,
};
use sluis_model::{Clock as _, ManualClock, Timestamp};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::api::Api;

const ANY_PORT: &str = "127.0.0.1:0";
/// How long the end waits for attempts under way.
const GRACE: Duration = Duration::from_secs(5);
/// More than a rehearsal has rows.
const MOST_OPEN: u64 = 10_000_000;
/// A tenant list as long as one may be.
const MOST_BYTES: u64 = 1 << 30;
const ACCESS: &str = "SLUIS_LIVE_ACCESS";
const SIGNING: &str = "SLUIS_LIVE_SIGNING";

/// Everything that runs.
pub(super) struct Stage {
    pub(super) api: Api,
    pub(super) clock: Arc<ManualClock>,
    pub(super) world: Arc<HeapWorld>,
    pub(super) running: Running,
    fatal: Arc<OnceLock<String>>,
    shutdown: CancellationToken,
    edge: JoinHandle<()>,
    _sinks: Sinks,
    _directory: TempDir,
}

#[derive(Default)]
struct Sinks {
    mail: Vec<SmtpSink>,
    texts: Vec<SmsSink>,
}

impl Stage {
    /// Starts everything at the rehearsal's first instant.
    pub(super) async fn start(prepared: &Prepared) -> anyhow::Result<Self> {
        let clock = Arc::new(ManualClock::starting_at(prepared.stage.starts));
        let reading = clock.clone();
        let world = Arc::new(HeapWorld::new(move || reading.now().0));
        let directory = tempfile::Builder::new().prefix("sluis-live-").tempdir()?;
        let listener = TcpListener::bind(ANY_PORT).await?;
        let address = listener.local_addr()?;
        let mut config = confined(prepared, &directory, address)?;
        let secret = format!("{:032x}", sluis::ids::nonce());
        let mut sinks = Sinks::default();
        for entry in &mut config.providers {
            sinks.lead_to(entry, prepared, &world, &secret).await?;
        }
        let fatal: Arc<OnceLock<String>> = Arc::default();
        let environment = [(ACCESS, &secret), (SIGNING, &secret)];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.clone()));
        let running = engine(config, &clock, environment.into(), &fatal).await?;
        let shutdown = CancellationToken::new();
        let front = http::Front::new(running.app.clone());
        let threads = running.threads.clone();
        let edge = tokio::spawn(http::serve(
            listener,
            front,
            threads,
            None,
            shutdown.clone(),
        ));
        Ok(Self {
            api: Api::new(format!("http://{address}")),
            clock,
            world,
            running,
            fatal,
            shutdown,
            edge,
            _sinks: sinks,
            _directory: directory,
        })
    }

    /// Moves the clock and wakes whoever's alarm fell due.
    pub(super) fn step_to(&self, now: Timestamp) {
        self.clock.set(now);
        self.running.app.engine.tick(now);
    }

    /// Fails when the engine may not go on.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        match self.fatal.get() {
            Some(why) => bail!("the engine stopped: {why}"),
            None => Ok(()),
        }
    }

    /// Ends everything, in order.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.running.app.gatekeeper.stop();
        self.shutdown.cancel();
        drop(self.api);
        drop(self.edge.await);
        self.running.stop(GRACE).await
    }
}

impl Sinks {
    /// Starts a sink for a provider, and leads the provider to it.
    async fn lead_to(
        &mut self,
        entry: &mut ProviderEntry,
        prepared: &Prepared,
        world: &Arc<HeapWorld>,
        secret: &str,
    ) -> anyhow::Result<()> {
        let options = CoreOptions {
            drawn: Some(Drawn {
                outside: prepared.stage.outside.clone(),
                corporation: prepared.stage.corporation,
                provider: entry.name.as_str().into(),
            }),
            ..CoreOptions::default()
        };
        let core = SinkCore::with_options(Profile::perfect(), world.clone(), options);
        match &mut entry.config {
            ProviderConfig::Smtp(smtp) => {
                let sink = SmtpSink::start(core, ANY_PORT, SmtpOptions::default()).await?;
                (smtp.host, smtp.port) = (sink.addr().ip().to_string(), sink.addr().port());
                (smtp.tls, smtp.ca_file) = (SmtpTls::None, None);
                (smtp.username, smtp.password_env, smtp.password_file) = (None, None, None);
                self.mail.push(sink);
            }
            ProviderConfig::BirdSms(bird) => {
                let options = SmsOptions {
                    access_key: Some(secret.to_owned()),
                    signing_key: Some(secret.as_bytes().to_vec()),
                    ..SmsOptions::default()
                };
                let sink = SmsSink::start(core, ANY_PORT, options).await?;
                bird.base_url = format!("http://{}", sink.addr());
                bird.ca_file = None;
                (bird.access_key_env, bird.access_key_file) = (Some(ACCESS.to_owned()), None);
                (bird.signing_key_env, bird.signing_key_file) = (Some(SIGNING.to_owned()), None);
                self.texts.push(sink);
            }
            ProviderConfig::Null(_) => {}
            ProviderConfig::File(_) => {
                bail!("provider {}: what a file takes cannot be drawn", entry.name)
            }
            ProviderConfig::Webhook(_) => {
                bail!(
                    "provider {}: what a machine answers cannot be drawn",
                    entry.name
                )
            }
        }
        Ok(())
    }
}

/// The configuration with one corporation, in a directory of its own, and with no way to another machine.
fn confined(
    prepared: &Prepared,
    directory: &TempDir,
    address: SocketAddr,
) -> anyhow::Result<Config> {
    let mut config = prepared.config.clone();
    config.engine.data_dir = directory.path().join("data");
    config.http.address = address;
    (config.http.behind_proxy, config.http.status_address) = (false, None);
    config.http.max_batch_bytes = MOST_BYTES;
    config.binary.enabled = false;
    config.archive.enabled = false;
    (config.archive.url, config.archive.time_stamps) = (None, None);
    config
        .corporations
        .retain(|one| one.name == prepared.corporation);
    let ours = config.corporations.first_mut();
    let ours = ours.with_context(|| format!("no corporation {}", prepared.corporation))?;
    if !ours.data_keys.is_empty() {
        bail!(
            "corporation {}: data_keys: a comparison has no keys",
            ours.name
        );
    }
    ours.key_hashes = Vec::new();
    // All of the rows are open at once: a bound would refuse some.
    ours.max_open = None;
    (
        ours.intake_per_second,
        ours.intake_burst,
        ours.bytes_per_day,
    ) = (None, None, None);
    config.engine.max_open = MOST_OPEN;
    let ours = ours.clone();
    config.providers.retain(|entry| entry.serves(&ours));
    Ok(config)
}

async fn engine(
    config: Config,
    clock: &Arc<ManualClock>,
    environment: BTreeMap<String, String>,
    fatal: &Arc<OnceLock<String>>,
) -> anyhow::Result<Running> {
    let fatal = fatal.clone();
    let around = Surroundings {
        clock: clock.clone(),
        prometheus: crate::stage::recorder(),
        keys: Arc::new(KeyRing::new(config.keys())),
        operators: Arc::new(KeyRing::default()),
        environment,
        definitions: flows::load(&config)?,
        steering: steering::load(&config)?,
        paused: false,
        on_fatal: Arc::new(move |why| drop(fatal.set(why))),
    };
    tokio::task::spawn_blocking(move || engine_start::start(&config, around)).await?
}
