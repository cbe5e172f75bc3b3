//! Owns scenarios: what is given and happens to one notification, and what is expected of its flow, run
//! on the rules that the engine decides by, with a clock that jumps. Refuses to send: what a provider
//! would be given is written down.

mod coverage;
mod expected;
mod file;
mod happening;
mod line;
mod outcome;
mod play;
mod run;
mod span;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_examples;
mod told;
mod world;

pub use outcome::{Outcome, Tested};
pub use run::test;
