//! Owns the tests of days and instants in conditions, and of the hints for those who write them as
//! other languages do.

use std::sync::Arc;

use crate::Timestamp;
use crate::calendar::Calendar;
use crate::flow::condition::{Answered, Declared};
use crate::flow::{Condition, Dated, FieldKind, Finding, Person, Scope, Value};

/// The instant 2026-11-27T23:30:00Z: in Amsterdam it is Saturday 28 November.
const NIGHT: Timestamp = Timestamp(1_795_822_200_000);
const NL: &str = include_str!("../../../../config/flows/calendars/nl.toml");

/// A notification whose field `due` holds this.
struct Due(Value);

impl Scope for Due {
    fn field(&self, _: usize) -> &Value {
        &self.0
    }
    fn balance(&self) -> Option<Dated> {
        Some((700, NIGHT))
    }
    fn subject_open_amount(&self) -> Option<Dated> {
        None
    }
    fn notification_environment(&self) -> &'static str {
        "test"
    }
    fn engine_environment(&self) -> &'static str {
        "test"
    }
    fn category(&self) -> &str {
        "rent"
    }
    fn said(&self, _: (&str, &str), _: crate::About, _: Timestamp) -> Option<(Value, Timestamp)> {
        None
    }
    fn contacted(&self, _: &crate::flow::ContactedBy, _: Timestamp) -> usize {
        0
    }
    fn accepted_at(&self) -> Timestamp {
        NIGHT.plus(-crate::HOUR)
    }

    fn follows(&self) -> Option<(String, i64)> {
        None
    }

    fn person(&self, _: Person) -> Value {
        Value::Missing
    }
}

struct Names {
    has_calendar: bool,
}

impl Declared for Names {
    fn field(&mut self, name: &str) -> Option<(usize, FieldKind)> {
        match name {
            "due" => Some((0, FieldKind::Date)),
            "code" => Some((0, FieldKind::Line)),
            "cents" => Some((0, FieldKind::Money)),
            _ => None,
        }
    }

    fn near(&self, _: &str) -> Option<&str> {
        None
    }
    fn class(&self, _: &str) -> Option<usize> {
        None
    }

    fn fact(&self, _: &str) -> Option<&crate::FactType> {
        None
    }

    fn has_subject(&self) -> bool {
        true
    }

    fn calendar(&self) -> Option<Arc<Calendar>> {
        let calendar = Calendar::parse(NL).expect("sound");
        self.has_calendar.then(|| Arc::new(calendar))
    }

    fn answered(&mut self, word: &str) -> Result<Answered, String> {
        Err(format!("{word}: nobody is asked"))
    }
}

fn evaluated(text: &str, due: Option<&str>) -> Option<bool> {
    let due = due.map_or(Value::Missing, |due| Value::Text(due.into()));
    let mut names = Names { has_calendar: true };
    let condition =
        Condition::parse(text, &mut names).unwrap_or_else(|why| panic!("{text}: {why}"));
    match condition.evaluate(&Due(due), &[], NIGHT, None) {
        Finding::Holds(_) => Some(true),
        Finding::Fails(_) => Some(false),
        Finding::Unknown(_) => None,
    }
}

#[test]
fn days_are_added_and_compared_by_the_calendar_in_amsterdam() {
    for (text, due) in [
        ("today == '2026-11-28'", "2026-01-01"),
        ("data.due + 14 days == '2026-12-12'", "2026-11-28"),
        ("data.due + 14 days < today", "2026-11-13"),
        ("!(data.due + 14 days < today)", "2026-11-14"),
        ("data.due - 1 day == '2028-02-29'", "2028-03-01"),
        ("data.due -1 day == '2028-02-29'", "2028-03-01"),
        ("data.due + 1 week == '2027-01-02'", "2026-12-26"),
        ("data.due + 1 month == '2026-02-28'", "2026-01-31"),
        ("data.due + 2 working days == '2026-12-29'", "2026-12-24"),
        ("data.due - 1 working day == '2026-12-24'", "2026-12-28"),
        ("between(data.due, today - 3 days, today)", "2026-11-25"),
        ("days_between(data.due, today) == 28", "2026-10-31"),
        ("days_between(today, data.due) == -28", "2026-10-31"),
        ("days_between(data.due, '2026-12-01') > 0", "2026-11-30"),
        ("'2026-12-01' - 3 days == today", "2026-11-30"),
        ("data.due in ['2026-11-30']", "2026-11-30"),
        ("data.due < '2027'", "2026-11-30"),
    ] {
        assert_eq!(evaluated(text, Some(due)), Some(true), "{text} with {due}");
    }
}

