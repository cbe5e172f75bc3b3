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

pub use self::config::SmtpConfig;
use self::send::SmtpProvider;
use super::bounce::{MAIL_INTAKE, RECEIPT_CODES};
use crate::kind::{Intake, Kind};
use crate::problem::Problem;
use crate::provider::Provider;
use crate::render::Form;
use crate::secrets::SecretSource;

impl Kind for SmtpConfig {
    const CHANNEL: Channel = Channel::Email;
    const FORM: Form = Form::Mail;
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
