//! Owns what the engine is told of the configuration: its settings, in the types of the layers
//! below. Refuses to start anything.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sluis_actors::router::{Owner, ProviderLimits, RouterSettings, SendWindow, ShareSettings};
use sluis_actors::supervisor::{BreakerSettings, SupervisorSettings};
use sluis_actors::{
    CheckpointSettings, CorporationCard, InboxBounds, KeyWindow, ProviderSetup, RestSettings,
    RetentionSettings, WriteLimits,
};
use sluis_archive::Limits;
use sluis_channels::{ChannelError, HumanDuration, Provider, SecretSource};
use sluis_journal::Options;
use sluis_model::{Channel, CorporationId, Policy, RetryPolicy};

use super::parties::{ChannelLimits, Corporation};
use super::problem::{ConfigProblems, Problem};
use super::{Config, ProviderEntry};

/// Secrets from a given environment, and from files.
#[derive(Clone, Copy, Debug)]
pub struct MapSecrets<'a>(pub &'a BTreeMap<String, String>);

impl SecretSource for MapSecrets<'_> {
    fn env(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    fn file(&self, path: &Path) -> std::io::Result<String> {
        std::fs::read_to_string(path)
    }
}

/// Seconds of intake that may come at once where no burst is named.
const TEN: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// Generations of the log that are kept whatever is alive: the one that is written to, and one that
/// waits.
const SPARE_GENERATIONS: u64 = 2;
/// Bytes by which the log may grow in any case while old records are to go: no disk is too small for
/// them, and small generations close no intake for a moment's work.
const LEAST_GROWTH: u64 = 64 << 20;

impl Config {
    /// What decisions may rely on, but for files of steering. A provider serves those whose account it
    /// is.
    #[must_use]
    pub fn policy(&self) -> Policy {
        let retry = &self.retry;
        Policy {
            environment: self.engine.environment,
            channels: self
                .corporations
                .iter()
                .map(|corporation| (corporation.id, self.channels_of(corporation)))
                .collect(),
            allow_list: self
                .engine
                .allow_list
                .iter()
                .map(|entry| entry.as_str().into())
                .collect::<HashSet<_>>(),
            retry: RetryPolicy {
                first_ms: millis(retry.first),
                longest_ms: millis(retry.longest),
                most: retry.most,
                give_up_ms: millis(retry.give_up),
            },
            max_open_per_tenant: self.limits.max_open_per_tenant,
            steering: BTreeMap::new(),
        }
    }

    /// When shards take checkpoints.
    #[must_use]
    pub fn checkpoints(&self) -> CheckpointSettings {
        CheckpointSettings::every(millis(self.journal.checkpoint_every))
    }

    /// When tenants are put to rest, of all shards together.
    #[must_use]
    pub fn rest_settings(&self) -> RestSettings {
        RestSettings {
            most_active: self.engine.max_active_tenants,
            idle_for_ms: millis(self.engine.tenant_idle_for),
        }
    }

    /// Channels with at least one provider, sorted.
    #[must_use]
    pub fn channels(&self) -> Vec<Channel> {
        sorted(self.providers.iter())
    }

    /// Those with a provider that the corporation may use.
    #[must_use]
    pub fn channels_of(&self, corporation: &Corporation) -> Vec<Channel> {
        let serving = |provider: &&ProviderEntry| provider.serves(corporation);
        sorted(self.providers.iter().filter(serving))
    }

    fn owner(&self, entry: &ProviderEntry) -> Owner {
        if entry.corporations.is_none() {
            return Owner::Street;
        }
        let own = self.corporations.iter().filter(|c| entry.serves(c));
        Owner::of(own.map(|corporation| corporation.id))
    }

