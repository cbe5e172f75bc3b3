//! The times from scheduled arrival to acknowledgement: of the second that runs and of the whole
//! run. Owns the histograms and their bounds; refuses to average percentiles: the whole is the sum
//! of the seconds' counts.

use hdrhistogram::Histogram;
use parking_lot::Mutex;

/// An hour, in microseconds: what took longer counts as an hour.
const LONGEST_US: u64 = 3_600_000_000;

/// What one second held.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Window {
    /// Acknowledged.
    pub count: u64,
    /// Half were acknowledged within this; 0 when nothing was.
    pub p50_ms: f64,
    /// Ninety-nine in a hundred.
    pub p99_ms: f64,
    /// The slowest.
    pub max_ms: f64,
}

pub(super) struct Latencies {
    window: Mutex<Histogram<u64>>,
    total: Mutex<Histogram<u64>>,
}

impl Latencies {
    pub(super) fn new() -> Self {
        Self {
            window: Mutex::new(empty()),
            total: Mutex::new(empty()),
        }
    }

    /// Records times in microseconds; one lock for all of them.
    pub(super) fn record(&self, micros: impl Iterator<Item = u64>) {
        let mut window = self.window.lock();
        micros.for_each(|micros| window.saturating_record(micros.max(1)));
    }

    /// Ends the window and begins the next.
    pub(super) fn cut(&self) -> Window {
        let mut window = self.window.lock();
        let held = Window {
            count: window.len(),
            p50_ms: quantile_ms(&window, 0.5),
            p99_ms: quantile_ms(&window, 0.99),
            max_ms: window.max() as f64 / 1_000.0,
        };
        // The bounds are the same, so adding cannot fail.
        let _ = self.total.lock().add(&*window);
        window.reset();
        held
    }

    /// Everything so far, the running window included.
    pub(super) fn total(&self) -> Histogram<u64> {
        self.cut();
        self.total.lock().clone()
    }
}

/// A quantile in milliseconds.
pub(super) fn quantile_ms(histogram: &Histogram<u64>, quantile: f64) -> f64 {
    histogram.value_at_quantile(quantile) as f64 / 1_000.0
}

/// Microseconds up to an hour, three digits.
fn empty() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST_US, 3).expect("constant bounds")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_window_has_its_own_percentiles_and_the_whole_has_all_counts() {
        let latencies = Latencies::new();
        latencies.record((1..=100).map(|n| n * 1_000));
        let first = latencies.cut();
        assert_eq!(
            (first.count, first.p50_ms.round(), first.p99_ms.round()),
            (100, 50.0, 99.0)
        );
        latencies.record([2_000_000].into_iter());
        let second = latencies.cut();
        assert_eq!(
            (second.count, (second.p50_ms / 10.0).round()),
            (1, 200.0),
            "nothing of the first second"
        );
        assert_eq!(latencies.cut(), Window::default());
        latencies.record([5_000].into_iter());
        let total = latencies.total();
        assert_eq!(total.len(), 102);
        assert!(
            quantile_ms(&total, 0.5) < 51.0 && total.max() >= 2_000_000,
            "percentiles of the whole come from its counts"
        );
    }

    #[test]
    fn beyond_the_bounds_counts_as_the_bound() {
        let latencies = Latencies::new();
        latencies.record([0, u64::MAX].into_iter());
        let total = latencies.total();
        assert_eq!(total.len(), 2);
        assert!(total.max() >= LONGEST_US);
    }
}
