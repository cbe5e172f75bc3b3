//! What a start found and did, for the start-up log. Refuses to decide anything.

use std::path::PathBuf;

use crate::{Sequence, Shard};

/// One shard after a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardReport {
    /// The shard.
    pub shard: Shard,
    /// The oldest kept sequence; one after `last` when nothing is kept.
    pub first: Sequence,
    /// The last recovered sequence. All of it is durable.
    pub last: Sequence,
    /// Records in the generations that are there, trimmed ones included.
    pub records: u64,
    /// Bytes of those records.
    pub bytes: u64,
}

/// What a start found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecoveryReport {
    /// Whether the data directory was made by this start.
    pub created: bool,
    /// Every shard, in order.
    pub shards: Vec<ShardReport>,
    /// The number of generations.
    pub generations: u64,
    /// Bytes of a torn tail that were cut off. They held nothing that was acknowledged.
    pub torn_bytes: u64,
    /// Leftovers of an interrupted run that were removed.
    pub removed: Vec<PathBuf>,
}
