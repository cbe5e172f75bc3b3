//! Owns the search for tenants to put to rest: a hand that goes round the places and gives each a
//! second chance, so that nothing is kept in order of use. It goes fast while too many are active, and
//! else once round in the time after which a tenant counts as idle. Refuses to look at more tenants
//! than the work at hand pays for.

use sluis_model::Timestamp;

use super::Slot;

/// Active tenants looked at for each message that was taken, while too many are active: a tenant has
/// its second chance first.
const LOOKS_FOR_ONE: usize = 2;
/// Active tenants looked at in a turn in any case.
const LOOKS_OF_A_TURN: usize = 16;
/// Most of them in one turn: some dozens of microseconds.
const MOST_LOOKS: usize = 1_024;
/// Places of passive tenants that are passed over for each active one: as many active ones as may be are
/// kept when each message is for a passive tenant, and one in a hundred is active. Beyond that
/// more stay active for a while.
const PLACES_FOR_A_LOOK: usize = 64;
/// Most places that are passed over in one turn: some dozens of microseconds too.
const MOST_PLACES: usize = 16_384;
/// Among so few places it never waits.
const FEW: usize = 128;
/// How long it waits, in milliseconds, when it has gone round and found nobody to put to rest.
const REST_MS: i64 = 1_000;

/// Where the search is.
#[derive(Debug)]
pub(crate) struct Hand {
    at: Slot,
    /// Up to when idle tenants were looked for.
    idle_upto: Timestamp,
    /// Places looked at since somebody was found.
    in_vain: usize,
    /// Not before: it has gone round in vain.
    not_before: Timestamp,
}

impl Hand {
    /// One that begins now.
    pub(crate) const fn new(now: Timestamp) -> Self {
        Self {
            at: 0,
            idle_upto: now,
            in_vain: 0,
            not_before: Timestamp(i64::MIN),
        }
    }

    /// How many active tenants to look at in this turn, which took `messages`, while too many of
    /// `places` are active.
    pub(crate) fn looks_for_room(&self, messages: usize, places: usize, now: Timestamp) -> usize {
        if now < self.not_before && self.not_before <= now.plus(REST_MS) {
            return 0;
        }
        let looks = LOOKS_OF_A_TURN + messages * LOOKS_FOR_ONE;
        looks.min(MOST_LOOKS).min(places)
    }

    /// How many places to pass over, at most, for so many looks; none twice.
    pub(crate) fn places_for_room(looks: usize, places: usize) -> usize {
        let passed = looks.saturating_mul(PLACES_FOR_A_LOOK);
        passed.min(MOST_PLACES).min(places)
    }

    /// How many places to look at in this turn so that the hand goes round once in `idle_for`
    /// milliseconds.
    pub(crate) fn looks_for_idle(&mut self, places: usize, idle_for: i64, now: Timestamp) -> usize {
        let (passed, idle_for) = (now.since(self.idle_upto), idle_for.max(1));
        if passed < 0 || places == 0 {
            self.idle_upto = now;
            return 0;
        }
        // A clock that was set on is gone round once for, not more.
        let passed = i128::from(passed.min(idle_for));
        let looks = (places as i128 * passed / i128::from(idle_for)) as usize;
        if looks > 0 {
            self.idle_upto = now;
        }
        looks.min(MOST_LOOKS)
    }

    /// The next of so many places.
    pub(crate) fn next(&mut self, places: usize) -> Slot {
        let at = if (self.at as usize) < places {
            self.at
        } else {
            0
        };
        self.at = at + 1;
        at
    }

    /// Says whether somebody was found at the place that was looked at.
    pub(crate) fn found(&mut self, found: bool, places: usize, now: Timestamp) {
        self.in_vain = if found { 0 } else { self.in_vain + 1 };
        // Twice round: the first time takes the marks of those who were used.
        if self.in_vain > 2 * places.max(FEW) {
            self.in_vain = 0;
            self.not_before = now.plus(REST_MS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_round_once_in_the_time_after_which_a_tenant_is_idle() {
        let mut hand = Hand::new(Timestamp(0));
        let looks: Vec<usize> = (1..=10)
            .map(|n| hand.looks_for_idle(500, 1_000, Timestamp(n * 100)))
            .collect();
        assert_eq!(looks, [50; 10]);
        assert_eq!(
            hand.looks_for_idle(500, 1_000, Timestamp(900)),
            0,
            "set back"
        );
        assert_eq!(
            hand.looks_for_idle(500, 1_000, Timestamp(901)),
            0,
            "too little"
        );
        assert_eq!(
            hand.looks_for_idle(500, 1_000, Timestamp(902)),
            1,
            "kept up"
        );
        assert_eq!(
            hand.looks_for_idle(500, 1_000, Timestamp(9_000_000)),
            500,
            "once round"
        );
        let places: Vec<Slot> = (0..5).map(|_| hand.next(3)).collect();
        assert_eq!(places, [0, 1, 2, 0, 1]);
    }

    #[test]
    fn who_found_nobody_twice_round_waits_a_while() {
        let mut hand = Hand::new(Timestamp(0));
        let now = Timestamp(5);
        assert_eq!(hand.looks_for_room(0, 4, now), 4, "no place twice");
        assert_eq!(hand.looks_for_room(100, 10_000, now), 216);
        assert_eq!(Hand::places_for_room(216, 10_000), 10_000, "no place twice");
        assert_eq!(Hand::places_for_room(216, 1_000_000), 216 * 64);
        assert_eq!(Hand::places_for_room(1_024, 1_000_000), MOST_PLACES);
        for _ in 0..=2 * FEW {
            assert_eq!(hand.looks_for_room(100, 10_000, now), 216);
            hand.found(false, 4, now);
        }
        assert_eq!(hand.looks_for_room(100, 10_000, now), 0);
        assert_eq!(hand.looks_for_room(100, 10_000, now.plus(REST_MS)), 216);
        // A clock set back far does not hold it for ever.
        assert_eq!(hand.looks_for_room(100, 10_000, Timestamp(-9_000_000)), 216);
    }
}
