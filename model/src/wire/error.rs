//! Owns what can be wrong with bytes: each error names the field, the value and what was expected.
//! Refuses to repair anything: a frame is right in every byte or the connection ends.

use std::fmt;

use super::ErrorCode;

/// A field of a frame, and its row in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// Index of the row in its batch.
    pub row: Option<u16>,
    /// Name of the field, as the documentation writes it.
    pub field: &'static str,
}

impl From<&'static str> for At {
    fn from(field: &'static str) -> Self {
        Self { row: None, field }
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row {
            Some(row) => write!(f, "rows[{row}].{}", self.field),
            None => f.write_str(self.field),
        }
    }
}

/// Bytes that are not a frame, or a value that fits in none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The length field is zero.
    #[error("frame length 0: expected at least the frame kind")]
    EmptyFrame,
    /// The length field is over the bound.
    #[error("frame length {length}: expected at most {max} bytes")]
    FrameTooLong {
        /// What it says, or would have to say.
        length: u64,
        /// The bound.
        max: u32,
    },
    /// No frame of this kind comes from this side.
    #[error("frame kind {kind:#04x}: expected one that a {sender} sends")]
    UnknownKind {
        /// The kind.
        kind: u8,
        /// The side that sent it.
        sender: &'static str,
    },
    /// The first frame is not ours.
    #[error("magic {found:02x?}: expected \"SLUI\"")]
    BadMagic {
        /// What stood there.
        found: [u8; 4],
    },
    /// The frame ends inside a field.
    #[error("{at}: expected {expected} more bytes, the frame has {left}")]
    Truncated {
        /// The field.
        at: At,
        /// What the field needs.
        expected: usize,
        /// What is left of the frame.
        left: usize,
    },
    /// The frame goes on after its last field.
    #[error("{extra} bytes after the last field of frame kind {kind:#04x}: expected none")]
    Trailing {
        /// The frame kind.
        kind: u8,
        /// How many.
        extra: usize,
    },
    /// A string is not UTF-8.
    #[error("{at}: not UTF-8 from byte {valid} on")]
    NotUtf8 {
        /// The field.
        at: At,
        /// Length of the valid beginning.
        valid: usize,
    },
    /// A number has no meaning in this field.
    #[error("{at}: {value} has no meaning, expected {expected}")]
    BadValue {
        /// The field.
        at: At,
        /// What stood there.
        value: i64,
        /// What may stand there.
        expected: &'static str,
    },
    /// A string or list is longer than its field holds.
    #[error("{at}: length {length}, expected at most {max}")]
    TooLong {
        /// The field.
        at: At,
        /// Its length.
        length: usize,
        /// The bound.
        max: usize,
    },
}

impl WireError {
    /// The code under which a server reports this before it closes.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            WireError::BadMagic { .. } => ErrorCode::BadMagic,
            WireError::FrameTooLong { .. } => ErrorCode::FrameTooLong,
            _ => ErrorCode::Malformed,
        }
    }
}
