//! `/metrics` is text that Prometheus reads; every name in it is one that `sluis metrics` explains;
//! labels are few, and none names a tenant, an address or an id.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use sluis::telemetry::all_metrics;
use sluis_actors::metric::{Described, Kind, Label};

use crate::support::{Body, Engine, NOORD, OPERATOR, ZUID, notice};
use crate::tidy::{read, root};

/// A sample: its name, its labels, its value.
struct Sample<'a> {
    name: &'a str,
    labels: BTreeMap<&'a str, &'a str>,
    value: f64,
}

fn sample(line: &str) -> Sample<'_> {
    let (head, value) = line
        .rsplit_once(' ')
        .unwrap_or_else(|| panic!("no value: {line}"));
    let (name, labels) = head.split_once('{').unwrap_or((head, ""));
    let labels = labels.trim_end_matches('}').trim_end_matches(',');
    let pair = |pair: &'_ str| -> (usize, usize) { (pair.find('=').unwrap(), pair.len()) };
    let labels = labels
        .split("\",")
        .filter(|text| !text.is_empty())
        .map(|text| {
            let (at, end) = pair(text);
            (&text[..at], text[at + 1..end].trim_matches('"'))
        })
        .collect();
    Sample {
        name,
        labels,
        value: value
            .parse()
            .unwrap_or_else(|_| panic!("no number: {line}")),
    }
}

/// The metric a sample belongs to: histograms have three kinds of samples.
fn family<'a>(name: &'a str, kinds: &BTreeMap<&str, &str>) -> &'a str {
    let stem = ["_bucket", "_sum", "_count"]
        .iter()
        .find_map(|end| name.strip_suffix(end));
    stem.filter(|stem| kinds.get(stem).is_some_and(|kind| *kind == "histogram"))
        .unwrap_or(name)
}

pub(crate) async fn busy() -> Engine {
    let engine = Engine::with_sinks().await;
    for (number, key) in [NOORD, ZUID].into_iter().enumerate() {
        engine
            .mailed_storno(
                key,
                "H-geheim",
                "bounce@huurder-geheim.example",
                &format!("F-{number}"),
            )
            .await;
        engine.reachable(key, "H-2").await;
        engine.accepted(key, notice("H-2", "m-1")).await;
        engine.accepted(key, notice("H-2", "m-1")).await;
        engine.post(key, json!({})).await;
        let mail = Body::Bytes("message/rfc822", b"Subject: x\r\n\r\nx".to_vec());
        engine.call(key, "POST", "/v1/receipts/email", mail).await;
        engine.ask(key, "/v1/notifications/..%2fgeheim").await;
        engine.ask(key, "/geheim/nergens").await;
    }
    engine.pass(49 * 3_600_000).await;
    engine
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prometheus_can_read_it_and_the_operator_can_understand_it() {
    let engine = busy().await;
    let reply = engine.ask(OPERATOR, "/metrics").await;
    assert_eq!(
        reply.header("content-type"),
        "text/plain; version=0.0.4; charset=utf-8"
    );
    let text = reply.text();
    let (mut kinds, mut helps, mut seen) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
    for line in text.lines().filter(|line| line.starts_with('#')) {
        let mut words = line.splitn(4, ' ').skip(1);
        let (what, name, rest) = (
            words.next().unwrap(),
            words.next().unwrap(),
            words.next().unwrap_or_default(),
        );
        let known = match what {
            "TYPE" => kinds.insert(name, rest),
            "HELP" => helps.insert(name, rest),
            other => panic!("{other}: {line}"),
        };
        assert!(known.is_none(), "twice: {line}");
    }
    let described: BTreeMap<&str, _> = all_metrics().map(|metric| (metric.name, metric)).collect();
    for line in text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let sample = sample(line);
        let name = family(sample.name, &kinds);
        let metric = described
            .get(name)
            .unwrap_or_else(|| panic!("{name} is not among `sluis metrics`"));
        assert_eq!(kinds.get(name), Some(&metric.kind.name()), "{name}");
        assert_eq!(
            helps.get(name).map(|help| help.trim()),
            Some(metric.help.trim()),
            "{name}"
        );
        assert!(
            sample.value.is_finite() || sample.name.ends_with("_sum"),
            "{line}"
        );
        assert!(
            metric.kind != Kind::Counter || sample.value >= 0.0,
            "{line}"
        );
        seen.insert((line.rsplit_once(' ').unwrap().0, name));
    }
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .count();
    assert_eq!(seen.len(), lines, "the same series twice");
    let names: BTreeSet<&str> = seen.iter().map(|(_, name)| *name).collect();
    for name in [
        "sluis_intake_accepted_total",
        "sluis_intake_rejected_total",
        "sluis_journal_sync_seconds",
        "sluis_journal_group_records",
        "sluis_shard_inbox_depth",
        "sluis_router_waiting_messages",
        "sluis_attempt_outcomes_total",
        "sluis_shard_timers_pending",
        "sluis_shard_escalations_total",
        "sluis_open_notifications_bound",
        "sluis_journal_disk_bytes",
        "sluis_journal_queue_bytes_bound",
        "sluis_shard_queue_wait_seconds",
        "sluis_shard_ends_total",
        "sluis_router_sends_total",
        "sluis_http_duration_seconds",
        "sluis_auth_refused_total",
        "sluis_disk_left_seconds",
        "sluis_build_info",
        "sluis_process_resident_bytes",
        "sluis_process_cpu_seconds_total",
        "sluis_pauses_in_use",
    ] {
        assert!(names.contains(name), "{name} is missing from {names:?}");
    }
    engine.end().await;
}

