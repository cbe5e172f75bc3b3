//! Owns the rules that can hold a notification until facts decide: the guards, and the cases of steps
//! that choose. Each has a number, which state and records keep. Refuses to evaluate them: `decide`
//! does.

use std::fmt;

use super::compiled::Flow;
use super::condition::Condition;
use super::rule::{Go, Guard};
use super::step::Step;

/// Most rules of one flow that can hold: their number is a byte.
pub(super) const MAX_HOLDING: usize = 256;

/// A rule that can hold a notification.
#[derive(Clone, Copy, Debug)]
pub struct Holding<'a> {
    /// What it is.
    pub kind: HoldingKind,
    /// The name of the guard, or the id of the step.
    pub name: &'a str,
    /// What it asks.
    pub when: &'a Condition,
    /// The facts it reads may be at most this old, in milliseconds.
    pub fresh_within_ms: Option<i64>,
    /// Where it leads once it can be judged: of a guard, when it does not hold.
    pub go: &'a Go,
}

impl Holding<'_> {
    /// It as a guard, which holds in the same way.
    #[must_use]
    pub fn as_guard(&self) -> Guard {
        Guard {
            name: self.name.into(),
            when: self.when.clone(),
            fresh_within_ms: self.fresh_within_ms,
            otherwise: self.go.clone(),
        }
    }
}

/// What a rule is that can hold a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldingKind {
    /// A guard.
    Guard,
    /// A case of a step that chooses.
    Step,
}

impl HoldingKind {
    /// Its word, before its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            HoldingKind::Guard => "guard",
            HoldingKind::Step => "step",
        }
    }
}

impl fmt::Display for Holding<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} '{}'", self.kind.name(), self.name)
    }
}

impl Flow {
    /// The rules that can hold a notification, in the order of their numbers: the guards, then the
    /// cases of every step.
    pub fn holding(&self) -> impl Iterator<Item = Holding<'_>> {
        let guards = self.guards.iter().map(|guard| Holding {
            kind: HoldingKind::Guard,
            name: &guard.name,
            when: &guard.when,
            fresh_within_ms: guard.fresh_within_ms,
            go: &guard.otherwise,
        });
        guards.chain(self.steps.iter().flat_map(cases))
    }

    /// The rule with this number.
    #[must_use]
    pub fn holds(&self, number: u8) -> Option<Holding<'_>> {
        self.holding().nth(usize::from(number))
    }

    /// A case of a step that chooses.
    #[must_use]
    pub fn case(&self, step: u8, case: usize) -> Option<Holding<'_>> {
        cases(self.step(step)?).nth(case)
    }

    /// The number of the first case of a step.
    pub(crate) fn first_case(&self, step: u8) -> usize {
        let before = self.steps.iter().take(usize::from(step));
        self.guards.len() + before.map(|step| cases(step).count()).sum::<usize>()
    }
}

fn cases(step: &Step) -> impl Iterator<Item = Holding<'_>> {
    let cases = step.kind.branches().map_or(&[][..], |of| &of.cases);
    cases.iter().map(|case| Holding {
        kind: HoldingKind::Step,
        name: &step.id,
        when: &case.when,
        fresh_within_ms: case.fresh_within_ms,
        go: &case.go,
    })
}
