//! Owns days and instants in conditions: what `today` and `now` are, and what is so many days before
//! or after. Days begin and end by the clock in Amsterdam. Refuses to guess: what is no day, or lies
//! beyond every calendar, is missing, and missing is unknown.

use std::fmt;
use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::calendar::{self, Calendar};
use crate::flow::input::Value;
use crate::time::{HOUR, MINUTE, Timestamp};

/// Most of a unit that may be added or taken away: a year of days, and some.
pub(super) const MOST_SHIFTED: i64 = 3_660;

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Minutes; of instants only.
    Minutes,
    /// Hours; of instants only.
    Hours,
    /// Days by the calendar; 24 hours each for instants.
    Days,
    /// Seven days each.
    Weeks,
    /// Months by the calendar: a month behind 31 January is the last day of February.
    Months,
    /// Days on which people work, by this calendar.
    WorkingDays(Arc<Calendar>),
}

/// So much later, or earlier where it is negative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// How many.
    pub amount: i32,
    /// Of what.
    pub unit: Unit,
}

impl fmt::Display for Shift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.amount < 0 { '-' } else { '+' };
        let amount = self.amount.unsigned_abs();
        let unit = match self.unit {
            Unit::Minutes => "minute",
            Unit::Hours => "hour",
            Unit::Days => "day",
            Unit::Weeks => "week",
            Unit::Months => "month",
            Unit::WorkingDays(_) => "working day",
        };
        let plural = if amount == 1 { "" } else { "s" };
        write!(f, "{sign} {amount} {unit}{plural}")
    }
}

/// The day at an instant.
pub(super) fn today(now: Timestamp) -> Value {
    calendar::day_of(now).map_or(Value::Missing, of_day)
}

/// An instant as a condition compares it: every one has the same length, so that their order is the
/// order of their texts.
pub(super) fn instant(at: Timestamp) -> Value {
    let read = jiff::Timestamp::from_millisecond(at.0);
    read.map_or(Value::Missing, |at| {
        Value::Text(at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string().into())
    })
}

/// The day that a text names.
pub(super) fn day(text: &str) -> Option<Date> {
    // The library takes other forms, too, whose order is not that of the days.
    let has_form = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    text.parse().ok().filter(|_| has_form)
}

fn of_day(day: Date) -> Value {
    Value::Text(day.to_string().into())
}

/// A day or an instant, so much later.
pub(super) fn shifted(value: &Value, by: &Shift) -> Value {
    let Value::Text(text) = value else {
        return Value::Missing;
    };
    match day(text) {
        Some(day) => shifted_day(day, by).map_or(Value::Missing, of_day),
        None => shifted_instant(text, by).map_or(Value::Missing, instant),
    }
}

fn shifted_day(day: Date, by: &Shift) -> Option<Date> {
    let amount = by.amount;
    match &by.unit {
        Unit::Days => day.checked_add(amount.days()).ok(),
        Unit::Weeks => day.checked_add(amount.weeks()).ok(),
        Unit::Months => day.checked_add(amount.months()).ok(),
        Unit::WorkingDays(calendar) => calendar.days_from(day, amount),
        Unit::Minutes | Unit::Hours => None,
    }
}

fn shifted_instant(text: &str, by: &Shift) -> Option<Timestamp> {
    let unit = match by.unit {
        Unit::Minutes => MINUTE,
        Unit::Hours => HOUR,
        Unit::Days => 24 * HOUR,
        Unit::Weeks => 7 * 24 * HOUR,
        Unit::Months | Unit::WorkingDays(_) => return None,
    };
    let at: jiff::Timestamp = text.parse().ok()?;
    let at = Timestamp(at.as_millisecond());
    Some(at.plus(i64::from(by.amount) * unit))
}

/// Days from one day to another; negative when the other is earlier.
pub(super) fn days_between(from: &Value, to: &Value) -> Value {
    let (Value::Text(from), Value::Text(to)) = (from, to) else {
        return Value::Missing;
    };
    let (Some(from), Some(to)) = (day(from), day(to)) else {
        return Value::Missing;
    };
    let days = from.until(to).map(|span| i64::from(span.get_days()));
    days.map_or(Value::Missing, Value::Integer)
}
