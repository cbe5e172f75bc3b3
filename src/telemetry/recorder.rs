//! Owns the Prometheus recorder: buckets, descriptions, the journal's observer. Refuses an endpoint of its own: `/metrics` is a route like the others.

use std::time::Duration;

use metrics::{Counter, Histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use sluis_actors::telemetry::names::{DURATION, QUEUE_WAIT, TIMER_LATENESS};

use super::{all_metrics, names};

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
    tell_all();
    names::WEAK_DURABILITY.of(()).set(0.0);
    names::BUILD.of(env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(handle)
}

/// What each metric means, and the series of each that can be made before anything happened.
fn tell_all() {
    for metric in all_metrics() {
        metric.tell();
        metric.announce();
    }
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

#[cfg(test)]
mod tests {
    use sluis_actors::metric::Kind;

    use super::*;

    #[test]
    fn a_counter_without_open_labels_is_zero_before_anything_happened() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let shown = recorder.handle();
        metrics::with_local_recorder(&recorder, tell_all);
        let page = shown.render();
        let missing: Vec<&str> = all_metrics()
            .filter(|metric| metric.kind == Kind::Counter)
            .filter(|metric| metric.labels.iter().all(|label| label.values.is_some()))
            .map(|metric| metric.name)
            .filter(|name| !page.lines().any(|line| line.starts_with(name)))
            .collect();
        assert_eq!(missing, [""; 0]);
        assert!(
            page.contains("\nsluis_checkpoint_failures_total 0\n"),
            "{page}"
        );
    }
}
