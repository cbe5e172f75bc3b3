//! Owns the sections of the configuration as types, after every check. Refuses to explain them
//! twice: what a key means stands in `config/sluis.toml`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sluis_channels::HumanDuration;
use sluis_model::Environment;

/// `[engine]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EngineSection {
    /// The world this engine is.
    pub environment: Environment,
    /// Where the journal stands.
    pub data_dir: PathBuf,
    /// Number of shards, fixed when the data directory is made.
    pub shards: u16,
    /// Most open notifications in all.
    pub max_open: u64,
    /// Most tenants whose state is in memory.
    pub max_active_tenants: usize,
    /// How long a tenant without a message stays in memory.
    pub tenant_idle_for: HumanDuration,
    /// How long a shutdown waits for attempts under way.
    pub shutdown_grace: HumanDuration,
    /// Threads that render.
    pub prepare_threads: usize,
    /// Whether each arbiter keeps to a processor of its own.
    pub pin_arbiters: bool,
    /// Addresses, `@domain` or `*` that may be reached outside production.
    pub allow_list: Vec<String>,
}

/// `[http]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HttpSection {
    /// Where it listens.
    pub address: SocketAddr,
    /// Whether a proxy that ends TLS stands before it.
    pub behind_proxy: bool,
    /// Most bytes of a request.
    pub max_body_bytes: u64,
    /// Most bytes of a batch or a tenant list.
    pub max_batch_bytes: u64,
    /// Where the questions whether the engine is well are answered by themselves.
    #[serde(default)]
    pub status_address: Option<SocketAddr>,
    /// Most connections at once.
    pub max_connections: u32,
    /// Most of one address.
    #[serde(default)]
    pub max_connections_per_peer: Option<u32>,
    /// Most of one corporation.
    #[serde(default)]
    pub max_connections_per_corporation: Option<u32>,
    /// Limit for a connection without a request.
    pub idle_timeout: HumanDuration,
    /// Limit for one request.
    pub request_timeout: HumanDuration,
    /// Most bytes of bodies and answers at once.
    pub max_bodies_bytes: u64,
    /// BLAKE3 hashes of the operators' keys, hex.
    pub operator_key_hashes: Vec<String>,
    /// TLS by the engine itself.
    #[serde(default)]
    pub tls: Option<TlsFiles>,
}

/// `[binary]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BinarySection {
    /// Whether it listens at all.
    pub enabled: bool,
    /// Where it listens.
    pub address: SocketAddr,
    /// Whether a proxy that ends TLS stands before it.
    pub behind_proxy: bool,
    /// Most senders at once.
    pub max_connections: u32,
    /// Most of one address.
    #[serde(default)]
    pub max_connections_per_peer: Option<u32>,
    /// Most of one corporation.
    #[serde(default)]
    pub max_connections_per_corporation: Option<u32>,
    /// Most connections that have not shown a key.
    pub max_greetings: u32,
    /// Most unanswered notifications of a connection.
    pub credit: u32,
    /// TLS by the engine itself.
    #[serde(default)]
    pub tls: Option<TlsFiles>,
}

/// `tls.cert` and `tls.key`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// PEM file with the certificate chain.
    pub cert: PathBuf,
    /// PEM file with the private key.
    pub key: PathBuf,
}

/// `[journal]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct JournalSection {
    /// Size of a generation's file from which the next group goes to a new one.
    pub generation_max_bytes: u64,
    /// Most batches not yet durable.
    pub queue_max_batches: usize,
    /// Most records not yet durable.
    pub queue_max_records: usize,
    /// Most bytes not yet durable.
    pub queue_max_bytes: usize,
    /// Memory for pages.
    pub cache_bytes: u64,
    /// Free disk space below which intake is refused.
    pub free_min_bytes: u64,
    /// Records younger than this are kept.
    pub keep_for: HumanDuration,
    /// What ended longer ago than this leaves the table.
    pub endings_for: HumanDuration,
    /// How old a shard's checkpoint is before another one is taken.
    pub checkpoint_every: HumanDuration,
    /// How many times as large as what is alive the log may be.
    pub live_factor: u64,
}

