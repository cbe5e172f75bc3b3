//! Owns the following of the log: piece by piece of each shard, in order, for everybody who follows.
//! Those who are equally far get the same piece. One who is behind gets pieces of its own until it is
//! where the others are. Refuses to run by itself: its threads call it.

use std::sync::Arc;
use std::time::Duration;

use sluis_journal::{Journal, Shard};
use sluis_model::Clock;

use super::piece::{Pieces, Wanted};
use super::taking::Taking;
use crate::clock;

/// How long a stop lets it follow, in milliseconds: what is durable waits for the next start.
const MOST_AT_STOP_MS: i64 = 5_000;
/// Records of a shard that one piece has.
const MOST_RECORDS: usize = 1_024;
/// Records of all shards in a turn beside a busy engine. The rests behind it are in proportion, but a long
/// turn would be a good part of what the engine does in a second.
pub(super) const MOST_IN_SHORT_TURN: usize = 1_024;
/// How long somebody may be behind, in milliseconds, and the work still use only what time others
/// leave it.
pub(super) const MOST_BEHIND_MS: i64 = 300_000;

/// Reads for all.
pub(super) struct Reader {
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    all: Vec<Taking>,
    pieces: Pieces,
}

impl Reader {
    pub(super) fn new(journal: Arc<dyn Journal>, clock: Arc<dyn Clock>, all: Vec<Taking>) -> Self {
        Self {
            journal,
            clock,
            all,
            pieces: Pieces::default(),
        }
    }

    /// One turn: a piece of every shard, as long as it goes on; how long to rest after it. Whoever gets
    /// little time holds the work for seconds, and ends before the next shard when somebody
    /// else is to go on.
    pub(super) fn turn(&mut self, goes_on: &dyn Fn() -> bool) -> Duration {
        self.turn_of(MOST_RECORDS, goes_on)
    }

    /// The same with small pieces, for a thread that works beside a busy engine.
    pub(super) fn short_turn(&mut self, goes_on: &dyn Fn() -> bool) -> Duration {
        let shards = usize::from(self.journal.shards().max(1));
        let most = (MOST_IN_SHORT_TURN / shards).clamp(1, MOST_RECORDS);
        self.turn_of(most, goes_on)
    }

    fn turn_of(&mut self, most: usize, goes_on: &dyn Fn() -> bool) -> Duration {
        let now = monotonic();
        self.all.iter_mut().for_each(|taking| taking.begin(now));
        self.follow(most, goes_on);
        // What they did may have taken long, so their rests begin here.
        let now = monotonic();
        let rests = self.all.iter_mut().map(|taking| taking.end(now));
        // All of them have ended before the shortest rest is known.
        let rests: Vec<Duration> = rests.collect();
        rests.into_iter().min().unwrap_or_default()
    }

    /// Whether somebody has been behind for so long that the work is to have a share of its own: what
    /// is behind keeps records in the journal.
    pub(super) fn is_behind_for_long(&self) -> bool {
        let mut all = self.all.iter();
        all.any(|taking| taking.behind_ms() >= MOST_BEHIND_MS)
    }

    /// Follows to the end of what is durable, as far as it comes in the time that a stop gives it.
    pub(super) fn stop(&mut self) {
        let began = self.clock.now();
        self.all.iter_mut().for_each(Taking::forget_failure);
        loop {
            let now = monotonic();
            self.all
                .iter_mut()
                .for_each(|taking| taking.begin_to_stop(now));
            self.follow(MOST_RECORDS, &|| true);
            let is_done = self.all.iter().all(Taking::is_done);
            if is_done || self.clock.now().since(began) >= MOST_AT_STOP_MS {
                break;
            }
        }
        self.all.iter_mut().for_each(Taking::stop);
    }

    fn follow(&mut self, most: usize, goes_on: &dyn Fn() -> bool) {
        for shard in 0..self.journal.shards() {
            if !goes_on() {
                self.all.iter_mut().for_each(Taking::lacks);
                return;
            }
            self.follow_shard(shard, most);
        }
    }

    /// A piece of at most so many records for each that is not at the end, the one who is furthest behind
    /// first. When that brings it to where the next one is, both go on together.
    fn follow_shard(&mut self, shard: u16, most: usize) {
        let durable = self.journal.durable(Shard(shard)).0;
        let marks = self.all.iter().filter_map(|taking| taking.mark(shard));
        let mut marks: Vec<u64> = marks.filter(|mark| *mark < durable).collect();
        marks.sort_unstable();
        marks.dedup();
        for (place, mark) in marks.iter().enumerate() {
            let next = marks.get(place + 1);
            self.hand_over(Wanted {
                shard,
                after: *mark,
                upto: next.copied().unwrap_or(durable),
                most,
            });
        }
        for taking in &mut self.all {
            if taking.mark(shard).is_some_and(|mark| mark < durable) {
                taking.lacks();
            }
        }
    }

    /// One piece, for everybody who has what is before it and no more.
    fn hand_over(&mut self, wanted: Wanted) {
        let is_there = |taking: &Taking| taking.mark(wanted.shard) == Some(wanted.after);
        if !self.all.iter().any(is_there) {
            return;
        }
        let piece = self.pieces.read(&*self.journal, wanted);
        let now = monotonic();
        for taking in self.all.iter_mut().filter(|taking| is_there(taking)) {
            match &piece {
                Ok(piece) => taking.take(piece, now),
                Err(error) => taking.fail(error, now),
            }
        }
    }
}

fn monotonic() -> Duration {
    Duration::from_nanos(clock::nanos())
}
