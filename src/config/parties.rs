//! Owns the two lists of the configuration: corporations with their limits, and providers with
//! theirs. Refuses to explain them twice: what a key means stands in `config/sluis.toml`.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sluis_channels::{Originator, ProviderConfig};
use sluis_model::{Channel, CorporationId};

/// `[[corporation]]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Corporation {
    /// Its number; unique, from 1.
    pub id: CorporationId,
    /// Its name in metrics and messages of the engine.
    pub name: String,
    /// Its name as tenants read it.
    pub display_name: String,
    /// BLAKE3 hashes of its API keys, hex.
    #[serde(default)]
    pub key_hashes: Vec<String>,
    /// Where its keys for encryption at rest come from, the current one first; none: nothing of it is
    /// encrypted.
    #[serde(default)]
    pub data_keys: Vec<String>,
    /// Tenants of whom nothing may be erased, by the corporation's numbers.
    #[serde(default)]
    pub legal_holds: Vec<String>,
    /// Subjects about which nothing may be removed, as kind and number.
    #[serde(default)]
    pub legal_hold_subjects: Vec<String>,
    /// How long what of it is kept, by category, in days from the end of the flow on.
    #[serde(default)]
    pub keep_days: BTreeMap<String, u32>,
    /// Its share of open notifications.
    #[serde(default)]
    pub max_open: Option<u64>,
    /// Its new notifications a second at most.
    #[serde(default)]
    pub intake_per_second: Option<NonZeroU32>,
    /// How many of them at once after a quiet time.
    #[serde(default)]
    pub intake_burst: Option<NonZeroU32>,
    /// Its bytes within 24 hours at most.
    #[serde(default)]
    pub bytes_per_day: Option<u64>,
    /// Its own flows.
    #[serde(default)]
    pub flows: Option<PathBuf>,
    /// The file of how it steers its channels.
    #[serde(default)]
    pub steering: Option<PathBuf>,
    /// Who its messages come from.
    #[serde(rename = "sender")]
    pub originator: Originator,
    /// What it may do, per channel.
    #[serde(default)]
    pub limits: BTreeMap<Channel, ChannelLimits>,
}

/// `[corporation.limits.<channel>]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelLimits {
    /// Messages per round of the corporations.
    #[serde(default)]
    pub weight: Option<NonZeroU32>,
    /// Most messages a second.
    #[serde(default)]
    pub rate_per_second: Option<NonZeroU32>,
    /// Most messages at once after a quiet time.
    #[serde(default)]
    pub burst: Option<NonZeroU32>,
    /// When messages that are not urgent may leave.
    #[serde(default)]
    pub window: Option<String>,
}

/// What the engine itself reads of a `[[provider]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProviderHead {
    pub(super) name: String,
    #[serde(default)]
    pub(super) concurrency: Option<NonZeroU32>,
    #[serde(default)]
    pub(super) rate_per_second: Option<NonZeroU32>,
    #[serde(default)]
    pub(super) burst: Option<NonZeroU32>,
    #[serde(default)]
    pub(super) corporations: Option<Vec<String>>,
}

/// The keys of [`ProviderHead`], and the one that chooses the rest.
pub(super) const PROVIDER_KEYS: [&str; 6] = [
    "name",
    "kind",
    "corporations",
    "concurrency",
    "rate_per_second",
    "burst",
];

/// `[[provider]]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProviderEntry {
    /// Its name in metrics and in `/v1/receipts/{name}`.
    pub name: String,
    /// Most attempts at once.
    pub concurrency: NonZeroU32,
    /// Most messages a second.
    pub rate_per_second: Option<NonZeroU32>,
    /// Most messages at once after a quiet time.
    pub burst: Option<NonZeroU32>,
    /// The names of those whose account it is; without any it is the street's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corporations: Option<Vec<String>>,
    /// How it is reached.
    #[serde(flatten)]
    pub config: ProviderConfig,
}

/// Most attempts at once of a provider that nothing else bounds.
const CONCURRENCY: u32 = 64;

impl ProviderEntry {
    pub(super) fn new(head: ProviderHead, config: ProviderConfig) -> Self {
        let connections = config.connections().unwrap_or(CONCURRENCY);
        let concurrency = head
            .concurrency
            .or(NonZeroU32::new(connections))
            .unwrap_or(NonZeroU32::MIN);
        Self {
            name: head.name,
            concurrency,
            rate_per_second: head.rate_per_second,
            burst: head.burst,
            corporations: head.corporations,
            config,
        }
    }

    /// Whether anything of that corporation may go over it.
    #[must_use]
    pub fn serves(&self, corporation: &Corporation) -> bool {
        let all = self.corporations.as_ref();
        all.is_none_or(|all| all.contains(&corporation.name))
    }

    /// Where it stands in the configuration.
    #[must_use]
    pub fn path(&self) -> String {
        format!("provider.{}", self.name)
    }
}
