//! Owns the reading of small JSON bodies that need no words of their own. Refuses unknown keys by the types it reads into.

use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::intake::{FieldProblem, ProblemCode};

/// Reads a body into a struct of plain values: one struct within another would be read from a list as well.
///
/// # Errors
/// What the parser says, with its place.
pub(super) fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let wrong = |code| FieldProblem::new("body", code, "a JSON object as /openapi.json describes it");
    // serde reads a struct from a list, too, place by place.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(Problem::invalid(vec![wrong(ProblemCode::WrongType).value("a list")]));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let code = if error.is_data() { ProblemCode::WrongType } else { ProblemCode::NotJson };
        Problem::invalid(vec![wrong(code).hint(error.to_string())])
    })
}
