//! Owns the conditions of guards and stop rules: comparisons of declared fields, facts, days and
//! instants, joined by `&&`, `||` and `!`. The syntax is a part of CEL's (<https://cel.dev>), so that people and their
//! tools know it. There are three answers throughout (Kleene's strong logic): unknown is never false.
//! Refuses variables, loops and functions of its own.

mod against;
mod compared;
mod comparison;
mod day;
mod expression;
mod hint;
mod kind;
mod lexer;
mod operand;
mod parser;
mod person;
mod scope;
mod seen;
mod side;
mod time;

use self::against::Against;
use super::class::ClassTable;
use crate::time::Timestamp;

pub use comparison::{Compare, Comparison, Test};
pub use day::Day;
pub use expression::Expression;
pub(super) use kind::Kind;
pub use operand::{Asked, Operand, Shifted, ToldBy};
pub(super) use parser::{Answered, Declared, Valued, parse_text, parse_value};
pub use person::Person;
pub use scope::{ContactedBy, Dated, Scope};
pub use seen::{Observed, Seen};
pub use time::{Shift, Unit};

/// What must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// As it stands in the file.
    pub text: Box<str>,
    /// What it says.
    pub says: Expression,
}

/// The result of an evaluation. Unknown is never false.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It holds.
    Holds(Seen),
    /// It does not hold.
    Fails(Seen),
    /// A value is missing, or older than the rule allows.
    Unknown(Seen),
}

/// Whether a text is a day as conditions write it: `2026-12-01`.
pub(super) fn is_day(text: &str) -> bool {
    time::day(text).is_some()
}

impl Condition {
    /// Evaluates in `scope`; facts older than `fresh_within_ms` at `now` count as unknown. Every
    /// comparison is made, so that an explanation has what each of them saw.
    pub fn evaluate(
        &self,
        scope: &dyn Scope,
        classes: &[ClassTable],
        now: Timestamp,
        fresh_within_ms: Option<i64>,
    ) -> Finding {
        let against = Against {
            scope,
            classes,
            now,
            fresh_within_ms,
        };
        let mut gathered = seen::Gathered::default();
        let answer = self.says.answer(against, &mut gathered);
        let seen = gathered.seen();
        match answer {
            Some(true) => Finding::Holds(seen),
            Some(false) => Finding::Fails(seen),
            None => Finding::Unknown(seen),
        }
    }

    /// Reads the text form.
    ///
    /// # Errors
    /// A sentence that says what was expected, and where.
    pub(super) fn parse(text: &str, declared: &mut dyn Declared) -> Result<Self, String> {
        let says = parser::parse(text, declared)?;
        Ok(Self {
            text: text.into(),
            says,
        })
    }
}
