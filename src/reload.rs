//! Owns what a running engine takes over of a configuration that is read again. All of it is checked first
//! and made, so that nothing can fail any more; then it is taken, and with one mistake nothing is. Refuses to
//! change what holds from a start on: that is named.

mod check;
mod differences;
mod sum;
mod told;

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use sluis_actors::{Book, EngineChange};

pub(crate) use self::check::placed;
use self::check::{Checked, Running, flow_problem};
use crate::app::App;
use crate::certificates::Certificates;
use crate::config::{Config, ConfigProblems, KeyRing, MapSecrets};
use crate::engine_settings::{bounds, corporations};
use crate::reloading::{Asked, Current, Reloads, Report};
use crate::telemetry::names;

/// Where the configuration is read from again.
pub type Source = Box<dyn Fn() -> Result<Config, ConfigProblems> + Send + Sync>;

/// What a process was started with, and what is taken over beside the engine.
pub struct Reload {
    /// Where it is read from.
    pub source: Source,
    /// API keys.
    pub keys: Arc<KeyRing>,
    /// Operators' keys.
    pub operators: Arc<KeyRing>,
    /// Those of the listeners.
    pub certificates: Arc<Certificates>,
    /// The environment of the process: secrets may stand there.
    pub secrets: BTreeMap<String, String>,
}

impl Reload {
    /// Takes keys and certificates from a fresh configuration while the engine recovers: who is let in must
    /// not wait for that.
    pub(crate) fn read_early(&self, started: &Config) {
        match (self.source)() {
            Ok(fresh) => {
                let config = fresh.for_running(started);
                self.take_keys(&config);
                self.certificates.renew(&config);
                tracing::info!(
                    "API keys were read again; flows are those of the start, ask again when the engine is there"
                );
            }
            Err(problems) => {
                told::refused(&problems);
                tracing::error!("keys and certificates stay as they were");
            }
        }
    }

    fn take_keys(&self, config: &Config) {
        self.keys.replace(config.keys());
        self.operators.replace(config.operator_keys());
    }

    /// From here on the edges of this engine, which was started with this configuration, may have it read
    /// again.
    pub fn begin(self, started: Config, app: &Arc<App>) -> Arc<dyn Reloads> {
        for result in names::RELOADED {
            names::RELOADS.of(result).increment(0);
        }
        names::RELOAD_WAITING.of(()).set(0.0);
        let policy = app.engine.policy();
        let checksum = sum::of_running(&started, &app.book, &policy, &app.fact_types.get());
        let running = Running {
            config: started,
            current: Current {
                checksum,
                since: app.clock.now(),
                waiting: Vec::new(),
            },
        };
        let reloads = Arc::new(Taking {
            reload: self,
            app: Arc::downgrade(app),
            running: Mutex::new(running),
        });
        app.reloading.open(reloads.clone());
        reloads
    }
}

/// The reloads of one engine.
struct Taking {
    reload: Reload,
    app: Weak<App>,
    /// One reload at a time.
    running: Mutex<Running>,
}

impl Reloads for Taking {
    fn reload(&self, asked: Asked) -> Result<Report, ConfigProblems> {
        // It asks itself, so it is there.
        let app = self.app.upgrade().ok_or_else(ConfigProblems::default)?;
        let mut running = self.running.lock();
        let done = self.read(&app, &mut running, asked);
        let result = match (&done, asked) {
            (Err(problems), _) => {
                told::refused(problems);
                "refused"
            }
            (Ok(_), Asked::Check) => "checked",
            (Ok(_), Asked::Take) => "taken",
        };
        names::RELOADS.of(result).increment(1);
        done
    }

    fn current(&self) -> Current {
        self.running.lock().current.clone()
    }
}

impl Taking {
    fn read(
        &self,
        app: &App,
        running: &mut Running,
        asked: Asked,
    ) -> Result<Report, ConfigProblems> {
        let fresh = (self.reload.source)()?;
        let secrets = MapSecrets(&self.reload.secrets);
        let beside = (&secrets, &*self.reload.certificates);
        let checked = check::check(beside, app, running, &fresh)?;
        let (changes, waiting) = (checked.changes.clone(), checked.waiting.clone());
        if asked == Asked::Take {
            self.take(app, running, checked)?;
        }
        let report = Report {
            taken: asked == Asked::Take,
            changes,
            current: running.current.clone(),
            waiting,
        };
        if report.taken {
            told::taken(&report);
        }
        Ok(report)
    }

    /// Takes it over. What stores is first; nothing behind it can fail. Then what decides, then what is to be
    /// decided: whoever is accepted under a new flow is decided under all that came with it. Who may call is
    /// last.
    fn take(
        &self,
        app: &App,
        running: &mut Running,
        checked: Checked,
    ) -> Result<(), ConfigProblems> {
        let journal = &**app.engine.journal();
        let flows = Book::store(journal, checked.flows)
            .map_err(|found| ConfigProblems(found.iter().map(flow_problem).collect()))?;
        app.engine.take_over(EngineChange {
            policy: checked.policy,
            bounds: bounds(&checked.config),
            routers: checked.config.router_settings(),
            cards: checked.config.cards(),
        });
        let named = checked.config.corporations.iter();
        app.admission
            .know(named.clone().map(|one| (one.id, &*one.name)));
        app.mailings
            .know(named.map(|one| (one.id, one.name.clone())).collect());
        app.corporations.set(corporations(&checked.config));
        app.fact_types.set(checked.fact_types);
        app.book.take_over(flows);
        let flows = app.book.all_current().into_iter();
        sluis_actors::telemetry::announce(flows.map(|(_, flow)| flow));
        self.reload.certificates.renew(&checked.config);
        app.renew_credentials(&MapSecrets(&self.reload.secrets));
        self.reload.take_keys(&checked.config);
        if !checked.changes.is_empty() {
            running.current.since = app.clock.now();
        }
        names::RELOAD_WAITING
            .of(())
            .set(checked.waiting.len() as f64);
        running.current.checksum = checked.checksum;
        running.current.waiting = checked.waiting;
        running.config = checked.config;
        Ok(())
    }
}
