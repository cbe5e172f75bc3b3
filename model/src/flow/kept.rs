//! Owns what is kept of the answers that people gave: places among the values that rules read, named by
//! step and field. Conditions read `task.<step>.<field>`, and so do templates. Refuses to keep texts of
//! several lines: those are for people, and stand in the record.

use super::input::{FieldKind, Value};

/// What a rule or a template may read of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Index of the step that asks.
    pub step: u8,
    /// Name of the field, or [`Kept::ANSWER`].
    pub name: Box<str>,
    /// What it holds.
    pub kind: FieldKind,
    /// Where its value stands in [`Flow::fields`](crate::Flow::fields).
    pub place: usize,
}

impl Kept {
    /// The name under which the answer itself is read.
    pub const ANSWER: &str = "answer";
    /// Most values that a flow keeps of answers.
    pub const MOST: usize = 48;

    /// A value of its kind, for trials.
    #[must_use]
    pub fn example(&self) -> Value {
        match self.kind {
            FieldKind::Line | FieldKind::Text => Value::Text("voorbeeld".into()),
            FieldKind::Url => Value::Text("https://betaal.example/1".into()),
            FieldKind::Date => Value::Text("2026-11-03".into()),
            FieldKind::Money => Value::Integer(61_250),
            FieldKind::Integer => Value::Integer(3),
            FieldKind::Boolean => Value::Boolean(true),
        }
    }
}

/// One value that somebody gave with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Index of the step that asked.
    pub step: u8,
    /// Name of the field, or [`Kept::ANSWER`].
    pub name: Box<str>,
    /// Its value.
    pub value: Value,
}
