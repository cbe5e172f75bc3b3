//! Owns the check of intake: every kind of mistake is reported with its path, several at once, and
//! no bytes panic. Refuses a mistake that is only found when another one is repaired.

mod encodings;
mod exports;
mod facts;
mod hashes;
mod lists;
mod mailing_lists;
mod notifications;
mod points;
mod profiles;
mod validation;

use super::FieldProblem;

/// `path code`, one per problem, in order.
fn told(problems: &[FieldProblem]) -> Vec<String> {
    let code = |problem: &FieldProblem| {
        serde_json::to_value(problem.code)
            .expect("a code")
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    problems
        .iter()
        .map(|problem| format!("{} {}", problem.path, code(problem)))
        .collect()
}
