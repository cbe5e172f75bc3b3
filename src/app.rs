//! Owns what every edge of the binary shares: the engine, the door, the keys, the providers, the
//! secret. Refuses to be global: it is made once and handed on.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use sluis_actors::router::Owner;
use sluis_actors::{Book, Engine, Latest, Readers};
use sluis_channels::{Provider, SecretSource};
use sluis_model::{Clock, CorporationId, Environment, ReferenceKey};

use crate::admission::{Admission, Gatekeeper};
use crate::archive::Archiving;
use crate::config::KeyRing;
use crate::counters::Counters;
use crate::erasing::Erasing;
use crate::fact_types::FactTypes;
use crate::reloading::Reloading;
use crate::telemetry::{ReceiptCounters, Watch};

/// A corporation, as the edges need it.
#[derive(Clone, Debug)]
pub struct Corporation {
    /// Name in configuration and metrics.
    pub name: String,
    /// Name tenants see.
    pub display_name: String,
    /// Public base address for links and callbacks.
    pub public_url: String,
}

/// Corporations by id.
pub type Corporations = HashMap<CorporationId, Corporation>;

/// A provider, as the edges need it.
#[derive(Clone, Debug)]
pub struct WayOut {
    /// What reads its receipts.
    pub provider: Arc<dyn Provider>,
    /// Whose it is.
    pub owner: Owner,
}

/// Bounds of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestLimits {
    /// Largest body of one notification, fact, profile or receipt, in bytes.
    pub body: usize,
    /// Largest body of a batch or a list, in bytes.
    pub batch: usize,
    /// Longest a request may take.
    pub time: Duration,
}

/// What the edges of one process share.
pub struct App {
    /// The running engine.
    pub engine: Arc<Engine>,
    /// Definitions.
    pub book: Arc<Book>,
    /// Declared types of facts.
    pub fact_types: Latest<FactTypes>,
    /// The one door.
    pub admission: Admission,
    /// What closes it.
    pub gatekeeper: Arc<Gatekeeper>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// API keys.
    pub keys: Arc<KeyRing>,
    /// Operators' keys: for what shows the engine as a whole.
    pub operators: Arc<KeyRing>,
    /// Corporations by id.
    pub corporations: Latest<Corporations>,
    /// Providers by name: their receipts come in under it.
    pub providers: HashMap<String, WayOut>,
    /// The reference secret.
    pub reference: ReferenceKey,
    /// Bounds of HTTP requests.
    pub limits: RequestLimits,
    /// The world this engine is.
    pub environment: Environment,
    /// How far an instant from outside may lie ahead of the clock, in milliseconds.
    pub clock_tolerance_ms: i64,
    /// How long it is known how a notification ended, in milliseconds.
    pub endings_for_ms: i64,
    /// How long a fact may fit nothing before the task list shows it, in milliseconds.
    pub unmatched_task_after_ms: i64,
    /// Whose turn it is to look at everything that is open.
    pub surveys: crate::surveys::Surveys,
    /// How often a link may be followed.
    pub pace: crate::pace::Pace,
    /// Who reads the journal for whoever asks.
    pub readers: Arc<Readers>,
    /// Who reads the configuration again.
    pub reloading: Reloading,
    /// What is counted for each day.
    pub counters: Arc<Counters>,
    /// Mailings.
    pub mailings: Arc<crate::mailings::Mailings>,
    /// Migrations of open notifications to newer definitions.
    pub migrations: Arc<crate::migrations::Migrations>,
    /// Where records and what left are kept; none when that is off.
    pub archiving: Option<Arc<Archiving>>,
    /// Who erases tenants; none: nothing is encrypted.
    pub erasing: Option<Arc<Erasing>>,
    /// What `/metrics` shows.
    pub prometheus: PrometheusHandle,
    /// Whether this start was one from a copy.
    pub restored: crate::backup::Restored,
    /// What the edges report.
    pub watch: Watch,
    /// Receipts, counted.
    pub receipts: ReceiptCounters,
}

impl App {
    /// The corporation with this name in the configuration.
    #[must_use]
    pub fn corporation_named(&self, name: &str) -> Option<CorporationId> {
        self.corporations
            .get()
            .iter()
            .find(|(_, corporation)| corporation.name == name)
            .map(|(id, _)| *id)
    }

    /// Has mailings go on by one turn; to be called many times a second.
    pub async fn turn_mailings(&self) {
        let around = crate::mailings::Around {
            admission: &self.admission,
            engine: &self.engine,
            book: &self.book,
            clock: &*self.clock,
        };
        self.mailings.turn(&around).await;
    }

    /// Has migrations go on by one turn; to be called many times a second.
    pub async fn turn_migrations(&self) {
        self.migrations.turn(&self.engine).await;
    }

    /// Has every provider read its credentials again, from where its settings say they are. Where
    /// they cannot be read, those that it has stay.
    pub fn renew_credentials(&self, secrets: &dyn SecretSource) {
        for (provider, way) in &self.providers {
            match way.provider.renew(secrets) {
                Ok(()) => tracing::info!(provider, "its credentials were read again"),
                Err(problems) => {
                    for problem in problems {
                        tracing::error!(provider, %problem, "its credentials stay as they were");
                    }
                }
            }
        }
    }

    /// Tells the warnings that were held back; to be called every few seconds.
    pub fn flush_warnings(&self) {
        self.watch.flush();
        self.admission.flush_warnings();
        self.engine.flush_warnings();
    }

    /// Tells them at the end of the process.
    pub fn finish_warnings(&self) {
        self.watch.finish();
        self.admission.finish_warnings();
        self.engine.finish_warnings();
    }

    /// The name of a corporation, for metrics and reports.
    #[must_use]
    pub fn corporation_name(&self, corporation: CorporationId) -> String {
        self.corporations
            .get()
            .get(&corporation)
            .map_or_else(|| corporation.to_string(), |c| c.name.clone())
    }
}
