//! Owns the timers of a shard: one entry of 24 bytes for each notification that waits, in order of
//! their instants. An entry is taken out when its notification wants another instant or none, so
//! there is never more than one of each. Refuses to know what a timer means.

use sluis_model::{NotificationId, Timestamp};

use super::place::PackedId;
use super::sorted_pages::{Entry, SortedPages};

/// The timers of one shard, the earliest first.
#[derive(Debug, Default)]
pub(super) struct TimerSet {
    timers: SortedPages<Timer>,
    /// Entries that were looked at to find what is due.
    #[cfg(test)]
    looked_at: usize,
}

/// In order of the instant, then of the id: what falls due together is taken in the same order in
/// every run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Timer {
    due: Timestamp,
    id: PackedId,
}

impl Entry for Timer {
    type Key = Self;

    fn key(&self) -> Self {
        *self
    }
}

impl TimerSet {
    /// All of them at once, in whatever order: every page is full.
    pub(super) fn of(timers: impl Iterator<Item = (Timestamp, NotificationId)>) -> Self {
        let timers = timers.filter(|(due, _)| *due != Timestamp::NEVER);
        let timers = timers.map(|(due, id)| Timer { due, id: id.into() });
        let mut timers: Vec<Timer> = timers.collect();
        timers.sort_unstable();
        let mut set = Self::default();
        timers
            .into_iter()
            .for_each(|timer| set.timers.append(timer));
        set
    }

    /// Takes over the timers of another one.
    pub(super) fn merge(&mut self, others: Self) {
        self.timers.merge(others.timers);
    }

    pub(super) fn insert(&mut self, due: Timestamp, id: NotificationId) {
        if due != Timestamp::NEVER {
            self.timers.insert(Timer { due, id: id.into() });
        }
    }

    pub(super) fn remove(&mut self, due: Timestamp, id: NotificationId) {
        if due != Timestamp::NEVER {
            self.timers.remove(Timer { due, id: id.into() });
        }
    }

    /// Takes at most `limit` entries that are due at `now`.
    pub(super) fn take_due(
        &mut self,
        now: Timestamp,
        limit: usize,
        into: &mut Vec<(Timestamp, NotificationId)>,
    ) {
        #[cfg(test)]
        let looked_at = &mut self.looked_at;
        self.timers.take_while(|timer| {
            #[cfg(test)]
            {
                *looked_at += 1;
            }
            let taken = timer.due <= now && into.len() < limit;
            if taken {
                into.push((timer.due, timer.id.into()));
            }
            taken
        });
    }

    /// When the next entry falls due.
    pub(super) fn next_due(&self) -> Timestamp {
        self.timers
            .first()
            .map_or(Timestamp::NEVER, |timer| timer.due)
    }

    pub(super) fn len(&self) -> usize {
        self.timers.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drain(wheel: &mut TimerSet, now: i64, limit: usize) -> Vec<i64> {
        let mut due = Vec::new();
        wheel.take_due(Timestamp(now), limit, &mut due);
        due.into_iter().map(|(at, _)| at.0).collect()
    }

    proptest! {
        #[test]
        fn every_entry_comes_once_and_never_early(
            mut dues in prop::collection::vec(0i64..1_000, 0..600), at_once in 0usize..600, step in 1i64..200
        ) {
            let all = dues.iter().enumerate();
            let all = all.map(|(n, due)| (Timestamp(*due), NotificationId(n as u128)));
            let never = (Timestamp::NEVER, NotificationId(1_000));
            let mut wheel = TimerSet::of(all.clone().take(at_once).chain([never]));
            for (due, id) in all.skip(at_once) {
                wheel.insert(due, id);
            }
            let mut seen = Vec::new();
            let mut now = 0;
            while now <= 1_000 + step {
                for due in drain(&mut wheel, now, 7) {
                    prop_assert!(due <= now);
                    seen.push(due);
                }
                if wheel.next_due() > Timestamp(now) { now += step; }
            }
            dues.sort_unstable();
            prop_assert_eq!(seen, dues, "in order of their instants");
            prop_assert_eq!(wheel.len(), 0);
        }
    }

    #[test]
    fn what_falls_due_at_one_instant_is_looked_at_once() {
        let mut wheel = TimerSet::default();
        (0..50_000u128).for_each(|n| wheel.insert(Timestamp(5), NotificationId(n)));
        let mut turns = 0;
        while wheel.len() > 0 {
            assert!(!drain(&mut wheel, 5, 256).is_empty());
            turns += 1;
        }
        assert!(
            wheel.looked_at <= 50_000 + turns,
            "{} looks for 50,000 entries in {turns} turns",
            wheel.looked_at
        );
    }

    #[test]
    fn what_is_cancelled_costs_nothing_more() {
        let mut wheel = TimerSet::default();
        let timer = |n: u16| (Timestamp(i64::from(n % 100)), NotificationId(n.into()));
        (0..4_000)
            .map(timer)
            .for_each(|(due, id)| wheel.insert(due, id));
        (0..4_000)
            .filter(|n| n % 4 != 0)
            .map(timer)
            .for_each(|(due, id)| wheel.remove(due, id));
        wheel.remove(Timestamp(7), NotificationId(0));
        assert_eq!((wheel.len(), wheel.next_due()), (1_000, Timestamp(0)));
        wheel.insert(Timestamp::NEVER, NotificationId(1));
        assert_eq!(drain(&mut wheel, i64::MAX - 1, usize::MAX).len(), 1_000);
    }
}
