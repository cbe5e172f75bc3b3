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
use crate::kind::Kind;
use crate::problem::Problem;
use crate::provider::Provider;
use crate::render::Form;
use crate::secrets::SecretSource;

impl Kind for BirdSmsConfig {
    const CHANNEL: Channel = Channel::Sms;
    const FORM: Form = Form::Text;
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
