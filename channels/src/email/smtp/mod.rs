//! Mail over SMTP to any relay: composing, the connections, the dialogue, what its answers mean.
//! Refuses to retry: a send tries once (RFC 5321), and says whether the message can have been taken.

mod body;
mod classify;
mod config;
mod request;
mod send;
mod session;
#[cfg(test)]
mod tests;
mod wire;

pub use config::{SmtpConfig, SmtpTls};
pub use send::SmtpProvider;
