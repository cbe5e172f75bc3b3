//! Owns the forecast of the disk: how many days are left if the journal grows as it did. Pure:
//! whoever asks brings the figures and the instant. Refuses to guess from less than some minutes.

use std::collections::VecDeque;

use sluis_model::{DAY, MINUTE, Timestamp};

/// How far back it looks, in milliseconds.
const WINDOW_MS: i64 = DAY;
/// How far apart figures are kept, in milliseconds.
const APART_MS: i64 = 10 * MINUTE;
/// The shortest time from which a rate is told, in milliseconds.
const SHORTEST_MS: i64 = 5 * MINUTE;
/// What is told when it does not grow: ten years, in days.
const LONGEST_DAYS: f64 = 3_650.0;

/// The journal's size within the last day.
#[derive(Debug, Default)]
pub(super) struct Forecast {
    /// When, and how many bytes; oldest first, at most one day of them.
    sizes: VecDeque<(Timestamp, u64)>,
}

impl Forecast {
    /// Days until `free` bytes are down to `reserve`, the journal having `size` bytes `now`.
    pub(super) fn days(&mut self, now: Timestamp, size: u64, free: u64, reserve: u64) -> f64 {
        self.remember(now, size);
        let left = free.saturating_sub(reserve);
        let Some((since, before)) = self.sizes.front().copied() else {
            return LONGEST_DAYS;
        };
        let (passed, grown) = (now.since(since), size.saturating_sub(before));
        if left == 0 {
            return 0.0;
        }
        if passed < SHORTEST_MS || grown == 0 {
            return LONGEST_DAYS;
        }
        let a_day = grown as f64 * (DAY as f64 / passed.max(1) as f64);
        (left as f64 / a_day).min(LONGEST_DAYS)
    }

    /// Remembers a size now and then, for as long as the window is.
    fn remember(&mut self, now: Timestamp, size: u64) {
        let newest = self.sizes.back().map(|(at, _)| *at);
        // A clock that was set back begins a new day.
        if newest.is_some_and(|at| at > now) {
            self.sizes.clear();
        }
        if newest.is_none_or(|at| at > now || now.since(at) >= APART_MS) {
            self.sizes.push_back((now, size));
        }
        while self.sizes.len() > 1 && now.since(self.sizes[0].0) > WINDOW_MS {
            self.sizes.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use sluis_model::HOUR;

    use super::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn it_goes_by_what_the_last_day_took() {
        let mut forecast = Forecast::default();
        assert_eq!(
            forecast.days(Timestamp(0), 0, 100 * GIB, GIB),
            LONGEST_DAYS,
            "nothing is known yet"
        );
        // A quiet day, then one gigabyte an hour.
        assert_eq!(
            forecast.days(Timestamp(DAY), 0, 100 * GIB, GIB),
            LONGEST_DAYS
        );
        for hour in 1..=24 {
            forecast.days(
                Timestamp(DAY + hour * HOUR),
                hour as u64 * GIB,
                100 * GIB,
                GIB,
            );
        }
        let days = forecast.days(Timestamp(2 * DAY), 24 * GIB, 49 * GIB, GIB);
        assert!((days - 2.0).abs() < 0.01, "48 GiB at 24 a day: {days}");
        assert!(forecast.sizes.len() <= 150);
    }

    #[test]
    fn a_full_disk_is_no_day_away_and_a_clock_set_back_is_survived() {
        let mut forecast = Forecast::default();
        forecast.days(Timestamp(DAY), 5, 10, 1);
        assert_eq!(forecast.days(Timestamp(2 * DAY), 5, 1, 1), 0.0);
        assert_eq!(forecast.days(Timestamp(0), 5, 10, 1), LONGEST_DAYS);
    }
}
