//! Owns how a connection ends and what its peer is told. Refuses to tell a peer anything that was
//! not its own.

use std::fmt;
use std::io;

use sluis_model::wire::{ErrorCode, Fatal, OutOfCredit, WireError};

/// Why a connection ends.
#[derive(Debug)]
pub(super) enum End {
    /// Everything is answered and the peer wants no more.
    Done,
    /// The peer is told why.
    Told(Fatal),
    /// There is nobody to tell.
    Gone(io::Error),
}

impl End {
    /// Tells the peer a code and its words.
    pub(super) fn told(code: ErrorCode, message: impl Into<String>) -> Self {
        End::Told(Fatal {
            code: Ok(code),
            retry_after_ms: 0,
            message: message.into(),
        })
    }

    /// The same, with the time after which to come back, in seconds.
    pub(super) fn later(code: ErrorCode, message: impl Into<String>, retry_after: u32) -> Self {
        let retry_after_ms = retry_after.saturating_mul(1_000);
        End::Told(Fatal {
            code: Ok(code),
            retry_after_ms,
            message: message.into(),
        })
    }

    /// The process ends.
    pub(super) fn stopping() -> Self {
        Self::later(
            ErrorCode::Stopping,
            "the engine stops: connect again later",
            crate::admission::Closed::Stopping.retry_after(),
        )
    }

    /// A frame that has no place where it came.
    pub(super) fn unexpected(what: &'static str) -> Self {
        Self::told(ErrorCode::UnexpectedFrame, what)
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Done => f.write_str("done"),
            End::Told(Fatal { code, message, .. }) => {
                write!(f, "{}: {message}", code.map_or("unknown", ErrorCode::name))
            }
            End::Gone(error) => write!(f, "gone: {error}"),
        }
    }
}

impl From<WireError> for End {
    fn from(error: WireError) -> Self {
        Self::told(error.code(), error.to_string())
    }
}

impl From<OutOfCredit> for End {
    fn from(error: OutOfCredit) -> Self {
        Self::told(ErrorCode::OutOfCredit, error.to_string())
    }
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        End::Gone(error)
    }
}
