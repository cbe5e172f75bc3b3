//! Owns when a source has checked a contact point, as people and programs write it. Refuses a day
//! and month that could be taken for each other, and a date that lies ahead: it was not checked
//! then.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use sluis_model::{Supplied, Timestamp, instant};

use super::problem::{FieldProblem, ProblemCode};
use super::rules::{Moment, in_range, moment};
use crate::explain::rfc3339;

/// What is expected.
pub(super) const EXPECTED: &str = "a date such as 2026-11-27 or 27-11-2026, or an RFC 3339 instant";
/// The instant that `text` names: an RFC 3339 instant, or a date, perhaps with a time, in the
/// Netherlands. A date alone means its first minute: it is no later than anything that happened on
/// that day.
pub(super) fn checked_on(text: &str) -> Option<Timestamp> {
    if let Some(at) = instant_of(text) {
        return Some(at);
    }
    let (day, time) = text.split_once([' ', 'T']).unwrap_or((text, ""));
    let at = DateTime::from_parts(date(day)?, time_of(time)?);
    let zoned = at.to_zoned(TimeZone::get("Europe/Amsterdam").ok()?).ok()?;
    Some(Timestamp(zoned.timestamp().as_millisecond())).filter(|at| in_range(*at))
}

/// An RFC 3339 instant that something can have happened at.
fn instant_of(text: &str) -> Option<Timestamp> {
    match moment(text)? {
        Moment::At(at) => Some(at),
        Moment::Never | Moment::Unset => None,
    }
}

/// The instant at which what lasts until `text` is over: an RFC 3339 instant, or the end of a day in the
/// Netherlands.
pub(super) fn over_after(text: &str) -> Option<Timestamp> {
    if let Some(at) = instant_of(text) {
        return Some(at);
    }
    let next = date(text)?.tomorrow().ok()?;
    let zoned = next
        .to_zoned(TimeZone::get("Europe/Amsterdam").ok()?)
        .ok()?;
    Some(Timestamp(zoned.timestamp().as_millisecond())).filter(|at| in_range(*at))
}

/// The day that a cell names: `2026-11-27`, `27-11-2026`, or one of them with the midnight that an export
/// writes behind it.
pub(super) fn day(text: &str) -> Option<Date> {
    let (day, time) = text.split_once([' ', 'T']).unwrap_or((text, ""));
    let is_whole = time_of(time)? == Time::midnight();
    date(day).filter(|_| is_whole)
}

/// `2026-11-27`, or the Dutch `27-11-2026`: the day goes first, whatever separates.
fn date(text: &str) -> Option<Date> {
    let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
    let number = |text: &str, most: usize| {
        let digits = (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse::<i16>().ok()).flatten()
    };
    let (year, month, day) = match parts.as_slice() {
        [year, month, day] if year.len() == 4 => {
            (number(year, 4)?, number(month, 2)?, number(day, 2)?)
        }
        [day, month, year] if year.len() == 4 => {
            (number(year, 4)?, number(month, 2)?, number(day, 2)?)
        }
        _ => return None,
    };
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// `14:05`, `14:05:30`; midnight when there is none.
fn time_of(text: &str) -> Option<Time> {
    if text.is_empty() {
        Some(Time::midnight())
    } else {
        text.trim().parse().ok()
    }
}

/// What is wrong with a date that lies more than `tolerance_ms` ahead of `now`, of a confirmation or
/// of a preference; what lies ahead by less counts as now.
#[must_use]
pub fn ahead(supplied: &Supplied, now: Timestamp, tolerance_ms: i64) -> Option<FieldProblem> {
    let points = supplied.points.iter().filter_map(|given| {
        let path = format!("confirmed_at ({})", given.kind.name());
        Some((given.confirmed?, path))
    });
    let preferences = supplied.preferences.iter().filter_map(|preference| {
        let path = format!("preferences ({}).since", preference.category);
        Some((preference.since()?, path))
    });
    points.chain(preferences).find_map(|(at, path)| {
        let ahead = instant::admit(at, now, tolerance_ms).err()?;
        let expected = format!(
            "at the latest {}: the engine's clock is at {}",
            rfc3339(ahead.latest),
            rfc3339(ahead.now)
        );
        Some(FieldProblem::new(path, ProblemCode::Ahead, expected).value(&rfc3339(at)))
    })
}

#[cfg(test)]
mod tests {
    use sluis_model::{Channel, ContactKind, Given, PointSource, Preference};

    use super::*;

    #[test]
    fn dates_are_read_as_the_netherlands_write_them() {
        let midnight = instant_of("2026-11-26T23:00:00Z");
        for text in [
            "2026-11-27",
            "27-11-2026",
            "27/11/2026",
            "27.11.2026",
            "2026-11-27T00:00",
            "27-11-2026 00:00:00",
        ] {
            assert_eq!(checked_on(text), midnight, "{text}");
        }
        assert_eq!(
            checked_on("3-4-2026 14:05"),
            instant_of("2026-04-03T12:05:00Z"),
            "day first; in summer two hours"
        );
        assert_eq!(
            checked_on("2026-11-27T10:00:00Z"),
            instant_of("2026-11-27T10:00:00Z")
        );
        for text in [
            "",
            "27-11-26",
            "11-27-2026",
            "2026-13-01",
            "gisteren",
            "46353",
            "2026-11-27 25:00",
            "1-1-2026 x",
        ] {
            assert_eq!(checked_on(text), None, "{text}");
        }
    }

    #[test]
    fn what_lies_ahead_is_refused() {
        let of = |at| {
            let mail = Given {
                confirmed: Some(Timestamp(at)),
                ..Given::new(ContactKind::Email, "a@b.nl")
            };
            Supplied {
                points: vec![mail],
                ..Supplied::default()
            }
        };
        assert_eq!(ahead(&of(60_000), Timestamp(0), 60_000), None);
        assert_eq!(
            ahead(&of(60_001), Timestamp(0), 60_000).map(|problem| problem.code),
            Some(ProblemCode::Ahead)
        );
    }

    #[test]
    fn a_preference_that_lies_ahead_is_refused() {
        let since = Some(Timestamp(120_000));
        let preference = Preference::new("rent", Channel::Letter);
        let supplied = Supplied {
            preferences: vec![preference.said(PointSource::Person, since)],
            ..Supplied::default()
        };
        assert_eq!(ahead(&supplied, Timestamp(60_000), 60_000), None);
        let found = ahead(&supplied, Timestamp(59_000), 60_000).expect("it lies ahead");
        assert_eq!(found.path, "preferences (rent).since");
    }
}
