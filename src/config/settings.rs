//! Owns the table of settings: what the environment may set, how its text is read, and the words
//! for a value that does not fit. Refuses a setting that the default file does not document; a test
//! holds the two together.

/// How the text of an environment variable becomes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As it stands.
    Text,
    /// A whole number; underscores may divide it.
    Number,
    /// `true` or `false`.
    Truth,
    /// Words with commas between them.
    List,
}

/// One setting outside the lists.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Section and key: `http.address`.
    pub path: &'static str,
    /// How its text is read.
    pub kind: Kind,
    /// What it must be.
    pub expected: &'static str,
    /// An example.
    pub example: &'static str,
}

impl Setting {
    /// Its environment variable.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.path.replace('.', "__").to_uppercase())
    }
}

/// What every environment variable of the configuration starts with.
pub(super) const PREFIX: &str = "SLUIS_";

const fn setting(
    path: &'static str,
    kind: Kind,
    expected: &'static str,
    example: &'static str,
) -> Setting {
    Setting {
        path,
        kind,
        expected,
        example,
    }
}

const TIME: &str = "a length of time";
const BYTES: &str = "a number of bytes";
const COUNT: &str = "a whole number above zero";
const KEEP_DAYS: &str = "a number of days from 30 to 36500";
const ADDRESS: &str = "an IP address with a port";
const TRUTH: &str = "true or false";
const HASHES: &str = "a list of BLAKE3 hashes, 64 hex digits each";
const PEM: &str = "the path of a PEM file";

