//! The null channel: goes nowhere, always delivered, at once. For measurements and rehearsals.
//! Refuses to touch the network.

mod classify;
mod config;
mod request;
mod send;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use sluis_model::Channel;

pub use self::config::NullConfig;
use self::send::NullProvider;
use crate::kind::Kind;
use crate::problem::Problem;
use crate::provider::Provider;
use crate::render::Form;
use crate::secrets::SecretSource;

impl Kind for NullConfig {
    const CHANNEL: Channel = Channel::Null;
    const FORM: Form = Form::Nothing;

    fn connections(&self) -> Option<u32> {
        None
    }

    fn check(&self, _: &str) -> Vec<Problem> {
        Vec::new()
    }

    fn build(
        &self,
        name: &str,
        _: &str,
        _: &dyn SecretSource,
    ) -> Result<Arc<dyn Provider>, Vec<Problem>> {
        Ok(Arc::new(NullProvider::new(name)))
    }
}
