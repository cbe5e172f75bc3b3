//! Owns the rules for the sections: ranges, and what must fit together. Refuses to judge a value
//! that could not even be read: that was reported already.

use std::net::SocketAddr;
use std::time::Duration;

use sluis_channels::HumanDuration;
use tracing_subscriber::EnvFilter;

use super::Config;
use super::problem::{Collector, Problem};
use super::sections::TlsFiles;
use super::settings;

/// Everything wrong with the sections.
pub(super) fn check(config: &Config, problems: &mut Collector) {
    ranges(config, problems);
    times(config, problems);
    engine(config, problems);
    listeners(config, problems);
    sums(config, problems);
    if let Err(error) = EnvFilter::try_new(&config.log.filter) {
        problems.add(of("log.filter", &config.log.filter, &error.to_string()));
    }
}

/// What is allowed and perhaps not meant.
pub(super) fn notes(config: &Config) -> Vec<String> {
    let mut notes = Vec::new();
    if config.has_keys() {
        let without = config
            .corporations
            .iter()
            .filter(|corporation| corporation.key_hashes.is_empty());
        if config.http.operator_key_hashes.is_empty() {
            notes.push("http.operator_key_hashes is empty: nobody can read /metrics".to_owned());
        }
        notes.extend(without.map(|c| {
            format!(
                "corporation {} has no API key: nothing can be sent for it",
                c.name
            )
        }));
    } else {
        notes.push(
            "no corporation has an API key: only this machine is served, as corporation demo"
                .to_owned(),
        );
    }
    if !config
        .providers
        .iter()
        .any(|provider| provider.config.channel().contact_kind().is_some())
    {
        notes.push("no provider but null: no message leaves".to_owned());
    }
    notes
}

/// A problem with a setting of the table, in its words; `why` goes before the example.
fn of(path: &str, value: impl std::fmt::Display, why: &str) -> Problem {
    let (expected, hint) = settings::words(path).unwrap_or_default();
    Problem::new(
        path,
        value,
        expected,
        if why.is_empty() {
            hint
        } else {
            format!("{why}; {hint}")
        },
    )
}

fn ranges(config: &Config, problems: &mut Collector) {
    let Config {
        engine,
        http,
        binary,
        journal,
        limits,
        retry,
        sending,
        ..
    } = config;
    const MANY: u64 = i64::MAX as u64;
    let all: [(&str, u64, std::ops::RangeInclusive<u64>); 30] = [
        ("engine.shards", engine.shards.into(), 1..=1024),
        ("engine.max_open", engine.max_open, 1..=MANY),
        (
            "engine.prepare_threads",
            engine.prepare_threads as u64,
            1..=256,
        ),
        ("http.max_body_bytes", http.max_body_bytes, 1024..=1 << 30),
        ("http.max_batch_bytes", http.max_batch_bytes, 1024..=1 << 32),
        (
            "http.max_connections",
            http.max_connections.into(),
            1..=1_000_000,
        ),
        (
            "http.max_connections_per_peer",
            http.max_connections_per_peer.unwrap_or(1).into(),
            1..=1_000_000,
        ),
        (
            "http.max_connections_per_corporation",
            http.max_connections_per_corporation.unwrap_or(1).into(),
            1..=1_000_000,
        ),
        (
            "http.max_bodies_bytes",
            http.max_bodies_bytes,
            1 << 20..=1 << 40,
        ),
        (
            "binary.max_connections",
            binary.max_connections.into(),
            1..=1_000_000,
        ),
        (
            "binary.max_connections_per_peer",
            binary.max_connections_per_peer.unwrap_or(1).into(),
            1..=1_000_000,
        ),
        (
            "binary.max_connections_per_corporation",
            binary.max_connections_per_corporation.unwrap_or(1).into(),
            1..=1_000_000,
        ),
        (
            "binary.max_greetings",
            binary.max_greetings.into(),
            1..=1_000_000,
        ),
        ("binary.credit", binary.credit.into(), 1..=1_000_000),
        (
            "journal.generation_max_bytes",
            journal.generation_max_bytes,
            32 << 20..=2 << 30,
        ),
        (
            "journal.queue_max_batches",
            journal.queue_max_batches as u64,
            1..=1 << 20,
        ),
        (
            "journal.queue_max_records",
            journal.queue_max_records as u64,
            1..=1 << 24,
        ),
        (
            "journal.queue_max_bytes",
            journal.queue_max_bytes as u64,
            1 << 20..=1 << 36,
        ),
        (
            "journal.cache_bytes",
            journal.cache_bytes,
            1 << 20..=1 << 40,
        ),
        (
            "limits.inbox_intake",
            limits.inbox_intake as u64,
            1..=1 << 24,
        ),
        (
            "limits.inbox_business",
            limits.inbox_business as u64,
            1..=1 << 24,
        ),
        (
            "limits.inbox_internal",
            limits.inbox_internal as u64,
            1..=1 << 24,
        ),
        (
            "limits.idempotency_count",
            limits.idempotency_count as u64,
            16..=1 << 32,
        ),
        (
            "limits.max_open_per_tenant",
            limits.max_open_per_tenant as u64,
            1..=10_000,
        ),
        (
            "limits.max_unknown_tenants",
            limits.max_unknown_tenants,
            1..=MANY,
        ),
        (
            "limits.bytes_per_day",
            limits.bytes_per_day.unwrap_or(1 << 20),
            1 << 20..=MANY,
        ),
        (
            "limits.max_open_per_corporation",
            limits.max_open_per_corporation.unwrap_or(1),
            1..=MANY,
        ),
        ("retry.most", retry.most.into(), 1..=10_000),
        (
            "sending.breaker_failures",
            sending.breaker_failures.into(),
            1..=10_000,
        ),
        (
            "sending.urgent_reserve_percent",
            sending.urgent_reserve_percent.into(),
            0..=90,
        ),
    ];
    for (path, value, range) in all {
        if !range.contains(&value) {
            let end = if *range.end() == MANY {
                String::new()
            } else {
                format!(" to {}", range.end())
            };
            let (_, hint) = settings::words(path).unwrap_or_default();
            problems.add(Problem::new(
                path,
                value,
                format!("a number from {}{end}", range.start()),
                hint,
            ));
        }
    }
}