/// Every setting that the environment can give, in the order of the default file.
pub const SETTINGS: &[Setting] = &[
    setting(
        "engine.environment",
        Kind::Text,
        "production, acceptance, test or development",
        "production",
    ),
    setting(
        "engine.data_dir",
        Kind::Text,
        "a directory",
        "/var/lib/sluis",
    ),
    setting(
        "engine.shards",
        Kind::Number,
        "a whole number from 1 to 1024",
        "16",
    ),
    setting("engine.max_open", Kind::Number, COUNT, "2000000"),
    setting("engine.max_active_tenants", Kind::Number, COUNT, "250000"),
    setting("engine.tenant_idle_for", Kind::Text, TIME, "24h"),
    setting("engine.shutdown_grace", Kind::Text, TIME, "30s"),
    setting(
        "engine.prepare_threads",
        Kind::Number,
        "a whole number from 1 to 256",
        "2",
    ),
    setting("engine.pin_arbiters", Kind::Truth, TRUTH, "true"),
    setting(
        "engine.allow_list",
        Kind::List,
        "a list of addresses, @domain or *",
        "@example.nl,+31612345678",
    ),
    setting("http.address", Kind::Text, ADDRESS, "127.0.0.1:8080"),
    setting("http.behind_proxy", Kind::Truth, TRUTH, "true"),
    setting("http.max_body_bytes", Kind::Number, BYTES, "1048576"),
    setting("http.max_batch_bytes", Kind::Number, BYTES, "67108864"),
    setting("http.status_address", Kind::Text, ADDRESS, "127.0.0.1:8082"),
    setting("http.max_connections", Kind::Number, COUNT, "4096"),
    setting("http.max_connections_per_peer", Kind::Number, COUNT, "2048"),
    setting(
        "http.max_connections_per_corporation",
        Kind::Number,
        COUNT,
        "2048",
    ),
    setting("http.idle_timeout", Kind::Text, TIME, "20s"),
    setting("http.request_timeout", Kind::Text, TIME, "30s"),
    setting("http.max_bodies_bytes", Kind::Number, BYTES, "268435456"),
    setting(
        "http.operator_key_hashes",
        Kind::List,
        HASHES,
        "`sluis config key` makes one",
    ),
    setting("http.tls.cert", Kind::Text, PEM, "/etc/sluis/tls/cert.pem"),
    setting("http.tls.key", Kind::Text, PEM, "/etc/sluis/tls/key.pem"),
    setting("binary.enabled", Kind::Truth, TRUTH, "true"),
    setting("binary.address", Kind::Text, ADDRESS, "127.0.0.1:8081"),
    setting("binary.behind_proxy", Kind::Truth, TRUTH, "true"),
    setting("binary.max_connections", Kind::Number, COUNT, "256"),
    setting(
        "binary.max_connections_per_peer",
        Kind::Number,
        COUNT,
        "128",
    ),
    setting(
        "binary.max_connections_per_corporation",
        Kind::Number,
        COUNT,
        "128",
    ),
    setting("binary.max_greetings", Kind::Number, COUNT, "1024"),
    setting("binary.credit", Kind::Number, COUNT, "4096"),
    setting(
        "binary.tls.cert",
        Kind::Text,
        PEM,
        "/etc/sluis/tls/cert.pem",
    ),
    setting("binary.tls.key", Kind::Text, PEM, "/etc/sluis/tls/key.pem"),
    setting(
        "journal.generation_max_bytes",
        Kind::Number,
        BYTES,
        "536870912",
    ),
    setting("journal.queue_max_batches", Kind::Number, COUNT, "4096"),
    setting("journal.queue_max_records", Kind::Number, COUNT, "262144"),
    setting("journal.queue_max_bytes", Kind::Number, BYTES, "67108864"),
    setting("journal.cache_bytes", Kind::Number, BYTES, "4194304"),
    setting("journal.free_min_bytes", Kind::Number, BYTES, "1073741824"),
    setting("journal.keep_for", Kind::Text, TIME, "9600h"),
    setting("journal.endings_for", Kind::Text, TIME, "9600h"),
    setting("journal.checkpoint_every", Kind::Text, TIME, "10m"),
    setting("journal.live_factor", Kind::Number, COUNT, "3"),
    setting("archive.enabled", Kind::Truth, TRUTH, "true"),
    setting(
        "archive.directory",
        Kind::Text,
        "a directory",
        "/var/lib/sluis-archive",
    ),
    setting(
        "archive.url",
        Kind::Text,
        "the address of a bucket, and no archive.directory beside it",
        "s3://sluis-archive/waterpoort",
    ),
    setting("archive.volume_max_bytes", Kind::Number, BYTES, "33554432"),
    setting("archive.volume_max_age", Kind::Text, TIME, "6h"),
    setting("archive.spool_max_bytes", Kind::Number, BYTES, "67108864"),
    setting(
        "archive.time_stamps.url",
        Kind::Text,
        "the http:// address of an authority after RFC 3161",
        "http://tsa.example/tsr",
    ),
    setting("archive.time_stamps.every", Kind::Text, TIME, "24h"),
    setting("archive.keep_days.default", Kind::Number, KEEP_DAYS, "2557"),
    setting("archive.keep_days.general", Kind::Number, KEEP_DAYS, "731"),
    setting(
        "archive.keep_days.newsletter",
        Kind::Number,
        KEEP_DAYS,
        "366",
    ),
    setting("archive.keep_days.none", Kind::Number, KEEP_DAYS, "2557"),
    setting("limits.inbox_intake", Kind::Number, COUNT, "4096"),
    setting("limits.inbox_business", Kind::Number, COUNT, "1756"),
    setting("limits.inbox_internal", Kind::Number, COUNT, "4096"),
    setting("limits.idempotency_age", Kind::Text, TIME, "24h"),
    setting("limits.unmatched_task_after", Kind::Text, TIME, "24h"),
    setting("limits.idempotency_count", Kind::Number, COUNT, "2000000"),
    setting("limits.clock_tolerance", Kind::Text, TIME, "5m"),
    setting(
        "limits.max_open_per_tenant",
        Kind::Number,
        "a whole number from 1 to 10000",
        "1000",
    ),
    setting("limits.max_unknown_tenants", Kind::Number, COUNT, "100000"),
    setting("limits.intake_per_second", Kind::Number, COUNT, "2000"),
    setting("limits.intake_burst", Kind::Number, COUNT, "20000"),
    setting("limits.bytes_per_day", Kind::Number, BYTES, "20000000000"),
    setting(
        "limits.max_open_per_corporation",
        Kind::Number,
        COUNT,
        "500000",
    ),
    setting("retry.first", Kind::Text, TIME, "30s"),
    setting("retry.longest", Kind::Text, TIME, "2h"),
    setting("retry.most", Kind::Number, COUNT, "40"),
    setting("retry.give_up", Kind::Text, TIME, "48h"),
    setting("sending.start_within", Kind::Text, TIME, "10s"),
    setting("sending.deadline", Kind::Text, TIME, "10m"),
    setting("sending.breaker_failures", Kind::Number, COUNT, "5"),
    setting("sending.breaker_first", Kind::Text, TIME, "1s"),
    setting("sending.breaker_longest", Kind::Text, TIME, "1m"),
    setting("sending.normal_per_bulk", Kind::Number, COUNT, "4"),
    setting(
        "sending.urgent_reserve_percent",
        Kind::Number,
        "a whole number from 0 to 90",
        "10",
    ),
    setting(
        "flows.directory",
        Kind::Text,
        "a directory",
        "/etc/sluis/flows",
    ),
    setting(
        "log.filter",
        Kind::Text,
        "a level, or a list of parts with levels",
        "info,sluis_actors=debug",
    ),
    setting("log.format", Kind::Text, "text or json", "json"),
    setting(
        "log.traces_to",
        Kind::Text,
        "an http:// address without a path",
        "http://127.0.0.1:4318",
    ),
    setting(
        "log.traces_percent",
        Kind::Number,
        "a number from 1 to 100",
        "10",
    ),
];

