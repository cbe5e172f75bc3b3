//! What each follower gets, whatever the others do. Turns are taken by hand: no thread, no clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use parking_lot::Mutex;
use sluis_journal::{Batch, Journal as _, MemoryJournal, Shard};
use sluis_model::{Clock, Control, ControlRecord, ManualClock, Record, Timestamp};

use super::reader::{MOST_BEHIND_MS, MOST_IN_SHORT_TURN, Reader};
use super::waiting::{Asked, Pressed};
use super::{Bell, Piece, TakeError, Takes, Waiting};

const SHARD: u16 = 0;
const FOR_LONG: Duration = Duration::from_secs(1_000_000);

/// What a follower has, and whether it fails.
#[derive(Default)]
struct Seen {
    /// Each record with the place in memory from which it was given.
    records: Mutex<Vec<(u64, usize)>>,
    fails: AtomicBool,
    is_away: AtomicBool,
    is_put_away: AtomicBool,
    after: u64,
}

impl Seen {
    fn after(after: u64) -> Arc<Self> {
        Arc::new(Self {
            after,
            ..Self::default()
        })
    }

    fn sequences(&self) -> Vec<u64> {
        let records = self.records.lock();
        records.iter().map(|(sequence, _)| *sequence).collect()
    }

    fn newest(&self) -> (u64, usize) {
        self.records.lock().last().copied().unwrap_or_default()
    }
}

struct Follower(Arc<Seen>);

impl Takes for Follower {
    fn name(&self) -> &'static str {
        "a test"
    }

    fn is_open(&self) -> bool {
        !self.0.is_away.load(Ordering::Relaxed)
    }

    fn followed(&self, _: u16) -> u64 {
        let records = self.0.records.lock();
        records
            .last()
            .map_or(self.0.after, |(sequence, _)| *sequence)
    }

    fn take(&mut self, piece: &Piece) -> Result<(), TakeError> {
        if self.0.fails.load(Ordering::Relaxed) {
            return Err("its disk is full".into());
        }
        let mut records = self.0.records.lock();
        for taken in &piece.records {
            records.push((taken.sequence, taken.bytes.as_ptr().addr()));
        }
        Ok(())
    }

    fn end(&mut self, _: bool) -> Result<(), TakeError> {
        Ok(())
    }

    fn fail(&mut self) -> Duration {
        FOR_LONG
    }

    fn show(&self, _: i64) {}

    fn stop(&mut self, _: bool) -> Result<(), TakeError> {
        self.0.is_put_away.store(true, Ordering::Relaxed);
        Ok(())
    }
}

/// A log with two who follow it.
struct Both {
    journal: Arc<MemoryJournal>,
    clock: Arc<ManualClock>,
    reader: Reader,
    seen: [Arc<Seen>; 2],
    waiting: [Arc<Waiting>; 2],
    /// Kept, so that there is somebody to ask.
    _asked: Receiver<Asked>,
}

impl Both {
    fn after(marks: [u64; 2]) -> Self {
        Self::over(1, marks)
    }

    fn over(shards: u16, marks: [u64; 2]) -> Self {
        let journal = Arc::new(MemoryJournal::new(shards, 8));
        let clock = Arc::new(ManualClock::starting_at(Timestamp(1)));
        let seen = marks.map(Seen::after);
        let mut bell = Bell::new();
        let waiting = seen.clone().map(|seen| bell.add(Follower(seen)));
        let (all, asked) = bell.gathered(&(clock.clone() as Arc<dyn Clock>));
        Self {
            reader: Reader::new(journal.clone(), clock.clone(), all),
            journal,
            clock,
            seen,
            waiting,
            _asked: asked,
        }
    }

    fn write(&self, count: usize) {
        self.append(count, |buffer| {
            let record = Record::Control(ControlRecord {
                at: Timestamp(1),
                control: Control::IntentDone { intent: 1 },
            });
            record.encode(buffer).expect("it is short");
        });
    }

    fn append(&self, count: usize, put: impl Fn(&mut Vec<u8>)) {
        let last = self.journal.last(Shard(SHARD));
        let mut batch = Batch::new(Shard(SHARD), last.next());
        for _ in 0..count {
            let pushed = batch.push_with(|buffer| -> Result<(), ()> {
                put(buffer);
                Ok(())
            });
            pushed.expect("nothing refuses");
        }
        self.journal.try_append(batch, last).expect("there is room");
        self.journal.commit();
    }

    fn turn(&mut self) -> Duration {
        self.reader.turn(&|| true)
    }

    fn marks(&self) -> [u64; 2] {
        let last = |seen: &Arc<Seen>| seen.newest().0.max(seen.after);
        [last(&self.seen[0]), last(&self.seen[1])]
    }
}

#[test]
fn both_get_the_same_record_decoded_once() {
    let mut both = Both::after([0, 0]);
    both.write(3);
    both.turn();
    let [one, two] = &both.seen;
    assert_eq!(one.sequences(), [1, 2, 3]);
    assert_eq!(*one.records.lock(), *two.records.lock());
}