#[test]
fn instants_are_compared_to_the_millisecond() {
    for (text, expected) in [
        ("now == notification.accepted_at + 1 hour", true),
        ("now >= notification.accepted_at + 60 minutes", true),
        ("now > notification.accepted_at + 61 minutes", false),
        ("now - 1 day < notification.accepted_at", true),
        ("now - 1 week > notification.accepted_at", false),
    ] {
        assert_eq!(evaluated(text, None), Some(expected), "{text}");
    }
}

#[test]
fn what_is_reckoned_from_a_day_that_is_missing_is_unknown() {
    for text in [
        "data.due + 14 days < today",
        "days_between(data.due, today) > 3",
        "!(data.due - 1 working day < today)",
    ] {
        assert_eq!(evaluated(text, None), None, "{text}");
        // As `Value` is read: a field of an older definition may hold no day.
        assert_eq!(evaluated(text, Some("tomorrow")), None, "{text}");
    }
    assert_eq!(evaluated("has(data.due)", None), Some(false));
    assert_eq!(
        evaluated("data.due + 3660 days > today", Some("9999-12-31")),
        None
    );
}

#[test]
fn a_condition_in_the_words_of_another_language_says_how_it_is_written_here() {
    let cases = [
        ("data.due + 14d < today", "such as 14 days"),
        (
            "data.due + interval '14 days' < today",
            "data.due_date + 14 days",
        ),
        (
            "DATEADD(day, 14, data.due) < today",
            "data.due_date + 14 days",
        ),
        ("data.due.addDays(14) < today", "data.due_date + 14 days"),
        (
            "data.due + duration('336h') < now",
            "data.due_date + 14 days",
        ),
        ("datediff(data.due, today) > 14", "days_between(from, to)"),
        ("today - data.due > 14", "a time such as 14 days"),
        ("data.due > 14 days", "days_between(from, to)"),
        ("today() > data.due", "today and now have no parentheses"),
        ("getdate() > data.due", "today and now have no parentheses"),
        ("CURRENT_DATE > data.due", "the day is today"),
        ("vandaag > data.due", "the day is today"),
        (
            "data.due > 2026-12-01",
            "a day stands in quotes: '2026-12-01'",
        ),
        ("today > '1-12-2026'", "expected one such as '2026-12-01'"),
        ("today-14 > data.due", "a blank on both sides of -"),
        ("now > data.due", "the day is today, the instant is now"),
        ("data.code <> 'A'", "write != "),
        ("data.code === 'A'", "write == to compare"),
        ("data.code !== 'A'", "write != "),
        ("data.code IN ('A', 'B')", "expected =="),
        ("data.code in ('A', 'B')", "a list stands in [ ]"),
        ("data.code like 'A%'", "there are no patterns"),
        ("data.code exists", "asked with has(…)"),
        ("isset(data.code)", "asked with has(…)"),
        ("data.code = 'A' AND data.cents > 5", "a single ="),
        ("data.code == 'A' AND data.cents > 5", "is written &&"),
        ("if data.cents > 5 then true", "without if and then"),
        ("data.code.length > 3", "a value is compared as it stands"),
        (
            "data.cents + 5 > 10",
            "expected a day or an instant before +",
        ),
        ("today + 3 hours > data.due", "the instant is now"),
        ("now + 2 working days > now", "the day is today"),
        ("today + 9999 days > data.due", "at most 3660"),
        ("True == data.code", "it is written true"),
    ];
    for (text, part) in cases {
        let told = Condition::parse(text, &mut Names { has_calendar: true }).expect_err(text);
        assert!(told.contains(part), "{text}: {told}");
    }
    let told = Condition::parse(
        "data.due + 2 working days < today",
        &mut Names {
            has_calendar: false,
        },
    );
    assert!(told.expect_err("no calendar").contains("calendar = \"nl\""));
}

#[test]
fn how_often_a_tenant_was_contacted_is_written_with_a_purpose_and_a_time() {
    for text in [
        "contacted('collection', 7 days) < 3",
        "contacted(1 week) == 0",
        "contacted_about_subject('collection', 48 hours) == 0",
        "contacted_about_subject(1 day) == 0",
    ] {
        assert_eq!(evaluated(text, None), Some(true), "{text}");
    }
    for (text, part) in [
        ("contacted(collection, 7 days) < 3", "a purpose in quotes"),
        ("contacted('collection', 7d) < 3", "such as 7 days"),
        ("contacted('collection') < 3", "expected ,"),
        ("contacted('collection', 2 months) < 3", "days or weeks"),
        ("contacted('collection', 400 days) < 3", "at most 366 days"),
        ("contacted('collection', 0 days) < 3", "over some time"),
        ("contacted('collection', 7 days)", "expected =="),
    ] {
        let told = Condition::parse(text, &mut Names { has_calendar: true }).expect_err(text);
        assert!(told.contains(part), "{text}: {told}");
    }
}