/// Words for the keys of the two lists, whose paths carry names.
const LISTED: &[Setting] = &[
    setting(
        "corporation.id",
        Kind::Number,
        "a whole number from 1 to 65535",
        "1",
    ),
    setting("corporation.name", Kind::Text, NAME, "waterpoort"),
    setting(
        "corporation.display_name",
        Kind::Text,
        "one line of text",
        "Woningstichting Waterpoort",
    ),
    setting(
        "corporation.key_hashes",
        Kind::List,
        HASHES,
        "`sluis config key` makes one",
    ),
    setting(
        "corporation.data_keys",
        Kind::List,
        "sources of keys, the current one first",
        "file:/etc/sluis/keys/waterpoort",
    ),
    setting(
        "corporation.legal_holds",
        Kind::List,
        "numbers of tenants",
        "H1001,H1002",
    ),
    setting(
        "corporation.legal_hold_subjects",
        Kind::List,
        "subjects as KIND/ID",
        "invoice/F-2026-0118",
    ),
    setting(
        "corporation.keep_days",
        Kind::Text,
        "a section of categories with days",
        "[corporation.keep_days] with newsletter = 366",
    ),
    setting("corporation.max_open", Kind::Number, COUNT, "500000"),
    setting("corporation.intake_per_second", Kind::Number, COUNT, "2000"),
    setting("corporation.intake_burst", Kind::Number, COUNT, "20000"),
    setting(
        "corporation.bytes_per_day",
        Kind::Number,
        BYTES,
        "20000000000",
    ),
    setting(
        "corporation.flows",
        Kind::Text,
        "a directory",
        "/etc/sluis/flows/waterpoort",
    ),
    setting(
        "corporation.steering",
        Kind::Text,
        "a file with [[service]], [[price]] or [[cap]]",
        "/etc/sluis/steering/waterpoort.toml",
    ),
    setting(
        "corporation.sender",
        Kind::Text,
        "a section",
        "[corporation.sender], as in the default configuration",
    ),
    setting("provider.name", Kind::Text, NAME, "relay"),
    setting(
        "provider.corporations",
        Kind::List,
        "names of corporations",
        "waterpoort,noord",
    ),
    setting("provider.concurrency", Kind::Number, COUNT, "64"),
    setting("provider.rate_per_second", Kind::Number, COUNT, "1000"),
    setting("provider.burst", Kind::Number, COUNT, "100"),
];

/// What a name in the configuration must be.
pub(super) const NAME: &str = "1 to 32 of a-z, 0-9, - and _";

/// What is expected at a path, and an example as a hint.
pub(super) fn words(path: &str) -> Option<(String, String)> {
    let (list, rest) = path.split_once(['.', '[']).unwrap_or((path, ""));
    let plain = match (list, rest.split_once('.')) {
        ("corporation" | "provider", Some((_, key))) => format!("{list}.{key}"),
        _ => path.to_owned(),
    };
    let found = SETTINGS
        .iter()
        .chain(LISTED)
        .find(|setting| setting.path == plain)?;
    let hint = if found.example.contains(' ') {
        found.example.to_owned()
    } else {
        format!("such as {}", found.example)
    };
    Some((found.expected.to_owned(), hint))
}
