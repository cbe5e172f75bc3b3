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

use std::sync::Arc;

use sluis_model::Channel;

pub use self::config::{SmtpConfig, SmtpTls};
use self::send::SmtpProvider;
use super::bounce::{MAIL_INTAKE, RECEIPT_CODES};
use super::originator;
use crate::kind::{Intake, Kind, Reason};
use crate::originator::OriginatorKey;
use crate::problem::Problem;
use crate::provider::Provider;
use crate::render::Form;
use crate::secrets::SecretSource;

/// Codes of the reasons that this kind gives.
const REASONS: &[Reason] = &[
    Reason::new(
        "<class>.<subject>.<detail>",
        "the enhanced status code of the relay, or of the report that came back (RFC 3463)",
    ),
    Reason::new(
        "smtp <code>",
        "the reply code, where the relay gave no enhanced one",
    ),
    Reason::new("connect", "no session within the limit"),
    Reason::new("tls", "the connection could not be encrypted"),
    Reason::new("connection", "the connection broke off during the dialogue"),
    Reason::new("protocol", "the relay answered something that is no SMTP"),
    Reason::new("timeout", "no answer within the limit"),
];

impl Kind for SmtpConfig {
    const CHANNEL: Channel = Channel::Email;
    const FORM: Form = Form::Mail;
    const ORIGINATOR: &'static [OriginatorKey] = originator::KEYS;
    const REASONS: &'static [Reason] = REASONS;
    const RECEIPT_CODES: &'static [&'static str] = RECEIPT_CODES;
    const INTAKE: Option<Intake> = Some(MAIL_INTAKE);

    fn connections(&self) -> Option<u32> {
        Some(self.connections)
    }

    fn check(&self, path: &str) -> Vec<Problem> {
        self.problems(path)
    }

    fn build(
        &self,
        name: &str,
        path: &str,
        secrets: &dyn SecretSource,
    ) -> Result<Arc<dyn Provider>, Vec<Problem>> {
        Ok(Arc::new(SmtpProvider::new(name, path, self, secrets)?))
    }
}
