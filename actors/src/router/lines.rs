//! Owns the order of queues: one line per lane and way over the providers, in each a deficit round robin of
//! corporations; queues that a limit or window holds stand aside until their time. A queue is
//! touched when its counts change, when it is granted something and when it is set aside or comes
//! back: a turn costs what it grants, not how many queues there are. Refuses to know permits and
//! limits.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use rustc_hash::FxHashMap;
use sluis_model::{Lane, Timestamp};

use super::queue::{Place, Queue};
use crate::outbox::QueueKey;

/// All queues of a channel. Their number is bounded by corporations × lanes × (providers + 1).
pub(super) struct Lines {
    index: FxHashMap<QueueKey, usize>,
    queues: Vec<Queue>,
    rings: Vec<VecDeque<usize>>,
    /// What the queues in each ring weigh together.
    weights: Vec<u64>,
    /// Exactly one entry per parked queue.
    parked: BinaryHeap<Reverse<(Timestamp, usize)>>,
    per_lane: usize,
    /// Entries that wait, per lane.
    waiting: [u64; 3],
}

impl Lines {
    /// Lines, so many a lane: one for each way over the channel's providers.
    pub(super) fn new(per_lane: usize) -> Self {
        Self {
            index: FxHashMap::default(),
            queues: Vec::new(),
            rings: vec![VecDeque::new(); Lane::ALL.len() * per_lane],
            weights: vec![0; Lane::ALL.len() * per_lane],
            parked: BinaryHeap::new(),
            per_lane,
            waiting: [0; 3],
        }
    }

    /// The line of a lane at a place.
    pub(super) const fn line(&self, lane: Lane, place: usize) -> usize {
        lane as usize * self.per_lane + place
    }

    /// How many lines a lane has.
    pub(super) const fn places(&self) -> usize {
        self.per_lane
    }

    /// The lane of a line.
    pub(super) fn lane(&self, line: usize) -> Lane {
        Lane::ALL[line / self.per_lane]
    }

    /// The place of a line in its lane.
    pub(super) const fn place(&self, line: usize) -> usize {
        line % self.per_lane
    }

    /// What the queues that have something weigh together.
    pub(super) fn weight(&self, line: usize) -> u64 {
        self.weights[line]
    }

    pub(super) fn all(&self) -> std::ops::Range<usize> {
        0..self.rings.len()
    }

    pub(super) fn is_empty(&self, line: usize) -> bool {
        self.rings[line].is_empty()
    }

    pub(super) fn find(&self, key: &QueueKey) -> Option<usize> {
        self.index.get(key).copied()
    }

    pub(super) fn add(&mut self, queue: Queue) -> usize {
        let place = self.queues.len();
        self.index.insert(queue.key.clone(), place);
        self.queues.push(queue);
        place
    }

    pub(super) fn queue(&self, queue: usize) -> &Queue {
        &self.queues[queue]
    }

    pub(super) fn waiting(&self) -> [u64; 3] {
        self.waiting
    }

    /// Gives each queue the weight that this says.
    pub(super) fn weigh(&mut self, weight: impl Fn(&QueueKey) -> u32) {
        for queue in &mut self.queues {
            let before = std::mem::replace(&mut queue.weight, weight(&queue.key));
            queue.left = queue.left.min(queue.weight);
            if let (Some(line), Place::Ring) = (queue.line, queue.place) {
                let others = self.weights[line] - u64::from(before);
                self.weights[line] = others + u64::from(queue.weight);
            }
        }
    }

    pub(super) fn set_waiting(&mut self, queue: usize, shard: u16, waiting: u32) {
        let lane = self.queues[queue].key.lane as usize;
        let before = self.queues[queue].set_waiting(shard, waiting);
        self.waiting[lane] = self.waiting[lane] - u64::from(before) + u64::from(waiting);
        self.line_up(queue);
    }

    pub(super) fn settle(&mut self, queue: usize, shard: u16, count: u32) {
        self.queues[queue].settle(shard, count);
        self.line_up(queue);
    }

    /// The queue whose turn it is; those that ran dry leave the ring.
    pub(super) fn front(&mut self, line: usize) -> Option<usize> {
        while let Some(&queue) = self.rings[line].front() {
            if self.queues[queue].available() > 0 {
                return Some(queue);
            }
            self.leave(line, Place::Idle);
        }
        None
    }

    /// Sets the front queue of the line aside until `until`.
    pub(super) fn park_front(&mut self, line: usize, until: Timestamp) {
        if let Some(queue) = self.leave(line, Place::Parked(until)) {
            self.parked.push(Reverse((until, queue)));
        }
    }

    /// Takes one entry from the front queue of the line; at the end of its round the queue goes to
    /// the back.
    pub(super) fn take_front(&mut self, line: usize) -> Option<u16> {
        let index = *self.rings[line].front()?;
        let queue = &mut self.queues[index];
        let shard = queue.take();
        let left = if queue.left == 0 {
            queue.weight
        } else {
            queue.left
        };
        queue.left = left.saturating_sub(1);
        if queue.available() == 0 {
            self.leave(line, Place::Idle);
        } else if queue.left == 0 {
            self.rings[line].rotate_left(1);
        }
        shard
    }

    /// Brings back the queues whose time has come.
    pub(super) fn unpark(&mut self, now: Timestamp) {
        while let Some(&Reverse((until, queue))) = self.parked.peek() {
            if until > now {
                break;
            }
            self.parked.pop();
            self.queues[queue].place = Place::Idle;
            self.line_up(queue);
        }
    }

    /// When the first queue that is set aside and has something comes back.
    pub(super) fn next_unpark(&mut self) -> Timestamp {
        while let Some(&Reverse((until, queue))) = self.parked.peek() {
            if self.queues[queue].available() > 0 {
                return until;
            }
            self.parked.pop();
            self.queues[queue].place = Place::Idle;
        }
        Timestamp::NEVER
    }

    fn line_up(&mut self, index: usize) {
        let queue = &mut self.queues[index];
        if let (Some(line), Place::Idle) = (queue.line, queue.place)
            && queue.available() > 0
        {
            queue.place = Place::Ring;
            self.weights[line] += u64::from(queue.weight);
            self.rings[line].push_back(index);
        }
    }

    /// A queue that leaves the ring keeps nothing of its round.
    fn leave(&mut self, line: usize, place: Place) -> Option<usize> {
        let queue = self.rings[line].pop_front()?;
        self.queues[queue].place = place;
        self.queues[queue].left = 0;
        self.weights[line] -= u64::from(self.queues[queue].weight);
        Some(queue)
    }
}