    /// Most open notifications of each corporation: its own, or the default, or an equal part of
    /// what the others leave.
    #[must_use]
    pub fn shares(&self) -> Vec<(CorporationId, u64)> {
        let own = |c: &Corporation| c.max_open.or(self.limits.max_open_per_corporation);
        let named: u64 = self.corporations.iter().filter_map(own).sum();
        let unnamed = self
            .corporations
            .iter()
            .filter(|c| own(c).is_none())
            .count() as u64;
        let part = self.engine.max_open.saturating_sub(named) / unnamed.max(1);
        self.corporations
            .iter()
            .map(|c| (c.id, own(c).unwrap_or(part)))
            .collect()
    }

    /// What each corporation may write, and how many of its tenants may be known from facts alone.
    #[must_use]
    pub fn write_limits(&self) -> Vec<(CorporationId, WriteLimits, u64)> {
        let limits = &self.limits;
        let of = |c: &Corporation| {
            let rate = c.intake_per_second.or(limits.intake_per_second);
            // A burst goes with the rate beside it; without one, ten seconds' worth.
            let burst = c
                .intake_per_second
                .map_or(c.intake_burst.or(limits.intake_burst), |_| c.intake_burst);
            let rate = rate.map(|rate| (rate, burst.unwrap_or(rate.saturating_mul(TEN))));
            let bytes_per_day = c.bytes_per_day.or(limits.bytes_per_day);
            (
                c.id,
                WriteLimits {
                    rate,
                    bytes_per_day,
                },
                limits.max_unknown_tenants,
            )
        };
        self.corporations.iter().map(of).collect()
    }

    /// How long idempotency keys are remembered.
    #[must_use]
    pub fn key_window(&self) -> KeyWindow {
        KeyWindow {
            age_ms: millis(self.limits.idempotency_age),
            count: self.limits.idempotency_count,
        }
    }

    /// How far an instant from outside may lie ahead of our clock, in milliseconds.
    #[must_use]
    pub fn clock_tolerance_ms(&self) -> i64 {
        millis(self.limits.clock_tolerance)
    }

    /// When old records are forgotten.
    #[must_use]
    pub fn retention(&self) -> RetentionSettings {
        RetentionSettings {
            keep_for_ms: millis(self.journal.keep_for),
            endings_for_ms: millis(self.journal.endings_for),
            live_factor: self.journal.live_factor,
            spare_generations: SPARE_GENERATIONS,
            least_growth: LEAST_GROWTH,
            followers: Vec::new(),
        }
    }

    /// What a shard's inbox holds.
    #[must_use]
    pub fn inbox_bounds(&self) -> InboxBounds {
        let limits = &self.limits;
        InboxBounds {
            intake: limits.inbox_intake,
            business: limits.inbox_business,
            internal: limits.inbox_internal,
        }
    }

    /// How the journal is opened. Clock and observer are the caller's to add.
    #[must_use]
    pub fn journal_options(&self) -> Options {
        let journal = &self.journal;
        Options {
            shards: self.engine.shards,
            generation_max_bytes: journal.generation_max_bytes,
            queue_max_batches: journal.queue_max_batches,
            queue_max_records: journal.queue_max_records,
            queue_max_bytes: journal.queue_max_bytes,
            cache_bytes: journal.cache_bytes,
            ..Options::default()
        }
    }

    /// Where the archive is.
    #[must_use]
    pub fn archive_directory(&self) -> PathBuf {
        let own = self.archive.directory.clone();
        own.unwrap_or_else(|| self.engine.data_dir.join("archive"))
    }

    /// When a volume of the archive is sealed.
    #[must_use]
    pub fn archive_limits(&self) -> Limits {
        Limits {
            bytes: self.archive.volume_max_bytes,
            age_ms: millis(self.archive.volume_max_age),
        }
    }

    /// Times and thresholds of supervisors.
    #[must_use]
    pub fn supervisor_settings(&self) -> SupervisorSettings {
        let sending = &self.sending;
        SupervisorSettings {
            start_within: sending.start_within.0,
            deadline: sending.deadline.0,
            breaker: BreakerSettings {
                failures: sending.breaker_failures,
                first_ms: millis(sending.breaker_first),
                longest_ms: millis(sending.breaker_longest),
            },
        }
    }