#[test]
fn every_name_says_what_it_counts_and_in_what() {
    const UNITS: [&str; 33] = [
        "away",
        "total",
        "seconds",
        "bytes",
        "depth",
        "bound",
        "notifications",
        "tenants",
        "messages",
        "pending",
        "effects",
        "records",
        "connections",
        "keys",
        "enabled",
        "barred",
        "in_use",
        "open",
        "attempts",
        "under_way",
        "entities",
        "batches",
        "days",
        "facts",
        "files",
        "info",
        "threads",
        "volumes",
        "entries",
        "hash",
        "objects",
        "mailings",
        "rows",
    ];
    let mut names = BTreeSet::new();
    for metric in all_metrics() {
        let name = metric.name;
        assert!(names.insert(name), "{name} twice");
        assert!(
            name.starts_with("sluis_") && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
            "{name}"
        );
        assert_eq!(
            metric.kind == Kind::Counter,
            name.ends_with("_total"),
            "{name}: `_total` is for counters, and for all of them"
        );
        assert!(
            UNITS.iter().any(|unit| name.ends_with(&format!("_{unit}"))),
            "{name} has no unit"
        );
        assert!(metric.help.trim().len() > 20, "{name} needs help");
    }
}

/// The value of the series with this name and these labels, as they are printed; none: there is no
/// such series.
pub(crate) fn series(text: &str, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let fits = |sample: &Sample<'_>| {
        sample.name == name
            && labels
                .iter()
                .all(|(label, value)| sample.labels.get(label) == Some(value))
    };
    let samples = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(sample);
    samples
        .filter(fits)
        .map(|sample| sample.value)
        .reduce(|sum, value| sum + value)
}

/// The recorder is one for all tests of the process: what counts is that a series is there before
/// anything happened.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn series_exist_before_anything_happened() {
    let engine = Engine::with_sinks().await;
    let text = engine.ask(OPERATOR, "/metrics").await.text();
    let there: [(&str, &[(&str, &str)]); 12] = [
        ("sluis_shard_timer_lateness_seconds_count", &[]),
        (
            "sluis_shard_timer_lateness_seconds_bucket",
            &[("le", "3600")],
        ),
        (
            "sluis_attempt_duration_seconds_bucket",
            &[("provider", "relay"), ("le", "600")],
        ),
        (
            "sluis_shard_queue_wait_seconds_count",
            &[("channel", "sms"), ("lane", "urgent")],
        ),
        ("sluis_shard_escalations_total", &[("cause", "unanswered")]),
        (
            "sluis_shard_ends_total",
            &[("flow", "storno"), ("end", "paid")],
        ),
        (
            "sluis_intake_rejected_total",
            &[("corporation", "zuid"), ("reason", "share_full")],
        ),
        (
            "sluis_router_sends_total",
            &[("channel", "email"), ("corporation", "zuid")],
        ),
        (
            "sluis_receipts_total",
            &[("provider", "bird"), ("effect", "forged")],
        ),
        (
            "sluis_attempt_outcomes_total",
            &[("provider", "relay"), ("verdict", "unsendable")],
        ),
        (
            "sluis_http_requests_total",
            &[("route", "/v1/facts"), ("status", "5xx")],
        ),
        ("sluis_actor_panics_total", &[("actor", "shard")]),
    ];
    for (name, labels) in there {
        assert!(
            series(&text, name, labels).is_some(),
            "{name} {labels:?} is missing"
        );
    }
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_and_who_has_no_key_is_counted() {
    let engine = Engine::start().await;
    let now = async || engine.ask(OPERATOR, "/metrics").await.text();
    let invalid = |text: &str| {
        series(
            text,
            "sluis_intake_rejected_total",
            &[("corporation", "noord"), ("reason", "invalid")],
        )
    };
    let strangers = |text: &str| series(text, "sluis_auth_refused_total", &[("edge", "http")]);
    let before = now().await;
    engine
        .call(
            NOORD,
            "POST",
            "/v1/notifications",
            Body::Bytes("application/json", b"{\"tenant".to_vec()),
        )
        .await;
    engine
        .call(
            NOORD,
            "POST",
            "/v1/notifications/batch",
            Body::Bytes("application/x-ndjson", b"{}\nnonsense\n".to_vec()),
        )
        .await;
    engine
        .call("slk_nobody", "POST", "/v1/notifications", Body::Nothing)
        .await;
    engine
        .call("slk_nobody", "GET", "/v1/tasks", Body::Nothing)
        .await;
    let after = now().await;
    // Other tests of the process count on the same series.
    assert!(invalid(&after).unwrap() - invalid(&before).unwrap() >= 3.0);
    assert!(strangers(&after).unwrap() - strangers(&before).unwrap() >= 2.0);
    let took = series(
        &after,
        "sluis_http_duration_seconds_count",
        &[("route", "/v1/notifications"), ("status", "4xx")],
    );
    assert!(took.is_some_and(|requests| requests >= 2.0), "{took:?}");
    engine.end().await;
}

