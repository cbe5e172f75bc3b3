//! Text messages through Bird's (formerly MessageBird's) SMS REST API: the request, what its answers
//! mean, and the status callbacks. Refuses to retry, and to follow redirects.

mod callback;
mod classify;
mod config;
mod request;
mod send;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use sluis_model::Channel;

pub use self::config::BirdSmsConfig;
use self::send::BirdSmsProvider;
use super::originator;
use crate::kind::{Kind, Reason};
use crate::originator::OriginatorKey;
use crate::problem::Problem;
use crate::provider::Provider;
use crate::render::Form;
use crate::secrets::SecretSource;

/// Codes of the reasons that this kind gives.
const REASONS: &[Reason] = &[
    Reason::new(
        request::SEGMENTS,
        "the text has more segments than the account takes",
    ),
    Reason::new("bird <code>", "the error code of Bird's API"),
    Reason::new("http <status>", "the HTTP status, where Bird gave no code"),
    Reason::new("answer", "a success without a message id"),
    Reason::new("connect", "no connection within the limit"),
    Reason::new("connection", "the connection broke off during the request"),
    Reason::new("timeout", "no answer within the limit"),
];

impl Kind for BirdSmsConfig {
    const CHANNEL: Channel = Channel::Sms;
    const FORM: Form = Form::Text;
    const ORIGINATOR: &'static [OriginatorKey] = originator::KEYS;
    const REASONS: &'static [Reason] = REASONS;
    const RECEIPT_CODES: &'static [&'static str] = callback::CODES;

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
        Ok(Arc::new(BirdSmsProvider::new(name, path, self, secrets)?))
    }
}
