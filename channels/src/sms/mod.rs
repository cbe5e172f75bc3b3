//! Text messages through Bird's (formerly MessageBird's) SMS REST API: counting segments, the
//! request, the connection, what its answers mean, and the status callbacks. Refuses to retry, and
//! to follow redirects.

pub mod callback;
pub mod classify;
mod config;
mod connector;
pub mod gsm;
mod link;
mod request;
mod send;
#[cfg(test)]
pub(crate) mod tests;

pub use config::BirdSmsConfig;
pub use send::BirdSmsProvider;
