//! Owns what one corporation may write: how many notifications a second, and how many bytes a day.
//! Both are settings and off without them; then they cost nothing. Refuses to wait, and to count
//! what was not written.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use governor::clock::Clock;
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use parking_lot::{Mutex, RwLock};
use sluis_model::{HOUR, Timestamp};

const NANOS_PER_MILLI: u64 = 1_000_000;
const NANOS_PER_SECOND: i64 = 1_000_000_000;
/// Hours that a day's budget looks back over.
const HOURS: usize = 24;

/// What a corporation may write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriteLimits {
    /// Most new notifications a second, and at once after a quiet time.
    pub rate: Option<(NonZeroU32, NonZeroU32)>,
    /// Most bytes of records within any 24 hours, counted by the hour.
    pub bytes_per_day: Option<u64>,
}

/// A bound that there may be, and that may become another one. Where there is none, asking costs a load.
#[derive(Debug)]
pub(crate) struct Perhaps<T> {
    is_there: AtomicBool,
    bound: RwLock<Option<Arc<T>>>,
}

impl<T> Default for Perhaps<T> {
    fn default() -> Self {
        Self {
            is_there: AtomicBool::new(false),
            bound: RwLock::new(None),
        }
    }
}

impl<T> Perhaps<T> {
    pub(crate) fn get(&self) -> Option<Arc<T>> {
        if self.is_there.load(Ordering::Acquire) {
            self.bound.read().clone()
        } else {
            None
        }
    }

    pub(crate) fn set(&self, bound: Option<T>) {
        let is_there = bound.is_some();
        *self.bound.write() = bound.map(Arc::new);
        self.is_there.store(is_there, Ordering::Release);
    }
}

/// The engine's clock as the limiter reads it: it never goes back.
#[derive(Clone, Debug)]
struct Latest(Arc<AtomicI64>);

impl Clock for Latest {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::new((self.0.load(Ordering::Relaxed).max(0) as u64).saturating_mul(NANOS_PER_MILLI))
    }
}

/// A rate of intake: GCRA, with all of its burst at the start.
#[derive(Debug)]
pub(crate) struct Rate {
    gcra: RateLimiter<NotKeyed, InMemoryState, Latest, StateInformationMiddleware>,
    now: Latest,
    rate: NonZeroU32,
    burst: NonZeroU32,
    /// When all of the burst has come in again, in nanoseconds: taking one puts it off.
    full_at: AtomicI64,
}

impl Rate {
    pub(crate) fn new(rate: NonZeroU32, burst: NonZeroU32) -> Self {
        let now = Latest(Arc::new(AtomicI64::new(0)));
        let quota = Quota::per_second(rate).allow_burst(burst);
        let gcra = RateLimiter::new(quota, InMemoryState::default(), now.clone());
        Self {
            gcra,
            now,
            rate,
            burst,
            full_at: AtomicI64::new(i64::MIN),
        }
    }

    /// Whether it is this one.
    pub(crate) fn is(&self, rate: NonZeroU32, burst: NonZeroU32) -> bool {
        (self.rate, self.burst) == (rate, burst)
    }

    /// Takes one.
    ///
    /// # Errors
    /// Milliseconds until there is one.
    pub(crate) fn take(&self, now: Timestamp) -> Result<(), i64> {
        if self.now.0.load(Ordering::Relaxed) < now.0 {
            self.now.0.fetch_max(now.0, Ordering::Relaxed);
        }
        let wait = match self.gcra.check() {
            Ok(state) => {
                self.lacks(
                    self.latest(),
                    self.burst.get() - state.remaining_burst_capacity(),
                );
                return Ok(());
            }
            Err(not_until) => not_until.wait_time_from(self.now.now()),
        };
        let wait = (wait.as_nanos().div_ceil(u128::from(NANOS_PER_MILLI)).max(1)) as i64;
        self.lacks(self.latest().plus(wait), self.burst.get() - 1);
        Err(wait)
    }

    /// The latest instant that it was asked at: the one it counts from.
    fn latest(&self) -> Timestamp {
        Timestamp(self.now.0.load(Ordering::Relaxed))
    }

    /// At that instant so many of the burst have not come in yet.
    fn lacks(&self, at: Timestamp, missing: u32) {
        let comes_in = i64::from(missing).saturating_mul(self.nanos_each());
        let full_at = nanos(at).saturating_add(comes_in);
        self.full_at.fetch_max(full_at, Ordering::Relaxed);
    }

    /// How long one takes to come in, in nanoseconds.
    fn nanos_each(&self) -> i64 {
        NANOS_PER_SECOND / i64::from(self.rate.get())
    }

    /// Whether all of the burst is there.
    pub(crate) fn is_full(&self, now: Timestamp) -> bool {
        self.room(now) == self.burst.get()
    }

    /// How many there may be now.
    pub(crate) fn room(&self, now: Timestamp) -> u32 {
        let until_full = self
            .full_at
            .load(Ordering::Relaxed)
            .saturating_sub(nanos(now));
        let missing = u64::try_from(until_full)
            .unwrap_or(0)
            .div_ceil(self.nanos_each().unsigned_abs().max(1));
        let missing = u32::try_from(missing).unwrap_or(u32::MAX);
        self.burst.get().saturating_sub(missing)
    }
}

fn nanos(at: Timestamp) -> i64 {
    at.0.saturating_mul(NANOS_PER_MILLI as i64)
}

/// Bytes of a day, by the hour.
#[derive(Debug)]
pub(crate) struct Budget {
    most: AtomicU64,
    spent: AtomicU64,
    /// The newest hour that is counted.
    hour: AtomicI64,
    hours: Mutex<[u64; HOURS]>,
}

