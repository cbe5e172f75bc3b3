//! Owns a day that a flow reckons with outside a comparison: `data.due_date - 3 working days`. Refuses
//! the time of the day, and to guess: what is no day is `None`.

use jiff::civil::Date;

use super::against::Against;
use super::operand::Operand;
use super::parser::{self, Declared};
use super::scope::Scope;
use super::time;
use crate::flow::class::ClassTable;
use crate::flow::input::Value;
use crate::time::Timestamp;

/// A day that is read from a field, a fact or the clock, and so much later or earlier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// As it stands in the file.
    pub text: Box<str>,
    /// What is read.
    of: Operand,
}

impl Day {
    /// The day at an instant. `None`: it is not known, or lies beyond every calendar.
    #[must_use]
    pub fn read(&self, scope: &dyn Scope, classes: &[ClassTable], now: Timestamp) -> Option<Date> {
        let against = Against {
            scope,
            classes,
            now,
            fresh_within_ms: None,
        };
        match self.of.read(against).0 {
            Value::Text(text) => time::day(&text),
            Value::Missing | Value::Integer(_) | Value::Boolean(_) => None,
        }
    }

    /// Whether a fact tells it, so that it may move.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.of.is_told()
    }

    /// Reads the text form.
    ///
    /// # Errors
    /// A sentence that says what was expected, and where.
    pub(in crate::flow) fn parse(text: &str, declared: &mut dyn Declared) -> Result<Self, String> {
        let of = parser::parse_day(text, declared)?;
        Ok(Self {
            text: text.into(),
            of,
        })
    }
}
