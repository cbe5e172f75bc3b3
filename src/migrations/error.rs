//! Owns why something is not done with a migration, with a stable code each.

use super::stage::Stage;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum NotMigrated {
    /// There is none, or it is another corporation's.
    #[error("there is no such migration")]
    Unknown,
    /// The corporation has no flow of this name; it has these.
    #[error("there is no such flow: {}", .0.join(", "))]
    UnknownFlow(Vec<String>),
    /// The version that is asked for is not the one that new notifications get.
    #[error(
        "version {asked} of the flow is not the one that new notifications get: expected latest, or {current}"
    )]
    NotCurrent {
        /// What was asked for.
        asked: String,
        /// The version that may be asked for.
        current: u32,
    },
    /// New notifications get another definition by now.
    #[error("the flow has changed since this was shown: look again")]
    FlowChanged,
    /// One of the flow is under way.
    #[error("a migration of this flow is under way, {0}: wait until it has ended, or cancel it")]
    UnderWay(String),
    /// It is not in a stage in which this can be done.
    #[error("the migration is {is}: this can be done when it is {expected}", is = .is.name())]
    WrongStage {
        /// The stage that it is in.
        is: Stage,
        /// Those in which it may be.
        expected: &'static str,
    },
    /// What is to be taken is not what was shown.
    #[error("this is not the checksum of what the migration has shown: look at it again")]
    NotShown,
    /// Its file cannot be written.
    #[error("the file of the migration cannot be used: {0}")]
    Damaged(#[from] std::io::Error),
}

impl NotMigrated {
    /// Stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "not_found",
            Self::UnknownFlow(_) => "unknown_flow",
            Self::NotCurrent { .. } => "not_current",
            Self::FlowChanged => "flow_changed",
            Self::UnderWay(_) => "migration_under_way",
            Self::WrongStage { .. } => "wrong_stage",
            Self::NotShown => "not_shown",
            Self::Damaged(_) => "internal",
        }
    }
}