/// `[archive]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ArchiveSection {
    /// Whether what was decided and what left is kept there.
    pub enabled: bool,
    /// Where; without it, in the data directory.
    #[serde(default)]
    pub directory: Option<PathBuf>,
    /// In which bucket instead.
    #[serde(default)]
    pub url: Option<String>,
    /// Bytes of a volume in memory from which it is sealed.
    pub volume_max_bytes: usize,
    /// How old its first entry may become.
    pub volume_max_age: HumanDuration,
    /// Most bytes of copies of what left.
    pub spool_max_bytes: usize,
    /// Who stamps its volumes with the time.
    #[serde(default)]
    pub time_stamps: Option<TimeStamps>,
    /// How long what is kept, by category, in days from the end of the flow on.
    pub keep_days: BTreeMap<String, u32>,
}

/// `archive.time_stamps`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TimeStamps {
    /// An authority after RFC 3161.
    pub url: String,
    /// How often the newest volume is shown to it.
    pub every: HumanDuration,
}

/// `[limits]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsSection {
    /// Notifications and profiles in a shard's inbox.
    pub inbox_intake: usize,
    /// Facts, receipts, cancellations and questions in it.
    pub inbox_business: usize,
    /// Permits and outcomes in it.
    pub inbox_internal: usize,
    /// How long an idempotency key is remembered.
    pub idempotency_age: HumanDuration,
    /// How long a fact may fit nothing before the task list shows it.
    pub unmatched_task_after: HumanDuration,
    /// How many per corporation.
    pub idempotency_count: usize,
    /// How far the instant of a fact may lie ahead of our clock.
    pub clock_tolerance: HumanDuration,
    /// Most open notifications of one tenant.
    pub max_open_per_tenant: usize,
    /// Most tenants of one corporation that are known from facts alone.
    pub max_unknown_tenants: u64,
    /// Most new notifications a second of a corporation that names no rate.
    #[serde(default)]
    pub intake_per_second: Option<NonZeroU32>,
    /// How many of them at once after a quiet time.
    #[serde(default)]
    pub intake_burst: Option<NonZeroU32>,
    /// Most bytes within 24 hours of a corporation that names none.
    #[serde(default)]
    pub bytes_per_day: Option<u64>,
    /// Share of a corporation that names none.
    #[serde(default)]
    pub max_open_per_corporation: Option<u64>,
}

/// `[retry]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RetrySection {
    /// Delay before the second attempt.
    pub first: HumanDuration,
    /// Longest delay.
    pub longest: HumanDuration,
    /// Most attempts.
    pub most: u16,
    /// Longest time.
    pub give_up: HumanDuration,
}

/// `[sending]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SendingSection {
    /// Limit for preparing a started attempt.
    pub start_within: HumanDuration,
    /// Limit for a send.
    pub deadline: HumanDuration,
    /// Failures in a row that open the breaker.
    pub breaker_failures: u32,
    /// How long it stays open the first time.
    pub breaker_first: HumanDuration,
    /// The longest it stays open.
    pub breaker_longest: HumanDuration,
    /// Normal messages for each bulk one.
    pub normal_per_bulk: std::num::NonZeroU32,
    /// Percentage of permits that only urgent messages may use.
    pub urgent_reserve_percent: u32,
}

/// `[flows]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FlowsSection {
    /// Flows for every corporation.
    #[serde(default)]
    pub directory: Option<PathBuf>,
}

/// `[log]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LogSection {
    /// Which lines, as `tracing_subscriber::EnvFilter` reads it.
    pub filter: String,
    /// How they are written.
    pub format: LogFormat,
    /// Address of a collector that takes spans by OTLP over HTTP; without it there are none.
    #[serde(default)]
    pub traces_to: Option<String>,
    /// Percentage of traces that are sent there.
    pub traces_percent: u32,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines, one object a line.
    Json,
}
