//! Owns what ends a wait: a day, or facts that make a condition true. Refuses to end it: `decide` does.

use jiff::civil::Time;

use crate::calendar;
use crate::flow::condition::{Condition, Day};
use crate::flow::rule::Go;
use crate::flow::{ClassTable, Scope};
use crate::time::Timestamp;

/// A wait until a day, at a time of it by the clock in Amsterdam.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Until {
    /// The day.
    pub day: Day,
    /// The time of the day.
    pub at: Time,
    /// Where it leads when the day is over before the wait begins. None: where the wait leads.
    pub past: Option<Go>,
    /// Where it leads when the day is not known. None: to people.
    pub unknown: Option<Go>,
}

impl Until {
    /// When the wait ends. `None`: the day is not known.
    #[must_use]
    pub fn instant(
        &self,
        scope: &dyn Scope,
        classes: &[ClassTable],
        now: Timestamp,
    ) -> Option<Timestamp> {
        let day = self.day.read(scope, classes, now)?;
        calendar::instant_of(day, self.at)
    }

    /// In words: `data.due_date - 3 working days, 09:00`.
    #[must_use]
    pub fn words(&self) -> String {
        format!("{}, {}", self.day.text, self.at.strftime("%H:%M"))
    }
}

/// What ends a wait before its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// What must become true.
    pub when: Condition,
    /// The facts it reads may be at most this old, in milliseconds.
    pub fresh_within_ms: Option<i64>,
    /// Where it leads then.
    pub go: Go,
}
