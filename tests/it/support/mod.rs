//! Owns the engine under test: a real one in this process with its own data directory, the real
//! router and binary port on loopback, sinks for mail and SMS, and the clock, which moves only when
//! a test says so. Refuses to sleep and to reach past the loopback interface.

mod client;
mod config;
mod files;
mod stories;

pub use client::{Body, Reply, raw, told};
pub use files::copy;
pub use stories::{KEYS, NOORD, ZUID, notice, reached_by, storno};

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use sluis::app::App;
use sluis::binary::{self, BinarySettings};
use sluis::config::{CliOverrides, Config, KeyRing, MapSecrets, flows, steering};
use sluis::engine_start::{self, Running, Surroundings};
use sluis::reload::Reload;
use sluis::threads::Threads;
use sluis_loadtest::sink::{
    CoreOptions, HeapWorld, Profile, SinkCore, SmsOptions, SmsSink, SmtpOptions, SmtpSink,
};
use sluis_model::{Clock, ManualClock, Timestamp};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Monday 2 February 2026, 09:00 in Amsterdam.
pub const START: Timestamp = Timestamp(1_770_019_200_000);
/// The key that signs SMS callbacks.
pub const SIGNING_KEY: &str = "signing-key-of-the-account";
/// The operator's key.
pub const OPERATOR: &str = "slk_operator";
/// Where the engine's password at the relay stands, in its directory.
const PASSWORD_FILE: &str = "relay.password";
/// Longest a test waits for anything, in real time.
pub const WATCHDOG: Duration = Duration::from_secs(60);

/// What an engine is started with.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Mail and SMS go to sinks; without, everything goes nowhere.
    pub sinks: bool,
    /// Rows that a connection of the binary port may have open.
    pub credit: u32,
    /// Further lines of `[engine]`.
    pub engine: &'static str,
    /// Further lines of `[limits]`.
    pub limits: &'static str,
    /// Further lines of `[http]`.
    pub http: &'static str,
    /// Further lines of `[archive]`.
    pub archive: &'static str,
    /// Further lines of each corporation.
    pub corporation: &'static str,
    /// What mails are from.
    pub sender: &'static str,
    /// Further lines of `[journal]`.
    pub journal: &'static str,
    /// Size of a generation of the log, below what a configuration may ask for.
    pub generation_bytes: Option<u64>,
    /// The password that the relay asks of user `sluis`. The engine reads its own from a file, see
    /// [`Engine::password`].
    pub relay_password: Option<&'static str>,
    /// Whether the corporations have keys; without, there is only `demo`.
    pub keys: bool,
    /// Accounts of one corporation each at the sinks, beside the street's.
    pub accounts: &'static [Account],
}

/// A provider that is one corporation's.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    /// Its name.
    pub name: &'static str,
    /// `smtp` or `bird-sms`.
    pub kind: &'static str,
    /// Whose it is.
    pub corporation: &'static str,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            sinks: false,
            credit: 64,
            engine: "",
            limits: "",
            http: "",
            archive: "",
            corporation: "",
            sender: "woning",
            journal: "",
            generation_bytes: None,
            relay_password: None,
            keys: true,
            accounts: &[],
        }
    }
}

/// The outside world.
pub struct Sinks {
    /// What comes later.
    pub world: Arc<HeapWorld>,
    /// Book and profile.
    pub core: Arc<SinkCore>,
    smtp: SmtpSink,
    sms: SmsSink,
}

/// A running engine.
pub struct Engine {
    /// Its clock.
    pub clock: Arc<ManualClock>,
    /// The world behind its providers.
    pub sinks: Sinks,
    /// Where HTTP listens.
    pub http: SocketAddr,
    /// Where the binary port listens.
    pub binary: SocketAddr,
    /// Whether the next start pauses everything.
    pub paused: bool,
    setup: Setup,
    /// Whether the file of the configuration stays what it is.
    keeps_file: bool,
    running: Option<Running>,
    edges: Vec<JoinHandle<()>>,
    shutdown: CancellationToken,
    client: client::Client,
    dir: TempDir,
}

