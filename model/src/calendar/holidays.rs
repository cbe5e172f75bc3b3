//! Owns the public holidays of the Netherlands by rule: those of article 3 of the Algemene
//! termijnenwet (BWBR0002448), with Good Friday, which its second paragraph puts beside them.
//! Refuses days that an employer gives: a calendar tells those one by one.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

/// A public holiday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holiday {
    NewYear,
    GoodFriday,
    Easter,
    EasterMonday,
    KingsDay,
    LiberationDay,
    Ascension,
    Pentecost,
    PentecostMonday,
    Christmas,
    SecondChristmasDay,
}

/// The holiday on a day, if there is one.
pub(super) fn of(day: Date) -> Option<Holiday> {
    fixed(day).or_else(|| by_easter(day))
}

/// Those with a date of their own.
fn fixed(day: Date) -> Option<Holiday> {
    match (day.month(), day.day()) {
        (1, 1) => Some(Holiday::NewYear),
        (5, 5) => Some(Holiday::LiberationDay),
        (12, 25) => Some(Holiday::Christmas),
        (12, 26) => Some(Holiday::SecondChristmasDay),
        // The King's birthday is celebrated a day before when it is a Sunday.
        (4, 27) if day.weekday() != Weekday::Sunday => Some(Holiday::KingsDay),
        (4, 26) if day.weekday() == Weekday::Saturday => Some(Holiday::KingsDay),
        (_, _) => None,
    }
}

/// Those so many days from Easter Sunday.
const BY_EASTER: [(i32, Holiday); 6] = [
    (-2, Holiday::GoodFriday),
    (0, Holiday::Easter),
    (1, Holiday::EasterMonday),
    (39, Holiday::Ascension),
    (49, Holiday::Pentecost),
    (50, Holiday::PentecostMonday),
];

fn by_easter(day: Date) -> Option<Holiday> {
    let easter = easter(day.year())?;
    let named = BY_EASTER.into_iter().find(|(offset, _)| {
        let there = easter.checked_add(offset.days());
        there.ok() == Some(day)
    });
    named.map(|(_, holiday)| holiday)
}

/// Easter Sunday of a year of the Gregorian calendar: the anonymous computus that Meeus prints in
/// "Astronomical Algorithms", chapter 8. Its letters are kept, because they are how it is checked.
#[allow(clippy::many_single_char_names, reason = "the letters of the source")]
fn easter(year: i16) -> Option<Date> {
    let year = i32::from(year);
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let f = (b + 8) / 25;
    let g = (b - f + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let sum = h + l - 7 * m + 114;
    let (month, day) = (sum / 31, sum % 31 + 1);
    Date::new(year as i16, month as i8, day as i8).ok()
}
