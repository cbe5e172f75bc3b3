//! Owns what shards and routers tell each other: which queues have how much ready, which permits
//! were granted, used and given back. Latest values and small counters, so it is bounded by the
//! number of queues, not of messages. Refuses to decide: fairness is the router's, order the
//! shard's.

use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use sluis_model::{Channel, CorporationId, Lane};

/// One line of the ready lists: what may be granted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QueueKey {
    /// The channel it wants.
    pub channel: Channel,
    /// Lane, most urgent first.
    pub lane: Lane,
    /// The corporation whose messages stand in it.
    pub corporation: CorporationId,
    /// Only through this provider: an attempt in doubt that is sent again.
    pub pinned: Option<Box<str>>,
}

/// Permits granted to one shard: it may start up to `count` attempts from `queue` through
/// `provider`. Every permit comes back, as used or as returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// From which queue.
    pub queue: QueueKey,
    /// Index of the provider within its channel's router.
    pub provider: usize,
    /// How many.
    pub count: u32,
}

/// What became of a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The queue of the grant.
    pub queue: QueueKey,
    /// The provider of the grant.
    pub provider: usize,
    /// Attempts that started: their permits come back when the attempts end.
    pub used: u32,
    /// Permits that found nothing to start.
    pub returned: u32,
}

/// What one shard has told one router since the router last looked.
#[derive(Debug, Default)]
pub struct Report {
    /// How many entries stand in each queue that changed, absolute, as of the newest settled grant.
    pub waiting: FxHashMap<QueueKey, u32>,
    /// Grants settled.
    pub settled: Vec<Settled>,
}

/// Where a shard leaves its reports for a router.
#[derive(Debug, Default)]
pub struct Outbox(Mutex<Report>);

impl Outbox {
    /// Adds to the report under one lock, so that counts and settlements fit each other.
    pub fn post(&self, change: impl FnOnce(&mut Report)) {
        change(&mut self.0.lock());
    }

    /// Takes what was posted.
    pub fn take(&self) -> Report {
        std::mem::take(&mut *self.0.lock())
    }
}
