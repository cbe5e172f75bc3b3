//! Owns the seam between the supervisors and the channels: the `Provider` trait. Refuses policy: a
//! provider tries once and says what happened.

use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;
use sluis_model::{Channel, OnDoubt, ReferenceKey, Timestamp, Verdict, Why};

use crate::outgoing::Outgoing;
use crate::output::Output;
use crate::problem::Problem;
use crate::receipt::{Callback, ProviderReceipt, ReceiptError, ReceiptProof};
use crate::secrets::SecretSource;

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

    /// Whether it can take a message as it is: its form, its length, its characters. Asked before
    /// each [`Provider::send`]; what is refused is not sent.
    ///
    /// # Errors
    /// What is wrong with the message.
    fn fits(&self, outgoing: &Outgoing) -> Result<(), Why>;

    /// Which of its answers "later" speak of load, so that it is given less at once. Without its own
    /// word on it, all of them.
    fn load_sign(&self) -> LoadSign {
        |_, _| true
    }

    /// One try with what [`Provider::fits`] took. The future owns all it needs and must run on a
    /// tokio runtime. Dropping it before it answered leaves the outcome unknown: whoever drops it
    /// owes the attempt the verdict `InDoubt`. What is about to leave is put into `outgoing.output`
    /// first.
    fn send(self: Arc<Self>, outgoing: Outgoing) -> BoxFuture<'static, Verdict>;

    /// The bytes that a send of this lets leave; none when it lets nothing leave, or when it would
    /// refuse. The same that [`Provider::send`] puts into `outgoing.output`: what left is made again
    /// with it, and compared. It has no default: a provider that said nothing here would send what
    /// nobody could prove.
    fn output(&self, outgoing: &Outgoing) -> Option<Output>;

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

    /// Reads its secrets again from where its settings say they are; what is sent from then on uses
    /// them. On a problem those that it has stay.
    ///
    /// # Errors
    /// Every problem found.
    fn renew(&self, secrets: &dyn SecretSource) -> Result<(), Vec<Problem>> {
        let _ = secrets;
        Ok(())
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

/// Whether "later" speaks of load and not of one message: the time that the provider named, in
/// milliseconds, and its reason.
pub type LoadSign = fn(Option<u64>, &Why) -> bool;

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