/// The recorder of the process: there can be only one.
pub fn recorder() -> PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER
        .get_or_init(|| sluis::telemetry::install().expect("nobody else installs a recorder"))
        .clone()
}

impl Engine {
    /// Two corporations, everything delivered nowhere.
    pub async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    /// Two corporations, mail and SMS to sinks.
    pub async fn with_sinks() -> Self {
        Self::with(Setup {
            sinks: true,
            ..Setup::default()
        })
        .await
    }

    /// As `setup` says.
    pub async fn with(setup: Setup) -> Self {
        let clock = Arc::new(ManualClock::starting_at(START));
        let sinks = Sinks::start(clock.clone(), setup.relay_password).await;
        let dir = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(dir.path().join(PASSWORD_FILE), "changeme").expect("a password");
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut engine = Self {
            clock,
            sinks,
            http: nowhere,
            binary: nowhere,
            paused: false,
            setup,
            keeps_file: false,
            running: None,
            edges: Vec::new(),
            shutdown: CancellationToken::new(),
            client: client::Client::default(),
            dir,
        };
        engine.open().await;
        engine
    }

    async fn open(&mut self) {
        self.try_open().await.expect("the engine starts");
    }

    /// From the next start on, corporations have these further lines.
    pub fn set_corporations(&mut self, lines: &'static str) {
        self.setup.corporation = lines;
    }

    /// From the next start on, mails are from another address.
    pub fn write_as(&mut self, sender: &'static str) {
        self.setup.sender = sender;
    }

