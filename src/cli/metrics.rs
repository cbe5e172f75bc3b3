//! Owns `sluis metrics`: every metric with its meaning. Refuses to measure anything.

use std::fmt::Write as _;

use sluis_actors::telemetry::ACTOR_METRICS;

use super::config::Reply;
use crate::telemetry::names::OWN_METRICS;

pub(super) fn run() -> Reply {
    let mut all: Vec<_> = OWN_METRICS.iter().chain(ACTOR_METRICS).collect();
    all.sort_by_key(|metric| metric.name);
    let mut out = String::new();
    for metric in all {
        // Writing to a String does not fail.
        drop(writeln!(out, "{} ({})\n    {}", metric.name, metric.kind, metric.help.trim()));
    }
    Reply { out, err: String::new(), code: 0 }
}
