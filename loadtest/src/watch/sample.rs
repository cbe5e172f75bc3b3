//! One second of a run as a line of JSON. Owns the fields; refuses to fill in what was not
//! measured.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Process;
use crate::run::Window;

/// One second.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Since the first sample's second began.
    pub seconds: f64,
    /// Acknowledged in this second, as the generator counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acked: Option<u64>,
    /// Latency of those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50_ms: Option<f64>,
    /// Latency of those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99_ms: Option<f64>,
    /// Latency of those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_ms: Option<f64>,
    /// The engine's queues and counts at its end; empty when it did not answer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub engine: BTreeMap<String, f64>,
    /// The engine's resident memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rss_mib: Option<f64>,
    /// The engine's time on the processor so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_seconds: Option<f64>,
}

impl Sample {
    /// What the generator saw.
    #[must_use]
    pub fn of_window(seconds: f64, window: &Window) -> Self {
        // A second without an acknowledgement has no latency, not one of zero.
        let some = |value: f64| (window.count > 0).then_some(value);
        Self {
            seconds,
            acked: Some(window.count),
            p50_ms: some(window.p50_ms),
            p99_ms: some(window.p99_ms),
            max_ms: some(window.max_ms),
            ..Self::default()
        }
    }

    /// With what the engine showed.
    #[must_use]
    pub fn with_engine(self, engine: BTreeMap<String, f64>, process: Option<Process>) -> Self {
        let (rss_mib, cpu_seconds) = (process.map(|p| p.rss_mib), process.map(|p| p.cpu_seconds));
        Self {
            engine,
            rss_mib,
            cpu_seconds,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_measured_is_not_there() {
        let idle = Sample::of_window(1.0, &Window::default()).with_engine(BTreeMap::new(), None);
        assert_eq!(
            serde_json::to_string(&idle).unwrap(),
            r#"{"seconds":1.0,"acked":0}"#
        );
        let window = Window {
            count: 2,
            p50_ms: 1.5,
            p99_ms: 2.0,
            max_ms: 2.0,
        };
        let process = Process {
            rss_mib: 10.0,
            cpu_seconds: 0.5,
        };
        let busy = Sample::of_window(2.0, &window)
            .with_engine(BTreeMap::from([("open".into(), 3.0)]), Some(process));
        let back: Sample = serde_json::from_str(&serde_json::to_string(&busy).unwrap()).unwrap();
        assert_eq!(back, busy);
    }
}
