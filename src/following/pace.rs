//! Owns how much a follower of the log works while the engine is busy: little, for a processor that nobody uses
//! shares caches, memory and often its core with one that is used. But the more the log grows while it
//! holds old records up, the more: then the engine gets less, and takes less in, and the disk stays
//! bounded. Refuses to look at a clock.

use std::time::Duration;

/// Part of all processors from which on the engine counts as busy.
const BUSY: f64 = 0.4;
/// The part of the time that it works while the engine is busy and it holds nothing up.
pub(super) const LEAST_SHARE: f64 = 0.05;
/// Generations by which the log has grown while it held old records up, from which on it rests no more.
/// The engine lets twice as many come before intake waits.
const WHOLE_AT: f64 = 1.0;
/// The longest rest before another look at whether the engine is still busy.
const MOST_REST: Duration = Duration::from_millis(250);

/// The part of the time that it works while the engine is busy, when the log has grown by so many
/// generations meanwhile.
pub(super) fn share(generations: f64) -> f64 {
    let more = (1.0 - LEAST_SHARE) * generations / WHOLE_AT;
    (LEAST_SHARE + more).clamp(LEAST_SHARE, 1.0)
}

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
    /// Whether the engine was busy up to then.
    is_busy: bool,
    /// The rest that is still to come after what it worked.
    owed: Duration,
}

impl Pace {
    pub(super) fn new(processors: usize, now: Used) -> Self {
        Self {
            processors: processors.max(1) as f64,
            before: now,
            is_busy: false,
            owed: Duration::ZERO,
        }
    }

    /// How long to rest after a turn that used what lies between `began` and `ended`, when it is to work
    /// `share` of the time. A longer rest than that may be owed: [`Self::rest_on`] says so.
    pub(super) fn rest_after(&mut self, began: Used, ended: Used, share: f64) -> Duration {
        let worked = ended.own.saturating_sub(began.own);
        self.owed = worked.mul_f64(1.0 / share.clamp(LEAST_SHARE, 1.0) - 1.0);
        self.rest_on(ended)
    }

    /// How long to go on resting; zero when nothing is owed any more, or the engine is not busy any
    /// more.
    pub(super) fn rest_on(&mut self, now: Used) -> Duration {
        self.is_busy = self.engine_share(now) >= BUSY;
        self.before = now;
        if !self.is_busy {
            self.owed = Duration::ZERO;
        }
        let rest = self.owed.min(MOST_REST);
        self.owed -= rest;
        rest
    }

    /// Whether the engine was busy when that was last looked at.
    pub(super) const fn is_busy(&self) -> bool {
        self.is_busy
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
    use proptest::prelude::*;

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
        let rest = pace.rest_after(used(0, 0, 0), used(5, 15, 5), LEAST_SHARE);
        assert_eq!(rest, ms(95), "the engine used both processors");
        assert!(pace.is_busy());
        let rest = pace.rest_after(used(100, 180, 5), used(105, 195, 10), LEAST_SHARE);
        assert_eq!(rest, ms(95), "what it used during the rest counts");
    }

    #[test]
    fn its_own_work_is_no_reason_to_rest() {
        let mut pace = Pace::new(2, used(0, 0, 0));
        let rest = pace.rest_after(used(0, 0, 0), used(100, 100, 100), LEAST_SHARE);
        assert_eq!(rest, ms(0));
        let rest = pace.rest_after(used(100, 100, 100), used(200, 250, 200), LEAST_SHARE);
        assert_eq!(rest, ms(0), "a quarter of the processors");
    }

    #[test]
    fn a_long_turn_is_paid_for_in_several_rests_while_the_engine_stays_busy() {
        let mut pace = Pace::new(1, used(0, 0, 0));
        let mut rested = pace.rest_after(used(0, 0, 0), used(200, 300, 100), LEAST_SHARE);
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
        let rest = pace.rest_after(used(0, 0, 0), used(200, 300, 100), LEAST_SHARE);
        assert_eq!(rest, MOST_REST);
        assert_eq!(pace.rest_on(used(450, 310, 100)), ms(0));
        assert!(!pace.is_busy());
        assert_eq!(pace.rest_on(used(700, 560, 100)), ms(0), "nothing is owed");
    }

    #[test]
    fn no_rest_is_longer_than_the_bound_and_no_clock_makes_it_fail() {
        let mut pace = Pace::new(1, used(0, 0, 0));
        let rest = pace.rest_after(used(0, 0, 0), used(1_000, 1_900, 1_000), LEAST_SHARE);
        assert_eq!(rest, MOST_REST);
        assert_eq!(
            pace.rest_after(used(9, 9, 9), used(0, 0, 0), LEAST_SHARE),
            ms(0)
        );
    }

    #[test]
    fn the_more_the_log_grows_the_shorter_are_the_rests() {
        let rest_at = |generations| {
            let mut pace = Pace::new(2, used(0, 0, 0));
            let share = share(generations);
            pace.rest_after(used(0, 0, 0), used(10, 30, 10), share)
        };
        assert_eq!([0.0, 1.0, 9.0].map(rest_at), [ms(190), ms(0), ms(0)]);
        let half = rest_at(0.5);
        assert!(
            ms(8) < half && half < ms(10),
            "about half of the time: {half:?}"
        );
    }

    /// A second of the model.
    #[derive(Clone, Copy, Debug)]
    struct Load {
        /// Records that come when nothing else is done.
        comes: f64,
        /// Records that it gets through when it does nothing else.
        follows: f64,
    }

    /// Generations of this many records.
    const FULL: f64 = 1_000.0;

    /// The most generations that the log had under a load that never ends: one processor, which the
    /// engine and who follows share.
    fn most_of(load: Load, seconds: usize, share: fn(f64) -> f64) -> f64 {
        let (mut log, mut followed, mut most) = (0.0_f64, 0.0_f64, 0.0_f64);
        let mut held_since = 0.0;
        for _ in 0..seconds {
            // What is older than two generations is to go, and goes when it was followed.
            let is_held_up = log - followed > 2.0 * FULL;
            if !is_held_up {
                held_since = log;
            }
            let share = share((log - held_since) / FULL);
            log += load.comes * (1.0 - share);
            followed = (followed + load.follows * share).min(log);
            most = most.max((log - followed) / FULL);
        }
        most
    }

    proptest! {
        /// Intake never waits for that: it only becomes slower. Before two more generations have come,
        /// whoever follows gets through more than comes.
        #[test]
        fn a_load_that_never_ends_is_slowed_and_the_log_stays_bounded(
            comes in 1.0..400.0_f64,
            part in 0.02..20.0_f64,
        ) {
            let load = Load { comes, follows: comes * part };
            let most = most_of(load, 2_000, share);
            prop_assert!(most <= 4.0, "{most} generations of {load:?}");
        }
    }

    #[test]
    fn with_a_twentieth_alone_the_log_grows_for_ever() {
        let load = Load {
            comes: 200.0,
            follows: 400.0,
        };
        let most_after = |seconds| most_of(load, seconds, |_| LEAST_SHARE);
        assert!(most_after(2_000) > 100.0);
        assert!(most_of(load, 2_000, share) <= 4.0, "the same load");
    }
}
