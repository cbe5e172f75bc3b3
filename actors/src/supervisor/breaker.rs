//! Owns the circuit breaker of one provider: pure, failures and successes in, open or closed out.
//! Refuses to know what a failure is, and to read a clock.
//!
//! Closed: a number of failures in a row opens it. Open: nothing passes, and what was already under
//! way may fail without making it worse. A provider that takes nothing from us opens it at the first
//! word. When its time is over it is half open: one probe passes; a
//! failure opens it again for twice as long, up to a bound. Any success closes it.

use sluis_model::{MINUTE, SECOND, Timestamp};

/// When a breaker opens and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerSettings {
    /// Failures in a row that open it.
    pub failures: u32,
    /// How long it stays open the first time, in milliseconds.
    pub first_ms: i64,
    /// The longest it stays open before the next probe, in milliseconds.
    pub longest_ms: i64,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            failures: 5,
            first_ms: SECOND,
            longest_ms: MINUTE,
        }
    }
}

/// A circuit breaker.
#[derive(Clone, Debug)]
pub struct Breaker {
    settings: BreakerSettings,
    in_a_row: u32,
    open: Option<Open>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    until: Timestamp,
    for_ms: i64,
}

impl Breaker {
    /// A closed breaker.
    #[must_use]
    pub const fn new(settings: BreakerSettings) -> Self {
        Self {
            settings,
            in_a_row: 0,
            open: None,
        }
    }

    /// A failure at `now`. Returns until when nothing may pass, if that changed.
    pub fn failed(&mut self, now: Timestamp) -> Option<Timestamp> {
        let for_ms = match self.open {
            Some(open) if now < open.until => return None,
            Some(open) => open.for_ms.saturating_mul(2).min(self.settings.longest_ms),
            None => {
                self.in_a_row += 1;
                if self.in_a_row < self.settings.failures {
                    return None;
                }
                self.settings.first_ms
            }
        };
        let until = now.plus(for_ms);
        self.open = Some(Open { until, for_ms });
        Some(until)
    }

    /// It takes nothing from us at `now`, whatever is tried: opens at once. Returns until when
    /// nothing may pass, if that changed.
    pub fn barred(&mut self, now: Timestamp) -> Option<Timestamp> {
        if self.open.is_none() {
            self.in_a_row = self.settings.failures.saturating_sub(1);
        }
        self.failed(now)
    }

    /// A success: the provider is there. Returns whether the breaker had been open.
    pub fn succeeded(&mut self) -> bool {
        self.in_a_row = 0;
        self.open.take().is_some()
    }

    /// Whether nothing may pass at `now`.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.open.is_some_and(|open| now < open.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker() -> Breaker {
        Breaker::new(BreakerSettings {
            failures: 3,
            first_ms: 100,
            longest_ms: 350,
        })
    }

    #[test]
    fn failures_in_a_row_open_it_and_a_success_between_them_does_not() {
        let mut breaker = breaker();
        assert_eq!([0, 1].map(|at| breaker.failed(Timestamp(at))), [None, None]);
        assert!(!breaker.succeeded());
        assert_eq!(
            [2, 3, 4].map(|at| breaker.failed(Timestamp(at))),
            [None, None, Some(Timestamp(104))]
        );
        assert!(breaker.is_open(Timestamp(103)) && !breaker.is_open(Timestamp(104)));
    }

    #[test]
    fn a_provider_that_takes_nothing_from_us_opens_it_at_once() {
        let mut breaker = breaker();
        assert_eq!(breaker.barred(Timestamp(0)), Some(Timestamp(100)));
        assert_eq!(
            breaker.barred(Timestamp(1)),
            None,
            "under way when it opened"
        );
        assert_eq!(breaker.barred(Timestamp(100)), Some(Timestamp(300)));
        assert!(breaker.succeeded() && !breaker.is_open(Timestamp(101)));
    }

    #[test]
    fn failing_probes_double_the_time_up_to_the_bound_and_late_failures_do_not() {
        let mut breaker = breaker();
        assert_eq!(
            [0; 3].map(|at| breaker.failed(Timestamp(at))),
            [None, None, Some(Timestamp(100))]
        );
        assert_eq!(
            breaker.failed(Timestamp(50)),
            None,
            "it was under way when the breaker opened"
        );
        assert_eq!(breaker.failed(Timestamp(100)), Some(Timestamp(300)));
        assert_eq!(breaker.failed(Timestamp(300)), Some(Timestamp(650)));
        assert_eq!(breaker.failed(Timestamp(700)), Some(Timestamp(1_050)));
        assert!(breaker.succeeded() && !breaker.is_open(Timestamp(701)));
        assert_eq!(
            breaker.failed(Timestamp(702)),
            None,
            "closed: counts from one again"
        );
    }
}
