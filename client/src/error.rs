//! Owns what can go wrong on the client's side, and whether trying again may help. Refuses strings
//! where a type tells more.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sluis_model::wire::{self, ErrorCode, Overgranted, Problem, RefuseCode, VERSION, WireError};

/// Why there is no connection (any more).
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The network said no.
    #[error("{doing}: {source}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the operating system or TLS says.
        source: io::Error,
    },
    /// The peer took too long.
    #[error("{doing}: no progress within {within:?}")]
    Timeout {
        /// What was being done.
        doing: &'static str,
        /// How long was waited.
        within: Duration,
    },
    /// TLS is not configured well.
    #[error("tls: {0}")]
    Tls(String),
    /// The key would travel in plain text.
    #[error(
        "{peer} is not loopback and there is no TLS: expected `tls`, or `plain_text_off_loopback` behind an encrypting proxy"
    )]
    PlainText {
        /// Who would have got it.
        peer: SocketAddr,
    },
    /// The engine's acks may be revoked by a crash.
    #[error(
        "the engine runs with relaxed durability: expected synced, or `accept_relaxed_durability`"
    )]
    Relaxed,
    /// The server chose a version it was not offered.
    #[error("the server speaks version {found}: expected {VERSION}")]
    Version {
        /// What it chose.
        found: u16,
    },
    /// The server's bytes are no frames.
    #[error("the server sent a malformed frame: {0}")]
    Wire(#[from] WireError),
    /// The server broke the credit bound.
    #[error("the server broke the protocol: {0}")]
    Credit(#[from] Overgranted),
    /// A frame that has no place here.
    #[error("the server broke the protocol: {0}")]
    Unexpected(&'static str),
    /// The server ended the connection and said why.
    #[error("the server ended the connection: {}: {message}", match code { Ok(code) => code.name().to_owned(), Err(number) => format!("error {number}") })]
    Ended {
        /// Its code, or the number this client does not know.
        code: Result<ErrorCode, u16>,
        /// When to connect again.
        retry_after: Option<Duration>,
        /// Its words.
        message: String,
    },
    /// The connection ended without a word.
    #[error("the connection ended without a Goodbye")]
    Cut,
    /// The client was closed.
    #[error("the client is closed")]
    Closed,
}

impl ClientError {
    /// Whether connecting again by itself is useless: a human or another configuration is needed.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            ClientError::Tls(_)
            | ClientError::PlainText { .. }
            | ClientError::Relaxed
            | ClientError::Version { .. }
            | ClientError::Closed => true,
            ClientError::Ended { code: Ok(code), .. } => !code.is_transient(),
            ClientError::Ended {
                code: Err(number), ..
            } => *number < 100,
            _ => false,
        }
    }

    /// When the server wishes to see us again.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            ClientError::Ended { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    pub(crate) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| ClientError::Io { doing, source }
    }
}

/// A refused submission: nothing of it was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Why; [`RefuseCode::is_transient`] says whether the same row may be taken later.
    pub code: RefuseCode,
    /// When to try again.
    pub retry_after: Option<Duration>,
    /// What is wrong and where.
    pub problems: Vec<Problem>,
}

impl From<wire::Refused> for Refused {
    fn from(refused: wire::Refused) -> Self {
        Self {
            code: refused.code,
            retry_after: millis(refused.retry_after_ms),
            problems: refused.problems,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused: {}", self.code)?;
        self.problems
            .iter()
            .try_for_each(|problem| write!(f, "; {}: {}", problem.path, problem.message))
    }
}

impl std::error::Error for Refused {}

/// Why a submission got no receipt.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SubmitError {
    /// The engine said no.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The row cannot be sent at all.
    #[error("the row cannot be sent: {0}")]
    Unsendable(#[from] WireError),
    /// Without a key the row could not be sent again safely.
    #[error("idempotency_key: empty, expected a key of the sender's")]
    NoKey,
    /// The connection is gone for good. The submission may or may not have been accepted: send it
    /// again under the same key.
    #[error("no answer, and no connection any more: {0}")]
    Down(Arc<ClientError>),
}

/// Why a [`Sender`](crate::Sender) did not take a row. Nothing of it was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The server grants nothing at the moment.
    #[error("no credit left: expected to wait for a grant")]
    NoCredit,
    /// The socket is slower than the rows.
    #[error("the write buffer is full: expected to wait for the socket")]
    Busy,
    /// The row cannot be sent at all.
    #[error("the row cannot be sent: {0}")]
    Unsendable(#[from] WireError),
    /// The connection is gone; [`Answers`](crate::Answers) tells why.
    #[error("the connection is gone")]
    Closed,
}

pub(crate) fn millis(ms: u32) -> Option<Duration> {
    (ms > 0).then(|| Duration::from_millis(ms.into()))
}
