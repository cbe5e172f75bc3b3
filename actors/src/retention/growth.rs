//! Owns how far the log has grown since old records were to go, and whether intake waits for that.
//! What is written again does not count: it comes of the forgetting, and not of any load. Refuses to
//! know what holds the old records up.

use std::sync::atomic::{AtomicBool, Ordering};

use sluis_journal::Generation;

/// Generations by which the log may grow while old records are to go, beside this part of what is alive
/// in it: to write that again takes as long as there is of it. Then intake waits.
const MOST_GENERATIONS: u64 = 2;
const PART_OF_ALIVE: u64 = 2;

/// Bytes by which the log may grow while old records are to go.
pub(super) fn most(all: &[Generation], alive: u64) -> u64 {
    full(all) * MOST_GENERATIONS + alive / PART_OF_ALIVE
}

/// Where the log was when old records were to go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// The newest generation.
    generation: u64,
    /// Its bytes.
    bytes: u64,
    /// Bytes that had been written again.
    carried: u64,
}

impl Mark {
    pub(super) fn of(all: &[Generation], carried: u64) -> Self {
        let newest = all.last();
        Self {
            generation: newest.map_or(0, |newest| newest.number),
            bytes: newest.map_or(0, |newest| newest.bytes),
            carried,
        }
    }

    /// By how much the log has grown since, in bytes.
    pub(super) fn grown(self, all: &[Generation], carried: u64) -> u64 {
        let since = all
            .iter()
            .filter(|generation| generation.number >= self.generation);
        let bytes: u64 = since.map(|generation| generation.bytes).sum();
        bytes
            .saturating_sub(self.bytes)
            .saturating_sub(carried.saturating_sub(self.carried))
    }
}

/// The bytes of the largest generation.
pub(super) fn full(all: &[Generation]) -> u64 {
    let bytes = all.iter().map(|generation| generation.bytes);
    bytes.max().unwrap_or_default()
}

/// Whether intake waits, because old records go more slowly than new ones come.
#[derive(Debug, Default)]
pub struct Brake(AtomicBool);

impl Brake {
    /// Whether it waits.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self, is_on: bool) {
        self.0.store(is_on, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generations(all: &[(u64, u64)]) -> Vec<Generation> {
        let of = |&(number, bytes): &(u64, u64)| Generation {
            number,
            starts: Vec::new(),
            bytes,
        };
        all.iter().map(of).collect()
    }

    #[test]
    fn the_log_has_grown_by_what_came_and_not_by_what_was_written_again() {
        let began = Mark::of(&generations(&[(3, 100), (4, 40)]), 7);
        let later = generations(&[(3, 100), (4, 100), (5, 30)]);
        assert_eq!(began.grown(&later, 7), 90);
        assert_eq!(began.grown(&later, 27), 70);
        assert_eq!(began.grown(&later, 7_000), 0);
    }

    #[test]
    fn what_went_meanwhile_makes_it_no_smaller() {
        let began = Mark::of(&generations(&[(3, 100), (4, 40)]), 0);
        assert_eq!(began.grown(&generations(&[(4, 100), (5, 30)]), 0), 90);
    }

    #[test]
    fn the_more_is_alive_the_more_may_come_meanwhile() {
        let all = generations(&[(1, 100), (2, 3)]);
        assert_eq!((most(&all, 0), most(&all, 1_000)), (200, 700));
        assert_eq!(most(&[], 0), 0);
    }
}
