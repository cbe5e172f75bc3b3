//! Owns how a corporation steers its channels: the matrix of services and channels by date, the rate
//! card, caps, segments, phases, rules between flows, bundles. It is data that `src` reads, at the start
//! and when it is asked to read it again. Refuses to choose a way for one tenant: `decide` does.

mod bundle;
mod cap;
mod category;
mod conflict;
mod lead;
mod matrix;
mod mistake;
mod phase;
mod price;
mod reader;
mod segment;
mod source;
mod steered;
#[cfg(test)]
mod tests;
mod who;

pub use cap::Cap;
pub(crate) use conflict::Conflict;
pub use matrix::Cell;
pub(crate) use matrix::{Found, Row};
pub use mistake::Mistake;
pub use reader::Provided;
pub(crate) use segment::Segment;
pub use source::Steering;
pub use steered::{
    Asked, MatrixRow, NotYet, Passed, PhaseName, SegmentSeen, Steered, Wanted, WhyNot,
};
pub(crate) use who::Who;
