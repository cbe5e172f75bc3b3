//! Owns the null provider. Refuses to wait for anything.

use std::sync::Arc;

use futures::future::BoxFuture;
use sluis_model::{Channel, OnDoubt, Verdict, Why};

use super::{classify, request};
use crate::outgoing::Outgoing;
use crate::output::Output;
use crate::provider::Provider;

/// Delivers everything, nowhere.
#[derive(Debug)]
pub(super) struct NullProvider {
    name: String,
}

impl NullProvider {
    /// A null provider of that name.
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
        }
    }
}

impl Provider for NullProvider {
    fn name(&self) -> &str {
        &self.name
    }

    fn channel(&self) -> Channel {
        Channel::Null
    }

    fn on_doubt(&self) -> OnDoubt {
        OnDoubt::Resend
    }

    /// Unbounded in practice; the supervisor's own bound rules.
    fn concurrency(&self) -> usize {
        4096
    }

    fn fits(&self, _: &Outgoing) -> Result<(), Why> {
        Ok(())
    }

    fn send(self: Arc<Self>, outgoing: Outgoing) -> BoxFuture<'static, Verdict> {
        Box::pin(std::future::ready(classify::classify(request::compose(
            outgoing,
        ))))
    }

    /// Nothing leaves.
    fn output(&self, _: &Outgoing) -> Option<Output> {
        None
    }
}
