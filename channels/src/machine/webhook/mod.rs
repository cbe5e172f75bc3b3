//! Requests to an address of the corporation's: the request, and what its answers mean. The text of the
//! template is the JSON object that is asked. Refuses to retry, and to follow redirects.

mod classify;
mod config;
mod request;
mod send;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use sluis_model::Channel;

pub use self::config::WebhookConfig;
use self::send::WebhookProvider;
use crate::kind::{Kind, Reason};
use crate::problem::Problem;
use crate::provider::Provider;
use crate::render::Form;
use crate::secrets::SecretSource;

/// Codes of the reasons that this kind gives.
const REASONS: &[Reason] = &[
    Reason::new(
        request::NOT_JSON,
        "the text of the template is no JSON object",
    ),
    Reason::new(
        classify::SAYS_ERROR,
        "the status says success, and the body an error",
    ),
    Reason::new(
        classify::PAGE,
        "a page for people came instead of the machine's answer",
    ),
    Reason::new("http <status>", "the HTTP status of the answer"),
    Reason::new("connect", "no connection within the limit"),
    Reason::new("connection", "the connection broke off during the request"),
    Reason::new("timeout", "no answer within the limit"),
];

impl Kind for WebhookConfig {
    const CHANNEL: Channel = Channel::Machine;
    const FORM: Form = Form::Text;
    const REASONS: &'static [Reason] = REASONS;

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
        Ok(Arc::new(WebhookProvider::new(name, path, self, secrets)?))
    }
}