fn times(config: &Config, problems: &mut Collector) {
    const DAY: u64 = 86_400;
    let Config {
        engine,
        http,
        limits,
        retry,
        sending,
        ..
    } = config;
    let all: [(&str, HumanDuration, u64); 13] = [
        ("engine.shutdown_grace", engine.shutdown_grace, DAY / 24),
        ("http.idle_timeout", http.idle_timeout, DAY / 24),
        ("http.request_timeout", http.request_timeout, DAY / 24),
        ("limits.idempotency_age", limits.idempotency_age, 30 * DAY),
        (
            "limits.unmatched_task_after",
            limits.unmatched_task_after,
            90 * DAY,
        ),
        ("limits.clock_tolerance", limits.clock_tolerance, DAY / 24),
        ("retry.first", retry.first, DAY),
        ("retry.longest", retry.longest, 7 * DAY),
        ("retry.give_up", retry.give_up, 30 * DAY),
        ("sending.start_within", sending.start_within, DAY / 24),
        ("sending.deadline", sending.deadline, DAY),
        ("sending.breaker_first", sending.breaker_first, DAY),
        ("sending.breaker_longest", sending.breaker_longest, DAY),
    ];
    for (path, time, most) in all {
        if time.0 < Duration::from_millis(1) || time.0 > Duration::from_secs(most) {
            let (_, hint) = settings::words(path).unwrap_or_default();
            let expected = format!("at least 1ms and at most {}", HumanDuration::seconds(most));
            problems.add(Problem::new(path, time, expected, hint));
        }
    }
    let ordered = [
        ("retry.first", retry.first, "retry.longest", retry.longest),
        (
            "sending.breaker_first",
            sending.breaker_first,
            "sending.breaker_longest",
            sending.breaker_longest,
        ),
    ];
    for (first, short, longest, long) in ordered {
        if short > long && !problems.has(first) && !problems.has(longest) {
            problems.add(Problem::new(
                longest,
                long,
                format!("at least {first}, {short}"),
                "delays double up to the longest",
            ));
        }
    }
}

fn engine(config: &Config, problems: &mut Collector) {
    let engine = &config.engine;
    if engine.data_dir.as_os_str().is_empty() {
        problems.add(of("engine.data_dir", "\"\"", ""));
    }
    if let Some(wrong) = engine.allow_list.iter().find(|entry| !is_recipient(entry)) {
        let hint = recipient_hint(wrong);
        problems.add(Problem::new(
            "engine.allow_list",
            format_args!("{wrong:?}"),
            "a recipient",
            hint,
        ));
    }
    let http = &config.http;
    if http.max_batch_bytes < http.max_body_bytes
        && !problems.has("http.max_batch_bytes")
        && !problems.has("http.max_body_bytes")
    {
        let expected = format!("at least http.max_body_bytes, {}", http.max_body_bytes);
        problems.add(Problem::new(
            "http.max_batch_bytes",
            http.max_batch_bytes,
            expected,
            "a batch of one must fit",
        ));
    }
    if http.max_bodies_bytes < http.max_batch_bytes
        && !problems.has("http.max_batch_bytes")
        && !problems.has("http.max_bodies_bytes")
    {
        let expected = format!("at least http.max_batch_bytes, {}", http.max_batch_bytes);
        problems.add(Problem::new(
            "http.max_bodies_bytes",
            http.max_bodies_bytes,
            expected,
            "the largest batch must fit",
        ));
    }
}

