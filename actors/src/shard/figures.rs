//! Owns the figures and lists in which a shard says how it stands. Refuses names of tenants in
//! figures; the list of facts names them to their own corporation alone.

use sluis_model::{
    Cause, Channel, CorporationId, FlowRef, Lane, NotificationId, Subject, TaskGroup, Timestamp,
};

/// What a shard is asked for its metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Per channel and lane with something ready: since when the oldest at the front of a line
    /// waits.
    pub ready: Vec<(Channel, Lane, Timestamp)>,
    /// When the timer fell due that has waited longest, if one is overdue.
    pub overdue: Option<Timestamp>,
    /// What stands still and needs somebody.
    pub standing: Vec<Standstill>,
    /// Per corporation: what came in and fitted nothing.
    pub strays: Vec<Strays>,
    /// Per corporation: messages that nobody could read and that no task asks about.
    pub unread: Vec<Unread>,
}

/// What stands still for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standstill {
    /// The corporation whose notifications these are.
    pub corporation: CorporationId,
    /// The reason that they share.
    pub why: Standing,
    /// How many.
    pub count: u64,
    /// Since when the oldest.
    pub oldest: Option<Timestamp>,
}

/// Why something stands still.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// People are asked.
    Task {
        /// The list.
        list: Box<str>,
    },
    /// A guard wants facts.
    Held {
        /// Name of the flow.
        flow: Box<str>,
        /// Name of the guard.
        guard: Box<str>,
    },
    /// An attempt's outcome is not known.
    InDoubt,
}

/// Tasks that are one for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlikeTasks {
    /// What they have in common.
    pub alike: Alike,
    /// How many.
    pub count: u64,
    /// Since when the oldest waits, and which it is.
    pub oldest: (Timestamp, NotificationId),
    /// Why people are asked, in the words of the oldest.
    pub cause: Cause,
}

/// What tasks that are one for people have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alike {
    /// The name of their group.
    pub group: TaskGroup,
    /// The definition that they run by.
    pub flow: FlowRef,
    /// Index of the step they stand at.
    pub step: u8,
    /// The list they stand on.
    pub list: Box<str>,
}

/// What came in for one corporation and fitted nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strays {
    /// The corporation that sent them.
    pub corporation: CorporationId,
    /// Facts that fit nothing now.
    pub facts: u64,
    /// Facts that fitted nothing when they came, since the start of the records.
    pub facts_ever: u64,
    /// Since when the oldest of the facts waits.
    pub oldest: Option<Timestamp>,
    /// Notifications for tenants of whom no profile was there, since the start of the records.
    pub notifications_ever: u64,
}

/// Messages of one corporation that nobody could read and that no task asks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The corporation they are of.
    pub corporation: CorporationId,
    /// Those that wait for somebody now.
    pub messages: u64,
    /// Since when the oldest of them waits.
    pub oldest: Option<Timestamp>,
    /// How many there were, since the start of the records.
    pub ever: u64,
}

/// A fact that fits nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnmatchedFact {
    /// The corporation's number for the tenant.
    pub tenant: Box<str>,
    /// The record that holds it, in its shard.
    pub sequence: u64,
    /// When it was taken.
    pub at: Timestamp,
    /// Nothing is known of the tenant.
    pub unknown_tenant: bool,
    /// Nothing is known of its subject.
    pub unknown_subject: bool,
    /// A subject of the tenant that it nearly fits.
    pub near: Option<Subject>,
}

/// What one corporation has open in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The corporation whose notifications these are.
    pub corporation: CorporationId,
    /// Name of the state.
    pub state: &'static str,
    /// For tasks the list, for what is held the guard.
    pub at: Option<Box<str>>,
    /// How many.
    pub count: u64,
    /// Since when the one that has been in this state longest is in it.
    pub oldest: Timestamp,
}
