//! Owns what the attempts of one provider share: its way out, its health, and where outcomes go.

use std::sync::Arc;

use sluis_channels::Provider;
use sluis_model::Clock;

use super::health::Health;
use super::metric::Meters;
use super::settings::{OutcomeSink, SupervisorSettings};
use crate::spool::Spool;

/// What attempts under way need.
pub(super) struct Shared {
    pub provider: Arc<dyn Provider>,
    /// Its name, to be shared.
    pub name: Arc<str>,
    pub outcomes: OutcomeSink,
    pub spool: Option<Arc<Spool>>,
    pub clock: Arc<dyn Clock>,
    pub settings: SupervisorSettings,
    pub health: Health,
    pub meters: Meters,
}
