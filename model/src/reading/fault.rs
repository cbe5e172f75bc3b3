//! Owns why one value could not be read, as serde reports it, kept in parts. Refuses to be read as
//! text: the reader decides on its kind.

use std::fmt::{self, Display};

use serde::de;

/// Why a value could not be read, and where.
#[derive(Debug)]
pub(super) struct Fault {
    /// The path of the value, or of the table for a key; unknown until the reader fills it in.
    pub(super) path: Option<String>,
    /// What is there, as it is written.
    pub(super) value: Option<String>,
    /// What is wrong.
    pub(super) kind: FaultKind,
}

/// What is wrong.
#[derive(Debug)]
pub(super) enum FaultKind {
    /// The table has a key nobody knows.
    Unknown {
        field: String,
        known: &'static [&'static str],
    },
    /// The table lacks a key.
    Missing(&'static str),
    /// The value is not what was expected.
    Unfit { expected: String },
}

impl Fault {
    fn of(kind: FaultKind) -> Self {
        Self {
            path: None,
            value: None,
            kind,
        }
    }

    /// The same fault, placed at `path` unless it already has a place.
    pub(super) fn at(mut self, path: &str, value: impl FnOnce() -> String) -> Self {
        if self.path.is_none() {
            self.path = Some(path.to_owned());
            self.value = Some(value());
        }
        self
    }

    /// The same fault with better words for what was expected, if it is the fault of the value at
    /// `path` itself.
    pub(super) fn expecting(mut self, path: &str, words: impl FnOnce() -> String) -> Self {
        if let FaultKind::Unfit { expected } = &mut self.kind
            && self.path.as_deref().is_none_or(|own| own == path)
        {
            *expected = words();
        }
        self
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: Display>(message: T) -> Self {
        Self::of(FaultKind::Unfit {
            expected: format!("another value ({message})"),
        })
    }

    fn invalid_type(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::of(FaultKind::Unfit {
            expected: expected.to_string(),
        })
    }

    fn invalid_value(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::of(FaultKind::Unfit {
            expected: expected.to_string(),
        })
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::of(FaultKind::Unfit {
            expected: format!("one of {}", expected.join(", ")),
        })
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        Self::of(FaultKind::Unknown {
            field: field.chars().take(64).collect(),
            known,
        })
    }

    fn missing_field(field: &'static str) -> Self {
        Self::of(FaultKind::Missing(field))
    }
}
