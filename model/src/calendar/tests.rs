//! Owns the tests of calendars: the holidays of known years, and counting over them.

use jiff::civil::Date;

use super::{Calendar, WEEK, holidays};
use crate::Timestamp;

fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

fn at(text: &str) -> Timestamp {
    let instant: jiff::Timestamp = text.parse().expect("an instant");
    Timestamp(instant.as_millisecond())
}

fn office() -> Calendar {
    Calendar::parse("holidays = \"nl\"").expect("a calendar")
}

/// Holidays of 2025 to 2027 as the government publishes them (rijksoverheid.nl, "officiële
/// feestdagen"), and Easter days far apart.
#[test]
fn holidays_fall_where_they_are_published() {
    let known = [
        "2025-01-01",
        "2025-04-18",
        "2025-04-20",
        "2025-04-21",
        "2025-04-26",
        "2025-05-05",
        "2025-05-29",
        "2025-06-08",
        "2025-06-09",
        "2025-12-25",
        "2025-12-26",
        "2026-01-01",
        "2026-04-03",
        "2026-04-05",
        "2026-04-06",
        "2026-04-27",
        "2026-05-05",
        "2026-05-14",
        "2026-05-24",
        "2026-05-25",
        "2026-12-25",
        "2026-12-26",
        "2027-01-01",
        "2027-03-26",
        "2027-03-28",
        "2027-03-29",
        "2027-04-27",
        "2027-05-05",
        "2027-05-06",
        "2027-05-16",
        "2027-05-17",
        "2027-12-25",
        "2027-12-26",
    ];
    let mut found = Vec::new();
    let mut each = day("2025-01-01");
    while each < day("2028-01-01") {
        if holidays::of(each).is_some() {
            found.push(each.to_string());
        }
        each = each.tomorrow().unwrap();
    }
    assert_eq!(found, known);
    for easter in [
        "1961-04-02",
        "2000-04-23",
        "2008-03-23",
        "2038-04-25",
        "2285-03-22",
    ] {
        assert_eq!(
            holidays::of(day(easter)),
            Some(holidays::Holiday::Easter),
            "{easter}"
        );
    }
}

#[test]
fn working_days_are_counted_over_weekends_and_holidays() {
    let calendar = office();
    let cases = [
        // A Wednesday, over nothing, over a weekend, over Christmas and New Year.
        ("2026-11-25T14:30:00Z", 0, "2026-11-25T14:30:00Z"),
        ("2026-11-25T14:30:00Z", 1, "2026-11-26T14:30:00Z"),
        ("2026-11-25T14:30:00Z", 3, "2026-11-30T14:30:00Z"),
        ("2026-12-24T09:00:00Z", 1, "2026-12-28T09:00:00Z"),
        ("2026-12-31T09:00:00Z", 1, "2027-01-04T09:00:00Z"),
        // A Saturday counts from itself: the first working day is Monday.
        ("2026-11-28T10:00:00Z", 1, "2026-11-30T10:00:00Z"),
        // Half past midnight in Amsterdam is the evening before in UTC.
        ("2026-11-26T23:30:00Z", 1, "2026-11-29T23:30:00Z"),
        // The clock goes forward on 28 March 2027, Easter Sunday: half past nine stays half past nine.
        ("2027-03-25T08:30:00Z", 1, "2027-03-30T07:30:00Z"),
    ];
    for (from, days, expected) in cases {
        assert_eq!(
            calendar.after(at(from), days),
            at(expected),
            "{days} after {from}"
        );
    }
}

#[test]
fn a_time_that_the_clock_leaves_out_or_shows_twice_is_found() {
    let always = Calendar::parse("weekend = []").unwrap();
    // On 28 March 2027 there is no half past two; on 31 October there are two of them.
    assert_eq!(
        always.after(at("2027-03-27T01:30:00Z"), 1),
        at("2027-03-28T01:30:00Z")
    );
    assert_eq!(
        always.after(at("2027-10-30T00:30:00Z"), 1),
        at("2027-10-31T00:30:00Z")
    );
}

#[test]
fn days_that_are_told_go_before_the_rules() {
    let text = "holidays = \"nl\"\n[days]\n2026-05-05 = \"working\"\n2026-12-24 = \"off\"\n2026-12-26 = \"working\"";
    let calendar = Calendar::parse(text).unwrap();
    for (text, works) in [
        ("2026-05-05", true),
        ("2026-12-24", false),
        ("2026-12-25", false),
        ("2026-12-26", true),
        ("2026-12-28", true),
    ] {
        assert_eq!(calendar.is_working_day(day(text)), works, "{text}");
    }
}

#[test]
fn a_weekend_may_be_other_days() {
    let calendar = Calendar::parse("weekend = [\"sun\", \"mon\"]").unwrap();
    let week = [
        "2026-11-23",
        "2026-11-24",
        "2026-11-25",
        "2026-11-26",
        "2026-11-27",
        "2026-11-28",
        "2026-11-29",
    ];
    let works = week.map(|text| calendar.is_working_day(day(text)));
    assert_eq!(works, [false, true, true, true, true, true, false]);
    for ((_, named), text) in WEEK.iter().zip(week) {
        assert_eq!(day(text).weekday(), *named);
    }
}

#[test]
fn every_mistake_of_a_file_is_told() {
    let text = "weekend = [\"zat\"]\nholidays = \"de\"\n[days]\n2026-02-30 = \"off\"\n20261224 = \"off\"\n2026-12-31 = \"half\"";
    let mistakes = Calendar::parse(text).unwrap_err();
    let parts = ["\"zat\"", "\"de\"", "2026-02-30", "20261224", "\"half\""];
    assert_eq!(mistakes.len(), parts.len(), "{mistakes:?}");
    for part in parts {
        assert!(
            mistakes
                .iter()
                .any(|found| format!("{}: {found}", found.path).contains(part)),
            "{part}: {mistakes:?}"
        );
    }
    let never = "weekend = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]";
    assert!(
        Calendar::parse(never).unwrap_err()[0]
            .to_string()
            .contains("expected a day to work on")
    );
    assert!(
        Calendar::parse("feestdagen = \"nl\"").unwrap_err()[0]
            .path
            .contains("feestdagen")
    );
}

/// A calendar that counts ever further moves on with every day, whatever stands in it.
#[test]
fn each_working_day_lies_behind_the_one_before() {
    let calendar = office();
    let from = at("2026-01-01T11:00:00Z");
    let counted: Vec<_> = (0..=1_000).map(|days| calendar.after(from, days)).collect();
    assert!(counted.windows(2).all(|pair| pair[0] < pair[1]));
    // 249 to 255 working days a year.
    let years = counted[1_000].since(from) as f64 / (365.25 * 86_400_000.0);
    assert!((3.9..=4.03).contains(&years), "{years}");
}
