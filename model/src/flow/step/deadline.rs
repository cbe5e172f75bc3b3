//! Owns by when a message should be there: `by = "data.due_date"`, `within = "2 working days"`. Refuses to choose
//! a channel by it: `decide` does.

use crate::calendar;
use crate::flow::condition::Day;
use crate::flow::duration::Span;
use crate::flow::{ClassTable, Scope};
use crate::time::Timestamp;

/// By when a message should be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// On that day at the latest.
    By(Day),
    /// So long after it may go.
    Within(Span),
}

impl Deadline {
    /// The instant before which a message must arrive that may go at `now`. `None`: the day is not known.
    #[must_use]
    pub fn before(
        &self,
        scope: &dyn Scope,
        classes: &[ClassTable],
        now: Timestamp,
    ) -> Option<Timestamp> {
        match self {
            Deadline::By(day) => calendar::end_of(day.read(scope, classes, now)?),
            Deadline::Within(span) => Some(span.after(now).plus(1)),
        }
    }

    /// In words: `by data.due_date`, `within 2 working days`.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Deadline::By(day) => format!("by {}", day.text),
            Deadline::Within(span) => format!("within {span}"),
        }
    }
}
