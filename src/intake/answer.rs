//! Owns the reading of what people give with an answer to a task, by the fields that the answer asks for.
//! Refuses fields that nobody asked for, and to convert, as everywhere.

use sluis_model::FactField;
use sluis_model::flow::Value;

use super::fact::said;
use super::node::Node;
use super::problem::{FieldProblem, ProblemCode};
use super::reader::Reader;

/// What the fields say that were given, by their names.
pub type Says = Box<[(Box<str>, Value)]>;

/// Where they stand in a request.
pub const PATH: &str = "fields";

/// Reads a JSON object of fields.
///
/// # Errors
/// Every mistake, each with its path.
pub fn parse(text: &str, asked: &[FactField]) -> Result<Says, Vec<FieldProblem>> {
    let node = Node::parse_text(text, PATH).map_err(|problem| vec![problem])?;
    if let (Node::Object(given), []) = (&node, asked)
        && !given.is_empty()
    {
        return Err(vec![unasked()]);
    }
    let names: Vec<&str> = asked.iter().map(|known| &*known.field.name).collect();
    let mut problems = Vec::new();
    let Some(reader) = Reader::open(&node, PATH, &names, &mut problems) else {
        return Err(problems);
    };
    let fields = asked.iter().filter_map(|known| {
        let value = said(&reader, known, &mut problems)?;
        Some((known.field.name.clone(), value))
    });
    let says = fields.collect();
    if problems.is_empty() {
        Ok(says)
    } else {
        Err(problems)
    }
}

/// Fields beside an answer that asks for none.
#[must_use]
pub fn unasked() -> FieldProblem {
    let expected = "nothing: this answer asks for no fields";
    FieldProblem::new(PATH, ProblemCode::Contradiction, expected)
}
