//! Owns how many attempts a provider is given at once (AIMD): halved when it says "too many",
//! healed by one for each full round of successes. Pure. Refuses to go below one or above the
//! provider's concurrency.

use sluis_model::Timestamp;

/// The allowed concurrency of one provider.
#[derive(Clone, Debug)]
pub struct Pace {
    most: u32,
    allowed: u32,
    successes: u32,
    slowed_at: Timestamp,
}

impl Pace {
    /// Full speed: `most` at once.
    #[must_use]
    pub const fn new(most: u32) -> Self {
        Self {
            most,
            allowed: most,
            successes: 0,
            slowed_at: Timestamp(i64::MIN),
        }
    }

    /// How many at once.
    #[must_use]
    pub const fn allowed(&self) -> u32 {
        self.allowed
    }

    /// The provider throttled an attempt that started at `started`. Attempts that started before
    /// the last slowing, or with it, tell nothing about the new pace and change nothing. Returns
    /// the new number if it changed.
    pub fn throttled(&mut self, started: Timestamp, now: Timestamp) -> Option<u32> {
        if started <= self.slowed_at {
            return None;
        }
        self.slowed_at = now;
        self.successes = 0;
        self.set((self.allowed / 2).max(1))
    }

    /// An attempt went well. Returns the new number if it changed.
    pub fn succeeded(&mut self) -> Option<u32> {
        if self.allowed == self.most {
            return None;
        }
        self.successes += 1;
        if self.successes < self.allowed {
            return None;
        }
        self.successes = 0;
        self.set(self.allowed + 1)
    }

    /// From here on at most so many. One that is not slowed goes on at full speed; one that is heals up to the
    /// new number. Returns how many at once, if that changed.
    pub fn heal_to(&mut self, most: u32) -> Option<u32> {
        let was_full = self.allowed == self.most;
        self.most = most;
        match was_full {
            true => self.set(most),
            false => self.set(self.allowed.min(most)),
        }
    }

    fn set(&mut self, allowed: u32) -> Option<u32> {
        let changed = self.allowed != allowed;
        self.allowed = allowed;
        changed.then_some(allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_number_is_full_speed_at_once_and_a_slowed_one_heals_up_to_it() {
        let mut pace = Pace::new(8);
        assert_eq!(pace.heal_to(12), Some(12));
        assert_eq!(pace.heal_to(4), Some(4));
        assert_eq!(pace.throttled(Timestamp(5), Timestamp(6)), Some(2));
        assert_eq!(pace.heal_to(10), None);
        assert_eq!((pace.succeeded(), pace.succeeded()), (None, Some(3)));
        assert_eq!(pace.heal_to(1), Some(1));
    }

    #[test]
    fn one_burst_of_throttling_halves_once_and_never_below_one() {
        let mut pace = Pace::new(8);
        assert_eq!(pace.throttled(Timestamp(0), Timestamp(10)), Some(4));
        assert_eq!(
            pace.throttled(Timestamp(5), Timestamp(11)),
            None,
            "it started at the old pace"
        );
        assert_eq!(pace.throttled(Timestamp(11), Timestamp(20)), Some(2));
        assert_eq!(pace.throttled(Timestamp(21), Timestamp(30)), Some(1));
        assert_eq!(pace.throttled(Timestamp(31), Timestamp(40)), None);
    }

    #[test]
    fn it_heals_by_one_for_each_round_of_successes_up_to_the_most() {
        let mut pace = Pace::new(4);
        pace.throttled(Timestamp(0), Timestamp(1));
        let grown: Vec<u32> = (0..20).filter_map(|_| pace.succeeded()).collect();
        assert_eq!((grown, pace.allowed()), (vec![3, 4], 4));
    }
}
