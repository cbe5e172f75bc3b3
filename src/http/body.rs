//! Owns the reading of small JSON bodies that need no words of their own. Refuses unknown keys by the types it reads into.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::problem::Problem;
use crate::intake::{FieldProblem, ProblemCode};

/// Reads a body.
///
/// # Errors
/// What the parser says, with its place.
pub(super) fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).and_then(object).map_err(|error| {
        let code = if error.is_data() { ProblemCode::WrongType } else { ProblemCode::NotJson };
        let problem = FieldProblem::new("body", code, "a JSON object as /openapi.json describes it");
        Problem::invalid(vec![problem.hint(error.to_string())])
    })
}

/// serde reads a struct from a list as well, place by place. None of these bodies knows lists, at any depth.
fn object<T: DeserializeOwned>(value: Value) -> Result<T, serde_json::Error> {
    if has_list(&value) {
        return Err(serde::de::Error::custom("a list stands where an object or a value is expected"));
    }
    serde_json::from_value(value)
}

fn has_list(value: &Value) -> bool {
    match value {
        Value::Array(_) => true,
        Value::Object(fields) => fields.values().any(has_list),
        _ => false,
    }
}
