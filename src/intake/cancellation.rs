//! Owns the reading of a cancellation by subject from JSON. Refuses a subject that could not have
//! been accepted.

use sluis_model::Subject;

use super::node::Node;
use super::problem::{FieldProblem, ProblemCode};
use super::reader::{Problems, Reader};
use super::rules::NOTE;

/// Longest body, in bytes.
pub const MAX_BODY: usize = 16 * 1024;

/// What is cancelled, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancellation {
    /// Everything open about this.
    pub subject: Subject,
    /// Who and why, for the record.
    pub note: String,
}

/// Reads `{subject: {kind, id}, note?}`.
///
/// # Errors
/// Every mistake, each with its path.
pub fn parse(bytes: &[u8]) -> Result<Cancellation, Vec<FieldProblem>> {
    if bytes.len() > MAX_BODY {
        let problem = FieldProblem::new(
            "body",
            ProblemCode::TooLong,
            format!("at most {MAX_BODY} bytes"),
        );
        return Err(vec![problem.value(&format!("{} bytes", bytes.len()))]);
    }
    let node = Node::parse(bytes, "body").map_err(|problem| vec![problem])?;
    let mut problems = Problems::new();
    let read = Reader::open(&node, "", &["subject", "note"], &mut problems).and_then(|reader| {
        let note = reader
            .text_if_any("note", NOTE, &mut problems)
            .unwrap_or_default()
            .to_owned();
        reader.require("subject", "an object {kind, id}", &mut problems)?;
        Some(Cancellation {
            subject: reader.subject_if_any("subject", &mut problems)?,
            note,
        })
    });
    match read {
        Some(cancellation) if problems.is_empty() => Ok(cancellation),
        _ => Err(problems),
    }
}
