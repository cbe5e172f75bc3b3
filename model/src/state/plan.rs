//! Owns what a flow says of a task: whose it is, and by when. Refuses to know why people are asked.

use bincode::{Decode, Encode};

use crate::time::Timestamp;

/// Whose a task is, and by when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Plan {
    /// The team whose it is; none: whoever works on the list.
    pub team: Option<Box<str>>,
    /// From then on it is marked as one that waits too long.
    pub remind_at: Option<Timestamp>,
    /// From then on the flow goes on by itself.
    pub due: Option<Timestamp>,
    /// Since when it is marked.
    pub reminded_at: Option<Timestamp>,
}
