//! Owns what is said about one attempt: the verdict a provider's answer amounts to,
//! the receipt that comes later. Refuses to know any provider: `channels/` turns answers into these
//! words.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// The provider's own words for a verdict: a stable code and the text, cut to a bounded length.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Why {
    /// Stable code: an RFC 3463 status (`5.1.1`), an HTTP status (`http 429`), a provider's error
    /// code, or one of ours (`connect`, `timeout`, `breaker`, `render`, `segments`).
    pub code: Box<str>,
    /// The provider's text for people, at most [`Why::MAX_TEXT`] bytes, without the recipient's
    /// address.
    pub text: Box<str>,
}

impl Why {
    /// Longest text kept, in bytes.
    pub const MAX_TEXT: usize = 200;

    /// A reason; `text` is cut to [`Why::MAX_TEXT`] bytes on a character boundary.
    pub fn new(code: impl Into<Box<str>>, text: &str) -> Self {
        let mut end = text.len().min(Self::MAX_TEXT);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Self {
            code: code.into(),
            text: text[..end].into(),
        }
    }
}

/// Why a provider will never take this message as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The address does not exist or cannot receive: it is marked invalid.
    Address,
    /// Refused for what we are or wrote: policy, reputation, content, size. The address stays as it
    /// was.
    Policy,
    /// The provider says that what we sent is wrong: it is malformed, or our sender was barred for
    /// longer than is waited for.
    Ours,
    /// We could not make the message for this channel: too long for it, no template, a value that
    /// rendering refuses. The provider was asked nothing.
    Unsendable,
    /// A reason that may pass, or one that nobody understood: mailbox full, host out of reach,
    /// "later" until we gave up. The address stays as it was.
    Soft,
}

/// What a provider takes nothing from, whatever the message is, until somebody mends it on our side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Barred {
    /// Our account: credentials, rights, balance, the address of its API. Nobody's message passes.
    Account,
    /// The sender of this corporation: its address or name is not allowed, or the relay does not
    /// relay for it. Messages of others may pass.
    Sender,
}

/// What left with an attempt: which bytes, not the bytes themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Left {
    /// Their BLAKE3 hash.
    pub hash: [u8; 32],
    /// How many they are.
    pub length: u32,
}

/// What one try at a provider amounts to. Typed steps of design: `Started → Accepted | Delivered |
/// Retry | Refused | InDoubt`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Verdict {
    /// The provider has taken responsibility; receipts may follow.
    Accepted {
        /// The provider's own id: evidence, not an index.
        provider_id: Box<str>,
    },
    /// The provider says it arrived, at once.
    Delivered {
        /// The provider's own id.
        provider_id: Box<str>,
    },
    /// Not taken, and known not to be taken: may be tried again.
    Retry {
        /// The provider's wish, in milliseconds (`Retry-After`).
        after_ms: Option<u64>,
        /// Its reason.
        why: Why,
    },
    /// Not taken and never will be.
    Refused {
        /// Whose fault it is.
        class: Refusal,
        /// Its reason.
        why: Why,
    },
    /// Bytes left and the answer was not learned: it may or may not have been taken.
    InDoubt {
        /// What happened to the connection.
        why: Why,
    },
    /// Nothing left us (no connection, breaker open, shutting down): the attempt is withdrawn and
    /// decided again.
    Withdrawn {
        /// What was missing.
        why: Why,
    },
    /// Not taken, for what we are and not for what this message is: no other message of the same
    /// kind would be. It waits, and the next channel is no remedy.
    Barred {
        /// What is barred.
        what: Barred,
        /// The provider's reason.
        why: Why,
    },
}

impl Verdict {
    /// Whether the message could not be made for the channel: the provider was asked nothing, and
    /// nothing follows for it.
    #[must_use]
    pub const fn is_unsendable(&self) -> bool {
        matches!(
            self,
            Verdict::Refused {
                class: Refusal::Unsendable,
                ..
            }
        )
    }

    /// The word used in metrics and the API.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Verdict::Accepted { .. } => "accepted",
            Verdict::Delivered { .. } => "delivered",
            Verdict::Retry { .. } => "retry",
            Verdict::Refused { .. } => "refused",
            Verdict::InDoubt { .. } => "in_doubt",
            Verdict::Withdrawn { .. } => "withdrawn",
            Verdict::Barred { .. } => "barred",
        }
    }
}

/// What an outside party says about an attempt afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptKind {
    /// The provider has it (also ends doubt about an attempt).
    Accepted,
    /// It arrived.
    Delivered,
    /// It did not arrive and the address is bad.
    BouncedHard,
    /// It did not arrive yet; the provider goes on trying.
    Delayed,
    /// It did not arrive and will not, for a reason that may pass: mailbox full, host out of reach,
    /// expired at the provider.
    Failed,
    /// Opened: weak evidence.
    Opened,
    /// The tenant complained (RFC 5965).
    Complained,
    /// The tenant replied.
    Replied,
    /// It did not arrive, because it was refused for what we are or wrote: policy, reputation,
    /// content, rate. The address may be fine.
    Blocked,
    /// Certainly about the attempt, and nobody can read what it says: a person who wrote, a
    /// challenge, words that nobody has mapped.
    Unexplained,
}

impl ReceiptKind {
    /// The word used in metrics, flows and the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            ReceiptKind::Accepted => "accepted",
            ReceiptKind::Delivered => "delivered",
            ReceiptKind::BouncedHard => "bounced",
            ReceiptKind::Delayed => "delayed",
            ReceiptKind::Failed => "failed",
            ReceiptKind::Opened => "opened",
            ReceiptKind::Complained => "complained",
            ReceiptKind::Replied => "replied",
            ReceiptKind::Blocked => "blocked",
            ReceiptKind::Unexplained => "unknown",
        }
    }
}

/// What to do with an attempt whose outcome we could not learn. Each provider declares one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDoubt {
    /// Send again through the same provider with the same token (SMTP: the same `Message-ID`).
    Resend,
    /// Wait for a receipt, at most `hold_for`, then the human queue.
    Hold,
}
