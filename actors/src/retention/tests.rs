//! What goes, when, and behind whom.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use proptest::prelude::*;
use sluis_journal::{Batch, MemoryJournal};
use sluis_model::{
    Control, ControlRecord, CorporationId, DAY, ManualClock, NotificationId, ShardId, TenantKey,
};

use super::*;
use crate::shard::{Ended, Live};
use crate::wake::Activity;

const SHARD: Shard = Shard(0);
const START: Timestamp = Timestamp(1_795_000_000_000);

/// A follower that is where the test puts it.
struct At {
    at: AtomicU64,
    /// What it was told, in hundredths of a generation.
    told: AtomicU64,
    fails: AtomicBool,
}

impl At {
    fn new(at: u64) -> Self {
        Self {
            at: AtomicU64::new(at),
            told: AtomicU64::new(0),
            fails: AtomicBool::new(false),
        }
    }

    fn told(&self) -> u64 {
        self.told.load(Ordering::SeqCst)
    }

    fn goes_to(&self, sequence: u64) {
        self.at.store(sequence, Ordering::SeqCst);
    }
}

impl Follower for At {
    fn passed(&self, _: Shard) -> Sequence {
        Sequence(self.at.load(Ordering::SeqCst))
    }

    fn holds_up(&self, generations: f64) {
        let hundredths = (generations * 100.0) as u64;
        self.told.store(hundredths, Ordering::SeqCst);
    }

    fn is_catching_up(&self) -> bool {
        !self.fails.load(Ordering::SeqCst)
    }
}

struct World {
    journal: Arc<MemoryJournal>,
    clock: Arc<ManualClock>,
    retained: Retained,
    follower: Arc<At>,
    retention: Retention,
}

impl World {
    fn new() -> Self {
        let journal = Arc::new(MemoryJournal::new(1, 8));
        let clock = Arc::new(ManualClock::starting_at(START));
        let retained = Retained {
            horizon: Arc::default(),
            endings: Arc::default(),
            waker: Waker::new(Arc::new(Activity::default())),
        };
        let follower = Arc::new(At::new(u64::MAX));
        let settings = RetentionSettings {
            keep_for_ms: 2 * DAY,
            endings_for_ms: 4 * DAY,
            live_factor: 3,
            spare_generations: 2,
            least_growth: 0,
            followers: vec![follower.clone()],
        };
        let retention = Retention::new(
            journal.clone(),
            clock.clone(),
            settings,
            vec![retained.clone()],
        );
        Self {
            journal,
            clock,
            retained,
            follower,
            retention,
        }
    }

    /// Ten records of now, and a generation that begins behind them.
    fn generation(&self) {
        self.records(10);
        self.journal.begin_generation();
    }

    fn records(&self, count: u64) {
        let last = self.journal.last(SHARD);
        let mut batch = Batch::new(SHARD, last.next());
        for intent in 0..count {
            let record = Record::Control(ControlRecord {
                at: self.clock.now(),
                control: Control::IntentDone { intent },
            });
            batch
                .push_with(|buffer| record.encode(buffer))
                .expect("it fits");
        }
        self.journal.try_append(batch, last).expect("room");
        self.journal.commit();
    }

    fn bytes(&self) -> u64 {
        let all = self.journal.generations();
        all.iter().map(|generation| generation.bytes).sum()
    }

    /// Four generations, one a day, and two days later.
    fn with_four_old_ones() -> Self {
        let world = Self::new();
        for _ in 0..4 {
            world.generation();
            world.clock.advance(DAY);
        }
        world.clock.advance(2 * DAY);
        world
    }

    fn step(&mut self) {
        self.retention.step().expect("a step");
    }

    fn first(&self) -> u64 {
        self.journal.first(SHARD).0
    }

    /// The shard has carried what it was asked to, up to its end.
    fn carry(&self) {
        let wanted = self.retained.horizon.wanted().expect("it was asked");
        let last = self.journal.last(SHARD).0;
        self.retained.horizon.reached(wanted, last);
        self.retained.endings.add([], last);
    }
}

#[test]
fn what_is_within_its_size_stays_however_old_it_is() {
    let mut world = World::new();
    for _ in 0..2 {
        world.generation();
        world.clock.advance(9 * DAY);
    }
    world.step();
    assert_eq!(world.retained.horizon.wanted(), None);
}

#[test]
fn what_is_alive_counts_more_than_once() {
    let mut world = World::with_four_old_ones();
    world.retained.horizon.show(Live {
        tenants: 1,
        open: 1,
    });
    world.step();
    assert_eq!(world.retained.horizon.wanted(), None);
}

