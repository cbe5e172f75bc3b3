//! What the journal says about itself: the depth of its queue, its disk use, and a callback per
//! group commit. Refuses to know about metric names or histograms.

use std::time::Duration;

/// How full the append queue is. Counted from the moment a batch is taken until it is durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueDepth {
    /// Batches waiting or being written.
    pub batches: usize,
    /// The bound on `batches`.
    pub max_batches: usize,
    /// Records in them.
    pub records: usize,
    /// The bound on `records`.
    pub max_records: usize,
    /// Bytes in them.
    pub bytes: usize,
    /// The bound on `bytes`.
    pub max_bytes: usize,
}

impl QueueDepth {
    /// The fullest of the three bounds, from 0.0 (empty) to 1.0.
    #[must_use]
    pub fn fill(&self) -> f64 {
        let part = |depth: usize, bound: usize| depth as f64 / bound.max(1) as f64;
        part(self.batches, self.max_batches)
            .max(part(self.records, self.max_records))
            .max(part(self.bytes, self.max_bytes))
    }
}

/// A snapshot for metrics and the status page. Taking one walks the data directory: seconds apart,
/// not per request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// The append queue.
    pub queue: QueueDepth,
    /// Group commits since the start.
    pub groups: u64,
    /// Records made durable since the start.
    pub records: u64,
    /// Record bytes made durable since the start.
    pub bytes: u64,
    /// Records in the newest group.
    pub last_group_records: u64,
    /// Bytes of all files in the data directory.
    pub disk_bytes: u64,
    /// Page bytes that belong to records no shard has trimmed (an estimate inside a generation).
    pub live_bytes: u64,
    /// Generation directories.
    pub generations: u64,
    /// Bytes an unprivileged process can still write on the file system of the data directory.
    pub disk_free_bytes: u64,
    /// The size of that file system.
    pub disk_total_bytes: u64,
}

/// Told about every group commit, from the committer thread: it must not block.
pub trait Observer: Send + Sync {
    /// A group became durable: how much it held, how long the writes took and how long the barrier
    /// took.
    fn group_committed(&self, records: usize, bytes: usize, write: Duration, sync: Duration);
}
