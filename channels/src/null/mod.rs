//! The null channel: goes nowhere, always delivered, at once. For measurements and rehearsals.
//! Refuses to touch the network.

mod classify;
mod config;
mod request;
mod send;
#[cfg(test)]
mod tests;

pub use config::NullConfig;
pub use send::NullProvider;