#[test]
fn no_more_goes_than_must_and_nothing_that_is_young() {
    let mut world = World::with_four_old_ones();
    world.step();
    assert_eq!(
        world.retained.horizon.wanted(),
        Some(21),
        "two of four generations are enough"
    );
    let mut young = World::new();
    for _ in 0..6 {
        young.generation();
        young.clock.advance(DAY / 2);
    }
    young.step();
    assert_eq!(
        young.retained.horizon.wanted(),
        Some(31),
        "the fourth is a day and a half old"
    );
}

#[test]
fn it_goes_when_it_is_carried_and_everybody_is_past_it() {
    let mut world = World::with_four_old_ones();
    world.follower.goes_to(19);
    world.step();
    world.step();
    assert_eq!(world.first(), 1, "it is not carried");
    world.carry();
    world.step();
    assert_eq!(world.first(), 1, "the follower lacks one record");
    world.follower.goes_to(20);
    world.step();
    assert_eq!(world.first(), 21);
    assert_eq!(
        world.journal.table_applied(SHARD),
        world.journal.last(SHARD),
        "what ended meanwhile stands in the table"
    );
    assert_eq!(world.journal.generations().len(), 3);
    world.step();
    assert_eq!(world.retained.horizon.wanted(), None, "that is enough");
}

#[test]
fn nothing_goes_before_the_table_has_what_ended_until_it_was_carried() {
    let mut world = World::with_four_old_ones();
    world.step();
    let wanted = world.retained.horizon.wanted().expect("it was asked");
    let last = world.journal.last(SHARD).0;
    world.retained.horizon.reached(wanted, last);
    // The shard has not told yet what ended up to there.
    world.retained.endings.add([], last - 1);
    world.step();
    assert_eq!(world.first(), 1);
    world.retained.endings.add([], last);
    world.step();
    assert_eq!(world.first(), 21);
}

/// An ending of now by this record.
fn end(world: &World, number: u64) -> NotificationId {
    let (id, now) = (
        NotificationId::new(ShardId(0), world.clock.now().0, number),
        world.clock.now(),
    );
    let ended = Ended {
        tenant: TenantKey::new(CorporationId(1), "H-1"),
        end: "sent".into(),
        at: now,
        sequence: number,
        accepted: 1,
    };
    world.retained.endings.add([(id, ended)], number);
    let written = world.retained.endings.write(&*world.journal, SHARD);
    written.expect("a table in memory takes everything");
    id
}

/// Packs that the table has.
fn packs(world: &World) -> usize {
    let (from, to) = ([0; 9], [u8::MAX; 9]);
    let keys = world.journal.table_keys(SHARD, (&from, &to), usize::MAX);
    keys.expect("listed").len()
}

fn is_answered(world: &World, id: NotificationId) -> bool {
    let found = world.retained.endings.find(&*world.journal, SHARD, id);
    found.expect("read").is_some()
}

#[test]
fn what_ended_long_ago_leaves_the_table_and_nothing_else_does() {
    let mut world = World::new();
    let old = end(&world, 1);
    world.clock.advance(3 * DAY);
    let young = end(&world, 2);
    world.retention.sweep().expect("a sweep");
    assert!(is_answered(&world, old), "it is three days old");
    world.clock.advance(DAY + 2 * HOUR);
    world.retention.sweep().expect("a sweep");
    assert!(!is_answered(&world, old) && is_answered(&world, young));
}

#[test]
fn what_ended_stays_in_the_table_until_everybody_is_past_it() {
    let mut world = World::new();
    let old = end(&world, 7);
    world.clock.advance(5 * DAY);
    world.follower.goes_to(6);
    world.retention.sweep().expect("a sweep");
    assert!(is_answered(&world, old), "the archive lacks how it ended");
    world.follower.goes_to(7);
    world.clock.advance(2 * HOUR);
    world.retention.sweep().expect("a sweep");
    assert!(!is_answered(&world, old));
}

#[test]
fn a_table_that_was_gone_through_rests_and_one_with_more_does_not() {
    let mut world = World::new();
    for number in 0..3 * LEAST_PACKS as u64 {
        end(&world, number);
        world.clock.advance(100);
    }
    // They were written before this sweep, and so are nothing that this one must keep pace with.
    world.retention.sweep().expect("a sweep");
    world.clock.advance(9 * DAY);
    let mut steps = 0;
    while packs(&world) > 0 {
        world.retention.sweep().expect("a sweep");
        steps += 1;
    }
    assert_eq!(steps, 4, "some at a time, the last of each with the next");
    world.retention.sweep().expect("a sweep");
    let late = end(&world, 99_999);
    world.clock.set(START);
    world.clock.advance(40 * DAY);
    world.retention.sweep().expect("a sweep");
    assert!(!is_answered(&world, late));
}

