//! Owns the check of flows as files: every mistake at once, with file, line and column. Refuses to load
//! them into an engine.

mod ends;
mod one;
mod paths;
mod report;
mod rules;
#[cfg(test)]
mod tests;
mod times;
mod unused;

pub use one::check;
pub use report::Report;
