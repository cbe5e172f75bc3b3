//! Owns the frames as values. Refuses to know their bytes: `client_frame` and `server_frame` do.

use std::fmt;

use super::{Durability, ErrorCode, RefuseCode, WireError};
use crate::ids::NotificationId;
use crate::notification::NotificationRequest;

/// One direction of the protocol: what a [`super::Decoder`] reads.
pub trait Frame: Sized {
    /// The side that sends these frames, for messages.
    const SENDER: &'static str;

    /// Whether this side sends frames of `kind`.
    fn knows(kind: u8) -> bool;

    /// Reads the payload of one whole frame.
    ///
    /// # Errors
    /// [`WireError`], naming the field.
    fn decode(kind: u8, payload: &[u8]) -> Result<Self, WireError>;

    /// Appends the frame to `out`, or leaves `out` as it was.
    ///
    /// # Errors
    /// [`WireError`] when a value does not fit its field or the frame its bound.
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), WireError>;
}

/// What a client sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientFrame {
    /// Opens the connection. Its layout is the same in every version.
    Hello(Hello),
    /// One submission; costs one credit.
    Submit {
        /// Chosen by the client, comes back in the answer.
        correlation: u64,
        /// The row.
        row: NotificationRequest,
    },
    /// Several submissions; costs a credit a row. Row `i` has correlation `first + i` (wrapping)
    /// and its own answer.
    SubmitBatch {
        /// Correlation of the first row.
        first: u64,
        /// One to [`super::MAX_BATCH_ROWS`] rows.
        rows: Vec<NotificationRequest>,
    },
    /// Asks for a `Pong`: keeps the connection alive and shows that the server is.
    Ping {
        /// Comes back.
        nonce: u64,
    },
    /// Nothing more will be submitted: answer what is open, then close.
    Goodbye,
}

/// See [`ClientFrame::Hello`].
#[derive(Clone, PartialEq, Eq)]
pub struct Hello {
    /// Lowest version the client speaks.
    pub version_min: u16,
    /// Highest version the client speaks.
    pub version_max: u16,
    /// The corporation's API key as it was given out; empty where the engine runs without keys.
    pub api_key: String,
    /// Name of the sending system, for logs. At most [`super::MAX_TEXT`] bytes.
    pub client_name: String,
}

impl Hello {
    /// The version to speak with this client, when the server speaks `min` to `max`: the highest in
    /// common.
    #[must_use]
    pub fn common_version(&self, min: u16, max: u16) -> Option<u16> {
        let highest = self.version_max.min(max);
        (highest >= self.version_min.max(min)).then_some(highest)
    }
}

/// Without the key: a `Hello` may reach a log.
impl fmt::Debug for Hello {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hello")
            .field("version_min", &self.version_min)
            .field("version_max", &self.version_max)
            .field("client_name", &self.client_name)
            .finish_non_exhaustive()
    }
}

/// What a server sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerFrame {
    /// Answers `Hello`. Its layout is the same in every version.
    Welcome(Welcome),
    /// One submission is accepted, durably as [`Welcome::durability`] says.
    Ack(AckRow),
    /// Several submissions are accepted, in any order.
    AckBatch(Vec<AckRow>),
    /// One submission is not taken.
    Refuse(Refused),
    /// The client may submit this many rows more. Never zero.
    Credit {
        /// Rows on top of what is unspent.
        grant: u32,
    },
    /// Answers `Ping`.
    Pong {
        /// From the `Ping`.
        nonce: u64,
    },
    /// The last frame before the server closes. Its layout is the same in every version.
    Error(Fatal),
}

/// See [`ServerFrame::Welcome`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// The version both speak from here on.
    pub version: u16,
    /// Whose key it was. At most [`super::MAX_TEXT`] bytes.
    pub corporation: String,
    /// Rows the client may submit before the first `Credit`. May be zero when the engine is under
    /// pressure.
    pub credit: u32,
    /// Longest frame the client may send, [`super::MIN_MAX_FRAME`] to [`super::MAX_FRAME`].
    pub max_frame: u32,
    /// What an ack means.
    pub durability: Durability,
}

/// One accepted submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AckRow {
    /// Of the submission.
    pub correlation: u64,
    /// Its id.
    pub id: NotificationId,
    /// Where its record stands in the journal; opaque.
    pub position: u64,
    /// It had been accepted before under the same idempotency key; `id` and `position` are those of
    /// then.
    pub duplicate: bool,
}

/// One refused submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Of the submission.
    pub correlation: u64,
    /// Why.
    pub code: RefuseCode,
    /// When to try again, in milliseconds; 0: the server does not say.
    pub retry_after_ms: u32,
    /// What is wrong and where; at most [`super::MAX_PROBLEMS`].
    pub problems: Vec<Problem>,
}

/// One mistake in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: `data.amount_cents`; empty: the whole row. At most [`super::MAX_PATH`] bytes.
    pub path: String,
    /// What was found and what was expected. At most [`super::MAX_TEXT`] bytes.
    pub message: String,
}

/// See [`ServerFrame::Error`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fatal {
    /// Why. A number this side does not know stays a number: `Error` may come before a version is
    /// agreed.
    pub code: Result<ErrorCode, u16>,
    /// When to connect again, in milliseconds; 0: the server does not say.
    pub retry_after_ms: u32,
    /// For people. At most [`super::MAX_TEXT`] bytes.
    pub message: String,
}
