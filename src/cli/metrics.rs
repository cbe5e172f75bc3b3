//! Owns `sluis metrics`: every metric with its meaning. Refuses to measure anything.

use std::fmt::Write as _;

use sluis_actors::metric::{Described, Label};

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
            "{}{} ({})\n    {}",
            metric.name,
            labels(&metric),
            metric.kind.name(),
            metric.help.trim()
        );
    }
    Reply {
        out,
        err: String::new(),
        code: 0,
    }
}

/// Its labels in braces, each with its values where they are a closed list.
fn labels(metric: &Described) -> String {
    let shown = |label: &Label| match label.values {
        Some(values) => format!("{}={}", label.name, values().join("|")),
        None => label.name.to_owned(),
    };
    let all: Vec<_> = metric.labels.iter().map(shown).collect();
    match all.is_empty() {
        true => String::new(),
        false => format!("{{{}}}", all.join(", ")),
    }
}
