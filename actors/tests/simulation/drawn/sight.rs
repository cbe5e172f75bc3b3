//! Owns what an observer outside sees of one notification at an instant: its data, and what was told of its
//! tenant and its subject, reckoned from the facts one by one. Refuses to look into a state of the engine.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use sluis_model::flow::Value;
use sluis_model::{DeclaredFact, Fact, FactKind, Notification, Timestamp};

use crate::safety::payment::left_of_facts;

static ZONE: TimeZone = jiff::tz::get!("Europe/Amsterdam");

/// The data of a notification. What is missing was left out.
#[derive(Clone, Debug)]
pub(crate) struct Data {
    pub(crate) number: Option<i64>,
    pub(crate) urgent: Option<bool>,
    pub(crate) code: &'static str,
    /// A day, by its number.
    pub(crate) due: Option<i64>,
    pub(crate) amount: Option<i64>,
}

/// What an exception said that holds.
#[derive(Clone, Debug)]
pub(crate) struct Exception {
    pub(crate) kind: Option<&'static str>,
    pub(crate) at: Timestamp,
    /// The day on which it ends, by its number.
    pub(crate) ends: Option<i64>,
}

/// What people answered at a step.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    pub(crate) answer: Box<str>,
    pub(crate) says: Vec<(Box<str>, Value)>,
}

/// The same, by the name of the step.
pub(crate) type Answers = BTreeMap<usize, Answered>;

/// What there is to see.
#[derive(Clone, Debug)]
pub(crate) struct Sight<'a> {
    pub(crate) now: Timestamp,
    /// The day of today, by its number.
    pub(crate) today: i64,
    pub(crate) accepted_at: Timestamp,
    pub(crate) category: &'a str,
    pub(crate) data: &'a Data,
    /// What the tenant owes, and when that was true.
    pub(crate) balance: Option<(i64, Timestamp)>,
    /// What is left of the subject.
    pub(crate) left: Option<i64>,
    pub(crate) exception: Option<Exception>,
    pub(crate) complaints: Option<i64>,
    pub(crate) answers: Option<&'a Answers>,
}

/// What was told of a tenant, in order of arrival, each with when it came in.
pub(crate) struct ToldOf<'a> {
    pub(crate) facts: Vec<(&'a Fact, Timestamp)>,
    pub(crate) said: Vec<(&'a DeclaredFact, Timestamp)>,
}

impl<'a> Sight<'a> {
    pub(crate) fn of(
        body: &'a Notification,
        data: &'a Data,
        accepted_at: Timestamp,
        (told, answers): (&ToldOf<'_>, Option<&'a Answers>),
        now: Timestamp,
    ) -> Self {
        Self {
            now,
            today: number(day_of(now)),
            accepted_at,
            category: &body.category,
            data,
            balance: balance(&told.facts),
            left: left(body, data, &told.facts),
            exception: exception(&told.said, now),
            complaints: complaints(&told.said, now),
            answers,
        }
    }
}

/// The newest of its source, and of the same instant the one that came last.
fn balance(facts: &[(&Fact, Timestamp)]) -> Option<(i64, Timestamp)> {
    let told = facts
        .iter()
        .filter(|(fact, _)| fact.kind == FactKind::Balance);
    let newest = told.max_by_key(|(fact, came)| fact.occurred_at.min(*came))?;
    let at = newest.0.occurred_at.min(newest.1);
    Some((newest.0.amount_cents?, at))
}

fn left(body: &Notification, data: &Data, facts: &[(&Fact, Timestamp)]) -> Option<i64> {
    let subject = body.subject.as_ref()?;
    let about = |fact: &Fact| fact.subject.as_ref() == Some(subject);
    let facts = facts.iter().copied().filter(|(fact, _)| about(fact));
    Some(left_of_facts(facts, data.amount?))
}

/// The newest exception, unless it is over.
fn exception(said: &[(&DeclaredFact, Timestamp)], now: Timestamp) -> Option<Exception> {
    let told = said.iter().filter(|(fact, _)| &*fact.kind == "exception");
    let (newest, _) = told.max_by_key(|(fact, _)| fact.occurred_at)?;
    let field = |name: &str| {
        let said = newest.says.iter().find(|(known, _)| &**known == name);
        match said {
            Some((_, Value::Text(text))) => Some(&**text),
            _ => None,
        }
    };
    let ends: Option<Date> = field("ends_on").map(|day| day.parse().expect("a day"));
    if ends.is_some_and(|ends| end_of(ends) <= now) {
        return None;
    }
    let kind = super::KINDS
        .into_iter()
        .find(|kind| field("kind") == Some(*kind));
    Some(Exception {
        kind,
        at: newest.occurred_at,
        ends: ends.map(number),
    })
}

/// The sum of all complaints of the last days.
fn complaints(said: &[(&DeclaredFact, Timestamp)], now: Timestamp) -> Option<i64> {
    let told = said.iter().filter(|(fact, _)| &*fact.kind == "complaint");
    let hold = told.filter(|(fact, _)| now.since(fact.occurred_at) < super::COMPLAINT_HOLDS);
    let counts = hold.map(|(fact, _)| match fact.says.first() {
        Some((_, Value::Integer(count))) => *count,
        _ => 0,
    });
    counts.reduce(|sum, count| sum + count)
}

/// The day at an instant, by the clock in Amsterdam.
pub(crate) fn day_of(at: Timestamp) -> Date {
    let instant = jiff::Timestamp::from_millisecond(at.0).expect("a time of the simulation");
    instant.to_zoned(ZONE.clone()).date()
}

/// A day by its number.
pub(crate) fn number(day: Date) -> i64 {
    let first = jiff::civil::date(1970, 1, 1);
    let days = first.until(day).expect("a time of the simulation");
    i64::from(days.get_days())
}

/// A time of the day with this number.
pub(crate) fn instant_at(day: i64, at: jiff::civil::Time) -> Timestamp {
    let day = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(day));
    let there = day.expect("a time of the simulation").to_datetime(at);
    let there = there.to_zoned(ZONE.clone()).expect("a time of that day");
    Timestamp(there.timestamp().as_millisecond())
}

