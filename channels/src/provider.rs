//! Owns the seam between the supervisors and the channels: the `Provider` trait, and the receipts
//! that come back. Refuses policy: a provider tries once and says what happened.

use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;
use sluis_model::{
    AttemptRef, Channel, CorporationId, OnDoubt, ReceiptKind, ReferenceKey, Timestamp, Verdict, Why,
};

use crate::email::bounce::BounceError;
use crate::outgoing::Outgoing;
use crate::sms::callback::CallbackError;

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
        Err(ReceiptError::NoReceipts)
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

/// How a receipt proves that it comes from the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptProof {
    /// The provider sends no receipts.
    Nothing,
    /// It carries a signature that [`Provider::receive`] checks.
    Signature,
    /// It carries only our own reference with its MAC: the caller must authenticate the request.
    CallerMust,
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

/// One request to `/v1/receipts/{provider}`, as it came in.
#[derive(Clone, Copy)]
pub struct Callback<'a> {
    /// Our public base address as the provider knows it; signatures cover it. Never taken from the
    /// request.
    pub public_url: &'a str,
    /// Path and query, byte for byte as received.
    pub path_and_query: &'a str,
    /// The header that carries the provider's signature.
    pub signature: Option<&'a str>,
    /// `Content-Type`.
    pub content_type: Option<&'a str>,
    /// The raw body.
    pub body: &'a [u8],
}

/// Evidence about an attempt, read and matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderReceipt {
    /// The corporation the reference carries.
    pub corporation: CorporationId,
    /// The attempt the reference carries.
    pub attempt: AttemptRef,
    /// What is said about it.
    pub kind: ReceiptKind,
    /// The provider's reason.
    pub why: Option<Why>,
    /// The provider that said it.
    pub provider: String,
    /// When it happened, by the provider's clock.
    pub occurred_at: Option<Timestamp>,
}

/// Why a receipt was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// The provider sends none.
    #[error("this provider sends no receipts: expected one of kind smtp or bird-sms")]
    NoReceipts,
    /// A mail that is not a usable report.
    #[error(transparent)]
    Bounce(#[from] BounceError),
    /// A status callback that is not genuine or not understood.
    #[error(transparent)]
    Callback(#[from] CallbackError),
}

impl ReceiptError {
    /// Stable code for the API and metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            ReceiptError::NoReceipts => "no_receipts",
            ReceiptError::Bounce(error) => error.code(),
            ReceiptError::Callback(error) => error.code(),
        }
    }

    /// Whether somebody else made it, or changed it on its way: what carries a signature or a
    /// reference that does not fit.
    #[must_use]
    pub const fn is_forged(&self) -> bool {
        use CallbackError::{Body, Reference, Signature, Token, Url};
        matches!(
            self,
            ReceiptError::Callback(Token | Signature | Url | Body | Reference)
        )
    }

    /// The attempt that people must look at, when the receipt was genuine but says something nobody
    /// has mapped.
    #[must_use]
    pub fn unknown_status(&self) -> Option<(CorporationId, AttemptRef, &Why)> {
        match self {
            ReceiptError::Callback(CallbackError::UnknownStatus {
                corporation,
                attempt,
                why,
            }) => Some((*corporation, *attempt, why)),
            ReceiptError::Bounce(BounceError::Unexplained {
                corporation,
                attempt,
                why,
            }) => Some((*corporation, *attempt, why)),
            ReceiptError::NoReceipts | ReceiptError::Bounce(_) | ReceiptError::Callback(_) => None,
        }
    }
}
