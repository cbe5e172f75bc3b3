//! Owns what a condition is evaluated against, as its parts hand it on. Refuses to evaluate.

use super::scope::Scope;
use crate::flow::class::ClassTable;
use crate::time::Timestamp;

/// What a condition is evaluated against.
#[derive(Clone, Copy)]
pub(super) struct Against<'a> {
    pub scope: &'a dyn Scope,
    pub classes: &'a [ClassTable],
    pub now: Timestamp,
    pub fresh_within_ms: Option<i64>,
}
