//! Owns how a corporation steers its channels: the matrix of services and channels by date, the rate
//! card, caps. It is data that `src` reads, at the start and when it is asked to read it again. Refuses to choose a way for one tenant:
//! `decide` does.

mod cap;
mod category;
mod matrix;
mod mistake;
mod price;
mod reader;
mod source;
mod steered;
#[cfg(test)]
mod tests;

pub use cap::Cap;
pub use matrix::Cell;
pub(crate) use matrix::Row;
pub use mistake::Mistake;
pub use source::Steering;
pub use steered::{Asked, MatrixRow, Passed, Steered, WhyNot};
