//! Measures what the change to a new generation costs the commits that begin one and those right
//! behind them, beside all the others of a paced run.
//!
//! Usage: `generation_change [MiB per second] [generations] [MiB per generation] [directory]`

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measuring program reads the clock and prints"
)]

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sluis_journal::{
    Batch, DiskJournal, Journal, Observer, Options, Sequence, Shard, TryAppendError,
};

const RECORD: usize = 1024;
/// Records of a batch; sixteen batches are a group of 256 KiB.
const BATCH: usize = 16;
const GROUP_BYTES: usize = 256 << 10;
/// The bytes of a group besides its records, which are all of one shard here.
const GROUP_OVERHEAD: usize = 28 + 16;
const RECORD_OVERHEAD: usize = 8;
/// So many commits behind the one that begins a generation are told apart too.
const BEHIND: usize = 100;

/// Per commit how long it took, the choice of its generation included, and how many bytes of log it
/// made.
#[derive(Default)]
struct Commits(Mutex<Vec<(Duration, u64)>>);

impl Observer for Commits {
    fn group_committed(&self, records: usize, bytes: usize, write: Duration, sync: Duration) {
        let logged = (bytes + GROUP_OVERHEAD + records * RECORD_OVERHEAD) as u64;
        self.0
            .lock()
            .expect("not poisoned")
            .push((write + sync, logged));
    }
}

impl Commits {
    /// The times of the commits that began a generation, of those behind them, and of the others.
    fn split(&self, generation: u64) -> [Vec<Duration>; 3] {
        let mut split = [const { Vec::new() }; 3];
        let (mut logged, mut behind) = (0, BEHIND);
        for (took, bytes) in self.0.lock().expect("not poisoned").iter() {
            if logged >= generation {
                (logged, behind) = (0, 0);
                split[0].push(*took);
            } else {
                behind += 1;
                split[if behind < BEHIND { 1 } else { 2 }].push(*took);
            }
            logged += bytes;
        }
        split.iter_mut().for_each(|times| times.sort_unstable());
        split
    }
}

fn append(journal: &DiskJournal, shard: Shard, payload: &[u8]) {
    let last = journal.last(shard);
    let mut batch = Batch::new(shard, last.next());
    (0..BATCH).for_each(|_| _ = batch.push(payload));
    while let Err(refused) = journal.try_append(batch, last) {
        let TryAppendError::Full(back) = refused else {
            panic!("{refused}")
        };
        batch = back;
        std::thread::yield_now();
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default| {
        arguments
            .next()
            .and_then(|argument| argument.parse().ok())
            .unwrap_or(default)
    };
    let (pace, generations, generation) = (number(40.0), number(12.0), number(64.0));
    let place = arguments
        .next()
        .map_or_else(|| PathBuf::from("."), PathBuf::from);
    let dir = tempfile::tempdir_in(place).expect("a directory");
    let begun = Instant::now();
    let commits = Arc::new(Commits::default());
    let options = Options {
        shards: 1,
        generation_max_bytes: (generation * 1_048_576.0) as u64,
        group_max_bytes: GROUP_BYTES,
        monotonic: Arc::new(move || begun.elapsed().as_nanos() as u64),
        observer: Some(Arc::clone(&commits) as Arc<dyn Observer>),
        ..Options::default()
    };
    let (journal, _) = DiskJournal::open(dir.path(), options).expect("opened");
    let payload: Vec<u8> = (0..RECORD as u64)
        .map(|at| (at.wrapping_mul(0x9E37_79B9) >> 7) as u8)
        .collect();
    let batches = (generations * generation * 1_048_576.0) as usize / (BATCH * RECORD);
    let started = Instant::now();
    for number in 0..batches {
        // Ahead of the pace: wait for the next millisecond, so that groups are those of a busy
        // engine.
        let due = Duration::from_secs_f64((number * BATCH * RECORD) as f64 / (pace * 1_048_576.0));
        if let Some(early) = due.checked_sub(started.elapsed()) {
            std::thread::sleep(early);
        }
        append(&journal, Shard(0), &payload);
    }
    journal.close().expect("closed");
    let took = started.elapsed();
    assert_eq!(
        journal.durable(Shard(0)),
        Sequence((batches * BATCH) as u64),
        "all is durable"
    );
    println!(
        "{} generations of {generation} MiB at {:.1} MiB/s",
        journal.stats().generations,
        (batches * BATCH * RECORD) as f64 / 1_048_576.0 / took.as_secs_f64()
    );
    let names = ["that begin a generation", "behind these", "others"];
    for (name, times) in names
        .iter()
        .zip(commits.split((generation * 1_048_576.0) as u64))
    {
        let at = |share: f64| {
            times
                .get(((times.len().saturating_sub(1)) as f64 * share) as usize)
                .copied()
                .unwrap_or_default()
        };
        println!(
            "  commits {name:<24} {:>6}: p50 {:>8.1?} p99 {:>8.1?} p99.9 {:>8.1?} longest {:>8.1?}",
            times.len(),
            at(0.5),
            at(0.99),
            at(0.999),
            at(1.0)
        );
    }
}
