//! Owns how often the link of one notification may be followed: a number a minute, for whoever has it.
//! Refuses to grow: links share a fixed number of places, and two that meet in one share its number.

use parking_lot::Mutex;
use sluis_model::{NotificationId, Timestamp};

/// How often in a minute.
const MOST_IN_A_MINUTE: u32 = 30;
/// Places for links.
const PLACES: usize = 4_096;
const MINUTE: i64 = 60_000;

/// What is counted in each place: the minute, and how often in it.
#[derive(Debug)]
pub struct Pace(Box<[Mutex<(i64, u32)>]>);

impl Default for Pace {
    fn default() -> Self {
        Self((0..PLACES).map(|_| Mutex::default()).collect())
    }
}

impl Pace {
    /// Counts one; `false`: too many in this minute.
    pub fn admit(&self, id: NotificationId, now: Timestamp) -> bool {
        let minute = now.0.div_euclid(MINUTE);
        // The low bits of an id are random.
        let place = (id.0 % PLACES as u128) as usize;
        let mut counted = self.0[place].lock();
        if counted.0 != minute {
            *counted = (minute, 0);
        }
        counted.1 = counted.1.saturating_add(1);
        counted.1 <= MOST_IN_A_MINUTE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_has_its_number_a_minute_and_takes_it_from_no_other() {
        let (pace, now) = (Pace::default(), Timestamp(1_795_000_000_000));
        let (one, other) = (NotificationId(7), NotificationId(8));
        for _ in 0..MOST_IN_A_MINUTE {
            assert!(pace.admit(one, now));
        }
        assert!(!pace.admit(one, now));
        assert!(pace.admit(other, now));
        assert!(pace.admit(one, now.plus(MINUTE)));
    }
}
