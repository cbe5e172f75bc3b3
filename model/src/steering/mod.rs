//! Owns how a corporation steers its channels: the matrix of services and channels by date, the rate
//! card, caps. It is data that `src` reads at the start. Refuses to choose a way for one tenant:
//! `decide` does.

mod cap;
mod matrix;
mod mistake;
mod price;
mod reader;
mod steered;
#[cfg(test)]
mod tests;

pub use cap::Cap;
pub use matrix::Cell;
pub(crate) use matrix::Row;
pub use mistake::Mistake;
pub use steered::{Asked, MatrixRow, Passed, Steered, WhyNot};

use cap::Caps;
use matrix::Matrix;
use price::RateCard;

/// The row of every category that has none of its own.
const ALL: &str = "*";

/// How one corporation steers its channels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steering {
    /// Which channel for which category.
    pub(crate) matrix: Matrix,
    /// What a channel costs.
    pub(crate) rates: RateCard,
    /// How often a tenant may be written to.
    pub(crate) caps: Caps,
}
