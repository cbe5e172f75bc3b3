//! E-mail: the kinds of providers that take it, what an answer of a mail system means, and the
//! bounces that come later. Refuses to retry: a send tries once (RFC 5321), and says whether the
//! message can have been taken.

pub mod bounce;
mod originator;
pub mod reply;
mod smtp;
#[cfg(test)]
mod tests;

pub use smtp::{SmtpConfig, SmtpTls};
