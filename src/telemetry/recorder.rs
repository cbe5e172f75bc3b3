//! Owns the Prometheus recorder: buckets, descriptions, the gauges that are sampled, the journal's
//! observer. Refuses an endpoint of its own: `/metrics` is a route like the others.

use std::time::Duration;

use metrics::{Counter, Histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use sluis_actors::telemetry::names::{DURATION, QUEUE_WAIT, TIMER_LATENESS};

use super::{ALL, all_metrics, census, names, process};
use crate::app::App;

const SECONDS: &[f64] = &[
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    10.0, 60.0,
];
/// For what may take hours: timers after a pause, queues outside a send window, attempts with a
/// long deadline.
const LONG_SECONDS: &[f64] = &[
    0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 60.0, 300.0, 600.0, 1_800.0,
    3_600.0, 7_200.0, 21_600.0, 86_400.0,
];
/// Metrics that are measured so.
const LONG: [&str; 3] = [TIMER_LATENESS.name(), QUEUE_WAIT.name(), DURATION.name()];
const COUNTS: &[f64] = &[1.0, 4.0, 16.0, 64.0, 256.0, 1_024.0, 4_096.0, 16_384.0];

/// Installs the recorder of the process; once.
///
/// # Errors
/// A recorder is installed already.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    let mut builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_records".into()), COUNTS)?;
    for name in LONG {
        builder = builder.set_buckets_for_metric(Matcher::Full(name.into()), LONG_SECONDS)?;
    }
    let handle = builder.install_recorder()?;
    all_metrics().for_each(|metric| metric.tell());
    names::WEAK_DURABILITY.of(()).set(0.0);
    names::BUILD.of(env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(handle)
}

/// Counts group commits.
pub struct JournalObserver {
    records: Histogram,
    write: Histogram,
    sync: Histogram,
    bytes: Counter,
}

impl Default for JournalObserver {
    fn default() -> Self {
        Self {
            records: names::COMMIT_RECORDS.of(()),
            write: names::COMMIT_WRITE.of(()),
            sync: names::COMMIT_SYNC.of(()),
            bytes: names::COMMIT_BYTES.of(()),
        }
    }
}

impl sluis_journal::Observer for JournalObserver {
    fn group_committed(&self, records: usize, bytes: usize, write: Duration, sync: Duration) {
        self.records.record(records as f64);
        self.write.record(write.as_secs_f64());
        self.sync.record(sync.as_secs_f64());
        self.bytes.increment(bytes as u64);
    }
}

/// Counts what a start put right; every kind has its series from the start on.
pub fn count_repairs(report: &sluis_journal::RecoveryReport) {
    for what in sluis_journal::Repaired::ALL {
        let count = report
            .repairs
            .iter()
            .filter(|repair| repair.what == what)
            .count();
        names::JOURNAL_REPAIRS
            .of(what.name())
            .increment(count as u64);
    }
    if report.made_private > 0 {
        tracing::warn!(
            files = report.made_private,
            "others could read files of the journal until now"
        );
    }
}

/// Sets the gauges that stand for a state. Walks the data directory: not for a runtime's own
/// threads.
pub fn sample(app: &App) {
    sample_shares(app);
    sample_inboxes(app);
    for (provider, count) in app.engine.under_way() {
        names::UNDER_WAY.of(provider.to_owned()).set(count as f64);
    }
    sample_journal(app);
    sample_pauses(app);
    census::show(app);
    process::sample();
}

/// What is open and written, of all and of each corporation, beside its bounds.
fn sample_shares(app: &App) {
    let quota = app.engine.quota();
    let (open, most) = quota.total();
    names::OPEN.of(()).set(open as f64);
    names::MAX_OPEN.of(()).set(most as f64);
    for (corporation, open, most) in quota.shares() {
        let name = app.corporation_name(corporation);
        names::SHARE_OPEN.of(name.clone()).set(open as f64);
        names::SHARE_BOUND.of(name).set(most as f64);
    }
    for (corporation, bytes, most) in quota.budgets() {
        let name = app.corporation_name(corporation);
        names::DAY_BYTES.of(name.clone()).set(bytes as f64);
        names::DAY_BYTES_BOUND.of(name).set(most as f64);
    }
    for (corporation, unknown, most) in quota.unknown() {
        let name = app.corporation_name(corporation);
        names::FACT_TENANTS.of(name.clone()).set(unknown as f64);
        names::FACT_TENANTS_BOUND.of(name).set(most as f64);
    }
    for (corporation, count) in app.engine.keys().len() {
        let name = app.corporation_name(corporation);
        names::KEYS.of(name).set(count as f64);
    }
}

/// Each line of the inboxes, over all shards.
fn sample_inboxes(app: &App) {
    for line in 0..names::LINES.len() {
        let depths = app
            .engine
            .inboxes()
            .iter()
            .map(|inbox| inbox.depths()[line]);
        let (name, depth, bound) = depths.fold(("", 0, 0), |sum, (name, depth, bound)| {
            (name, sum.1 + depth, sum.2 + bound)
        });
        names::INBOX.of(name).set(depth as f64);
        names::INBOX_BOUND.of(name).set(bound as f64);
    }
}

fn sample_journal(app: &App) {
    let stats = app.engine.journal().stats();
    names::JOURNAL_DISK.of(()).set(stats.disk_bytes as f64);
    names::JOURNAL_LIVE.of(()).set(stats.live_bytes as f64);
    names::DISK_FREE.of(()).set(stats.disk_free_bytes as f64);
    names::DISK_LEFT
        .of(())
        .set(app.watch.disk_left_days(&stats, app.clock.now()) * 86_400.0);
    let queue = app.engine.journal().queue();
    for (gauge, value) in [
        (names::JOURNAL_BATCHES, queue.batches),
        (names::JOURNAL_RECORDS, queue.records),
        (names::JOURNAL_BYTES, queue.bytes),
        (names::JOURNAL_BATCHES_BOUND, queue.max_batches),
        (names::JOURNAL_RECORDS_BOUND, queue.max_records),
        (names::JOURNAL_BYTES_BOUND, queue.max_bytes),
    ] {
        gauge.of(()).set(value as f64);
    }
}

/// How many pauses there are, of each corporation and over all; none is told as 0.
fn sample_pauses(app: &App) {
    let pauses = app.engine.pauses().all();
    let of = |corporation| {
        pauses
            .iter()
            .filter(|pause| pause.scope.corporation == corporation)
            .count() as f64
    };
    names::PAUSES.of(ALL).set(of(None));
    for (id, corporation) in &app.corporations {
        names::PAUSES
            .of(corporation.name.clone())
            .set(of(Some(*id)));
    }
}
