//! Owns the two sides of a comparison as they were read, and the refusal of what could never be known.

use super::kind::Kind;
use super::operand::Operand;
use super::time;
use crate::flow::input::Value;
use crate::reading::nearest;

/// An operand, its kind, and how it is written.
pub(super) struct Side {
    pub operand: Operand,
    pub kind: Kind,
    pub shown: String,
    /// The words that it may be; empty: any.
    pub words: Box<[Box<str>]>,
}

impl Side {
    /// One that may be any value of its kind.
    pub(super) fn new(operand: Operand, kind: Kind, shown: String) -> Self {
        Self {
            operand,
            kind,
            shown,
            words: Box::default(),
        }
    }

    /// Whether it can be compared at all.
    ///
    /// # Errors
    /// What can be asked of a fact as a whole.
    pub(super) fn is_value(&self) -> Result<(), String> {
        if self.kind != Kind::Fact {
            return Ok(());
        }
        let shown = &self.shown;
        Err(format!(
            "{shown} is a fact as a whole: expected one of its fields, {shown}.<field>, or has({shown})"
        ))
    }
}

/// Whether two sides can be compared.
///
/// # Errors
/// A sentence that says why that would never be known.
pub(super) fn comparable(left: &Side, right: &Side) -> Result<(), String> {
    for (one, other) in [(left, right), (right, left)] {
        one.is_value()?;
        day_in_words(one, other)?;
        is_word_of(one, other)?;
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

/// A field that is one of some words, with another one.
fn is_word_of(field: &Side, text: &Side) -> Result<(), String> {
    let Operand::Literal(Value::Text(written)) = &text.operand else {
        return Ok(());
    };
    if field.words.is_empty() || field.words.contains(written) {
        return Ok(());
    }
    let words: Vec<&str> = field.words.iter().map(|word| &**word).collect();
    let near =
        nearest(written, words.iter().copied()).map(|near| format!("; did you mean '{near}'?"));
    let (shown, field, near) = (&text.shown, &field.shown, near.unwrap_or_default());
    let words = words.join(", ");
    Err(format!(
        "{field} is never {shown}: expected one of {words}{near}"
    ))
}

/// Why a side is never compared with a value of that kind.
fn incomparable(left: &Side, right: Kind) -> String {
    let hint = match (left.kind, right) {
        (Kind::Day, Kind::Number) | (Kind::Number, Kind::Day) => {
            "; the days from one day to another are days_between(from, to)"
        }
        (Kind::Day, Kind::Moment) | (Kind::Moment, Kind::Day) => {
            "; the day is today, the instant is now"
        }
        _ => "",
    };
    let (shown, left, right) = (&left.shown, left.kind.shown(), right.shown());
    format!("{shown:?} compares {left} with {right}, which is never known: expected one kind{hint}")
}
