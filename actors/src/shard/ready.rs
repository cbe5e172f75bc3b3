//! Owns a shard's ready lists: who wants to be sent, per channel, lane, corporation. An entry is an id; the message
//! stays in the journal until a permit comes. Refuses to grant anything.

use std::collections::{HashMap, HashSet};

use sluis_model::NotificationId;

use crate::board::QueueKey;
use crate::chunked::Chunked;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Ready {
    queues: HashMap<QueueKey, Chunked<NotificationId>>,
    /// Entries that met a pause; they come back when a pause ends.
    parked: Vec<(QueueKey, NotificationId)>,
    changed: HashSet<QueueKey>,
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
        self.parked.push((key, id));
    }

    /// Puts everything parked back in line; what is still paused parks again at its next permit.
    pub(super) fn unpark(&mut self) {
        for (key, id) in std::mem::take(&mut self.parked) {
            self.push(key, id);
        }
    }

    pub(super) fn parked(&self) -> usize {
        self.parked.len()
    }

    pub(super) fn waiting(&self, key: &QueueKey) -> u32 {
        self.queues.get(key).map_or(0, |queue| u32::try_from(queue.len()).unwrap_or(u32::MAX))
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
