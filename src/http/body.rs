//! Owns the reading of small JSON bodies that need no words of their own. Refuses unknown keys by the types it reads into.

use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::intake::{FieldProblem, ProblemCode};

/// Reads a body.
///
/// # Errors
/// What the parser says, with its place.
pub(super) fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        let code = if error.is_data() { ProblemCode::WrongType } else { ProblemCode::NotJson };
        let problem = FieldProblem::new("body", code, "a JSON object as /openapi.json describes it");
        Problem::invalid(vec![problem.hint(error.to_string())])
    })
}
