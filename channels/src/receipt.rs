//! Owns the words for what comes back from a provider: the request as it came in, the evidence read
//! from it, how it proves itself, and why one is not taken. Refuses to know any provider: each turns
//! its own errors into these.

use std::borrow::Cow;

use http::HeaderMap;
use sluis_model::{AttemptRef, CorporationId, ReceiptKind, Timestamp, Why};

/// How a receipt proves that it comes from the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptProof {
    /// The provider sends no receipts.
    Nothing,
    /// It carries a signature that the provider checks.
    Signature,
    /// It carries only our own reference with its MAC: the caller must authenticate the request.
    CallerMust,
}

/// One request to `/v1/receipts/{provider}`, as it came in.
#[derive(Clone, Copy)]
pub struct Callback<'a> {
    /// Our public base address as the provider knows it; signatures cover it. Never taken from the
    /// request.
    pub public_url: &'a str,
    /// Path and query, byte for byte as received.
    pub path_and_query: &'a str,
    /// Its headers: which of them proves it is the provider's to know.
    pub headers: &'a HeaderMap,
    /// The raw body.
    pub body: &'a [u8],
}

impl Callback<'_> {
    /// The text of a header, if it is there and is one.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
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

/// Why a receipt was not taken. A kind of provider makes it from its own errors.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct ReceiptError {
    /// Stable code for the API and metrics.
    pub code: &'static str,
    /// What was expected, for people; no address and no body.
    pub text: Cow<'static, str>,
    /// What is to be done with it.
    pub fault: ReceiptFault,
}

/// What a receipt that is not taken amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceiptFault {
    /// It is not for us, or cannot be read.
    Refused,
    /// Somebody else made it, or changed it on its way: its signature or its reference does not fit.
    Forged,
    /// It is genuine and says something that nobody has mapped: people must look.
    Unexplained(Box<Unexplained>),
}

/// What nobody has mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unexplained {
    /// The corporation the reference carries.
    pub corporation: CorporationId,
    /// The attempt the reference carries.
    pub attempt: AttemptRef,
    /// The code and the text as the provider has them.
    pub why: Why,
}

impl ReceiptError {
    /// The provider sends no receipts.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            code: "no_receipts",
            text: Cow::Borrowed("this provider sends no receipts"),
            fault: ReceiptFault::Refused,
        }
    }

    /// It carries no reference of ours, or one that its sender may not speak of.
    #[must_use]
    pub const fn no_reference() -> Self {
        Self {
            code: "no_reference",
            text: Cow::Borrowed(
                "no reference of ours: expected the one that was sent with the message",
            ),
            fault: ReceiptFault::Refused,
        }
    }
}
