//! Owns the drawing of a flow: its steps, the ways out of each with words and times, guards and stop
//! rules. Refuses to say more than the flow does.

mod dot;
mod mermaid;
mod parts;
mod svg;
#[cfg(test)]
mod tests;

pub use dot::dot;
pub use mermaid::mermaid;
pub use svg::svg;
