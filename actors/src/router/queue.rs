//! Owns the counts of one queue over all shards: what waits, what was granted for it and not yet
//! settled, and the round robin of its shards. Refuses to know other queues.

use std::collections::VecDeque;

use sluis_model::Timestamp;

use crate::outbox::QueueKey;

/// Where a queue stands in its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Nowhere: nothing is available.
    Idle,
    /// In the ring.
    Ring,
    /// Aside until an instant: a limit or a window holds it.
    Parked(Timestamp),
}

#[derive(Clone, Copy, Debug, Default)]
struct Share {
    waiting: u32,
    granted: u32,
    in_ring: bool,
}

impl Share {
    fn available(self) -> u32 {
        self.waiting.saturating_sub(self.granted)
    }
}

/// One queue: a lane of a corporation, perhaps pinned to a provider.
pub(super) struct Queue {
    pub key: QueueKey,
    /// Its line; none when it is pinned to a provider that is not there.
    pub line: Option<usize>,
    /// Place of its corporation.
    pub corporation: usize,
    /// Messages per round.
    pub weight: u32,
    /// Messages left of this round.
    pub left: u32,
    pub place: Place,
    shards: Vec<Share>,
    ring: VecDeque<u16>,
    available: u64,
}

impl Queue {
    pub(super) fn new(
        key: QueueKey,
        line: Option<usize>,
        corporation: usize,
        weight: u32,
        shards: usize,
    ) -> Self {
        let shards = vec![Share::default(); shards];
        Self {
            key,
            line,
            corporation,
            weight,
            left: 0,
            place: Place::Idle,
            shards,
            ring: VecDeque::new(),
            available: 0,
        }
    }

    /// Entries that could be granted now, over all shards.
    pub(super) fn available(&self) -> u64 {
        self.available
    }

    /// The shard has `waiting` entries. Returns what it had before.
    pub(super) fn set_waiting(&mut self, shard: u16, waiting: u32) -> u32 {
        let before = self.shards[usize::from(shard)].waiting;
        self.change(shard, |share| share.waiting = waiting);
        before
    }

    /// The shard settled `count` grants.
    pub(super) fn settle(&mut self, shard: u16, count: u32) {
        debug_assert!(
            count <= self.shards[usize::from(shard)].granted,
            "more settled than granted: {:?}",
            self.key
        );
        self.change(shard, |share| {
            share.granted = share.granted.saturating_sub(count)
        });
    }

    /// Takes one entry from the shard whose turn it is.
    pub(super) fn take(&mut self) -> Option<u16> {
        while let Some(shard) = self.ring.pop_front() {
            let share = &mut self.shards[usize::from(shard)];
            share.in_ring = false;
            if share.available() > 0 {
                // Puts it back at the end if there is more.
                self.change(shard, |share| share.granted += 1);
                return Some(shard);
            }
        }
        None
    }

    fn change(&mut self, shard: u16, change: impl FnOnce(&mut Share)) {
        let share = &mut self.shards[usize::from(shard)];
        let before = share.available();
        change(share);
        let after = share.available();
        self.available = self.available - u64::from(before) + u64::from(after);
        // A shard that ran dry leaves the ring when its turn comes.
        if after > 0 && !share.in_ring {
            share.in_ring = true;
            self.ring.push_back(shard);
        }
    }
}
