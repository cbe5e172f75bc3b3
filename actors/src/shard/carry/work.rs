//! Owns how far the carrying of a shard is, and which attempts may still read a body where it stood
//! before. Refuses to carry anything: the shard does.

use std::sync::Arc;

use super::super::place::Slot;
use super::errand::{Basket, Fetched};
use super::scan::Load;
use crate::dispatch::Lease;

/// The carrying of one shard.
#[derive(Default)]
pub(in super::super) struct Carry {
    pub(super) work: Option<Work>,
    /// Whether the journal has no room for it now.
    pub(super) is_stalled: bool,
    /// For the attempts of now.
    lease: Lease,
    /// Of attempts whose bodies stood elsewhere when they started. The notification may have ended
    /// since, and its attempt goes on.
    older: Vec<Lease>,
}

/// One horizon's.
pub(super) struct Work {
    pub horizon: u64,
    pub state: State,
}

/// How far it is.
pub(super) enum State {
    /// Looks at the tenants, from this place on.
    Tenants { next: Slot },
    /// A reader fetches bodies.
    Fetching(Arc<Basket>),
    /// Writes what was fetched.
    Writing(Load, Fetched),
    /// Everything is written.
    Written { upto: u64 },
}

impl State {
    pub(super) const fn is_written(&self) -> bool {
        matches!(self, Self::Written { .. })
    }
}

impl Carry {
    /// For a shard that is rebuilt: nothing is carried yet, and attempts go on.
    pub(in super::super) fn after(lost: Self) -> Self {
        let mut older = lost.older;
        older.push(lost.lease);
        Self {
            older,
            ..Self::default()
        }
    }

    /// What an attempt holds that starts now.
    pub(in super::super) fn lease(&self) -> Lease {
        self.lease.clone()
    }

    /// Whether it must be tried again by the clock.
    pub(in super::super) const fn is_stalled(&self) -> bool {
        self.is_stalled
    }

    /// Attempts that start from now on find their bodies where they stand now.
    pub(super) fn part(&mut self) {
        self.older.push(std::mem::take(&mut self.lease));
    }

    /// Whether no attempt may read a body where it stood before.
    pub(super) fn is_parted(&mut self) -> bool {
        self.older.retain(|lease| !lease.is_last());
        self.older.is_empty()
    }
}
