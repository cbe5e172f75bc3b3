//! Owns what a supervisor is made of. Refuses to read configuration: `src` builds these values.

use std::sync::Arc;
use std::time::Duration;

use sluis_channels::Provider;
use sluis_model::Clock;

use super::breaker::BreakerSettings;
use crate::dispatch::Outcome;
use crate::prepare::PreparePool;
use crate::router::Gate;
use crate::spool::Spool;
use crate::wake::Waker;

/// Where outcomes go: into the inbox of the attempt's shard, which keeps room for them. Must not
/// block.
pub type OutcomeSink = Arc<dyn Fn(Outcome) + Send + Sync>;

/// Times and thresholds of a supervisor. The times run on the tokio timer.
#[derive(Clone, Copy, Debug)]
pub struct SupervisorSettings {
    /// A started attempt that is not prepared within this time is withdrawn and decided again.
    pub start_within: Duration,
    /// A send that has no answer by then is in doubt. The provider's own time limits, which know
    /// more, come first.
    pub deadline: Duration,
    /// The circuit breaker.
    pub breaker: BreakerSettings,
}

impl Default for SupervisorSettings {
    fn default() -> Self {
        Self {
            start_within: Duration::from_secs(10),
            deadline: Duration::from_secs(600),
            breaker: BreakerSettings::default(),
        }
    }
}

/// What a supervisor works with.
pub struct SupervisorParts {
    /// The provider it speaks for.
    pub provider: Arc<dyn Provider>,
    /// What it shares with the router; made with the same concurrency.
    pub gate: Arc<Gate>,
    /// Its own waker.
    pub waker: Arc<Waker>,
    /// Most attempts at once: the provider's permits.
    pub concurrency: std::num::NonZeroU32,
    /// Most attempts at once that it may be allowed while it runs.
    pub room: std::num::NonZeroU32,
    /// Where messages are rendered.
    pub pool: Arc<PreparePool>,
    /// Where sends run: those of a shard on the thread of its number.
    pub threads: Arc<[tokio::runtime::Handle]>,
    /// Where outcomes go.
    pub outcomes: OutcomeSink,
    /// Where copies of what leaves are put, when they are kept.
    pub spool: Option<Arc<Spool>>,
    /// The engine's clock, for the breaker and for durations.
    pub clock: Arc<dyn Clock>,
    /// Times and thresholds.
    pub settings: SupervisorSettings,
}

impl std::fmt::Debug for SupervisorParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SupervisorParts")
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}
