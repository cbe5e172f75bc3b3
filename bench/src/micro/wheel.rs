//! Owns the speed of a shard's timer wheel at its full size: entries spread over a day, and all due
//! at the same instant. Refuses what a timer starts.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde_json::json;
use sluis_actors::Timers;
use sluis_model::{DAY, NotificationId, Timestamp};

use super::MicroArgs;
use super::harness::Harness;

/// Entries that one turn of a shard takes at most.
const TAKEN: usize = 256;
/// Dropping the wheel and filling it again takes seconds, so the larger sizes get fewer rounds.
const ROUNDS: usize = 3;

pub(super) fn run(_: &mut Harness, args: &MicroArgs) -> anyhow::Result<()> {
    let mut harness = Harness::new(args.rounds.min(ROUNDS), Duration::ZERO);
    let day = Spread {
        entries: args.entries,
        over: DAY,
    };
    let size = |spread: &Spread, taken: u64| json!({ "entries": spread.entries, "over_ms": spread.over, "taken": taken, "limit": TAKEN });
    harness.batches("wheel: insert, spread over a day", size(&day, 0), || {
        let start = Instant::now();
        let timers = day.fill();
        let took = start.elapsed();
        drop(black_box(timers));
        (day.entries, took)
    });
    // Draining everything would take long and tell nothing new: a hundredth stands for it.
    let part = (args.entries / 100).max(1);
    harness.batches(
        "wheel: take what is due, spread over a day",
        size(&day, part),
        || drain(&mut day.fill(), part),
    );
    // What one shard of sixteen has of a tenth of all, and of all.
    for entries in [args.entries / 160, args.entries / 16] {
        let instant = Spread {
            entries: entries.max(1),
            over: 1,
        };
        let name = "wheel: take what is due, all at the same instant";
        harness.batches(name, size(&instant, instant.entries), || {
            drain(&mut instant.fill(), instant.entries)
        });
    }
    Ok(())
}

/// Entries at instants spread evenly, in an order that is not theirs.
struct Spread {
    entries: u64,
    over: i64,
}

impl Spread {
    fn fill(&self) -> Timers {
        let mut timers = Timers::default();
        for n in 0..self.entries {
            // A large odd step visits the instants out of order, as arrivals do.
            let due = (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 1) as i64 % self.over;
            timers.insert(Timestamp(due), NotificationId(n.into()));
        }
        timers
    }
}

fn drain(timers: &mut Timers, wanted: u64) -> (u64, Duration) {
    let mut due = Vec::with_capacity(TAKEN);
    let mut taken = 0;
    let start = Instant::now();
    while taken < wanted {
        due.clear();
        // As the shard does: as of the next due instant, a bounded number at a time.
        timers.take_due(timers.next_due(), TAKEN, &mut due);
        taken += due.len() as u64;
        if due.is_empty() {
            break;
        }
        black_box(&due);
    }
    (taken, start.elapsed())
}
