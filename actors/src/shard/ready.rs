//! Owns a shard's ready lists: who wants to be sent, per channel, lane, corporation. An entry is an
//! id; the message stays in the journal until a permit comes. Refuses to grant anything.

use rustc_hash::{FxHashMap, FxHashSet};
use sluis_model::NotificationId;

use crate::chunked_deque::ChunkedDeque;
use crate::outbox::QueueKey;

/// Who wants to be sent, first come first served within a channel, lane and corporation.
#[derive(Debug, Default)]
pub(super) struct Ready {
    queues: FxHashMap<QueueKey, ChunkedDeque<NotificationId>>,
    /// Entries that met a pause, by the queue they come back to when a pause ends.
    parked: FxHashMap<QueueKey, ChunkedDeque<NotificationId>>,
    changed: FxHashSet<QueueKey>,
    /// Queues that nobody serves, of which one turn did not take all.
    unserved: Vec<QueueKey>,
    /// Entries in the queues, by lane.
    depth: [usize; 3],
}

impl Ready {
    pub(super) fn push(&mut self, key: QueueKey, id: NotificationId) {
        self.changed.insert(key.clone());
        self.depth[key.lane as usize] += 1;
        self.queues.entry(key).or_default().push_back(id);
    }

    pub(super) fn pop(&mut self, key: &QueueKey) -> Option<NotificationId> {
        self.changed.insert(key.clone());
        let queue = self.queues.get_mut(key)?;
        let id = queue.pop_front();
        self.depth[key.lane as usize] -= usize::from(id.is_some());
        if queue.is_empty() {
            self.queues.remove(key);
        }
        id
    }

    pub(super) fn park(&mut self, key: QueueKey, id: NotificationId) {
        self.parked.entry(key).or_default().push_back(id);
    }

    /// Puts everything parked back in line; what is still paused parks again at its next permit.
    pub(super) fn unpark(&mut self) {
        for (key, mut parked) in std::mem::take(&mut self.parked) {
            while let Some(id) = parked.pop_front() {
                self.push(key.clone(), id);
            }
        }
    }

    pub(super) fn parked(&self) -> usize {
        self.parked.values().map(ChunkedDeque::len).sum()
    }

    /// At most `most` entries at the front of each queue.
    pub(super) fn fronts(
        &self,
        most: usize,
    ) -> impl Iterator<Item = (&QueueKey, Vec<NotificationId>)> {
        self.queues.iter().map(move |(key, queue)| {
            (
                key,
                (0..queue.len().min(most))
                    .map(|number| queue[number])
                    .collect(),
            )
        })
    }

    pub(super) fn waiting(&self, key: &QueueKey) -> u32 {
        self.queues
            .get(key)
            .map_or(0, |queue| u32::try_from(queue.len()).unwrap_or(u32::MAX))
    }

    /// Queues that have something, in no order.
    pub(super) fn queues(&self) -> impl Iterator<Item = &QueueKey> {
        self.queues.keys()
    }

    /// A queue that nobody serves is looked at again in the next turn.
    pub(super) fn keep_unserved(&mut self, key: QueueKey) {
        self.unserved.push(key);
    }

    /// Those that were kept.
    pub(super) fn take_unserved(&mut self) -> Vec<QueueKey> {
        std::mem::take(&mut self.unserved)
    }

    /// Queues whose length changed since [`Self::take_changed`].
    pub(super) fn changed(&self) -> impl Iterator<Item = &QueueKey> {
        self.changed.iter()
    }

    /// Queues whose length changed since the last call.
    pub(super) fn take_changed(&mut self) -> impl Iterator<Item = QueueKey> + use<> {
        std::mem::take(&mut self.changed).into_iter()
    }

    /// Entries in the queues of a lane.
    pub(super) fn depth(&self, lane: sluis_model::Lane) -> usize {
        self.depth[lane as usize]
    }
}

#[cfg(test)]
mod tests {
    use sluis_model::{Channel, CorporationId, Lane};

    use super::*;

    #[test]
    fn what_was_parked_comes_back_to_its_own_queue_in_order() {
        let key = |lane| QueueKey {
            channel: Channel::Sms,
            lane,
            corporation: CorporationId(1),
            pinned: None,
        };
        let mut ready = Ready::default();
        for n in 0..1_000 {
            ready.park(
                key(if n % 3 == 0 { Lane::Urgent } else { Lane::Bulk }),
                NotificationId(n),
            );
        }
        ready.push(key(Lane::Bulk), NotificationId(1_000));
        assert_eq!((ready.parked(), ready.depth(Lane::Urgent)), (1_000, 0));
        ready.unpark();
        assert_eq!(
            (
                ready.parked(),
                ready.depth(Lane::Urgent),
                ready.depth(Lane::Bulk)
            ),
            (0, 334, 667)
        );
        let mut drain = |lane| {
            std::iter::from_fn(|| ready.pop(&key(lane)))
                .map(|id| id.0)
                .collect::<Vec<_>>()
        };
        assert!(
            drain(Lane::Urgent)
                .into_iter()
                .eq((0..1_000).filter(|n| n % 3 == 0))
        );
        assert!(
            drain(Lane::Bulk)
                .into_iter()
                .eq([1_000].into_iter().chain((0..1_000).filter(|n| n % 3 != 0)))
        );
    }
}