/// Whether an entry of the allow list can ever be equal to an address as the engine stores it. A
/// `*` within one would match nothing: an allow list that never fits must not look like one.
fn is_recipient(entry: &str) -> bool {
    use sluis_channels::address::{normalize_email, normalize_mobile};
    let same = |found: Option<String>, written: &str| found.is_some_and(|found| found == written);
    match entry.strip_prefix('@') {
        _ if entry.contains('*') => entry == "*",
        Some(_) => same(
            normalize_email(&format!("a{entry}")).ok(),
            &format!("a{entry}"),
        ),
        None => {
            same(normalize_email(entry).ok(), entry) || same(normalize_mobile(entry).ok(), entry)
        }
    }
}

/// What was meant, perhaps.
fn recipient_hint(wrong: &str) -> String {
    let domain = wrong
        .rfind('@')
        .map(|at| &wrong[at..])
        .filter(|domain| wrong.contains('*') && is_recipient(domain));
    match domain {
        Some(domain) => format!("there are no wildcards: a whole domain is {domain:?}, everybody is \"*\""),
        None => "an address in the form that is stored: \"a@example.nl\", \"@example.nl\", \"+31612345678\" or \"*\"".to_owned(),
    }
}

fn listeners(config: &Config, problems: &mut Collector) {
    let Config { http, binary, .. } = config;
    let keys = config.has_keys();
    listener(
        keys,
        "http.address",
        http.address,
        http.behind_proxy,
        http.tls.as_ref(),
        problems,
    );
    if let Some(address) = http.status_address {
        listener(
            keys,
            "http.status_address",
            address,
            http.behind_proxy,
            http.tls.as_ref(),
            problems,
        );
        let taken =
            [Some(http.address), binary.enabled.then_some(binary.address)].contains(&Some(address));
        if taken && address.port() != 0 {
            let hint = "such as 127.0.0.1:8082: it is there for when the other listeners are full";
            problems.add(Problem::new(
                "http.status_address",
                address,
                "an address of its own",
                hint,
            ));
        }
    }
    if binary.enabled {
        listener(
            keys,
            "binary.address",
            binary.address,
            binary.behind_proxy,
            binary.tls.as_ref(),
            problems,
        );
        if binary.address == http.address
            && http.address.port() != 0
            && !problems.has("http.address")
        {
            let hint = "such as 127.0.0.1:8081, or binary.enabled = false";
            problems.add(Problem::new(
                "binary.address",
                binary.address,
                "another address than http.address",
                hint,
            ));
        }
    }
}

fn listener(
    keys: bool,
    path: &str,
    address: SocketAddr,
    behind_proxy: bool,
    tls: Option<&TlsFiles>,
    problems: &mut Collector,
) {
    let section = path.split('.').next().unwrap_or_default();
    if address.ip().is_loopback() {
        return;
    }
    if !keys {
        let hint = "without any API key only this machine is served; `sluis config key` makes one";
        problems.add(Problem::new(path, address, "a loopback address", hint));
    } else if tls.is_none() && !behind_proxy {
        let hint = format!(
            "give {section}.tls, or {section}.behind_proxy = true when a proxy ends TLS before it"
        );
        problems.add(Problem::new(
            path,
            address,
            "TLS, or a loopback address",
            hint,
        ));
    }
}

fn sums(config: &Config, problems: &mut Collector) {
    let limits = &config.limits;
    let (intake, business) = (limits.inbox_intake as u64, limits.inbox_business as u64);
    let sound = !problems.has("limits.inbox_intake") && !problems.has("limits.inbox_business");
    if sound && intake * 10 > (intake + business) * 7 {
        let expected = format!("at least {}", intake.saturating_mul(3).div_ceil(7));
        let hint = "intake may take at most 70 % of intake and business together";
        problems.add(Problem::new(
            "limits.inbox_business",
            business,
            expected,
            hint,
        ));
    }
    let permits: u64 = config
        .providers
        .iter()
        .map(|provider| u64::from(provider.concurrency.get()))
        .sum();
    if (limits.inbox_internal as u64) <= 2 * permits {
        let expected = format!("at least {}", 2 * permits + 1);
        let hint = format!("more than twice the sum of all providers' concurrency, {permits}");
        problems.add(Problem::new(
            "limits.inbox_internal",
            limits.inbox_internal,
            expected,
            hint,
        ));
    }
}
