//! Owns the words for how far a migration is.

use serde::{Deserialize, Serialize};

/// How far a migration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Everything open is looked at; nothing moves.
    Checking,
    /// It shows what would move; somebody begins it, or nothing happens.
    Checked,
    /// It moves what fits.
    Running,
    /// Everything was asked.
    Done,
    /// Somebody stopped it. What has moved stays where it is.
    Cancelled,
}

impl Stage {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Checking => "checking",
            Self::Checked => "checked",
            Self::Running => "running",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether the driver has something to do.
    #[must_use]
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::Checking | Self::Running)
    }
}
