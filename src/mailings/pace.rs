//! Owns how many rows may be handed over now: so many a minute, within windows. Refuses to save up: what
//! a stall or a closed window took is not caught up at once.

use sluis_actors::router::{Hours, SendWindow};
use sluis_model::{MINUTE, SECOND, Timestamp};

/// Counts time and rows.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// When time was last counted.
    since: Option<Timestamp>,
    /// Rows that may be handed over, times the milliseconds of a minute.
    credit: i64,
}

impl Pace {
    /// How many rows may be handed over now, at most `most`.
    pub(super) fn room(&mut self, now: Timestamp, per_minute: Option<u32>, most: usize) -> usize {
        let since = self.since.replace(now).unwrap_or(now);
        let Some(per_minute) = per_minute else {
            return most;
        };
        let per_minute = i64::from(per_minute);
        // What a second may take, and one row at least.
        let most_credit = (per_minute * SECOND).max(MINUTE);
        let passed = now.since(since).clamp(0, MINUTE);
        self.credit = (self.credit + passed * per_minute).min(most_credit);
        most.min(usize::try_from(self.credit / MINUTE).unwrap_or(0))
    }

    /// So many were handed over.
    pub(super) const fn spend(&mut self, rows: usize) {
        self.credit -= rows as i64 * MINUTE;
    }

    /// Time that does not count has passed.
    pub(super) const fn skip(&mut self, now: Timestamp) {
        self.since = Some(now);
    }
}

/// Whether one of the windows is open; without any, always.
pub(super) fn is_open(windows: &[SendWindow], now: Timestamp) -> bool {
    let open = |window: &SendWindow| matches!(window.at(now), Hours::Open(_));
    windows.is_empty() || windows.iter().any(open)
}

/// When the next of the windows opens; none: one is open, or there is none.
pub(super) fn opens_at(windows: &[SendWindow], now: Timestamp) -> Option<Timestamp> {
    let closed = windows.iter().map(|window| match window.at(now) {
        Hours::Open(_) => None,
        Hours::Closed(until) => Some(until),
    });
    let closed: Option<Vec<Timestamp>> = closed.collect();
    closed?.into_iter().min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_a_minute_leave_and_a_stall_is_not_caught_up() {
        let mut pace = Pace::default();
        let (mut now, mut rows) = (Timestamp(0), 0);
        // Asked at odd times for ten minutes.
        while now.0 < 10 * MINUTE {
            let room = pace.room(now, Some(90), 256);
            pace.spend(room);
            rows += room;
            now = now.plus(7 + now.0 % 31);
        }
        assert!((899..=900).contains(&rows), "{rows}");
        let later = now.plus(60 * MINUTE);
        assert!(pace.room(later, Some(90), 256) <= 2);
    }

    #[test]
    fn less_than_one_a_second_leaves_too() {
        let mut pace = Pace::default();
        assert_eq!(pace.room(Timestamp(0), Some(1), 256), 0);
        assert_eq!(pace.room(Timestamp(59_999), Some(1), 256), 0);
        assert_eq!(pace.room(Timestamp(60_000), Some(1), 256), 1);
        pace.spend(1);
        assert_eq!(pace.room(Timestamp(60_000), Some(1), 256), 0);
        assert_eq!(pace.room(Timestamp(60_001), None, 256), 256);
    }

    #[test]
    fn the_next_opening_is_told_while_every_window_is_closed() {
        let windows = ["mon-fri 09:00-17:00", "sat 10:00-12:00"];
        let windows: Vec<SendWindow> = windows.map(|w| w.parse().expect("a window")).into();
        // Saturday 28 November 2026, 18:00 in the Netherlands.
        let now = Timestamp(1_795_885_200_000);
        let monday = Timestamp(1_796_025_600_000);
        assert_eq!(opens_at(&windows, now), Some(monday));
        assert_eq!(opens_at(&windows, monday), None);
        assert_eq!(opens_at(&[], now), None);
        assert!(is_open(&[], now) && !is_open(&windows, now));
    }
}
