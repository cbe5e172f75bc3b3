//! Owns what is asked about a notification that is not open, and what a reader brings back.

use sluis_model::{CorporationId, Input};

use super::letter::Reply;
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

/// What a reader found, on its way back into the shard.
#[derive(Debug)]
pub(super) struct Found {
    /// How it ended; none: it never was.
    pub ended: Option<Ended>,
    /// The corporation that asks; none: the engine itself.
    pub corporation: Option<CorporationId>,
    pub then: Then,
    pub reply: Reply,
}
