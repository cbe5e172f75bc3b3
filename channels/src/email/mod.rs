//! E-mail over SMTP: composing, the connections, the dialogue, what its answers mean, and the
//! bounces that come later. Refuses to retry: a send tries once (RFC 5321), and says whether the
//! message can have been taken.

mod body;
pub mod bounce;
pub mod classify;
mod config;
pub mod reply;
mod request;
mod send;
mod session;
#[cfg(test)]
mod tests;
mod wire;

pub use config::{SmtpConfig, SmtpTls};
pub use send::SmtpProvider;
