//! What can be set when a data directory is opened, with the defaults and their reasons. Refuses
//! options that would weaken the promise, except the barrier ones that only tests can reach.

use std::fmt;
use std::sync::Arc;

use crate::Observer;

/// A monotonic clock in nanoseconds, used for the durations of the observer and of a start only.
pub type Monotonic = Arc<dyn Fn() -> u64 + Send + Sync>;

/// What stands between a write and the acknowledgement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Barrier {
    /// `fdatasync` after every group; everything synced when a generation or the table is made.
    #[default]
    Full,
    /// Fault injection: without the `fdatasync`. Loses acknowledged records in a power cut.
    #[cfg(feature = "fault-injection")]
    #[doc(hidden)]
    NoDataSync,
    /// Fault injection: a new generation's files and directory are not synced. Cannot be opened
    /// after some cuts.
    #[cfg(feature = "fault-injection")]
    #[doc(hidden)]
    NoCreationSync,
}

impl Barrier {
    pub(super) fn syncs_data(self) -> bool {
        match self {
            Self::Full => true,
            #[cfg(feature = "fault-injection")]
            Self::NoDataSync => false,
            #[cfg(feature = "fault-injection")]
            Self::NoCreationSync => true,
        }
    }

    pub(super) fn syncs_creation(self) -> bool {
        match self {
            Self::Full => true,
            #[cfg(feature = "fault-injection")]
            Self::NoDataSync => true,
            #[cfg(feature = "fault-injection")]
            Self::NoCreationSync => false,
        }
    }
}

/// How to open a data directory.
#[derive(Clone)]
pub struct Options {
    /// The number of shards; fixed when the directory is made. Default 16.
    pub shards: u16,
    /// The size of a generation's log from which the next group goes to a new generation. Default
    /// 512 MiB, never more than 2 GiB. Space comes back a whole generation at a time, and a start
    /// checks the newest one in full.
    pub generation_max_bytes: u64,
    /// The most batches taken and not yet durable. Default 4,096.
    pub queue_max_batches: usize,
    /// The most records taken and not yet durable. Default 262,144.
    pub queue_max_records: usize,
    /// The most bytes taken and not yet durable. Default 64 MiB.
    pub queue_max_bytes: usize,
    /// The most bytes of a group, give or take its last batch. Default 4 MiB.
    pub group_max_bytes: usize,
    /// Room that is made ready behind the end of the log, at most. Default 16 MiB; 0: none.
    pub room_bytes: u64,
    /// sled's unit of allocation and reuse, for the table, and the size of the buffer in which it
    /// gathers what it writes: that much memory is used little by little, given back, and used
    /// again. Default 4 MiB. sled may reuse a segment as soon as its pages moved to a later one,
    /// synced or not; a segment much larger than what is written between two barriers keeps a moved
    /// page and the reuse of its old place on different sides of a barrier, so the table puts a
    /// barrier behind every sixteenth part of one at the latest. A change counts for a new table.
    pub segment_bytes: usize,
    /// sled's page cache for the table. Default 4 MiB: sled keeps some 256 pages whatever it is set
    /// to.
    pub cache_bytes: u64,
    /// The clock behind the durations of the observer and of a start. The default stands still.
    pub monotonic: Monotonic,
    /// Told about every group commit.
    pub observer: Option<Arc<dyn Observer>>,
    /// Whether there certainly is a journal: something else that is made after it is there. Then
    /// nothing is taken for a new one. Default false.
    pub existing: bool,
    /// Threads that prove the table at a start. Default: as many as there are processors.
    pub threads: usize,
    /// Whether a table that is not what it claims is made again from the log. Default true;
    /// without, it is an error.
    pub rebuild_table: bool,
    /// What stands before an acknowledgement.
    #[doc(hidden)]
    pub barrier: Barrier,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            shards: 16,
            generation_max_bytes: 512 << 20,
            queue_max_batches: 4_096,
            queue_max_records: 262_144,
            queue_max_bytes: 64 << 20,
            group_max_bytes: 4 << 20,
            room_bytes: 16 << 20,
            segment_bytes: 4 << 20,
            cache_bytes: 4 << 20,
            monotonic: Arc::new(|| 0),
            observer: None,
            existing: false,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            rebuild_table: true,
            barrier: Barrier::Full,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("shards", &self.shards)
            .field("generation_max_bytes", &self.generation_max_bytes)
            .field("queue_max_batches", &self.queue_max_batches)
            .field("queue_max_records", &self.queue_max_records)
            .field("queue_max_bytes", &self.queue_max_bytes)
            .field("group_max_bytes", &self.group_max_bytes)
            .field("segment_bytes", &self.segment_bytes)
            .field("cache_bytes", &self.cache_bytes)
            .finish_non_exhaustive()
    }
}
