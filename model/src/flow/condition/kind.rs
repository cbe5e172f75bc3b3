//! Owns what values are, as far as comparing goes. Refuses to compare.

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
    Moment,
    /// A fact as a whole, of which only `has(…)` can be asked.
    Fact,
}

impl Kind {
    /// In words, for errors.
    pub(in crate::flow) const fn shown(self) -> &'static str {
        match self {
            Kind::Number => "a number",
            Kind::Truth => "true or false",
            Kind::Text => "text",
            Kind::Day => "a day",
            Kind::Moment => "an instant",
            Kind::Fact => "a fact",
        }
    }

    /// Of a literal.
    pub(in crate::flow) const fn of_value(value: &Value) -> Self {
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