    /// Starts on the data directory as it is.
    ///
    /// # Errors
    /// What the engine refused to start with.
    pub async fn try_open(&mut self) -> anyhow::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        (self.http, self.binary) = (listener.local_addr().unwrap(), port.local_addr().unwrap());
        let config = self.config();
        let keys = Arc::new(KeyRing::new(config.keys()));
        let operators = Arc::new(KeyRing::new(config.operator_keys()));
        let around = Surroundings {
            clock: self.clock.clone(),
            prometheus: recorder(),
            keys: keys.clone(),
            operators: operators.clone(),
            environment: secrets(),
            definitions: flows::load(&config).expect("the built-in flows"),
            steering: steering::load(&config).expect("files of steering"),
            paused: self.paused,
            on_fatal: Arc::new(|why| panic!("the engine failed: {why}")),
        };
        let credit = config.binary.credit;
        let running = tokio::task::spawn_blocking(move || engine_start::start(&config, around))
            .await
            .unwrap();
        let running = running?;
        self.shutdown = CancellationToken::new();
        let front = sluis::http::Front::new(running.app.clone());
        let settings = BinarySettings {
            credit,
            max_connections: 8,
            ..BinarySettings::default()
        };
        self.edges = vec![
            tokio::spawn(sluis::http::serve(
                listener,
                front,
                running.threads.clone(),
                None,
                self.shutdown.clone(),
            )),
            tokio::spawn(binary::serve(
                running.app.clone(),
                port,
                running.threads.clone(),
                settings,
                self.shutdown.clone(),
            )),
        ];
        self.client = client::Client::default();
        let reload = Reload {
            source: Box::new(config::source(self.config_file())),
            keys,
            operators,
            certificates: Arc::default(),
            secrets: secrets(),
        };
        reload.begin(self.loaded(), &running.app);
        self.running = Some(running);
        self.settled().await;
        Ok(())
    }

    /// What the engine takes for its password at the relay from its next start on; a wrong one
    /// until it is said.
    pub fn password(&self, password: &str) {
        std::fs::write(self.dir.path().join(PASSWORD_FILE), password).expect("a password");
    }

    /// Has it read its providers' credentials again, as SIGHUP does.
    pub fn renew_credentials(&self) {
        let environment = secrets();
        self.app().renew_credentials(&MapSecrets(&environment));
    }

    /// Its data directory.
    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// What its configuration file says.
    pub fn loaded(&self) -> Config {
        let file = self.config_file();
        let loaded = Config::load(Some(&file), &BTreeMap::new(), &CliOverrides::default());
        loaded.expect("the configuration").config
    }

    /// Its configuration file.
    pub fn config_file(&self) -> PathBuf {
        self.dir.path().join("sluis.toml")
    }

    /// What the last start found.
    pub fn report(&self) -> &sluis_journal::RecoveryReport {
        &self.running.as_ref().expect("it runs").report
    }

    /// The accounts of its next start.
    pub fn use_accounts(&mut self, accounts: &'static [Account]) {
        self.setup.accounts = accounts;
    }

    /// Where connections are served.
    pub fn threads(&self) -> &Threads {
        &self.running.as_ref().expect("it runs").threads
    }

    /// What the edges share.
    pub fn app(&self) -> &Arc<App> {
        &self.running.as_ref().expect("it runs").app
    }

    /// Waits until nothing happens any more unless the clock moves or somebody asks.
    pub async fn settled(&self) {
        let engine = &self.app().engine;
        let quiet = async {
            let mut look = tokio::time::interval(Duration::from_millis(1));
            let mut calm = 0;
            while calm < 3 {
                engine.tick(self.clock.now());
                look.tick().await;
                calm = if engine.activity().is_quiet() {
                    calm + 1
                } else {
                    0
                };
            }
        };
        let waited = tokio::time::timeout(WATCHDOG, quiet).await;
        assert!(
            waited.is_ok(),
            "{} things are still under way",
            engine.activity().count()
        );
    }

    /// Moves the clock and lets everything happen that falls due.
    pub async fn pass(&self, millis: i64) {
        self.settled().await;
        self.clock.advance(millis);
        self.settled().await;
    }

    /// Ends the engine as a shutdown does, and starts another one on the same data directory.
    pub async fn restart(&mut self) {
        self.close().await;
        self.open().await;
    }

    /// Ends the engine as a shutdown does; its data directory stays.
    pub async fn close(&mut self) {
        if let Some(running) = self.running.take() {
            self.shutdown.cancel();
            self.client = client::Client::default();
            for edge in self.edges.drain(..) {
                drop(edge.await);
            }
            running
                .stop(Duration::from_secs(5))
                .await
                .expect("the journal closes");
        }
    }

    /// Ends it.
    pub async fn end(mut self) {
        self.close().await;
    }
}

impl Sinks {
    async fn start(clock: Arc<ManualClock>, password: Option<&str>) -> Self {
        let world = Arc::new(HeapWorld::new(move || clock.now().0));
        let options = CoreOptions {
            headers: vec!["message-id".into()],
            keep_bodies: true,
            drawn: None,
        };
        let core = SinkCore::with_options(Profile::perfect(), world.clone(), options);
        let asks = SmtpOptions {
            auth: password.map(|password| ("sluis".to_owned(), password.to_owned())),
            ..SmtpOptions::default()
        };
        let smtp = SmtpSink::start(core.clone(), "127.0.0.1:0", asks)
            .await
            .expect("a port");
        let sms = SmsOptions {
            signing_key: Some(SIGNING_KEY.into()),
            ..SmsOptions::default()
        };
        let sms = SmsSink::start(core.clone(), "127.0.0.1:0", sms)
            .await
            .expect("a port");
        Self {
            world,
            core,
            smtp,
            sms,
        }
    }
}

/// Keys of corporations for encryption at rest.
const DATA_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const NEXT_DATA_KEY: &str = "8899aabbccddeeff00112233445566778899aabbccddeeff0011223344556677";

/// The environment of every engine.
pub fn secrets() -> BTreeMap<String, String> {
    let pairs = [
        ("BIRD_ACCESS", "access-key"),
        ("BIRD_SIGNING", SIGNING_KEY),
        ("DATA_KEY", DATA_KEY),
        ("NEXT_DATA_KEY", NEXT_DATA_KEY),
    ];
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}
