//! Owns how much a follower of the log works while the engine is busy: little, for a processor that nobody uses
//! shares caches, memory and often its core with one that is used. Refuses to look at a clock.

use std::time::Duration;

/// Part of all processors from which on the engine counts as busy.
const BUSY: f64 = 0.4;
/// How many times as long as it worked it rests while the engine is busy: it works a twentieth.
const RESTS: u32 = 19;
/// The longest rest before another look at whether the engine is still busy.
const MOST_REST: Duration = Duration::from_millis(250);

/// What was used up to an instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Used {
    /// The instant, by a monotonic clock.
    pub(super) at: Duration,
    /// Processor time of the whole process.
    pub(super) process: Duration,
    /// Processor time of the follower's thread.
    pub(super) own: Duration,
}

/// Compares what was used at the beginnings of turns.
pub(super) struct Pace {
    processors: f64,
    before: Used,
    /// The rest that is still to come after what it worked.
    owed: Duration,
}

impl Pace {
    pub(super) fn new(processors: usize, now: Used) -> Self {
        Self {
            processors: processors.max(1) as f64,
            before: now,
            owed: Duration::ZERO,
        }
    }

    /// How long to rest after a turn that used what lies between `began` and `ended`. A longer rest
    /// than that may be owed: [`Self::rest_on`] says so.
    pub(super) fn rest_after(&mut self, began: Used, ended: Used) -> Duration {
        let worked = ended.own.saturating_sub(began.own);
        self.owed = worked.saturating_mul(RESTS);
        self.rest_on(ended)
    }

    /// How long to go on resting; zero when nothing is owed any more, or the engine is not busy any
    /// more.
    pub(super) fn rest_on(&mut self, now: Used) -> Duration {
        let is_busy = self.engine_share(now) >= BUSY;
        self.before = now;
        if !is_busy {
            self.owed = Duration::ZERO;
        }
        let rest = self.owed.min(MOST_REST);
        self.owed -= rest;
        rest
    }

    /// The part of all processors that others than the follower's thread used since the last turn.
    fn engine_share(&self, now: Used) -> f64 {
        let passed = now.at.saturating_sub(self.before.at).as_secs_f64();
        let process = now.process.saturating_sub(self.before.process);
        let own = now.own.saturating_sub(self.before.own);
        let engine = process.saturating_sub(own).as_secs_f64();
        if passed > 0.0 {
            engine / (passed * self.processors)
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(at: u64) -> Duration {
        Duration::from_millis(at)
    }

    const fn used(at: u64, process: u64, own: u64) -> Used {
        Used {
            at: ms(at),
            process: ms(process),
            own: ms(own),
        }
    }

    #[test]
    fn beside_a_busy_engine_it_works_a_twentieth_of_the_time() {
        let mut pace = Pace::new(2, used(0, 0, 0));
        let rest = pace.rest_after(used(0, 0, 0), used(5, 15, 5));
        assert_eq!(rest, ms(95), "the engine used both processors");
        let rest = pace.rest_after(used(100, 180, 5), used(105, 195, 10));
        assert_eq!(rest, ms(95), "what it used during the rest counts");
    }

    #[test]
    fn its_own_work_is_no_reason_to_rest() {
        let mut pace = Pace::new(2, used(0, 0, 0));
        let rest = pace.rest_after(used(0, 0, 0), used(100, 100, 100));
        assert_eq!(rest, ms(0));
        let rest = pace.rest_after(used(100, 100, 100), used(200, 250, 200));
        assert_eq!(rest, ms(0), "a quarter of the processors");
    }

    #[test]
    fn a_long_turn_is_paid_for_in_several_rests_while_the_engine_stays_busy() {
        let mut pace = Pace::new(1, used(0, 0, 0));
        let mut rested = pace.rest_after(used(0, 0, 0), used(200, 300, 100));
        // Beside the archive's rest the engine goes on.
        let busy = |at: u64| used(at, 300 + at, 100);
        for turn in 1..20 {
            rested += pace.rest_on(busy(200 + turn * 250));
        }
        assert_eq!(rested, ms(1_900), "a twentieth of the time, not more");
    }

    #[test]
    fn what_is_owed_is_let_go_when_the_engine_has_nothing_to_do() {
        let mut pace = Pace::new(1, used(0, 0, 0));
        let rest = pace.rest_after(used(0, 0, 0), used(200, 300, 100));
        assert_eq!(rest, MOST_REST);
        assert_eq!(pace.rest_on(used(450, 310, 100)), ms(0));
        assert_eq!(pace.rest_on(used(700, 560, 100)), ms(0), "nothing is owed");
    }

    #[test]
    fn no_rest_is_longer_than_the_bound_and_no_clock_makes_it_fail() {
        let mut pace = Pace::new(1, used(0, 0, 0));
        let rest = pace.rest_after(used(0, 0, 0), used(1_000, 1_900, 1_000));
        assert_eq!(rest, MOST_REST);
        assert_eq!(pace.rest_after(used(9, 9, 9), used(0, 0, 0)), ms(0));
    }
}
