//! Owns the demo's calendar: hour 0, the morning feed, and how an instant is shown. Refuses to read
//! a clock.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use sluis_loadtest::demo::FIRST_DAY;
use sluis_model::{HOUR, Timestamp};

/// Hour of day, Dutch time, at which the demo's files count from zero.
const HOUR_ZERO: i8 = 8;
/// Hour of day at which the balance feed comes.
const FEED: i8 = 6;

fn zone() -> TimeZone {
    TimeZone::get("Europe/Amsterdam").unwrap_or(TimeZone::UTC)
}

fn at(date: Date, hour: i8) -> Timestamp {
    let local = date.at(hour, 0, 0, 0).to_zoned(zone());
    Timestamp(local.map_or(0, |zoned| zoned.timestamp().as_millisecond()))
}

/// Hour 0 of the demo.
pub(super) fn hour_zero() -> Timestamp {
    at(FIRST_DAY, HOUR_ZERO)
}

/// `hours` after hour 0.
pub(super) fn hours_in(hours: i64) -> Timestamp {
    hour_zero().plus(hours * HOUR)
}

/// When the balance feed of a day comes.
pub(super) fn feed_of(date: Date) -> Timestamp {
    at(date, FEED)
}

/// `Mon 02 Feb 08:00:00`, Dutch local time.
pub(super) fn shown(at: Timestamp) -> String {
    formatted(at, "%a %d %b %H:%M:%S")
}

/// `day 1, Mon 02 Feb 08:00`, Dutch local time.
pub(super) fn day_and_time(at: Timestamp) -> String {
    format!("day {:>2}, {}", day(at), formatted(at, "%a %d %b %H:%M"))
}

/// Day of the demo, from 1.
pub(super) fn day(at: Timestamp) -> i64 {
    at.since(self::at(FIRST_DAY, 0)) / (24 * HOUR) + 1
}

/// RFC 3339 in UTC, as the API takes it.
pub(super) fn rfc3339(at: Timestamp) -> String {
    sluis::explain::rfc3339(at)
}

/// An instant as the API writes it, in Dutch local time.
pub(super) fn shown_text(text: &str) -> String {
    text.parse::<jiff::Timestamp>().map_or_else(
        |_| text.to_owned(),
        |at| shown(Timestamp(at.as_millisecond())),
    )
}

fn formatted(at: Timestamp, format: &str) -> String {
    let instant = jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    instant.to_zoned(zone()).strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hour_zero_is_eight_in_the_morning_in_amsterdam() {
        assert_eq!(rfc3339(hour_zero()), "2026-02-02T07:00:00Z");
        assert_eq!(shown(hours_in(30)), "Tue 03 Feb 14:00:00");
        assert_eq!((day(feed_of(FIRST_DAY)), day(hours_in(16))), (1, 2));
        assert_eq!(shown_text("2026-02-02T07:00:00Z"), "Mon 02 Feb 08:00:00");
    }
}
