//! Owns how the world outside behaves, as data and as draws: what providers answer, what becomes of a
//! message, who presses its button, who calls, who pays. The same draws serve a rehearsal and the sinks
//! of a trial, so that both see the same world. Refuses chance: a draw follows from the seed and from
//! what is drawn for.

mod delay;
mod draw;
mod source;
#[cfg(test)]
mod tests;
mod world;

pub use delay::Delay;
pub use draw::{After, Answer, Fate, Try};
pub use world::{Behaviour, Outside, People};
