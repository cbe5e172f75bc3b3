//! Owns the demo's stage: a temporary directory, the sinks, the real engine behind its real HTTP
//! edge, all on this machine, and a clock that is stepped. Refuses an address that others can
//! reach, and a real provider.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context as _, bail};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use sluis_loadtest::sink::{
    CoreOptions, HeapWorld, LaterEvent, Profile, SinkCore, SmsOptions, SmsSink, SmtpOptions,
    SmtpSink,
};
use sluis_model::{Clock as _, ManualClock, Timestamp};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::api::Api;
use sluis::app::App;
use sluis::config::{CliOverrides, Config, ConfigProblems, KeyRing, flows, steering};
use sluis::engine_start::{self, Running, Surroundings};
use sluis::http;
use sluis::reload::Reload;
use sluis::telemetry;

const PROFILE: &str = include_str!("../../loadtest/profiles/demo.toml");
/// The file with the configuration.
const CONFIGURATION: &str = "sluis.toml";
const ANY_PORT: &str = "127.0.0.1:0";
/// How long the end waits for attempts under way.
const GRACE: Duration = Duration::from_secs(5);

/// Everything that runs.
pub(super) struct Stage {
    pub(super) api: Api,
    pub(super) address: SocketAddr,
    pub(super) clock: Arc<ManualClock>,
    pub(super) world: Arc<HeapWorld>,
    pub(super) sinks: Arc<SinkCore>,
    /// Where each sink listens.
    pub(super) smtp: SocketAddr,
    pub(super) sms: SocketAddr,
    running: Running,
    fatal: Arc<OnceLock<String>>,
    shutdown: CancellationToken,
    edge: JoinHandle<()>,
    _servers: (SmtpSink, SmsSink),
    /// Removed at the end, unless the caller named a directory.
    _directory: Option<TempDir>,
}

/// What the engine and the SMS sink know of each other.
struct Secrets {
    access: String,
    signing: String,
}

impl Secrets {
    fn write(&self, at: &Path) -> std::io::Result<()> {
        std::fs::write(at.join("access.key"), &self.access)?;
        std::fs::write(at.join("signing.key"), &self.signing)
    }
}

/// The providers of the demo.
struct Sinks {
    core: Arc<SinkCore>,
    smtp: SmtpSink,
    sms: SmsSink,
}

impl Sinks {
    async fn start(seed: u64, world: Arc<HeapWorld>, secrets: &Secrets) -> anyhow::Result<Self> {
        let profile = Profile {
            seed,
            ..Profile::parse("demo.toml", PROFILE)?
        };
        let options = CoreOptions {
            headers: Vec::new(),
            keep_bodies: true,
            drawn: None,
        };
        let core = SinkCore::with_options(profile, world, options);
        let smtp = SmtpSink::start(core.clone(), ANY_PORT, SmtpOptions::default()).await?;
        let sms_options = SmsOptions {
            access_key: Some(secrets.access.clone()),
            signing_key: Some(secrets.signing.clone().into_bytes()),
            ..SmsOptions::default()
        };
        let sms = SmsSink::start(core.clone(), ANY_PORT, sms_options).await?;
        Ok(Self { core, smtp, sms })
    }
}

impl Stage {
    /// Starts everything at `start` of the demo clock.
    pub(super) async fn start(
        start: Timestamp,
        seed: u64,
        data_dir: Option<PathBuf>,
    ) -> anyhow::Result<Self> {
        let clock = Arc::new(ManualClock::starting_at(start));
        let reading = clock.clone();
        let world = Arc::new(HeapWorld::new(move || reading.now().0));
        let secrets = Secrets {
            access: secret(),
            signing: secret(),
        };
        let sinks = Sinks::start(seed, world.clone(), &secrets).await?;
        let listener = TcpListener::bind(ANY_PORT)
            .await
            .context("no port on this machine")?;
        let address = listener.local_addr()?;
        let (smtp, sms) = (sinks.smtp.addr(), sinks.sms.addr());
        let (directory, at) = directory(data_dir)?;
        secrets.write(&at)?;
        let config = configured(&at, configuration(&at, address, smtp, sms))?;
        let fatal: Arc<OnceLock<String>> = Arc::default();
        let keys = Arc::new(KeyRing::new(config.keys()));
        let running = engine(config.clone(), keys.clone(), clock.clone(), fatal.clone()).await?;
        let again = at.clone();
        let reload = Reload {
            source: Box::new(move || read(&again)),
            keys,
            operators: Arc::default(),
            certificates: Arc::default(),
            secrets: BTreeMap::new(),
        };
        reload.begin(config, &running.app);
        let shutdown = CancellationToken::new();
        let edge = tokio::spawn(http::serve(
            listener,
            http::Front::new(running.app.clone()),
            running.threads.clone(),
            None,
            shutdown.clone(),
        ));
        Ok(Self {
            api: Api::new(format!("http://{address}")),
            address,
            clock,
            world,
            sinks: sinks.core,
            smtp,
            sms,
            running,
            fatal,
            shutdown,
            edge,
            _servers: (sinks.smtp, sinks.sms),
            _directory: directory,
        })
    }

    /// What the edges share.
    pub(super) fn app(&self) -> &App {
        &self.running.app
    }

