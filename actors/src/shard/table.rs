//! Owns what a shard keeps of an ended notification in the keyed table beside the log: enough to
//! find its tenant, to answer its link, and to place late evidence. Rebuildable from the log.
//! Refuses to keep a body.

use bincode::{Decode, Encode};
use sluis_model::{TenantKey, Timestamp};

/// An ended notification.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Ended {
    /// The tenant it was for.
    pub tenant: TenantKey,
    /// Name of the end state.
    pub end: Box<str>,
    /// The instant at which it ended.
    pub at: Timestamp,
    /// Sequence of the record that ended it.
    pub sequence: u64,
    /// Sequence of the record that accepted it.
    pub accepted: u64,
}
