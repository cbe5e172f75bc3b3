//! Owns the rules of a flow that hold at every step, and where a rule leads. Refuses to be asked:
//! `decide` evaluates them for one tenant.

use super::condition::Condition;

/// Where a rule leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Go {
    /// To the step with this index.
    Step(u8),
    /// To an end state with this name.
    End(Box<str>),
    /// To the human queue, on this list.
    Human(Box<str>),
}

/// A condition that must hold at the moment of every send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// Its name, quoted in explanations.
    pub name: Box<str>,
    /// What must hold.
    pub when: Condition,
    /// The facts it reads may be at most this old, in milliseconds; older counts as unknown.
    pub fresh_within_ms: Option<i64>,
    /// Where it leads when it does not hold. Unknown always holds the message.
    pub otherwise: Go,
}

/// A condition that ends the flow, or has people look, as soon as it is true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Its name, quoted in explanations.
    pub name: Box<str>,
    /// What stops it.
    pub when: Condition,
    /// Whether the payment link closes with it.
    pub close_link: bool,
    /// Where it leads: to an end or to people.
    pub go: Go,
}

impl Stop {
    /// What a link that it closes says: the end, or the name of the rule where people look.
    #[must_use]
    pub fn ends_as(&self) -> &str {
        match &self.go {
            Go::End(end) => end,
            Go::Human(_) | Go::Step(_) => &self.name,
        }
    }
}
