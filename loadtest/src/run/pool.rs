//! The work of a run: fresh notifications on their schedule, and those to offer again. Owns who
//! gets what when; refuses to send.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::pace::Pace;
use crate::clock;

/// One notification to offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Work {
    /// When to offer it.
    pub(super) due: Instant,
    /// When it was first due; latency counts from here.
    pub(super) first: Instant,
    pub(super) number: u64,
    pub(super) tries: u32,
}

pub(super) struct Pool {
    start: Instant,
    pace: Pace,
    count: Option<u64>,
    /// No fresh work after this.
    until: Option<Instant>,
    /// No work at all after this, or without an acknowledgement for `drain`.
    give_up: Option<Instant>,
    drain: Duration,
    progressed_at: Mutex<Instant>,
    next: AtomicU64,
    retries: Mutex<BinaryHeap<Reverse<Work>>>,
    in_flight: AtomicU64,
}

pub(super) enum Taken {
    Work(Vec<Work>),
    /// Others may still hand something back.
    NotYet,
    Nothing,
}

impl Pool {
    pub(super) fn new(
        pace: Pace,
        count: Option<u64>,
        lasts: Option<Duration>,
        drain: Duration,
    ) -> Self {
        let start = clock::mono();
        let planned = match (lasts, count, pace) {
            (Some(lasts), ..) => Some(lasts),
            (None, Some(count), Pace::PerSecond(rate)) => {
                Some(Duration::from_secs_f64(count as f64 / rate))
            }
            _ => None,
        };
        Self {
            start,
            pace,
            count,
            until: lasts.map(|lasts| start + lasts),
            give_up: planned.map(|planned| start + planned + drain),
            drain,
            progressed_at: Mutex::new(start),
            next: AtomicU64::new(0),
            retries: Mutex::default(),
            in_flight: AtomicU64::new(0),
        }
    }

    /// Whether nothing is handed out any more, whatever is left.
    pub(super) fn is_over(&self) -> bool {
        clock::mono()
            > self
                .give_up
                .unwrap_or_else(|| *self.progressed_at.lock() + self.drain)
    }

    /// Up to `rows` notifications: those to offer again first, then the next fresh ones.
    pub(super) fn take(&self, rows: usize) -> Taken {
        let now = clock::mono();
        if self.is_over() {
            return Taken::Nothing;
        }
        let mut work = self.take_due(rows, now);
        if work.is_empty() {
            work = self.take_fresh(rows, now);
        }
        if !work.is_empty() {
            self.in_flight
                .fetch_add(work.len() as u64, Ordering::SeqCst);
            return Taken::Work(work);
        }
        let idle = self.in_flight.load(Ordering::SeqCst) == 0 && self.retries.lock().is_empty();
        if idle { Taken::Nothing } else { Taken::NotYet }
    }

    fn take_due(&self, rows: usize, now: Instant) -> Vec<Work> {
        let mut retries = self.retries.lock();
        let mut work = Vec::new();
        while work.len() < rows && retries.peek().is_some_and(|Reverse(work)| work.due <= now) {
            work.extend(retries.pop().map(|Reverse(work)| work));
        }
        work
    }

    fn take_fresh(&self, rows: usize, now: Instant) -> Vec<Work> {
        if self.until.is_some_and(|until| now >= until) {
            return Vec::new();
        }
        let count = self.count.unwrap_or(u64::MAX);
        let from = self
            .next
            .fetch_add(rows as u64, Ordering::Relaxed)
            .min(count);
        let to = from.saturating_add(rows as u64).min(count);
        let due = |number: u64| match self.pace {
            Pace::PerSecond(rate) => self.start + Duration::from_secs_f64(number as f64 / rate),
            Pace::Max => now,
        };
        let fresh = (from..to).map(|number| Work {
            due: due(number),
            first: due(number),
            number,
            tries: 0,
        });
        fresh
            .filter(|work| self.until.is_none_or(|until| work.due < until))
            .collect()
    }

    /// Takes work back to offer it again at `due`. Call before `settled`.
    pub(super) fn again(&self, work: Work, due: Instant) {
        self.retries.lock().push(Reverse(Work {
            due,
            tries: work.tries + 1,
            ..work
        }));
    }

    /// Something was acknowledged.
    pub(super) fn progressed(&self, now: Instant) {
        *self.progressed_at.lock() = now;
    }

    /// `n` notifications taken earlier are dealt with.
    pub(super) fn settled(&self, n: u64) {
        self.in_flight.fetch_sub(n, Ordering::SeqCst);
    }

    /// How many were waiting to be offered again when the run ended.
    pub(super) fn left_over(&self) -> u64 {
        self.retries.lock().len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(pool: &Pool, rows: usize) -> Vec<u64> {
        match pool.take(rows) {
            Taken::Work(work) => work.iter().map(|w| w.number).collect(),
            Taken::NotYet => vec![u64::MAX],
            Taken::Nothing => Vec::new(),
        }
    }

    #[tokio::test]
    async fn fresh_work_is_counted_and_retries_come_first() {
        let pool = Pool::new(
            Pace::PerSecond(1000.0),
            Some(5),
            None,
            Duration::from_secs(900),
        );
        let Taken::Work(first) = pool.take(2) else {
            panic!()
        };
        assert_eq!(first[1].due - first[0].due, Duration::from_millis(1));
        pool.again(first[0], clock::mono());
        pool.settled(2);
        assert_eq!(numbers(&pool, 2), [0], "the retry");
        assert_eq!(numbers(&pool, 2), [2, 3]);
        assert_eq!(numbers(&pool, 2), [4], "no more than the count");
        assert_eq!(numbers(&pool, 2), [u64::MAX], "others are still busy");
        pool.settled(4);
        assert_eq!(numbers(&pool, 2), [] as [u64; 0]);
    }
}
