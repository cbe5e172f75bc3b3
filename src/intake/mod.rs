//! Owns the way from bytes to requests: JSON and tenant lists become words of the model, or a list
//! of every mistake with its path. Pure: the same bytes give the same answer. Refuses to stop at
//! the first mistake, to guess what a sender meant, to look anything up, and to panic on any bytes.

pub mod answer;
pub mod cancellation;
pub mod confirmed;
pub mod fact;
pub mod form;
mod hash;
pub mod household;
pub mod mailing;
mod mailing_cells;
pub mod mailing_rows;
mod node;
pub mod notification;
mod points;
mod problem;
pub mod profile;
mod reader;
mod rules;
pub mod tenant_list;
#[cfg(test)]
mod tests;
mod validate;

pub use hash::key_hash;
pub(crate) use node::Node;
pub use problem::{FieldProblem, ProblemCode};
pub(crate) use rules::line_problem;
pub use validate::{Sound, fits, validate};
