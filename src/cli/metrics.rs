//! Owns `sluis metrics`: every metric with its meaning. Refuses to measure anything.

use std::fmt::Write as _;

use super::config::Reply;
use crate::telemetry::all_metrics;

pub(super) fn run() -> Reply {
    let mut all: Vec<_> = all_metrics().collect();
    all.sort_by_key(|metric| metric.name);
    let mut out = String::new();
    for metric in all {
        // Writing to a String does not fail.
        let _ = writeln!(
            out,
            "{} ({})\n    {}",
            metric.name,
            metric.kind,
            metric.help.trim()
        );
    }
    Reply {
        out,
        err: String::new(),
        code: 0,
    }
}
