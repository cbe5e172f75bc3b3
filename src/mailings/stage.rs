//! Owns the words for a mailing's number and for how far it is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A text is no number of a mailing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the number of a mailing: expected 32 lower-case hex digits")]
pub struct NoId;

/// The number of a mailing: 128 random bits, written as 32 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailingId(pub u128);

impl fmt::Display for MailingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for MailingId {
    type Err = NoId;

    fn from_str(text: &str) -> Result<Self, NoId> {
        let plain = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        match u128::from_str_radix(text, 16) {
            Ok(number) if text.len() == 32 && text.bytes().all(plain) => Ok(Self(number)),
            _ => Err(NoId),
        }
    }
}

/// How far a mailing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Its rows may be uploaded.
    Draft,
    /// A second person has looked at it.
    Approved,
    /// Rows are handed over.
    Running,
    /// No row is handed over.
    Paused,
    /// No row is handed over any more, and what is open is cancelled.
    Stopping,
    /// It was stopped: the account says what had gone.
    Stopped,
    /// Every row has its verdict.
    Done,
}

impl Stage {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Approved => "approved",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Done => "done",
        }
    }

    /// Whether rows of it may have been handed over and more may come.
    #[must_use]
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::Running | Self::Paused | Self::Stopping)
    }

    /// Whether nothing more is handed over.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Stopped | Self::Done)
    }
}
