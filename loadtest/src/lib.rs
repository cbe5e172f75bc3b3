//! Load tests of the engine: sinks that behave like the world, an open-loop generator, a ledger
//! that reconciles what went in with what came out, and the demo's data.
//!
//! The sinks are a library first: the demo and the integration tests embed them in-process, and
//! `sluis-loadtest sink` runs the same code as a process of its own. Refuses to hold anything the
//! engine needs in order to run, and anything that decides about a tenant.

pub mod clock;
pub mod demo;
pub mod ledger;
mod plain;
pub mod plot;
pub mod results;
pub mod run;
pub mod sink;
pub mod watch;