/// The labels of a sample, with their values, that the lists of metrics do not declare.
fn undeclared<'a>(sample: &Sample<'a>) -> Vec<(&'a str, &'a str)> {
    let kinds: BTreeMap<&str, &str> = all_metrics()
        .map(|metric| (metric.name, metric.kind.name()))
        .collect();
    let name = family(sample.name, &kinds);
    let declared = all_metrics().find(|metric| metric.name == name);
    let declared = declared.map_or(&[][..], |metric| metric.labels);
    let is_declared = |label: &str, value: &str| {
        // The bounds of a histogram's buckets.
        label == "le"
            || declared.iter().any(|known| {
                known.name == label && known.values.is_none_or(|values| values().contains(&value))
            })
    };
    let labels = sample.labels.iter().map(|(label, value)| (*label, *value));
    labels
        .filter(|(label, value)| !is_declared(label, value))
        .collect()
}

#[test]
fn a_label_that_is_not_declared_is_found() {
    let wrong = |line| undeclared(&sample(line)).len();
    assert_eq!(wrong("sluis_actor_panics_total{actor=\"shard\"} 0"), 0);
    assert_eq!(wrong("sluis_actor_panics_total{actor=\"ghost\"} 0"), 1);
    assert_eq!(wrong("sluis_actor_panics_total{tenant=\"H-1\"} 0"), 1);
    assert_eq!(wrong("sluis_shard_records_total{shard=\"0\"} 0"), 1);
}

/// The metrics as the documents show them.
fn table() -> String {
    let mut all: Vec<_> = all_metrics().collect();
    all.sort_by_key(|metric| metric.name);
    let label = |label: &Label| match label.values {
        Some(values) => {
            let values: Vec<_> = values().iter().map(|v| format!("`{v}`")).collect();
            format!("{}: {}", label.name, values.join(" "))
        }
        None => label.name.to_owned(),
    };
    let row = |metric: &Described| {
        let labels: Vec<_> = metric.labels.iter().map(label).collect();
        format!(
            "| `{}` | {} | {} | {} |",
            metric.name,
            metric.kind.name(),
            labels.join("; "),
            metric.help.trim()
        )
    };
    let head = [
        "| name | kind | labels | what it means |",
        "|---|---|---|---|",
    ];
    let rows = head
        .map(str::to_owned)
        .into_iter()
        .chain(all.iter().map(row));
    rows.map(|row| row + "\n").collect()
}

#[test]
fn the_table_in_the_documents_is_the_list_of_metrics() {
    const WRITE: &str = "SLUIS_WRITE_METRICS";
    const MADE: &str = "cargo test -p sluis --test it metrics -->\n";
    let path = root().join("docs/metrics.md");
    let text = read(&path);
    let (before, kept) = text.split_once(MADE).expect("where the table begins");
    let now = format!("\n{}", table());
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, format!("{before}{MADE}{now}")).unwrap();
        return;
    }
    assert!(
        kept == now,
        "docs/metrics.md does not show the list: run this test once with {WRITE}=1"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn labels_are_the_declared_ones_and_name_no_tenant() {
    let engine = busy().await;
    let text = engine.ask(OPERATOR, "/metrics").await.text();
    let mut values: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for line in text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let wrong = undeclared(&sample(line));
        assert!(wrong.is_empty(), "{line}: {wrong:?} is not in its list");
        for (label, value) in sample(line).labels {
            values
                .entry((sample(line).name, label))
                .or_default()
                .insert(value);
        }
    }
    for ((name, label), values) in &values {
        assert!(
            values.len() <= 64,
            "{name}: {} values of {label}",
            values.len()
        );
        for value in values {
            let id = value.len() >= 16 && value.bytes().all(|b| b.is_ascii_hexdigit());
            assert!(!id && !value.contains('@'), "{name}: {label} = {value}");
        }
    }
    for secret in [
        "geheim",
        "H-2",
        "612345678",
        "F-0",
        "bounce.noord",
        NOORD,
        OPERATOR,
    ] {
        assert!(!text.contains(secret), "{secret} stands in the metrics");
    }
    engine.end().await;
}