impl Budget {
    pub(crate) fn new(most: u64) -> Self {
        Self {
            most: AtomicU64::new(most),
            spent: AtomicU64::new(0),
            hour: AtomicI64::new(i64::MIN),
            hours: Mutex::new([0; HOURS]),
        }
    }

    /// From here on so many; what was written counts on.
    pub(crate) fn allow(&self, most: u64) {
        self.most.store(most, Ordering::Relaxed);
    }

    fn has_room(&self) -> bool {
        let (spent, most) = self.figures();
        spent < most
    }

    fn figures(&self) -> (u64, u64) {
        let of = |figure: &AtomicU64| figure.load(Ordering::Relaxed);
        (of(&self.spent), of(&self.most))
    }

    /// Counts what was written then; what is older than a day is passed over.
    pub(crate) fn wrote(&self, bytes: u64, at: Timestamp) {
        let mut hours = self.hours.lock();
        let hour = at.0.div_euclid(HOUR);
        self.roll(&mut hours, hour);
        if self.hour.load(Ordering::Relaxed) - hour < HOURS as i64 {
            hours[hour.rem_euclid(HOURS as i64) as usize] += bytes;
            self.spent.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    fn roll(&self, hours: &mut [u64; HOURS], hour: i64) {
        let newest = self.hour.load(Ordering::Relaxed);
        if hour <= newest {
            return;
        }
        let from = newest.saturating_add(1).max(hour - HOURS as i64 + 1);
        for over in from..=hour {
            let over = std::mem::take(&mut hours[over.rem_euclid(HOURS as i64) as usize]);
            self.spent.fetch_sub(over, Ordering::Relaxed);
        }
        self.hour.store(hour, Ordering::Relaxed);
    }

    /// Whether there is room.
    ///
    /// # Errors
    /// Milliseconds until the next hour, when the oldest is no longer counted.
    pub(crate) fn room(&self, now: Timestamp) -> Result<(), i64> {
        if self.has_room() {
            return Ok(());
        }
        self.roll(&mut self.hours.lock(), now.0.div_euclid(HOUR));
        if self.has_room() {
            Ok(())
        } else {
            Err(HOUR - now.0.rem_euclid(HOUR))
        }
    }

    /// Spent within a day, and the most.
    pub(crate) fn spent(&self) -> (u64, u64) {
        self.figures()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(number: u32) -> NonZeroU32 {
        NonZeroU32::new(number).unwrap()
    }

    #[test]
    fn a_rate_gives_its_burst_and_then_so_many_a_second() {
        let rate = Rate::new(number(10), number(3));
        let start = Timestamp(1_795_000_000_000);
        assert_eq!(rate.room(start), 3);
        assert_eq!([0; 3].map(|_| rate.take(start).is_ok()), [true; 3]);
        assert_eq!(rate.room(start), 0, "known before anybody is refused");
        assert_eq!(rate.take(start), Err(100));
        assert_eq!(
            [0, 99, 100, 199, 200, 60_000].map(|ms| rate.room(start.plus(ms))),
            [0, 0, 1, 1, 2, 3]
        );
        assert_eq!(rate.take(start.plus(100)), Ok(()));
        assert_eq!(rate.take(start.plus(100)), Err(100));
        let second = (1..=1_000)
            .filter(|ms| rate.take(start.plus(100 + ms)).is_ok())
            .count();
        assert_eq!(second, 10);
        assert!(
            rate.take(start.plus(-3_600_000)).is_err(),
            "a clock that is set back gives nothing"
        );
    }

    #[test]
    fn a_row_whose_clock_is_a_little_behind_takes_its_room_all_the_same() {
        let rate = Rate::new(number(1_000), number(10));
        let now = Timestamp(1_795_000_000_000);
        assert_eq!(rate.take(now), Ok(()));
        assert_eq!(rate.room(now), 9, "the control");
        assert_eq!(rate.take(now.plus(-5)), Ok(()));
        assert_eq!(rate.room(now), 8);
    }

    #[test]
    fn a_rate_of_which_something_is_used_is_not_full_until_it_has_come_in_again() {
        let rate = Rate::new(number(10), number(3));
        let now = Timestamp(1_795_000_000_000);
        assert!(rate.is_full(now));
        assert_eq!(rate.take(now), Ok(()));
        assert_eq!(
            [0, 99, 100].map(|ms| rate.is_full(now.plus(ms))),
            [false, false, true]
        );
    }

    #[test]
    fn a_budget_counts_the_last_day_and_gives_back_by_the_hour() {
        let (budget, start) = (
            Budget::new(1_000),
            Timestamp(1_795_000_000_000 - 1_795_000_000_000 % HOUR),
        );
        for hour in 0..10 {
            assert_eq!(budget.room(start.plus(hour * HOUR)), Ok(()));
            budget.wrote(100, start.plus(hour * HOUR));
        }
        assert_eq!(budget.spent(), (1_000, 1_000));
        assert_eq!(
            budget.room(start.plus(9 * HOUR + 60_000)),
            Err(HOUR - 60_000)
        );
        assert!(budget.room(start.plus(23 * HOUR)).is_err());
        assert_eq!(
            budget.room(start.plus(24 * HOUR)),
            Ok(()),
            "the first hour is over"
        );
        assert_eq!(budget.spent().0, 900);
        assert_eq!(budget.room(start.plus(100 * HOUR)), Ok(()));
        budget.wrote(1, start.plus(100 * HOUR));
        assert_eq!(budget.spent().0, 1);
        // A start reads the log again, the oldest first: what is more than a day old is not
        // counted.
        let again = Budget::new(1_000);
        for hour in 0..40 {
            again.wrote(10, start.plus(hour * HOUR));
        }
        again.wrote(10, start);
        assert_eq!(again.spent().0, 240);
    }
}