/// When a day is over.
pub(crate) fn end_of(day: Date) -> Timestamp {
    let next = day.tomorrow().expect("a time of the simulation");
    let midnight = next.to_zoned(ZONE.clone()).expect("midnight is there");
    Timestamp(midnight.timestamp().as_millisecond())
}

/// When so many working days have passed, counted day by day: no weekend and no public holiday.
pub(crate) fn working_days_after(from: Timestamp, days: u16) -> Timestamp {
    let instant = jiff::Timestamp::from_millisecond(from.0).expect("a time of the simulation");
    let local = instant.to_zoned(ZONE.clone()).datetime();
    let (mut day, mut left) = (local.date(), days);
    while left > 0 {
        day = day.tomorrow().expect("a time of the simulation");
        left -= u16::from(is_working_day(day));
    }
    let there = day.to_datetime(local.time());
    let there = there.to_zoned(ZONE.clone()).expect("a time of that day");
    Timestamp(there.timestamp().as_millisecond())
}

fn is_working_day(day: Date) -> bool {
    let (month, of_month) = (day.month(), day.day());
    let is_king = |day: Date| day.weekday() != jiff::civil::Weekday::Sunday;
    let kings_day = match is_king(jiff::civil::date(day.year(), 4, 27)) {
        true => 27,
        false => 26,
    };
    let is_fixed = matches!((month, of_month), (1, 1) | (5, 5) | (12, 25 | 26))
        || (month, of_month) == (4, kings_day);
    // Good Friday, Easter and its Monday, Ascension, Whit Sunday and its Monday.
    let since_easter = number(day) - number(easter(day.year()));
    let is_moving = [-2, 0, 1, 39, 49, 50].contains(&since_easter);
    let is_weekend = day.weekday().to_monday_one_offset() >= 6;
    !is_weekend && !is_fixed && !is_moving
}

/// Easter by the rule of Gauss, for this century.
fn easter(year: i16) -> Date {
    let (a, b, c) = (
        i32::from(year) % 19,
        i32::from(year) % 4,
        i32::from(year) % 7,
    );
    let d = (19 * a + 24) % 30;
    let e = (2 * b + 4 * c + 6 * d + 5) % 7;
    let mut days = 22 + d + e;
    if days == 57 || (days == 56 && d == 28 && a > 10) {
        days -= 7;
    }
    let march = jiff::civil::date(year, 3, 1);
    let behind = jiff::Span::new().days(days - 1);
    march.checked_add(behind).expect("a day of that year")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easter_and_working_days_are_those_of_the_calendar_on_the_wall() {
        for (year, month, day) in [(2026, 4, 5), (2027, 3, 28), (2028, 4, 16), (2030, 4, 21)] {
            assert_eq!(easter(year), jiff::civil::date(year, month, day));
        }
        // Thursday 24 December 2026, 10:00 in Amsterdam; the second working day is Tuesday.
        let from = Timestamp(1_798_102_800_000);
        let to = working_days_after(from, 2);
        assert_eq!(to.since(from), 5 * sluis_model::DAY);
    }
}