#[test]
fn a_short_turn_takes_a_part_of_a_shard_and_the_next_goes_on_there() {
    let shards = 64;
    let mut both = Both::over(shards, [0, 0]);
    let part = MOST_IN_SHORT_TURN as u64 / u64::from(shards);
    both.write(part as usize + 8);
    let rest = both.reader.short_turn(&|| true);
    assert_eq!(both.marks(), [part, part]);
    assert_eq!(rest, Duration::ZERO, "there is more");
    both.reader.short_turn(&|| true);
    let all: Vec<u64> = (1..=part + 8).collect();
    assert_eq!(both.seen[0].sequences(), all);
}

#[test]
fn who_is_behind_gets_what_it_lacks_and_goes_on_with_the_other() {
    let mut both = Both::after([1, 5]);
    both.write(8);
    both.turn();
    let [one, two] = &both.seen;
    assert_eq!(one.sequences(), [2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(two.sequences(), [6, 7, 8], "nothing that it has");
    assert_eq!(one.newest(), two.newest(), "the same piece");
}

#[test]
fn who_is_far_behind_holds_nobody_up() {
    let mut both = Both::after([0, 4_000]);
    both.write(4_000);
    for turn in 1..=4 {
        both.write(1);
        let rest = both.turn();
        let [one, two] = both.marks();
        assert_eq!(two, 4_000 + turn, "the other has all");
        if turn < 4 {
            assert_eq!(one, 1_024 * turn, "a piece a turn");
            assert_eq!(rest, Duration::ZERO, "there is more to do");
        }
    }
    assert_eq!(both.marks(), [4_004, 4_004]);
    assert_eq!(both.seen[0].newest(), both.seen[1].newest());
}

#[test]
fn who_fails_rests_and_the_other_goes_on() {
    let mut both = Both::after([0, 0]);
    both.seen[0].fails.store(true, Ordering::Relaxed);
    both.write(2);
    both.turn();
    assert_eq!(both.marks(), [0, 2]);
    both.clock.advance(MOST_BEHIND_MS);
    assert!(both.reader.is_behind_for_long());

    both.seen[0].fails.store(false, Ordering::Relaxed);
    both.write(1);
    both.turn();
    assert_eq!(both.marks(), [0, 3], "it rests");
    // Somebody waits for it.
    both.waiting[0].hurry();
    both.turn();
    assert_eq!(both.marks(), [3, 3]);
    assert!(!both.reader.is_behind_for_long());
}

#[test]
fn who_holds_old_records_up_is_pressed_while_more_time_helps() {
    let mut both = Both::after([0, 0]);
    let pressed = Pressed::by(both.waiting.iter().cloned());
    let is = |generations: f64| (pressed.generations() - generations).abs() < 1e-9;
    both.seen[0].fails.store(true, Ordering::Relaxed);
    both.write(1_500);
    both.turn();
    assert!(!pressed.is_pressed(5), "nobody waits for them");
    both.waiting[0].holds_up(3.0);
    assert!(pressed.is_pressed(6) && is(0.0), "it fails");
    both.waiting[1].holds_up(0.5);
    assert!(is(0.5), "it lacks some");
    both.turn();
    assert!(pressed.is_pressed(7) && is(0.0), "it has all");
    let all = both.waiting.iter();
    all.for_each(|waiting| waiting.holds_up(0.0));
    assert!(pressed.is_pressed(1_000_000_000), "a moment ago it did");
    assert!(!pressed.is_pressed(40_000_000_000));
}

#[test]
fn whoever_is_to_stand_aside_ends_before_the_next_shard_and_says_that_there_is_more() {
    let mut both = Both::after([0, 0]);
    both.write(3);
    assert_eq!(both.reader.turn(&|| false), Duration::ZERO);
    assert_eq!(both.marks(), [0, 0]);
    both.turn();
    assert_eq!(both.marks(), [3, 3]);
}

#[test]
fn a_record_that_cannot_be_read_stops_only_those_who_are_not_past_it() {
    let mut both = Both::after([0, 1]);
    both.append(1, |buffer| buffer.extend_from_slice(b"no record"));
    both.write(2);
    both.turn();
    assert_eq!(both.marks(), [0, 3]);
}

#[test]
fn who_is_away_gets_nothing_and_has_nothing_to_put_away() {
    let mut both = Both::after([0, 0]);
    both.seen[0].is_away.store(true, Ordering::Relaxed);
    both.write(2);
    both.turn();
    assert_eq!(both.marks(), [0, 2]);
    both.reader.stop();
    let put_away = |seen: &Arc<Seen>| seen.is_put_away.load(Ordering::Relaxed);
    assert_eq!([0, 1].map(|one| put_away(&both.seen[one])), [false, true]);
}

#[test]
fn a_stop_brings_all_to_the_end_also_who_failed_before() {
    let mut both = Both::after([0, 2_000]);
    both.seen[0].fails.store(true, Ordering::Relaxed);
    both.write(2_500);
    both.turn();
    both.seen[0].fails.store(false, Ordering::Relaxed);
    both.reader.stop();
    assert_eq!(both.marks(), [2_500, 2_500]);
    assert!(both.seen[0].is_put_away.load(Ordering::Relaxed));
}

#[test]
fn a_stop_ends_although_somebody_fails() {
    let mut both = Both::after([0, 0]);
    both.seen[0].fails.store(true, Ordering::Relaxed);
    both.write(5);
    both.reader.stop();
    assert_eq!(both.marks(), [0, 5]);
}