    /// Router settings of every channel with a provider.
    #[must_use]
    pub fn router_settings(&self) -> HashMap<Channel, RouterSettings> {
        let of = |channel: Channel| RouterSettings {
            corporations: self
                .corporations
                .iter()
                .filter_map(|c| Some((c.id, share(c.limits.get(&channel)?))))
                .collect(),
            names: self
                .corporations
                .iter()
                .map(|c| (c.id, c.name.as_str().into()))
                .collect(),
            normal_per_bulk: self.sending.normal_per_bulk,
            urgent_reserve_percent: self.sending.urgent_reserve_percent,
            limits: self.provider_limits(channel),
            ..RouterSettings::new(channel)
        };
        self.channels()
            .into_iter()
            .map(|channel| (channel, of(channel)))
            .collect()
    }

    fn provider_limits(&self, channel: Channel) -> BTreeMap<Box<str>, ProviderLimits> {
        let of = self.providers.iter();
        let of = of.filter(|entry| entry.config.channel() == channel);
        of.map(|entry| {
            let limits = ProviderLimits {
                concurrency: entry.concurrency,
                rate_per_second: entry.rate_per_second,
                burst: entry.burst,
            };
            (entry.name.as_str().into(), limits)
        })
        .collect()
    }

    /// Corporations as their messages show them.
    #[must_use]
    pub fn cards(&self) -> HashMap<CorporationId, CorporationCard> {
        let card = |c: &Corporation| CorporationCard {
            name: c.display_name.as_str().into(),
            originator: Arc::new(c.originator.clone()),
        };
        self.corporations
            .iter()
            .map(|corporation| (corporation.id, card(corporation)))
            .collect()
    }

    /// Makes every provider, in order of preference. Reads secrets and CA files, opens no
    /// connection.
    ///
    /// # Errors
    /// Every problem found, of all providers.
    pub fn provider_setups(
        &self,
        secrets: &dyn SecretSource,
    ) -> Result<Vec<ProviderSetup>, ConfigProblems> {
        let mut problems = Vec::new();
        let mut setups = Vec::new();
        for entry in &self.providers {
            match entry.config.build(&entry.name, &entry.path(), secrets) {
                Ok(provider) => setups.push(setup(provider, self.owner(entry), entry)),
                Err(ChannelError::Invalid(found)) => {
                    problems.extend(found.0.into_iter().map(Problem::from))
                }
            }
        }
        if problems.is_empty() {
            Ok(setups)
        } else {
            Err(ConfigProblems(problems))
        }
    }
}

/// The channels of these providers.
fn sorted<'a>(providers: impl Iterator<Item = &'a ProviderEntry>) -> Vec<Channel> {
    let mut channels: Vec<Channel> = providers.map(|entry| entry.config.channel()).collect();
    channels.sort_unstable();
    channels.dedup();
    channels
}

fn setup(provider: Arc<dyn Provider>, owner: Owner, entry: &ProviderEntry) -> ProviderSetup {
    let ProviderEntry {
        concurrency,
        rate_per_second,
        burst,
        ..
    } = entry;
    ProviderSetup {
        provider,
        owner,
        concurrency: *concurrency,
        rate_per_second: *rate_per_second,
        burst: *burst,
    }
}

fn share(limits: &ChannelLimits) -> ShareSettings {
    ShareSettings {
        weight: limits.weight.unwrap_or(NonZeroU32::MIN),
        rate_per_second: limits.rate_per_second,
        burst: limits.burst,
        // Checked when the configuration was read.
        window: limits
            .window
            .as_ref()
            .and_then(|window| window.parse::<SendWindow>().ok()),
    }
}

fn millis(time: HumanDuration) -> i64 {
    i64::try_from(time.0.as_millis()).unwrap_or(i64::MAX)
}
