//! Owns why something is not done with a mailing, with a stable code each.

use std::io;

use sluis_keys::KeyError;

use super::stage::Stage;
use crate::intake::FieldProblem;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// There is none, or it is another corporation's.
    #[error("there is no such mailing")]
    Unknown,
    /// What was asked has mistakes.
    #[error("{} mistake(s)", .0.len())]
    Invalid(Vec<FieldProblem>),
    /// The corporation has no flow of this name; it has these.
    #[error("there is no such flow: {}", .0.join(", "))]
    UnknownFlow(Vec<String>),
    /// It is not in a stage in which this can be done.
    #[error("the mailing is {is}: this can be done when it is {expected}", is = .is.name())]
    WrongStage {
        /// The stage that it is in.
        is: Stage,
        /// Those in which it may be.
        expected: &'static str,
    },
    /// Whoever made it or brought its rows approves it.
    #[error("\"{0}\" made this mailing or brought its rows: a second person must approve it")]
    SamePerson(String),
    /// What is approved is not what is there.
    #[error("the rows are not those of this checksum any more: look at the preview again")]
    RowsChanged,
    /// It has no row.
    #[error("the mailing has no rows: upload a list first")]
    NoRows,
    /// The corporation has as many as it may have.
    #[error("a corporation may have {0} mailings: remove some")]
    TooMany(usize),
    /// As many of the corporation run as may run at once.
    #[error("{0} mailings run already: wait until one has ended, or stop one")]
    TooManyRunning(usize),
    /// Its tenants are being chosen.
    #[error("the tenants of the mailing are being chosen: wait until that is through")]
    Selecting,
    /// The choosing of its tenants did not come to its end.
    #[error("{0}")]
    NotSelected(String),
    /// Nobody would be in the new mailing.
    #[error("nobody is affected in this way")]
    NobodyAffected,
    /// Its files cannot be used.
    #[error("the files of the mailing cannot be used: {0}")]
    Damaged(String),
}

impl NotDone {
    /// Stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "not_found",
            Self::Invalid(_) => "invalid",
            Self::UnknownFlow(_) => "unknown_flow",
            Self::WrongStage { .. } => "wrong_stage",
            Self::SamePerson(_) => "same_person",
            Self::RowsChanged => "rows_changed",
            Self::NoRows => "no_rows",
            Self::TooMany(_) => "too_many_mailings",
            Self::TooManyRunning(_) => "too_many_running",
            Self::NobodyAffected => "nobody_affected",
            Self::Selecting => "selecting",
            Self::NotSelected(_) => "not_selected",
            Self::Damaged(_) => "mailing_unreadable",
        }
    }
}

impl From<io::Error> for NotDone {
    fn from(error: io::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl From<KeyError> for NotDone {
    fn from(error: KeyError) -> Self {
        Self::Damaged(error.to_string())
    }
}
