//! Owns the seam between the supervisors and the channels: the `Provider` trait. Refuses policy: a
//! provider tries once and says what happened.

use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;
use sluis_model::{Channel, OnDoubt, ReferenceKey, Timestamp, Verdict};

use crate::outgoing::Outgoing;
use crate::receipt::{Callback, ProviderReceipt, ReceiptError, ReceiptProof};

/// One configured way out. Shared by every send; bounded by its own number of connections.
pub trait Provider: Send + Sync + fmt::Debug + 'static {
    /// The name in the configuration, in metrics and in `/v1/receipts/{name}`.
    fn name(&self) -> &str;

    /// The channel it serves.
    fn channel(&self) -> Channel;

    /// What it wants done with an attempt whose outcome was not learned.
    fn on_doubt(&self) -> OnDoubt;

    /// The most sends it carries at once; further ones wait a little and are then withdrawn.
    fn concurrency(&self) -> usize;

    /// One try. The future owns all it needs and must run on a tokio runtime. Dropping it before it
    /// answered leaves the outcome unknown: whoever drops it owes the attempt the verdict
    /// `InDoubt`.
    fn send(self: Arc<Self>, outgoing: Outgoing) -> BoxFuture<'static, Verdict>;

    /// How what comes to `/v1/receipts/{name}` proves itself.
    fn receipt_proof(&self) -> ReceiptProof {
        ReceiptProof::Nothing
    }

    /// How much of what comes there is read, in bytes; none: all of it, or nothing.
    fn most_of_a_receipt(&self) -> Option<usize> {
        None
    }

    /// Verifies and reads what the provider sent to `/v1/receipts/{name}`.
    ///
    /// # Errors
    /// [`ReceiptError`]: not for us, not genuine, not readable, or a status nobody has mapped.
    fn receive(
        &self,
        callback: &Callback<'_>,
        key: &ReferenceKey,
        now: Timestamp,
    ) -> Result<Vec<ProviderReceipt>, ReceiptError> {
        let _ = (callback, key, now);
        Err(ReceiptError::none())
    }

    /// Connections open now, for metrics.
    fn connections(&self) -> Connections {
        Connections::default()
    }

    /// Closes idle connections politely; sends under way end as they would have.
    fn close(self: Arc<Self>) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// Connections of a provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Connections {
    /// Carrying a send.
    pub busy: usize,
    /// Open and waiting.
    pub idle: usize,
    /// Opened since the start.
    pub opened: u64,
}
