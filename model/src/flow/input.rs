//! Owns what a flow declares of a notification's data: the fields with their kinds and lengths, and
//! the values that conditions compare. Refuses to check data: admission does.

use bincode::{Decode, Encode};

/// A value a guard can compare: a field of the notification's data, copied at acceptance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Value {
    /// The field was not given.
    Missing,
    /// Text.
    Text(Box<str>),
    /// A whole number: euro cents for money.
    Integer(i64),
    /// True or false.
    Boolean(bool),
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Missing => f.write_str("unknown"),
            Value::Text(text) => write!(f, "'{text}'"),
            Value::Integer(number) => number.fmt(f),
            Value::Boolean(truth) => truth.fmt(f),
        }
    }
}

/// The kind of an input field, checked at admission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A JSON string of one line: fit for a subject, a heading, a number.
    Line,
    /// A JSON string of any number of lines.
    Text,
    /// A JSON integer: euro cents.
    Money,
    /// A JSON integer.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A JSON string, `YYYY-MM-DD`.
    Date,
    /// A JSON string, an absolute `https` URL (`http` outside production).
    Url,
}

impl FieldKind {
    /// The name used in flow files and error messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            FieldKind::Line => "line",
            FieldKind::Text => "text",
            FieldKind::Money => "money",
            FieldKind::Integer => "integer",
            FieldKind::Boolean => "boolean",
            FieldKind::Date => "date",
            FieldKind::Url => "url",
        }
    }

    /// Every kind.
    pub const ALL: [FieldKind; 7] = [
        FieldKind::Line,
        FieldKind::Text,
        FieldKind::Money,
        FieldKind::Integer,
        FieldKind::Boolean,
        FieldKind::Date,
        FieldKind::Url,
    ];

    /// Whether a field of this kind may say how long it may be at most.
    #[must_use]
    pub const fn has_length(self) -> bool {
        match self {
            FieldKind::Line | FieldKind::Text | FieldKind::Url => true,
            FieldKind::Money | FieldKind::Integer | FieldKind::Boolean | FieldKind::Date => false,
        }
    }
}

/// One declared input field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputField {
    /// Its name within `data`.
    pub name: Box<str>,
    /// What it must hold.
    pub kind: FieldKind,
    /// Whether it may be left out.
    pub optional: bool,
    /// Longest it may be, in bytes of UTF-8: [`InputField::USUAL_LENGTH`] unless the flow says
    /// otherwise.
    pub most: usize,
}

impl InputField {
    /// Longest that a text, a line or a URL may be where the flow does not say, in bytes.
    pub const USUAL_LENGTH: usize = 2_000;
    /// The most a flow may allow one field, in bytes: all of `data` has 64 KiB.
    pub const MOST_LENGTH: usize = 50_000;
}
