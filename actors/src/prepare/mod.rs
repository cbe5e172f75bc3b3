//! The threads that turn an attempt into something to send.

mod pool;
mod prepared;
mod preparer;
mod say;
#[cfg(test)]
mod tests;

pub use pool::PreparePool;
pub use prepared::{Prepare, Prepared};
pub use preparer::{Cards, CorporationCard, Preparer};
pub use say::{Saying, say};
