//! The end of a run in one line of JSON. Owns the figures' names and units; refuses to call a run
//! good that delivered nothing.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use parking_lot::Mutex;
use serde::Serialize;

use super::latency::quantile_ms;
use super::{Answer, Class};

/// What was refused, by code, and a few unexpected answers.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    codes: Mutex<BTreeMap<String, u64>>,
    samples: Mutex<Vec<String>>,
}

const MAX_SAMPLES: usize = 5;
/// The codes are a short list; a peer that makes them up does not make the report grow.
const MAX_CODES: usize = 32;

impl Refusals {
    pub(super) fn note(&self, answer: &Answer) {
        if let Some(code) = &answer.code {
            let mut codes = self.codes.lock();
            if let Some(count) = codes.get_mut(code) {
                *count += 1;
            } else if codes.len() < MAX_CODES {
                codes.insert(code.clone(), 1);
            }
        }
        let Some(text) = &answer.text else { return };
        let mut samples = self.samples.lock();
        if samples.len() < MAX_SAMPLES && !samples.contains(text) {
            samples.push(text.clone());
        }
    }
}

/// What a run was asked to do, as far as the report repeats it.
pub(super) struct Asked {
    pub(super) mode: &'static str,
    pub(super) rate: Option<f64>,
    pub(super) connections: usize,
    pub(super) rows_per_send: usize,
    pub(super) durability: Option<&'static str>,
}

/// What a run counted.
pub(super) struct Totals {
    pub(super) offered: u64,
    pub(super) retried: u64,
    pub(super) left_over: u64,
    pub(super) seconds: f64,
    pub(super) interrupted: bool,
    pub(super) answers: [u64; Class::COUNT],
}

/// What a run did. Milliseconds count from a notification's scheduled arrival to its
/// acknowledgement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// `http`, `ndjson` or `binary`.
    pub mode: &'static str,
    /// False for `--rate max`: then latency counts from sending and hides queueing.
    pub open_loop: bool,
    /// Arrivals a second asked for.
    pub rate_asked: Option<f64>,
    /// Connections kept open.
    pub connections: usize,
    /// Most notifications in one request or frame.
    pub rows_per_send: usize,
    /// What an acknowledgement means, where the engine says so: `synced` or `relaxed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub durability: Option<&'static str>,
    /// Notifications offered at least once.
    pub offered: u64,
    /// Notifications the engine acknowledged, duplicates included.
    pub acked: u64,
    /// Of those, acknowledged as duplicates.
    pub duplicates: u64,
    /// Answers that were no acknowledgement, per class.
    pub rejected: BTreeMap<&'static str, u64>,
    /// The refusals among them by their stable code, such as `share_full`.
    pub refused: BTreeMap<String, u64>,
    /// Tries after the first.
    pub retried: u64,
    /// Still waiting to be offered again when the run ended.
    pub left_over: u64,
    /// Somebody ended it before its plan did: no figure to compare.
    pub interrupted: bool,
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
        asked: Asked,
        totals: Totals,
        latency: &Histogram<u64>,
        refusals: &Refusals,
    ) -> Self {
        let of = |class: Class| totals.answers[class as usize];
        let acked = of(Class::Accepted) + of(Class::Duplicate);
        let rejected = [
            ("409", Class::Conflict),
            ("429", Class::TooMany),
            ("503", Class::Unavailable),
            ("other", Class::Other),
            ("connection", Class::Connection),
        ];
        Self {
            mode: asked.mode,
            open_loop: asked.rate.is_some(),
            rate_asked: asked.rate,
            connections: asked.connections,
            rows_per_send: asked.rows_per_send,
            durability: asked.durability,
            offered: totals.offered,
            acked,
            duplicates: of(Class::Duplicate),
            rejected: rejected.map(|(name, class)| (name, of(class))).into(),
            refused: refusals.codes.lock().clone(),
            retried: totals.retried,
            left_over: totals.left_over,
            seconds: totals.seconds,
            interrupted: totals.interrupted,
            rate: if totals.seconds > 0.0 {
                acked as f64 / totals.seconds
            } else {
                0.0
            },
            p50_ms: quantile_ms(latency, 0.5),
            p90_ms: quantile_ms(latency, 0.9),
            p99_ms: quantile_ms(latency, 0.99),
            p999_ms: quantile_ms(latency, 0.999),
            max_ms: latency.max() as f64 / 1000.0,
            samples: refusals.samples.lock().clone(),
        }
    }

    /// Whether anything was acknowledged at all; a run for which this is false has failed.
    #[must_use]
    pub fn delivered_something(&self) -> bool {
        self.acked > 0
    }
}
