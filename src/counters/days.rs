//! Owns the days of the counters: Dutch calendar days. Refuses to look at a clock.

use std::ops::Range;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use sluis_model::Timestamp;

/// Days begin here.
const ZONE: &str = "Europe/Amsterdam";

/// Tells the day of an instant.
#[derive(Clone, Debug)]
pub struct Days {
    zone: TimeZone,
    /// The day that was told last, and when it is.
    last: Date,
    is: Range<i64>,
}

impl Days {
    /// Of the Dutch calendar.
    ///
    /// # Errors
    /// This build has no time zones.
    pub fn new() -> Result<Self, jiff::Error> {
        Ok(Self {
            zone: TimeZone::get(ZONE)?,
            last: Date::MIN,
            is: 0..0,
        })
    }

    /// The day on which `at` is. Beyond the calendar's end it is the calendar's first day.
    pub fn of(&mut self, at: Timestamp) -> Date {
        if !self.is.contains(&at.0)
            && let Some((day, is)) = self.look(at)
        {
            (self.last, self.is) = (day, is);
        }
        self.last
    }

    fn look(&self, at: Timestamp) -> Option<(Date, Range<i64>)> {
        let instant = jiff::Timestamp::from_millisecond(at.0).ok()?;
        let day = instant.to_zoned(self.zone.clone()).date();
        let begins = |day: Date| -> Option<i64> {
            let zoned = day.to_zoned(self.zone.clone()).ok()?;
            Some(zoned.timestamp().as_millisecond())
        };
        Some((day, begins(day)?..begins(day.tomorrow().ok()?)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn a_day_begins_at_midnight_in_the_netherlands_also_when_the_clocks_change() {
        let mut days = Days::new().unwrap();
        for (instant, day) in [
            ("2026-02-01T22:59:59.999Z", "2026-02-01"),
            ("2026-02-01T23:00:00Z", "2026-02-02"),
            ("2026-07-01T21:59:59Z", "2026-07-01"),
            ("2026-07-01T22:00:00Z", "2026-07-02"),
            // 23 hours, then 25.
            ("2026-03-29T21:59:59Z", "2026-03-29"),
            ("2026-03-29T22:00:00Z", "2026-03-30"),
            ("2026-10-25T22:59:59Z", "2026-10-25"),
            ("2026-10-25T23:00:00Z", "2026-10-26"),
            ("2026-02-01T23:00:00Z", "2026-02-02"),
        ] {
            assert_eq!(days.of(at(instant)).to_string(), day, "{instant}");
        }
    }
}
