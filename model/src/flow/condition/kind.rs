//! Owns what values are, as far as comparing goes, and the refusal to compare two that never can be.

use super::operand::Operand;
use super::time;
use crate::flow::input::{FieldKind, Value};

/// What values are, as far as comparing goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::flow) enum Kind {
    /// A whole number: euro cents for money.
    Number,
    /// True or false.
    Truth,
    /// Text.
    Text,
    /// A day, `YYYY-MM-DD`: text that days can be added to.
    Day,
    /// An instant: text in RFC 3339, in UTC, with milliseconds.
    Instant,
}

impl Kind {
    /// In words, for errors.
    pub(super) const fn shown(self) -> &'static str {
        match self {
            Kind::Number => "a number",
            Kind::Truth => "true or false",
            Kind::Text => "text",
            Kind::Day => "a day",
            Kind::Instant => "an instant",
        }
    }

    /// Of a literal.
    pub(super) const fn of_value(value: &Value) -> Self {
        match value {
            Value::Integer(_) => Kind::Number,
            Value::Boolean(_) => Kind::Truth,
            Value::Text(_) | Value::Missing => Kind::Text,
        }
    }

    /// Of a declared field.
    pub(in crate::flow) const fn of_field(kind: FieldKind) -> Self {
        match kind {
            FieldKind::Money | FieldKind::Integer => Kind::Number,
            FieldKind::Boolean => Kind::Truth,
            FieldKind::Date => Kind::Day,
            FieldKind::Line | FieldKind::Text | FieldKind::Url => Kind::Text,
        }
    }
}

/// An operand, its kind, and how it is written.
pub(super) struct Side {
    pub operand: Operand,
    pub kind: Kind,
    pub shown: String,
}

/// Whether two sides can be compared.
///
/// # Errors
/// A sentence that says why that would never be known.
pub(super) fn comparable(left: &Side, right: &Side) -> Result<(), String> {
    for (one, other) in [(left, right), (right, left)] {
        day_in_words(one, other)?;
    }
    let same = left.kind == right.kind;
    // A day is a text: '2026-12-01' can be compared with one.
    let as_text = matches!(
        (left.kind, right.kind),
        (Kind::Day, Kind::Text) | (Kind::Text, Kind::Day)
    );
    if same || as_text {
        return Ok(());
    }
    Err(incomparable(left, right.kind))
}

/// A day that was computed, with a text that is none. A field of the data is compared as it stands:
/// flows that are running may do so.
fn day_in_words(day: &Side, text: &Side) -> Result<(), String> {
    let Operand::Literal(Value::Text(written)) = &text.operand else {
        return Ok(());
    };
    let is_computed = day.kind == Kind::Day && !matches!(day.operand, Operand::Field(_));
    if is_computed && time::day(written).is_none() {
        return Err(format!(
            "{} is no day: expected one such as '2026-12-01'",
            text.shown
        ));
    }
    Ok(())
}

/// Why a side is never compared with a value of that kind.
fn incomparable(left: &Side, right: Kind) -> String {
    let hint = match (left.kind, right) {
        (Kind::Day, Kind::Number) | (Kind::Number, Kind::Day) => {
            "; the days from one day to another are days_between(from, to)"
        }
        (Kind::Day, Kind::Instant) | (Kind::Instant, Kind::Day) => {
            "; the day is today, the instant is now"
        }
        _ => "",
    };
    let (shown, left, right) = (&left.shown, left.kind.shown(), right.shown());
    format!("{shown:?} compares {left} with {right}, which is never known: expected one kind{hint}")
}
