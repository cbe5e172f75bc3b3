//! Owns the check of flows as files: every mistake at once, with file, line and column. Refuses to load
//! them into an engine.

mod compared;
mod ends;
mod one;
mod paths;
mod report;
mod rules;
#[cfg(test)]
mod tests;
mod times;
mod unused;
mod words;

pub use one::check;
pub use report::Report;
