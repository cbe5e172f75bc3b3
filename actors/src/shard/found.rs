//! Owns what is asked about a notification that is not open, and what a reader brings back.

use sluis_model::{CorporationId, Input};

use super::letter::{Reply, ShardAnswer};
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

/// What is asked of a notification, and by whom.
#[derive(Debug)]
pub(super) struct Asked {
    /// The corporation that asks; none: the engine itself.
    pub corporation: Option<CorporationId>,
    pub then: Then,
    pub reply: Reply,
}

impl Asked {
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
