//! Owns working calendars: which days of the Netherlands are working days, and when so many of them
//! have passed, by the clock on the wall. A calendar is a file of the flows and part of what a
//! notification was accepted under, so a changed one never moves what is under way. Refuses hours
//! of the day: send windows have those.

pub(crate) mod day;
mod holidays;
mod source;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use crate::time::Timestamp;

/// The zone in which days begin and end, with its rules of today. It is part of the program.
static ZONE: TimeZone = jiff::tz::get!("Europe/Amsterdam");
/// The longest time without a working day: a calendar with a longer one is refused.
const LONGEST_REST_DAYS: usize = 366;

/// Which days people work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Days of the week on which nobody works, from Monday.
    weekend: [bool; 7],
    /// Whether the public holidays of the Netherlands are days off.
    has_holidays: bool,
    /// Days that are told one by one: whether people work then. They go before the rules.
    own: BTreeMap<Date, bool>,
}

impl Calendar {
    /// Monday to Friday, without public holidays.
    pub(crate) fn of_work() -> Self {
        Self::without([Weekday::Saturday, Weekday::Sunday])
    }

    /// The days on which post is delivered: Tuesday to Saturday, without public holidays.
    pub(crate) fn of_post() -> Self {
        Self::without([Weekday::Sunday, Weekday::Monday])
    }

    fn without(off: [Weekday; 2]) -> Self {
        let mut weekend = [false; 7];
        for day in off {
            weekend[usize::from(day.to_monday_zero_offset().unsigned_abs())] = true;
        }
        Self {
            weekend,
            has_holidays: true,
            own: BTreeMap::new(),
        }
    }

    /// Whether people work on a day.
    #[must_use]
    pub fn is_working_day(&self, day: Date) -> bool {
        if let Some(works) = self.own.get(&day) {
            return *works;
        }
        let is_weekend =
            self.weekend[usize::from(day.weekday().to_monday_zero_offset().unsigned_abs())];
        let is_holiday = self.has_holidays && holidays::of(day).is_some();
        !is_weekend && !is_holiday
    }

    /// The instant `days` working days after another: at the same time of the day, on the last of
    /// them. The day it counts from is none of them, whatever day it is. A time that the clock
    /// leaves out on that day lies as far behind the gap; one that comes twice is the first.
    /// [`Timestamp::NEVER`] beyond the year 9999.
    #[must_use]
    pub fn after(&self, from: Timestamp, days: u16) -> Timestamp {
        self.local_after(from, days).unwrap_or(Timestamp::NEVER)
    }

    fn local_after(&self, from: Timestamp, days: u16) -> Option<Timestamp> {
        let instant = jiff::Timestamp::from_millisecond(from.0).ok()?;
        let local = instant.to_zoned(ZONE.clone()).datetime();
        let mut day = local.date();
        for _ in 0..days {
            day = self.next_working_day(day)?;
        }
        let there = day.to_datetime(local.time());
        let zoned = ZONE.to_ambiguous_zoned(there).compatible().ok()?;
        Some(Timestamp(zoned.timestamp().as_millisecond()))
    }

    /// The day so many working days behind another, or before it where `days` is negative. The day it
    /// counts from is none of them. `None` beyond the year 9999.
    #[must_use]
    pub fn days_from(&self, day: Date, days: i32) -> Option<Date> {
        let mut there = day;
        for _ in 0..days.unsigned_abs() {
            there = if days < 0 {
                self.last_working_day(there)?
            } else {
                self.next_working_day(there)?
            };
        }
        Some(there)
    }

    /// The last working day before a day.
    fn last_working_day(&self, day: Date) -> Option<Date> {
        let earlier = std::iter::successors(day.yesterday().ok(), |day| day.yesterday().ok());
        let mut earlier = earlier.take(LONGEST_REST_DAYS);
        earlier.find(|day| self.is_working_day(*day))
    }

    /// The first working day behind a day.
    fn next_working_day(&self, day: Date) -> Option<Date> {
        let later = std::iter::successors(day.tomorrow().ok(), |day| day.tomorrow().ok());
        let mut later = later.take(LONGEST_REST_DAYS);
        later.find(|day| self.is_working_day(*day))
    }
}

/// The day at an instant, by the clock in Amsterdam. `None` outside every calendar.
pub(crate) fn day_of(at: Timestamp) -> Option<Date> {
    let instant = jiff::Timestamp::from_millisecond(at.0).ok()?;
    Some(instant.to_zoned(ZONE.clone()).date())
}

/// The instant at a time of a day, by the clock in Amsterdam. A time that the clock leaves out on that
/// day lies as far behind the gap; one that comes twice is the first.
pub(crate) fn instant_of(day: Date, at: jiff::civil::Time) -> Option<Timestamp> {
    let zoned = ZONE.to_ambiguous_zoned(day.to_datetime(at));
    let instant = zoned.compatible().ok()?.timestamp();
    Some(Timestamp(instant.as_millisecond()))
}

/// The instant at which a day is over, by the clock in Amsterdam.
pub(crate) fn end_of(day: Date) -> Option<Timestamp> {
    let next = day.tomorrow().ok()?.to_zoned(ZONE.clone()).ok()?;
    Some(Timestamp(next.timestamp().as_millisecond()))
}

/// The days of the week by their names in files, from Monday.
pub const WEEK: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];
