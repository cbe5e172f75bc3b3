//! Owns how long each phase of a start took: one line of the log, and a gauge. Refuses to say what a
//! phase of the journal is: the journal does.

use std::time::Duration;

use sluis_journal::{Phase, RecoveryReport};

use crate::clock;
use crate::telemetry::names;

/// What is stored beside the records: definitions, the engine's secret, keys.
pub(crate) const DEFINITIONS: &str = names::START_PHASES[0];
/// Archive and counters are opened.
pub(crate) const FOLLOWERS: &str = names::START_PHASES[1];
/// Every shard is read: its checkpoint, then the log behind it.
pub(crate) const SHARDS: &str = names::START_PHASES[2];
/// From the first look at the data directory until the engine was there.
const ALL: &str = names::START_PHASES[3];

/// The times of a start that is under way, or over.
#[derive(Debug)]
pub(crate) struct StartTimes {
    /// By the monotonic clock, in nanoseconds.
    began: u64,
    since: u64,
    took: Vec<(&'static str, Duration)>,
}

impl StartTimes {
    /// It begins now.
    pub(crate) fn begin() -> Self {
        let now = clock::nanos();
        Self {
            began: now,
            since: now,
            took: Vec::new(),
        }
    }

    /// The journal is open.
    pub(crate) fn opened(&mut self, report: &RecoveryReport) {
        let of = |(phase, took): &(Phase, Duration)| (phase.name(), *took);
        self.took.extend(report.phases.iter().map(of));
        self.since = clock::nanos();
    }

    /// A phase of the engine is over.
    pub(crate) fn ended(&mut self, phase: &'static str) {
        let now = clock::nanos();
        self.took.push((phase, between(self.since, now)));
        self.since = now;
    }

    /// The engine is there: says so in the log and in the metrics.
    pub(crate) fn say(&self) {
        let all = between(self.began, self.since);
        for (phase, took) in self.took.iter().chain([&(ALL, all)]) {
            names::START.of(*phase).set(took.as_secs_f64());
        }
        tracing::info!(seconds = in_seconds(all), phases = self.shown(), "started");
    }

    fn shown(&self) -> String {
        let shown = |(phase, took): &(&str, Duration)| format!("{phase} {}", in_seconds(*took));
        let all: Vec<_> = self.took.iter().map(shown).collect();
        all.join(", ")
    }
}

fn between(from: u64, to: u64) -> Duration {
    Duration::from_nanos(to.saturating_sub(from))
}

fn in_seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_phases_in_their_order() {
        let mut times = StartTimes::begin();
        times.opened(&RecoveryReport {
            phases: vec![
                (Phase::Log, Duration::from_millis(1_234)),
                (Phase::TableProven, Duration::from_millis(20)),
            ],
            ..RecoveryReport::default()
        });
        times.took.push((SHARDS, Duration::from_micros(700)));
        assert_eq!(times.shown(), "log 1.234, table_proven 0.020, shards 0.001");
    }
}
