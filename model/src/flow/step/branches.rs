//! Owns where a step leads that chooses by what is known. Refuses to be asked: `decide` asks its cases
//! for one tenant.

use crate::flow::condition::Condition;
use crate::flow::rule::Go;

/// Where a step leads by what is known now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branches {
    /// Asked in this order. The first that is true decides.
    pub cases: Vec<Case>,
    /// Where it leads when none is true.
    pub otherwise: Go,
    /// Where it leads when a case cannot be judged and none before it is true. `None`: it is held
    /// until a fact decides.
    pub unknown: Option<Go>,
}

/// One case of a step that chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// When it is true.
    pub when: Condition,
    /// The facts it reads may be at most this old, in milliseconds; older counts as unknown.
    pub fresh_within_ms: Option<i64>,
    /// Where it leads.
    pub go: Go,
}
