//! Owns what a simulated process stands on: what outlives it, its ways out, and who in it can have a
//! turn.

use std::collections::BTreeSet;
use std::sync::Arc;

use parking_lot::Mutex;
use sluis_actors::Erasures;
use sluis_model::{Channel, OnDoubt};

use crate::archive::Archive;
use crate::clock::SimClock;
use crate::contracts::Contracts;
use crate::disk::Disk;
use crate::flows::Flows;
use crate::plan::Plan;
use crate::planted::Bug;

/// The way to the machine, in worlds that have one.
pub(crate) const MACHINE: &str = "machine";

/// The ways out: name, channel, what its provider wants done with doubt.
pub(crate) const WAYS: [(&str, Channel, OnDoubt); 4] = [
    ("relay", Channel::Email, OnDoubt::Resend),
    ("spare", Channel::Email, OnDoubt::Hold),
    ("texts", Channel::Sms, OnDoubt::Hold),
    (MACHINE, Channel::Machine, OnDoubt::Resend),
];

/// Who can have a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Actor {
    Shard(usize),
    Router(usize),
    Station(usize),
}

/// Those who were woken. A set: the order in which one turn wakes several means nothing, and hash
/// maps decide it.
pub(crate) type Woken = Arc<Mutex<BTreeSet<Actor>>>;

/// What outlives a process.
pub(crate) struct Ground<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) contracts: &'a Contracts,
    pub(crate) flows: &'a Arc<Flows>,
    pub(crate) disk: &'a Arc<Disk>,
    pub(crate) archive: &'a Arc<Archive>,
    pub(crate) clock: &'a Arc<SimClock>,
    /// Who destroys keys, where there are any.
    pub(crate) erasures: Option<Arc<dyn Erasures>>,
    pub(crate) bug: Option<Bug>,
}
