//! Owns where a day begins, and when the clock shows a time, by the clock in Amsterdam. Refuses to know whether people work on it.

use jiff::civil::{Date, Time};

use super::ZONE;
use crate::time::Timestamp;

/// When a day begins; none outside what a clock can show.
pub(crate) fn begins(day: Date) -> Option<Timestamp> {
    let start = day.to_zoned(ZONE.clone()).ok()?.start_of_day().ok()?;
    Some(Timestamp(start.timestamp().as_millisecond()))
}

/// The next instant after `now` at which the clock shows `time`. In the night in which the clock skips
/// it, the first instant behind; in the night in which it comes twice, the first of both.
pub(crate) fn next_at(time: Time, now: Timestamp) -> Option<Timestamp> {
    let now_there = jiff::Timestamp::from_millisecond(now.0).ok()?;
    let mut day = now_there.to_zoned(ZONE.clone()).date();
    // Today's may have passed already.
    for _ in 0..2 {
        let at = day.to_datetime(time).to_zoned(ZONE.clone()).ok()?;
        let at = Timestamp(at.timestamp().as_millisecond());
        if at > now {
            return Some(at);
        }
        day = day.tomorrow().ok()?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> Timestamp {
        let at: jiff::Timestamp = text.parse().expect("an instant");
        Timestamp(at.as_millisecond())
    }

    #[test]
    fn the_next_time_of_the_day_is_today_or_tomorrow_also_when_the_clock_is_moved() {
        let next = |time: &str, now: &str| next_at(time.parse().expect("a time"), instant(now));
        for (time, now, expected) in [
            ("16:00", "2026-11-28T14:59:59Z", "2026-11-28T15:00:00Z"),
            ("16:00", "2026-11-28T15:00:00Z", "2026-11-29T15:00:00Z"),
            ("16:00", "2026-03-28T15:00:00Z", "2026-03-29T14:00:00Z"),
            // That time is skipped in March, and comes twice in October.
            ("02:30", "2026-03-29T00:00:00Z", "2026-03-29T01:30:00Z"),
            ("02:30", "2026-10-24T22:00:00Z", "2026-10-25T00:30:00Z"),
        ] {
            assert_eq!(
                next(time, now),
                Some(instant(expected)),
                "{time} after {now}"
            );
        }
    }
}
