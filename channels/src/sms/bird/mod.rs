//! Text messages through Bird's (formerly MessageBird's) SMS REST API: the request, what its answers
//! mean, and the status callbacks. Refuses to retry, and to follow redirects.

mod callback;
mod classify;
mod config;
mod request;
mod send;
#[cfg(test)]
mod tests;

pub use config::BirdSmsConfig;
pub use send::BirdSmsProvider;
