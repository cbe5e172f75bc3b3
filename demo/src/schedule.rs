//! Owns what the demo does and when: input files, payments, people who open their link. Refuses to
//! do it.

use std::collections::BTreeMap;

use sluis_model::{DAY, Timestamp};

use super::files::Files;
use super::time::{feed_of, hour_zero, hours_in};

/// The demo ends after this many days, whatever is still due.
const LAST_DAY: i64 = 13;

/// One thing to do. Numbers are places in the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Load the tenant list.
    Tenants,
    /// Post the balances of a morning.
    Balances(Vec<usize>),
    /// Post the returned direct debits.
    Returns,
    /// Post the payments of an hour.
    Payments(Vec<usize>),
    /// A person opens the link of a message and presses its button.
    Press(usize),
    /// A person opens the link again after paying.
    Return(usize),
}

/// Everything to come, in order.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    acts: BTreeMap<(Timestamp, u64), Act>,
    added: u64,
}

impl Schedule {
    /// What the files ask for. The demo begins with the morning feed, before hour 0.
    pub(super) fn of(files: &Files) -> Self {
        let mut schedule = Self::default();
        let start = files
            .balances
            .iter()
            .map(|row| feed_of(row.day))
            .find(|at| *at > hour_zero().plus(-DAY));
        let start = start.map_or(hour_zero(), |at| at.min(hour_zero()));
        schedule.add(start, Act::Tenants);
        for (at, rows) in grouped(files.balances.iter().map(|row| feed_of(row.day).max(start))) {
            schedule.add(at, Act::Balances(rows));
        }
        schedule.add(hour_zero(), Act::Returns);
        for (at, rows) in grouped(files.payments.iter().map(|row| hours_in(row.hours))) {
            schedule.add(at, Act::Payments(rows));
        }
        schedule
    }

    /// When the demo is over at the latest.
    pub(super) fn horizon() -> Timestamp {
        hour_zero().plus(LAST_DAY * DAY)
    }

    pub(super) fn add(&mut self, at: Timestamp, act: Act) {
        self.acts.insert((at, self.added), act);
        self.added += 1;
    }

    /// When the next act is due.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.acts.keys().next().map(|(at, _)| *at)
    }

    /// The next act, if it is due; of one instant the one added first.
    pub(super) fn pop_due(&mut self, now: Timestamp) -> Option<Act> {
        let entry = self
            .acts
            .first_entry()
            .filter(|entry| entry.key().0 <= now)?;
        Some(entry.remove())
    }

    /// How much is to come.
    pub(super) fn len(&self) -> usize {
        self.acts.len()
    }
}

/// Places of the instants, by instant.
fn grouped(instants: impl Iterator<Item = Timestamp>) -> BTreeMap<Timestamp, Vec<usize>> {
    let mut groups: BTreeMap<Timestamp, Vec<usize>> = BTreeMap::new();
    for (place, at) in instants.enumerate() {
        groups.entry(at).or_default().push(place);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_come_in_order_of_time_and_then_of_adding() {
        let mut schedule = Schedule::default();
        for (at, act) in [(5, Act::Press(0)), (3, Act::Tenants), (3, Act::Returns)] {
            schedule.add(Timestamp(at), act);
        }
        assert_eq!(
            (schedule.next_due(), schedule.pop_due(Timestamp(2))),
            (Some(Timestamp(3)), None)
        );
        let popped: Vec<_> = std::iter::from_fn(|| schedule.pop_due(Timestamp(9))).collect();
        assert_eq!(popped, [Act::Tenants, Act::Returns, Act::Press(0)]);
        assert_eq!(schedule.len(), 0);
    }

    #[test]
    fn the_files_begin_with_the_morning_feed() {
        let files = Files::of_seed(sluis_loadtest::demo::SEED).unwrap();
        let mut schedule = Schedule::of(&files);
        assert_eq!(
            schedule.next_due(),
            Some(feed_of(sluis_loadtest::demo::FIRST_DAY))
        );
        assert_eq!(schedule.pop_due(hour_zero()), Some(Act::Tenants));
        assert!(
            matches!(schedule.pop_due(hour_zero()), Some(Act::Balances(rows)) if rows.len() > 100)
        );
        assert_eq!(schedule.pop_due(hour_zero()), Some(Act::Returns));
    }
}
