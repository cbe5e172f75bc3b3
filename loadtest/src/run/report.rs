//! The end of a run in one line of JSON. Owns the figures' names and units; refuses to call a run good
//! that delivered nothing.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use parking_lot::Mutex;
use serde::Serialize;

use super::{Answer, Class};

/// Unexpected answers, a few of each.
#[derive(Debug, Default)]
pub(super) struct Samples(Mutex<Vec<String>>);

const MAX_SAMPLES: usize = 5;

impl Samples {
    pub(super) fn note(&self, answer: &Answer) {
        let Some(text) = &answer.text else { return };
        let mut samples = self.0.lock();
        if samples.len() < MAX_SAMPLES && !samples.contains(text) {
            samples.push(text.clone());
        }
    }
}

/// What a run did. Milliseconds count from a notification's scheduled arrival to its acknowledgement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// `http`, `ndjson` or `binary`.
    pub mode: &'static str,
    /// False for `--rate max`: then latency counts from sending and hides queueing.
    pub open_loop: bool,
    /// Arrivals a second asked for.
    pub rate_asked: Option<f64>,
    /// Notifications offered at least once.
    pub offered: u64,
    /// Notifications the engine acknowledged, duplicates included.
    pub acked: u64,
    /// Of those, acknowledged as duplicates.
    pub duplicates: u64,
    /// Answers that were no acknowledgement, per class.
    pub rejected: BTreeMap<&'static str, u64>,
    /// Tries after the first.
    pub retried: u64,
    /// Still waiting to be offered again when the run ended.
    pub left_over: u64,
    /// From start to last answer.
    pub seconds: f64,
    /// Acknowledged per second.
    pub rate: f64,
    /// Half were acknowledged within this.
    pub p50_ms: f64,
    /// Nine in ten.
    pub p90_ms: f64,
    /// Ninety-nine in a hundred.
    pub p99_ms: f64,
    /// All but one in a thousand.
    pub p999_ms: f64,
    /// The slowest.
    pub max_ms: f64,
    /// Starts of unexpected answers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<String>,
}

impl Report {
    pub(super) fn new(
        mode: &'static str,
        rate_asked: Option<f64>,
        counts: [u64; Class::COUNT],
        latency: &Histogram<u64>,
        seconds: f64,
        samples: &Samples,
    ) -> Self {
        let of = |class: Class| counts[class as usize];
        let acked = of(Class::Accepted) + of(Class::Duplicate);
        let rejected = [
            ("409", Class::Conflict),
            ("429", Class::TooMany),
            ("503", Class::Unavailable),
            ("other", Class::Other),
            ("connection", Class::Connection),
        ];
        let ms = |quantile| latency.value_at_quantile(quantile) as f64 / 1000.0;
        Self {
            mode,
            open_loop: rate_asked.is_some(),
            rate_asked,
            offered: 0,
            acked,
            duplicates: of(Class::Duplicate),
            rejected: rejected.map(|(name, class)| (name, of(class))).into(),
            retried: 0,
            left_over: 0,
            seconds,
            rate: if seconds > 0.0 { acked as f64 / seconds } else { 0.0 },
            p50_ms: ms(0.5),
            p90_ms: ms(0.9),
            p99_ms: ms(0.99),
            p999_ms: ms(0.999),
            max_ms: latency.max() as f64 / 1000.0,
            samples: samples.0.lock().clone(),
        }
    }

    pub(super) fn with_offered(self, offered: u64, retried: u64, left_over: u64) -> Self {
        Self { offered, retried, left_over, ..self }
    }

    /// Whether anything was acknowledged at all; a run for which this is false has failed.
    #[must_use]
    pub fn delivered_something(&self) -> bool {
        self.acked > 0
    }
}