    /// Moves the clock and wakes whoever's alarm fell due.
    pub(super) fn step_to(&self, now: Timestamp) {
        self.clock.set(now);
        self.app().engine.tick(now);
    }

    /// What the outside world has to say by now, in the order of its planning.
    pub(super) fn said_by(&self, now: Timestamp) -> Vec<LaterEvent> {
        std::iter::from_fn(|| self.world.pop_due(now.0))
            .map(|(_, event)| event)
            .collect()
    }

    /// Fails when the engine may not go on.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        match self.fatal.get() {
            Some(why) => bail!("the engine stopped: {why}"),
            None => Ok(()),
        }
    }

    /// What is under way, in words.
    pub(super) fn under_way(&self) -> String {
        let engine = &self.app().engine;
        let attempts: Vec<String> = engine
            .under_way()
            .map(|(name, count)| format!("{count} at {name}"))
            .collect();
        format!(
            "{} things under way in the engine, attempts {}; next alarm {}; {} events of the sinks to come",
            engine.activity().count(),
            attempts.join(", "),
            super::time::shown(engine.next_due()),
            self.world.pending()
        )
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

async fn engine(
    config: Config,
    keys: Arc<KeyRing>,
    clock: Arc<ManualClock>,
    fatal: Arc<OnceLock<String>>,
) -> anyhow::Result<Running> {
    let around = Surroundings {
        clock,
        prometheus: recorder(),
        keys,
        operators: Arc::new(KeyRing::default()),
        environment: BTreeMap::new(),
        definitions: flows::load(&config)?,
        steering: steering::load(&config)?,
        paused: false,
        on_fatal: Arc::new(move |why| drop(fatal.set(why))),
    };
    tokio::task::spawn_blocking(move || engine_start::start(&config, around)).await?
}

/// The recorder of the process, or one for nobody when there is one already.
pub(super) fn recorder() -> PrometheusHandle {
    telemetry::install().unwrap_or_else(|_| PrometheusBuilder::new().build_recorder().handle())
}

fn directory(given: Option<PathBuf>) -> anyhow::Result<(Option<TempDir>, PathBuf)> {
    if let Some(at) = given {
        std::fs::create_dir_all(&at)
            .with_context(|| format!("{}: cannot be made", at.display()))?;
        if at.join("data").exists() {
            bail!(
                "{}: a demo ran here before; the demo starts from nothing, name a new directory",
                at.display()
            );
        }
        return Ok((None, at));
    }
    let directory = tempfile::Builder::new()
        .prefix("sluis-demo-")
        .tempdir()
        .context("no temporary directory")?;
    let at = directory.path().to_owned();
    Ok((Some(directory), at))
}

fn secret() -> String {
    format!("{:016x}{:016x}", sluis::ids::nonce(), sluis::ids::nonce())
}

/// Writes the configuration and reads it, as the engine's command does.
fn configured(at: &Path, text: String) -> anyhow::Result<Config> {
    std::fs::write(at.join(CONFIGURATION), text)?;
    Ok(read(at)?)
}

/// Reads it, as a reload does too.
fn read(at: &Path) -> Result<Config, ConfigProblems> {
    let (path, none) = (at.join(CONFIGURATION), BTreeMap::new());
    let loaded = Config::load(Some(&path), &none, &CliOverrides::default())?;
    Ok(loaded.config)
}

/// The configuration of the demo: what differs from the built-in one.
fn configuration(at: &Path, http: SocketAddr, smtp: SocketAddr, sms: SocketAddr) -> String {
    let quoted =
        |path: PathBuf| toml::Value::String(path.to_string_lossy().into_owned()).to_string();
    format!(
        "[engine]\nenvironment = \"production\"\ndata_dir = {data}\n\
         [http]\naddress = \"{http}\"\n\
         [binary]\nenabled = false\n\
         [[corporation]]\nid = 1\nname = \"demo\"\ndisplay_name = \"Woningstichting Demo\"\n\
         [corporation.sender]\nemail_from = \"woning@demo.example\"\nemail_name = \"Woningstichting Demo\"\n\
         bounce_domain = \"bounce.demo.example\"\nsms_originator = \"Demo\"\npublic_url = \"http://{http}\"\n\
         [[provider]]\nname = \"relay\"\nkind = \"smtp\"\nhost = \"{smtp_host}\"\nport = {smtp_port}\ntls = \"none\"\n\
         hello = \"post.demo.example\"\n\
         [[provider]]\nname = \"bird\"\nkind = \"bird-sms\"\nbase_url = \"http://{sms}\"\n\
         access_key_file = {access}\nsigning_key_file = {signing}\n",
        data = quoted(at.join("data")),
        smtp_host = smtp.ip(),
        smtp_port = smtp.port(),
        access = quoted(at.join("access.key")),
        signing = quoted(at.join("signing.key")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Call;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn its_configuration_is_read_again() {
        let stage = Stage::start(Timestamp(1_800_000_000_000), 1, None)
            .await
            .unwrap();
        let answer = stage
            .api
            .ok(Call::post("/v1/reload", "application/json", "{}"))
            .await
            .unwrap();
        assert!(
            answer.text().contains("\"taken\":true"),
            "{}",
            answer.text()
        );
        stage.stop().await.unwrap();
    }
}
