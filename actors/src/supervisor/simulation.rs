//! Opens a provider's health to the deterministic simulation: breaker and pace with their effect on
//! the gate, as the supervisor uses them. Compiled with the feature `simulation` only.

use std::sync::Arc;

use sluis_model::{Channel, Clock, Timestamp, Verdict, Why};

use super::breaker::{Breaker, BreakerSettings};
use super::health::Health;
use super::metric::Meters;
use super::pace::Pace;
use crate::router::Gate;

/// A provider's health, as a supervisor keeps it.
pub struct ProviderHealth {
    health: Health,
    meters: Meters,
}

impl std::fmt::Debug for ProviderHealth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProviderHealth")
            .field("open", &self.is_open())
            .finish()
    }
}

impl ProviderHealth {
    /// Good health.
    #[must_use]
    pub fn new(
        (channel, name): (Channel, &str),
        concurrency: u32,
        breaker: BreakerSettings,
        gate: Arc<Gate>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let meters = Meters::new(channel, name, &clock);
        // The simulated providers name a time where they speak of load.
        let load = |after_ms: Option<u64>, _: &Why| after_ms.is_some();
        let (breaker, pace) = (Breaker::new(breaker), Pace::new(concurrency));
        let health = Health::new(breaker, pace, gate, clock, load);
        Self { health, meters }
    }

    /// Whether the breaker is open, so that nothing should even be tried.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.health.is_open()
    }

    /// Learns from the outcome of a send that began at `started`.
    pub fn learn(&self, verdict: &Verdict, started: Timestamp) {
        self.health.learn(verdict, started, &self.meters);
    }
}
