//! Owns the ranges of numbers and times. Refuses to judge a value that could not even be read: that
//! was reported already.

use std::ops::RangeInclusive;
use std::time::Duration;

use sluis_channels::HumanDuration;

use super::Config;
use super::problem::{Collector, Problem};
use super::settings;

/// No end: as large as a number gets.
const MANY: u64 = i64::MAX as u64;

/// Connections of one port: in all, of one peer, of one corporation, without a key.
const CONNECTIONS: RangeInclusive<u64> = 1..=1_000_000;
const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// A setting, its value, and what it may be.
type Ranged = (&'static str, u64, RangeInclusive<u64>);

/// The numbers of the ports.
fn ports_ranges(config: &Config) -> [Ranged; 11] {
    let Config { http, binary, .. } = config;
    [
        ("http.max_body_bytes", http.max_body_bytes, 1024..=1 << 30),
        ("http.max_batch_bytes", http.max_batch_bytes, 1024..=1 << 32),
        (
            "http.max_connections",
            http.max_connections.into(),
            CONNECTIONS,
        ),
        (
            "http.max_connections_per_peer",
            http.max_connections_per_peer.unwrap_or(1).into(),
            CONNECTIONS,
        ),
        (
            "http.max_connections_per_corporation",
            http.max_connections_per_corporation.unwrap_or(1).into(),
            CONNECTIONS,
        ),
        (
            "http.max_bodies_bytes",
            http.max_bodies_bytes,
            1 << 20..=1 << 40,
        ),
        (
            "binary.max_connections",
            binary.max_connections.into(),
            CONNECTIONS,
        ),
        (
            "binary.max_connections_per_peer",
            binary.max_connections_per_peer.unwrap_or(1).into(),
            CONNECTIONS,
        ),
        (
            "binary.max_connections_per_corporation",
            binary.max_connections_per_corporation.unwrap_or(1).into(),
            CONNECTIONS,
        ),
        (
            "binary.max_greetings",
            binary.max_greetings.into(),
            CONNECTIONS,
        ),
        ("binary.credit", binary.credit.into(), 1..=1_000_000),
    ]
}

/// The numbers of the journal.
fn journal_ranges(config: &Config) -> [Ranged; 8] {
    let Config {
        journal, archive, ..
    } = config;
    [
        (
            "archive.volume_max_bytes",
            archive.volume_max_bytes as u64,
            1 << 20..=1 << 30,
        ),
        (
            "archive.spool_max_bytes",
            archive.spool_max_bytes as u64,
            1 << 20..=1 << 36,
        ),
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
        ("journal.live_factor", journal.live_factor, 1..=1_000),
    ]
}

/// The bounds of inboxes, tenants and corporations.
fn limits_ranges(config: &Config) -> [Ranged; 8] {
    let Config { limits, .. } = config;
    [
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
    ]
}

/// The numbers of the engine.
fn engine_ranges(config: &Config) -> [Ranged; 4] {
    let Config { engine, .. } = config;
    [
        ("engine.shards", engine.shards.into(), 1..=1024),
        ("engine.max_open", engine.max_open, 1..=MANY),
        (
            "engine.max_active_tenants",
            engine.max_active_tenants as u64,
            1..=MANY,
        ),
        (
            "engine.prepare_threads",
            engine.prepare_threads as u64,
            1..=256,
        ),
    ]
}

/// The numbers of retries, of sending and of traces.
fn sending_ranges(config: &Config) -> [Ranged; 4] {
    let Config {
        retry,
        sending,
        log,
        ..
    } = config;
    [
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
        ("log.traces_percent", log.traces_percent.into(), 1..=100),
    ]
}

/// Every number that is out of its range.
pub(super) fn numbers(config: &Config, problems: &mut Collector) {
    let all = engine_ranges(config)
        .into_iter()
        .chain(ports_ranges(config))
        .chain(journal_ranges(config))
        .chain(limits_ranges(config))
        .chain(sending_ranges(config));
    for (path, value, range) in all {
        if !range.contains(&value) {
            let (_, hint) = settings::words(path).unwrap_or_default();
            problems.add(Problem::new(path, value, words(&range), hint));
        }
    }
}

/// A range in words.
fn words(range: &RangeInclusive<u64>) -> String {
    match *range.end() {
        MANY => format!("a number from {}", range.start()),
        end => format!("a number from {} to {end}", range.start()),
    }
}

/// A setting, its value, and the longest that it may be, in seconds.
type Lasting = (&'static str, HumanDuration, u64);

/// The times of the engine, its edges and its bounds.
fn standing_times(config: &Config) -> [Lasting; 11] {
    let Config {
        engine,
        http,
        journal,
        archive,
        limits,
        ..
    } = config;
    [
        ("engine.tenant_idle_for", engine.tenant_idle_for, 365 * DAY),
        ("engine.shutdown_grace", engine.shutdown_grace, HOUR),
        ("http.idle_timeout", http.idle_timeout, HOUR),
        ("http.request_timeout", http.request_timeout, HOUR),
        ("journal.keep_for", journal.keep_for, 36_500 * DAY),
        ("journal.endings_for", journal.endings_for, 36_500 * DAY),
        ("journal.checkpoint_every", journal.checkpoint_every, DAY),
        ("archive.volume_max_age", archive.volume_max_age, 30 * DAY),
        ("limits.idempotency_age", limits.idempotency_age, 30 * DAY),
        (
            "limits.unmatched_task_after",
            limits.unmatched_task_after,
            90 * DAY,
        ),
        ("limits.clock_tolerance", limits.clock_tolerance, HOUR),
    ]
}

/// The times of retries and of sending.
fn sending_times(config: &Config) -> [Lasting; 7] {
    let Config { retry, sending, .. } = config;
    [
        ("retry.first", retry.first, DAY),
        ("retry.longest", retry.longest, 7 * DAY),
        ("retry.give_up", retry.give_up, 30 * DAY),
        ("sending.start_within", sending.start_within, HOUR),
        ("sending.deadline", sending.deadline, DAY),
        ("sending.breaker_first", sending.breaker_first, DAY),
        ("sending.breaker_longest", sending.breaker_longest, DAY),
    ]
}

/// Every time that is out of its range, and delays that end before they begin.
pub(super) fn times(config: &Config, problems: &mut Collector) {
    let all = standing_times(config)
        .into_iter()
        .chain(sending_times(config));
    for (path, time, most) in all {
        if time.0 < Duration::from_millis(1) || time.0 > Duration::from_secs(most) {
            let (_, hint) = settings::words(path).unwrap_or_default();
            let expected = format!("at least 1ms and at most {}", HumanDuration::seconds(most));
            problems.add(Problem::new(path, time, expected, hint));
        }
    }
    let Config { retry, sending, .. } = config;
    let first = ("retry.first", retry.first);
    grows(first, ("retry.longest", retry.longest), problems);
    let first = ("sending.breaker_first", sending.breaker_first);
    let longest = ("sending.breaker_longest", sending.breaker_longest);
    grows(first, longest, problems);
}

/// A delay that doubles must not be longer at first than at the end.
fn grows(
    (first, short): (&'static str, HumanDuration),
    (longest, long): (&'static str, HumanDuration),
    problems: &mut Collector,
) {
    if short > long && !problems.has(first) && !problems.has(longest) {
        let expected = format!("at least {first}, {short}");
        let hint = "delays double up to the longest";
        problems.add(Problem::new(longest, long, expected, hint));
    }
}
