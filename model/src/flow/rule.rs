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

/// A condition that ends the flow as soon as it is true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Its name, quoted in explanations.
    pub name: Box<str>,
    /// What ends it.
    pub when: Condition,
    /// Whether the payment link closes with it.
    pub close_link: bool,
    /// Name of the end state.
    pub end: Box<str>,
}
