//! Owns what is asked about a notification that is not open, and what a reader brings back.

use sluis_model::{AttemptRef, CorporationId, Input, ReceiptKind};

use super::late::{self, Went};
use super::request::{Reply, ShardAnswer};
use super::table::Ended;

/// What is to be done with a notification that is not open.
#[derive(Debug)]
pub(super) enum Then {
    /// Decide on this input.
    Decide(Input),
    /// Tell its tenant's state.
    Snapshot,
    /// Tell where it was accepted.
    Accepted,
}

impl Then {
    /// The attempt of which it must be known where it went: its address is dead.
    pub(super) fn asks_where(&self) -> Option<AttemptRef> {
        match self {
            Then::Decide(Input::Receipt(receipt)) if receipt.kind == ReceiptKind::BouncedHard => {
                Some(receipt.attempt)
            }
            Then::Decide(_) | Then::Snapshot | Then::Accepted => None,
        }
    }

    /// Whether the tenant's state is needed for it.
    pub(super) const fn needs_state(&self) -> bool {
        match self {
            Then::Accepted => false,
            Then::Decide(_) | Then::Snapshot => true,
        }
    }

    /// With where the attempt went that it asked about.
    pub(super) fn told_where(self, went: Option<Went>) -> Self {
        match (self, went) {
            (Then::Decide(Input::Receipt(receipt)), Some(went)) => {
                Then::Decide(late::input(receipt, went))
            }
            (then, _) => then,
        }
    }
}

/// What is asked of a notification, and by whom.
#[derive(Debug)]
pub(super) struct Asked {
    /// The corporation that asks; none: the engine itself.
    pub corporation: Option<CorporationId>,
    pub then: Then,
    pub reply: Reply,
}

impl Asked {
    /// With where the attempt went that it asks about.
    pub(super) fn told_where(&mut self, went: Option<Went>) {
        let then = std::mem::replace(&mut self.then, Then::Accepted);
        self.then = then.told_where(went);
    }

    /// What ended, if whoever asks may know of it.
    pub(super) fn may_know(&self, ended: Option<Ended>) -> Option<Ended> {
        let theirs = |ended: &Ended| {
            self.corporation
                .is_none_or(|corporation| ended.tenant.corporation == corporation)
        };
        ended.filter(theirs)
    }
}

/// What was found, on its way back into the shard.
#[derive(Debug)]
pub(super) struct Found {
    /// How it ended; none: it never was.
    pub ended: Option<Ended>,
    pub asked: Asked,
}

/// Where a notification was accepted that ended.
pub(super) fn accepted(ended: Option<&Ended>) -> ShardAnswer {
    ended.map_or(ShardAnswer::NotFound, |ended| ShardAnswer::Accepted {
        position: ended.accepted,
    })
}
