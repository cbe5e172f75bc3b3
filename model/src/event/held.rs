//! Owns what holds a message back that could go, as events tell it. Refuses to hold any: `decide` does.

use bincode::{Decode, Encode};

use crate::ids::NotificationId;
use crate::time::Timestamp;

/// What holds a message back that could go.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum HeldBack {
    /// A rule between flows.
    Conflict {
        /// The rule.
        rule: Box<str>,
        /// What is open; none: it holds on after what left a while ago.
        by: Option<NotificationId>,
        /// It is asked again when that ends, and then at the latest.
        until: Timestamp,
    },
    /// It leaves with what else is due that day.
    Bundle {
        /// The bundle.
        bundle: Box<str>,
        /// When it leaves.
        until: Timestamp,
    },
}

impl HeldBack {
    /// Until when, at the latest.
    #[must_use]
    pub const fn until(&self) -> Timestamp {
        match self {
            HeldBack::Conflict { until, .. } | HeldBack::Bundle { until, .. } => *until,
        }
    }
}

/// A cap that holds a message back.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Capped {
    /// Name of the cap.
    pub cap: Box<str>,
    /// How many messages it allows.
    pub most: u8,
    /// In how long a time, in milliseconds.
    pub within_ms: i64,
    /// From when on it allows another one.
    pub until: Timestamp,
}
