//! Owns one rate limit: governor's GCRA on the engine's clock, empty at the start, with a way to
//! give back. Refuses the operating system's clock, and to wait.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{NotKeyed, StateStore};
use governor::{Quota, RateLimiter};

const NANOS_PER_MILLI: u64 = 1_000_000;
/// Far beyond any run, far below where governor's sums would overflow.
const LATEST: u64 = u64::MAX / 4;

/// The time all limiters of a router read: nanoseconds since the router was made, moved once a
/// turn, never back.
#[derive(Clone, Debug, Default)]
pub(super) struct TurnClock(Arc<AtomicU64>);

impl TurnClock {
    /// Moves on by `millis`; a negative number (the engine's clock stepped back) leaves it where it
    /// is.
    pub(super) fn advance(&self, millis: i64) {
        let step = u64::try_from(millis)
            .unwrap_or(0)
            .saturating_mul(NANOS_PER_MILLI);
        self.0.store(
            self.nanos().saturating_add(step).min(LATEST),
            Ordering::Relaxed,
        );
    }

    fn nanos(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Clock for TurnClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::new(self.nanos())
    }
}

/// Where GCRA keeps its theoretical arrival time; remembers the one before, so that a cell can be
/// given back.
#[derive(Clone, Debug)]
struct Arrival(Arc<[AtomicU64; 2]>);

impl StateStore for Arrival {
    type Key = NotKeyed;

    // One owner, one thread: plain loads and stores do.
    fn measure_and_replace<T, F, E>(&self, _: &NotKeyed, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let before = self.0[0].load(Ordering::Relaxed);
        let (answer, next) = decide(Some(Nanos::new(before)))?;
        self.0[1].store(before, Ordering::Relaxed);
        self.0[0].store(next.as_u64(), Ordering::Relaxed);
        Ok(answer)
    }
}

/// One limit on messages a second.
#[derive(Debug)]
pub(super) struct Limiter {
    gcra: RateLimiter<NotKeyed, Arrival, TurnClock, NoOpMiddleware<Nanos>>,
    arrival: Arrival,
}

impl Limiter {
    /// A limit that counts from the clock's zero, with nothing saved up then: a restart gives
    /// nobody a burst.
    pub(super) fn new(rate: NonZeroU32, burst: Option<NonZeroU32>, clock: &TurnClock) -> Self {
        let burst = burst
            .or(NonZeroU32::new(rate.get() / 20))
            .unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(rate).allow_burst(burst);
        let period = quota.replenish_interval().as_nanos() as u64;
        // governor counts from now on, the emptiness from the clock's zero.
        let arrival = period
            .saturating_mul(u64::from(burst.get()))
            .saturating_sub(clock.nanos());
        let arrival = Arrival(Arc::new([AtomicU64::new(arrival), AtomicU64::new(arrival)]));
        Self {
            gcra: RateLimiter::new(quota, arrival.clone(), clock.clone()),
            arrival,
        }
    }

    /// Takes one message's worth.
    ///
    /// # Errors
    /// Milliseconds until it is worth asking again, at least one.
    pub(super) fn take(&self) -> Result<(), i64> {
        let wait = match self.gcra.check() {
            Ok(()) => return Ok(()),
            Err(not_until) => not_until.wait_time_from(self.gcra.clock().now()),
        };
        Err((wait.as_nanos().div_ceil(u128::from(NANOS_PER_MILLI)).max(1)) as i64)
    }

    /// Undoes the last [`Limiter::take`] that succeeded. Only once, and before the next one.
    pub(super) fn give_back(&self) {
        self.arrival.0[0].store(self.arrival.0[1].load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(rate: u32, burst: u32, clock: &TurnClock) -> Limiter {
        Limiter::new(
            NonZeroU32::new(rate).unwrap(),
            NonZeroU32::new(burst),
            clock,
        )
    }

    #[test]
    fn it_starts_empty_and_fills_up_to_its_burst() {
        let clock = TurnClock::default();
        let limiter = limiter(10, 3, &clock);
        assert_eq!(
            limiter.take(),
            Err(100),
            "the first message is earned, not given"
        );
        clock.advance(100);
        assert_eq!((limiter.take(), limiter.take()), (Ok(()), Err(100)));
        clock.advance(10_000);
        assert_eq!(
            [0; 4].map(|_| limiter.take()),
            [Ok(()), Ok(()), Ok(()), Err(100)]
        );
    }

    #[test]
    fn one_made_later_counts_from_the_start_too() {
        let clock = TurnClock::default();
        clock.advance(10_000);
        assert_eq!(
            [0; 3].map(|_| limiter(10, 2, &clock).take()),
            [Ok(()), Ok(()), Ok(())]
        );
    }

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let clock = TurnClock::default();
        let limiter = limiter(1, 1, &clock);
        clock.advance(1_000);
        assert_eq!(limiter.take(), Ok(()));
        limiter.give_back();
        assert_eq!((limiter.take(), limiter.take()), (Ok(()), Err(1_000)));
    }

    #[test]
    fn a_step_back_of_the_clock_costs_nothing() {
        let clock = TurnClock::default();
        let limiter = limiter(1, 1, &clock);
        clock.advance(1_000);
        clock.advance(-3_600_000);
        assert_eq!(limiter.take(), Ok(()));
    }
}