#[test]
fn a_clock_that_was_set_back_forgets_nothing_too_early() {
    let mut world = World::with_four_old_ones();
    world.clock.set(START);
    world.step();
    assert_eq!(world.retained.horizon.wanted(), None);
}

#[test]
fn as_many_endings_leave_the_table_as_come() {
    let mut world = World::new();
    let mut left = Vec::new();
    for day in 0..16 {
        // More than are looked at in any step, each in a pack of its own.
        for number in 0..3_000 {
            end(&world, day * 3_000 + number);
            world.clock.advance(100);
        }
        world.clock.advance(DAY);
        world.retention.sweep().expect("a sweep");
        left.push(packs(&world));
    }
    assert_eq!(left[15], left[7], "{left:?}");
}

#[test]
fn who_holds_old_records_up_is_told_how_far_the_log_has_grown_and_nobody_else_is() {
    let mut world = World::with_four_old_ones();
    world.follower.goes_to(19);
    world.step();
    world.carry();
    world.step();
    assert_eq!(world.follower.told(), 0, "nothing came since");
    world.records(5);
    world.step();
    assert_eq!(world.follower.told(), 50);
    world.generation();
    world.step();
    assert!(world.follower.told() >= 100);
    world.follower.goes_to(20);
    world.step();
    assert_eq!((world.first(), world.follower.told()), (21, 0));
}

#[test]
fn intake_waits_when_too_much_comes_while_old_records_are_to_go() {
    let mut world = World::with_four_old_ones();
    let brake = world.retention.brake();
    world.follower.goes_to(19);
    world.step();
    world.generation();
    world.records(9);
    world.step();
    assert!(!brake.is_on(), "less than two generations came");
    world.records(1);
    world.step();
    assert!(brake.is_on(), "nothing is carried");
    world.carry();
    world.step();
    assert!(brake.is_on(), "the follower lacks a record");
    world.follower.fails.store(true, Ordering::SeqCst);
    world.step();
    assert!(!brake.is_on(), "that would not help who fails");
    world.follower.fails.store(false, Ordering::SeqCst);
    world.step();
    assert!(brake.is_on());
    world.follower.goes_to(20);
    world.step();
    assert!(!brake.is_on() && world.first() == 21);
}

/// Records that fill a generation of a sustained load.
const FULL: u64 = 40;

/// A load that never ends, of which so much comes in each step, and somebody who follows so many records
/// in a step: the most generations that the log ever had.
fn sustained(came: &[u64], follows: u64, carries_every: usize, heeds: bool) -> u64 {
    let mut world = World::new();
    let brake = world.retention.brake();
    let (mut written, mut passed, mut most) = (0, 0, 0);
    world.follower.goes_to(passed);
    for (step, came) in came.iter().enumerate() {
        // All of it is old at once: nothing but its size decides.
        world.clock.advance(3 * DAY);
        let takes = if heeds && brake.is_on() { 0 } else { *came };
        for _ in 0..takes {
            world.records(1);
            written += 1;
            if written % FULL == 0 {
                world.journal.begin_generation();
            }
        }
        passed = written.min(passed + follows);
        world.follower.goes_to(passed);
        if step % carries_every == 0 && world.retained.horizon.wanted().is_some() {
            world.carry();
        }
        world.step();
        let full = growth::full(&world.journal.generations()).max(1);
        most = most.max(world.bytes().div_ceil(full));
    }
    most
}

/// Two spare ones, and twice what may come while old ones are to go: two, and what comes in a step
/// before anybody looks.
const BOUND: u64 = 2 + 2 * 3 + 1;

proptest! {
    #[test]
    fn under_a_load_that_never_ends_the_log_stays_bounded(
        came in prop::collection::vec(0..FULL, 150),
        follows in 1..60_u64,
        carries_every in 1..8_usize,
    ) {
        let most = sustained(&came, follows, carries_every, true);
        prop_assert!(most <= BOUND, "{} generations", most);
    }
}

#[test]
fn a_growth_that_no_disk_feels_closes_nothing() {
    let mut world = World::with_four_old_ones();
    world.retention.settings.least_growth = 1 << 20;
    let brake = world.retention.brake();
    world.follower.goes_to(19);
    world.step();
    for _ in 0..5 {
        world.generation();
        world.step();
    }
    assert!(!brake.is_on() && world.follower.told() >= 400);
}

#[test]
fn who_does_not_wait_fills_the_disk() {
    assert!(sustained(&[FULL / 2; 150], 1, 1, false) > 5 * BOUND);
}
