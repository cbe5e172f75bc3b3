//! Owns what a router is told at start: its channel, each corporation's share, its providers.
//! Refuses to read configuration: `src` builds these values.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;
use std::sync::Arc;

use sluis_model::{Channel, CorporationId, OnDoubt};

use super::gate::Gate;
use super::owner::Owner;
use super::window::SendWindow;

/// The settings of one channel's router.
#[derive(Clone, Debug)]
pub struct RouterSettings {
    /// The channel.
    pub channel: Channel,
    /// The share of a corporation that is not listed.
    pub default: ShareSettings,
    /// The share of each listed corporation.
    pub corporations: HashMap<CorporationId, ShareSettings>,
    /// The names of corporations in metrics; one without goes by its number.
    pub names: BTreeMap<CorporationId, Box<str>>,
    /// Messages of the normal lane for each one of the bulk lane while both wait.
    pub normal_per_bulk: NonZeroU32,
    /// Percentage of a provider's permits that only urgent messages may use; at least one permit,
    /// never all.
    pub urgent_reserve_percent: u32,
    /// What each provider takes at once and a second, by its name. One that is not listed keeps what it has.
    pub limits: BTreeMap<Box<str>, ProviderLimits>,
}

/// How much a provider is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProviderLimits {
    /// See [`ProviderSlot::concurrency`].
    pub concurrency: NonZeroU32,
    /// See [`ProviderSlot::rate_per_second`].
    pub rate_per_second: Option<NonZeroU32>,
    /// See [`ProviderSlot::burst`].
    pub burst: Option<NonZeroU32>,
}

impl RouterSettings {
    /// The defaults for a channel: equal shares, no limits, four normal messages for each bulk one,
    /// a tenth for urgent.
    #[must_use]
    pub fn new(channel: Channel) -> Self {
        Self {
            channel,
            default: ShareSettings::default(),
            corporations: HashMap::new(),
            names: BTreeMap::new(),
            normal_per_bulk: NonZeroU32::MIN.saturating_add(3),
            urgent_reserve_percent: 10,
            limits: BTreeMap::new(),
        }
    }

    /// What holds for a corporation.
    #[must_use]
    pub fn share(&self, corporation: CorporationId) -> &ShareSettings {
        self.corporations.get(&corporation).unwrap_or(&self.default)
    }
}

/// What one corporation may do on one channel.
#[derive(Clone, Debug)]
pub struct ShareSettings {
    /// Messages per round of the corporations.
    pub weight: NonZeroU32,
    /// Most messages a second.
    pub rate_per_second: Option<NonZeroU32>,
    /// Most messages at once after a quiet time; without it a twentieth of the rate, at least one.
    pub burst: Option<NonZeroU32>,
    /// When messages that are not urgent may leave.
    pub window: Option<SendWindow>,
}

impl Default for ShareSettings {
    fn default() -> Self {
        Self {
            weight: NonZeroU32::MIN,
            rate_per_second: None,
            burst: None,
            window: None,
        }
    }
}

/// One provider of the channel. Its place in the list is its order of preference, and the index in
/// grants.
#[derive(Clone, Debug)]
pub struct ProviderSlot {
    /// Its name in the configuration, which `pinned` queues quote.
    pub name: Box<str>,
    /// Whose it is.
    pub owner: Owner,
    /// What it wants done with doubt; the router only carries it for the shards.
    pub on_doubt: OnDoubt,
    /// Most permits in use at once.
    pub concurrency: NonZeroU32,
    /// Most messages a second.
    pub rate_per_second: Option<NonZeroU32>,
    /// Most messages at once after a quiet time; without it a twentieth of the rate, at least one.
    /// The clock moves in steps (alarms, milliseconds), so a burst below the messages due per step
    /// lowers the rate.
    pub burst: Option<NonZeroU32>,
    /// What router and supervisor share about it.
    pub gate: Arc<Gate>,
}
