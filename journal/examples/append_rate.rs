//! Measures durable appends of 1 KiB records with group commit, beside the floor: a plain file that
//! gets the same bytes in the same groups, with one `fdatasync` each.
//!
//! Usage: `append_rate [seconds per run] [directory]`

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measuring program reads the clock and prints"
)]

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use sluis_journal::{
    Batch, DiskJournal, Journal, Observer, Options, Sequence, Shard, TryAppendError,
};

const RECORD: usize = 1024;

/// The sizes of the groups and the time they took.
#[derive(Default)]
struct Groups(Mutex<Vec<(usize, usize, Duration, Duration)>>);

impl Observer for Groups {
    fn group_committed(&self, records: usize, bytes: usize, write: Duration, sync: Duration) {
        self.0
            .lock()
            .expect("not poisoned")
            .push((records, bytes, write, sync));
    }
}

/// A count that a thread can wait for.
#[derive(Default)]
struct Signal(Mutex<()>, Condvar);

/// One writer: batches of `records`, at most `ahead` batches not yet durable.
fn produce(
    journal: &DiskJournal,
    signal: &Signal,
    shard: Shard,
    records: usize,
    ahead: u64,
    until: Instant,
) {
    let payload: Vec<u8> = (0..RECORD as u64)
        .map(|at| (at.wrapping_mul(0x9E37_79B9) >> 7) as u8)
        .collect();
    while Instant::now() < until {
        let last = journal.last(shard);
        if last.0 - journal.durable(shard).0 >= ahead * records as u64 {
            let mut held = signal.0.lock().expect("not poisoned");
            while last.0 - journal.durable(shard).0 >= ahead * records as u64 {
                held = signal.1.wait(held).expect("not poisoned");
            }
            continue;
        }
        let mut batch = Batch::new(shard, last.next());
        (0..records).for_each(|_| _ = batch.push(&payload));
        match journal.try_append(batch, last) {
            Ok(_) => {}
            Err(TryAppendError::Full(_)) => std::thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
    }
}

fn run(dir: &Path, shards: u16, records: usize, ahead: u64, seconds: u64) {
    let groups = Arc::new(Groups::default());
    let begun = Instant::now();
    let options = Options {
        monotonic: Arc::new(move || begun.elapsed().as_nanos() as u64),
        observer: Some(Arc::clone(&groups) as Arc<dyn Observer>),
        ..Options::default()
    };
    let (journal, _) = DiskJournal::open(dir, options.clone()).expect("opened");
    let signals: Vec<Arc<Signal>> = (0..shards).map(|_| Arc::default()).collect();
    for (shard, signal) in (0..).zip(signals.iter().cloned()) {
        let wake = move || {
            let _held = signal.0.lock().expect("not poisoned");
            signal.1.notify_all();
        };
        journal.on_durable(Shard(shard), Arc::new(wake));
    }
    let started = Instant::now();
    let until = started + Duration::from_secs(seconds);
    std::thread::scope(|scope| {
        for (shard, signal) in (0..).zip(&signals) {
            let journal = &journal;
            scope.spawn(move || produce(journal, signal, Shard(shard), records, ahead, until));
        }
    });
    journal.close().expect("closed");
    let took = started.elapsed();
    let stats = journal.stats();
    let groups = groups.0.lock().expect("not poisoned");
    let mut syncs: Vec<Duration> = groups.iter().map(|group| group.3).collect();
    let mut totals: Vec<Duration> = groups.iter().map(|group| group.2 + group.3).collect();
    syncs.sort_unstable();
    totals.sort_unstable();
    let rate = stats.records as f64 / took.as_secs_f64();
    println!(
        "{shards:>3} writers x {records:>3} records, {ahead:>3} ahead: {rate:>8.0} records/s {:>6.1} MiB/s, {:>6.0} records a group, \
         group p50 {:>5.1?} p99 {:>5.1?}, sync p50 {:>5.1?}, disk/record bytes {:.2}",
        rate * RECORD as f64 / 1_048_576.0,
        stats.records as f64 / stats.groups as f64,
        totals[totals.len() / 2],
        totals[totals.len() * 99 / 100],
        syncs[syncs.len() / 2],
        stats.disk_bytes as f64 / stats.bytes as f64,
    );
    floor(
        dir,
        &groups.iter().map(|group| group.1).collect::<Vec<_>>(),
        seconds,
    );
    drop(journal);
    restart(dir, options);
}

/// A plain file, the same groups, one `fdatasync` each.
fn floor(dir: &Path, groups: &[usize], seconds: u64) {
    let mut file = File::create(dir.join("floor")).expect("created");
    let bytes = vec![7; groups.iter().copied().max().unwrap_or(0)];
    let started = Instant::now();
    let mut written = 0;
    for group in groups.iter().cycle() {
        file.write_all(&bytes[..*group]).expect("written");
        file.sync_data().expect("synced");
        written += group;
        if started.elapsed() > Duration::from_secs(seconds) {
            break;
        }
    }
    let rate = written as f64 / RECORD as f64 / started.elapsed().as_secs_f64();
    println!(
        "      floor, a plain file:          {rate:>8.0} records/s {:>6.1} MiB/s",
        rate * RECORD as f64 / 1_048_576.0
    );
    std::fs::remove_file(dir.join("floor")).expect("removed");
}

fn restart(dir: &Path, options: Options) {
    let started = Instant::now();
    let (journal, report) = DiskJournal::open(dir, options).expect("opened");
    let records: u64 = report.shards.iter().map(|shard| shard.last.0).sum();
    let opened = started.elapsed();
    let mut replayed = 0_u64;
    for shard in 0..journal.shards() {
        let mut visit = |_: Sequence, _: &[u8]| {
            replayed += 1;
            std::ops::ControlFlow::Continue(())
        };
        journal
            .replay(Shard(shard), Sequence(1), &mut visit)
            .expect("replayed");
    }
    let all = started.elapsed();
    println!(
        "      restart: opened {records} records ({} generations) in {opened:.2?}, replayed in {:.2?}",
        report.generations,
        all - opened
    );
    let mut at = 0x2545_F491_u64;
    let reads = Instant::now();
    for _ in 0..20_000 {
        at = at
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let shard = Shard(0);
        let sequence = Sequence((at >> 33) % journal.last(shard).0 + 1);
        assert!(journal.read(shard, sequence).expect("read").is_some());
    }
    println!("      random read: {:.1?} each", reads.elapsed() / 20_000);
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments
        .next()
        .and_then(|argument| argument.parse().ok())
        .unwrap_or(5);
    let place = arguments.next().unwrap_or_else(|| ".".into());
    for (shards, records, ahead) in [(1, 1, 1), (4, 1, 64), (16, 8, 8), (16, 64, 4), (16, 256, 8)] {
        let dir = tempfile::tempdir_in(&place).expect("a directory");
        run(dir.path(), shards, records, ahead, seconds);
    }
}
