//! Owns one way out of a step, as whoever checks, draws or explains a flow sees it. Refuses to take
//! it: `decide` does.

use std::borrow::Cow;

use crate::flow::rule::Go;

/// One way out of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayOut<'a> {
    /// What takes it, in a few words: `bounced`, `after 2 working days`, `answer 'go on'`.
    pub when: Cow<'a, str>,
    /// Where it leads.
    pub go: &'a Go,
    /// Whether it may be taken in the very instant in which the step is entered.
    pub at_once: bool,
}

impl<'a> WayOut<'a> {
    /// One that may be taken at once.
    pub(super) fn at_once(when: impl Into<Cow<'a, str>>, go: &'a Go) -> Self {
        let (when, at_once) = (when.into(), true);
        Self { when, go, at_once }
    }

    /// One that is taken by what happens later.
    pub(super) fn later(when: impl Into<Cow<'a, str>>, go: &'a Go) -> Self {
        let (when, at_once) = (when.into(), false);
        Self { when, go, at_once }
    }
}
