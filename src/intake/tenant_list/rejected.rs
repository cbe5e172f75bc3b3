//! Owns what is said of a row that is not taken.

use serde::Serialize;

use crate::intake::problem::FieldProblem;

/// One row that is not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// Line it begins on, from 1.
    pub line: u64,
    /// The tenant, if the row says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// Everything that is wrong with it.
    pub reasons: Vec<FieldProblem>,
}

impl Rejected {
    /// The file as a whole is not taken, for something at a line.
    pub(super) fn whole(line: u64, problem: FieldProblem) -> Self {
        Self {
            line,
            tenant_id: None,
            reasons: vec![problem],
        }
    }
}
