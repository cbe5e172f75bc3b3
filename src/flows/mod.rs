//! Owns what people ask of flows before these run: whether they are right, how they look, what a change
//! changes, and what scenarios come to. Refuses to decide about a tenant.

pub mod check;
pub mod diff;
#[cfg(test)]
mod first_flow;
pub mod graph;
pub mod scenario;
mod ways;
mod words;
