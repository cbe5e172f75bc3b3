//! The power-cut test: records the real system calls of the real journal, sled included, cuts the
//! power anywhere, loses what was not synced, starts again, and looks for every promise. And its
//! controls: without the barrier, promises break. Refuses to run against a fake store.

mod disk;
mod evidence;
mod interpose;
mod read_faults;
mod rng;
mod trace;
mod verify;
mod workload;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use sluis_journal::{
    Barrier, Batch, Journal, JournalError, Options, Sequence, Shard, TryAppendError,
};

use disk::Cruelty;
use evidence::Evidence;
use rng::Rng;
use trace::{Mark, Op, Trace};
use verify::Known;
use workload::Driver;

/// The seeds of the recorded runs: 26 from 0 on; for a long night others, by the environment
/// variables `SLUIS_POWER_CUT_WORKLOADS` (how many) and `SLUIS_POWER_CUT_FIRST`.
fn seeds() -> std::ops::Range<u64> {
    let number = |name| {
        std::env::var(name)
            .ok()
            .and_then(|number: String| number.parse::<u64>().ok())
    };
    let first = number("SLUIS_POWER_CUT_FIRST").unwrap_or(0);
    first..first + number("SLUIS_POWER_CUT_WORKLOADS").unwrap_or(ENOUGH)
}

/// So many runs are sure to begin generations and to drop some.
const ENOUGH: u64 = 26;
const CUTS: u64 = 10;
/// The controls run the first of the same seeds.
const CONTROLS: u64 = 8;

/// What happens around a cut.
#[derive(Clone, Copy, Debug)]
enum Story {
    /// One cut, then a start.
    Cut,
    /// A cut, then another while the start recovers or shortly after.
    CutTwice,
    /// The process is killed and starts again on what the page cache holds; then the power goes.
    KillThenCut,
}

/// A cut point: often right behind an acknowledgement, where a missing barrier shows; and often
/// close behind a change of names, of which there are few among many writes.
fn cut_point(ops: &[Op], from: usize, rng: &mut Rng) -> usize {
    let any = from + rng.below(ops.len() - from + 1);
    let is_name = |op: &Op| {
        matches!(
            op,
            Op::Create { .. } | Op::Rename { .. } | Op::Remove { .. } | Op::Truncate { .. }
        )
    };
    let is_ack = |op: &Op| matches!(op, Op::Mark(Mark::Acked { .. }));
    let behind = |found: Option<usize>, most: usize| {
        found.map_or(any, |ahead| (any + ahead + 1 + most).min(ops.len()))
    };
    match rng.below(4) {
        0 => any,
        1 => behind(ops[any..].iter().position(is_name), rng.below(4)),
        _ => behind(ops[any..].iter().position(is_ack), 0),
    }
}

fn fresh_dir(holder: &tempfile::TempDir, name: &str) -> PathBuf {
    let root = holder.path().canonicalize().expect("a path").join(name);
    std::fs::create_dir(&root).expect("a directory");
    root
}

/// One cut of a recorded run. What breaks is told with all that is known of it, a panic included.
fn cut_once(trace: &Trace, seed: u64, number: u64, options: &Options) -> Result<(), Evidence> {
    let mut evidence = Evidence::new(seed, number);
    let cut = || try_cut(trace, seed, number, options, &mut evidence);
    let broken = match catch_unwind(AssertUnwindSafe(cut)) {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(why)) => why,
        Err(panic) => format!("a panic: {}", evidence::panic_message(&*panic)),
    };
    evidence.why = broken;
    Err(evidence)
}

/// One cut of a recorded run, as its seed has it.
fn try_cut(
    trace: &Trace,
    seed: u64,
    number: u64,
    options: &Options,
    evidence: &mut Evidence,
) -> Result<(), String> {
    let mut rng = Rng::new(seed.wrapping_mul(1_000_003) ^ number);
    let holder = workload::scratch();
    let story = rng.pick(&[Story::Cut, Story::Cut, Story::CutTwice, Story::KillThenCut]);
    let at = cut_point(&trace.ops, 0, &mut rng);
    let cruelty = Cruelty::draw(&mut rng);
    let killed = matches!(story, Story::KillThenCut);
    let image = disk::cut(
        &trace.ops[..at],
        if killed { Cruelty::NONE } else { cruelty },
        &mut rng,
    );
    evidence.add(
        format!("{story:?} at {at}, {cruelty:?}"),
        &trace.ops[..at],
        &image,
    );
    let mut known = Known::of(&trace.ops[..at]);
    let root = fresh_dir(&holder, "after");
    match story {
        Story::Cut => image.write_to(&root),
        Story::CutTwice | Story::KillThenCut => {
            let first = fresh_dir(&holder, "first");
            image.write_to(&first);
            let before = if killed {
                trace.prefix(at)
            } else {
                image.as_trace()
            };
            let from = before.ops.len();
            interpose::start(&first, before);
            let started = Driver::open(&first, seed, options.clone()).map(|driver| {
                let steps = rng.pick(&[0, 2, 4, 12]);
                driver.steps(steps, &mut rng);
                driver.close();
            });
            let recovery = interpose::stop(&first);
            started.map_err(|error| format!("the first start: {error}"))?;
            let again = cut_point(&recovery.ops, from, &mut rng);
            let cruelty = Cruelty::draw(&mut rng);
            known.add(&recovery.ops[from..again]);
            let image = disk::cut(&recovery.ops[..again], cruelty, &mut rng);
            evidence.add(
                format!("again at {again} of {from}.., {cruelty:?}"),
                &recovery.ops[..again],
                &image,
            );
            image.write_to(&root);
        }
    }
    verify::check(&root, seed, options, &known)
}

/// All cuts of all seeds of a part; gives what was lost.
fn losses(seeds: impl Iterator<Item = u64>, barrier: Barrier) -> Vec<Evidence> {
    let mut losses = Vec::new();
    let (mut runs, mut begun, mut dropped) = (0, 0, 0);
    for seed in seeds {
        runs += 1;
        let trace = workload::run(seed, barrier);
        assert_recorded(&trace, barrier);
        let options = workload::options(seed, Barrier::Full);
        let is_drop = |op: &&Op| matches!(op, Op::Rename { to, .. } if to.ends_with(".dead"));
        let is_begun = |op: &&Op| matches!(op, Op::Create { name, .. } if name.starts_with("gen-"));
        dropped += trace.ops.iter().filter(is_drop).count();
        begun += trace.ops.iter().filter(is_begun).count();
        losses
            .extend((0..CUTS).filter_map(|number| cut_once(&trace, seed, number, &options).err()));
    }
    let enough = runs < CONTROLS || (begun > 20 && dropped > 0);
    assert!(
        enough,
        "the workloads begin generations ({begun}) and drop some ({dropped})"
    );
    losses
}

/// The moments around a new generation: its making, and its first group with what is done to the
/// one before it.
fn moments_of_new_generations(ops: &[Op]) -> impl Iterator<Item = usize> {
    let is_made = |op: &Op| matches!(op, Op::Create { name, .. } if name.starts_with("gen-"));
    let is_begun =
        |op: &Op| matches!(op, Op::Write { offset: 0, bytes, .. } if bytes.starts_with(b"SlGr"));
    let behind = move |(index, op): (usize, &Op)| match op {
        op if is_made(op) => index + 1..index + 24,
        op if is_begun(op) => index..index + 12,
        _ => 0..0,
    };
    ops.iter()
        .enumerate()
        .flat_map(behind)
        .filter(|at| *at <= ops.len())
}

/// Cuts at each moment of a new generation, several times.
fn losses_at_new_generations(seeds: impl Iterator<Item = u64>, barrier: Barrier) -> Vec<Evidence> {
    let mut losses = Vec::new();
    for seed in seeds {
        let trace = workload::run(seed, barrier);
        let options = workload::options(seed, Barrier::Full);
        let mut rng = Rng::new(seed);
        for at in moments_of_new_generations(&trace.ops).take(120) {
            for number in 0..2 {
                let mut evidence = Evidence::new(seed, at as u64 * 10 + number);
                let cruelty = Cruelty::draw(&mut rng);
                let holder = workload::scratch();
                let root = fresh_dir(&holder, "after");
                let image = disk::cut(&trace.ops[..at], cruelty, &mut rng);
                evidence.add(format!("at {at}, {cruelty:?}"), &trace.ops[..at], &image);
                image.write_to(&root);
                if let Err(why) = verify::check(&root, seed, &options, &Known::of(&trace.ops[..at]))
                {
                    evidence.why = why;
                    losses.push(evidence);
                }
            }
        }
    }
    losses
}

/// The test is worth nothing when the calls of sled or std do not come by.
fn assert_recorded(trace: &Trace, barrier: Barrier) {
    let count = |is: fn(&Op) -> bool| trace.ops.iter().filter(|op| is(op)).count();
    assert!(
        count(|op| matches!(op, Op::Write { .. })) > 20,
        "writes are recorded"
    );
    assert!(
        count(|op| matches!(op, Op::SyncRange)) > 0,
        "the flushes of sled are recorded"
    );
    assert!(
        count(|op| matches!(op, Op::Rename { .. })) > 2,
        "renames are recorded"
    );
    assert!(
        count(|op| matches!(op, Op::Mark(Mark::Acked { .. }))) > 20,
        "acknowledgements are recorded"
    );
    if barrier == Barrier::Full {
        assert!(
            count(|op| matches!(op, Op::SyncFile { .. })) > 20,
            "syncs of files are recorded"
        );
        assert!(
            count(|op| matches!(op, Op::SyncDir { .. })) > 5,
            "syncs of directories are recorded"
        );
    }
}

#[expect(
    clippy::print_stderr,
    reason = "the figure is worth seeing in the log of a test run"
)]
fn assert_nothing_lost(seeds: impl Iterator<Item = u64> + Clone) {
    let losses = losses(seeds.clone(), Barrier::Full);
    eprintln!(
        "{:?}: {} of {} cuts broke a promise",
        Barrier::Full,
        losses.len(),
        seeds.count() as u64 * CUTS
    );
    let kept: Vec<String> = losses
        .iter()
        .map(|evidence| format!("{evidence}, kept in {}", evidence.keep().display()))
        .collect();
    assert!(
        kept.is_empty(),
        "{} cuts broke a promise:\n{}",
        kept.len(),
        kept.join("\n")
    );
}

#[test]
fn nothing_acknowledged_is_lost_even_seeds() {
    assert_nothing_lost(seeds().filter(|seed| seed % 2 == 0));
}

#[test]
fn nothing_acknowledged_is_lost_odd_seeds() {
    assert_nothing_lost(seeds().filter(|seed| seed % 2 == 1));
}

#[test]
fn at_every_moment_of_a_new_generation_nothing_is_lost() {
    let losses = losses_at_new_generations(seeds().take(2), Barrier::Full);
    let kept: Vec<String> = losses
        .iter()
        .map(|evidence| format!("{evidence}, kept in {}", evidence.keep().display()))
        .collect();
    assert!(
        kept.is_empty(),
        "{} cuts broke a promise:\n{}",
        kept.len(),
        kept.join("\n")
    );
}

#[test]
fn control_without_the_sync_at_creation_a_new_generation_is_lost() {
    assert!(
        !losses_at_new_generations(0..2, Barrier::NoCreationSync).is_empty(),
        "the test would not notice it"
    );
}

#[test]
fn control_without_the_data_sync_promises_break() {
    assert_noticed(Barrier::NoDataSync);
}

#[test]
fn control_without_the_sync_at_creation_promises_break() {
    assert_noticed(Barrier::NoCreationSync);
}

#[expect(
    clippy::print_stderr,
    reason = "the figure is worth seeing in the log of a test run"
)]
fn assert_noticed(barrier: Barrier) {
    let losses = losses(0..CONTROLS, barrier);
    eprintln!(
        "{barrier:?}: {} of {} cuts broke a promise",
        losses.len(),
        CONTROLS * CUTS
    );
    assert!(!losses.is_empty(), "the test would not notice {barrier:?}");
}

/// A failed `fdatasync` may have thrown the data away: it is never tried again.
#[test]
fn after_a_failed_sync_nothing_becomes_durable() {
    let dir = workload::scratch();
    let root = dir.path().canonicalize().expect("a path");
    interpose::start(&root, Trace::new());
    let driver = Driver::open(&root, 1, workload::options(1, Barrier::Full)).expect("opened");
    driver.append(0, 3);
    driver.settle();
    let (told, failed) = std::sync::mpsc::channel();
    driver.journal.on_failure(Arc::new(move |failure| {
        told.send(failure.to_string()).expect("told")
    }));
    interpose::fail_data_sync(&root);
    driver.append(0, 3);
    let message = failed.recv().expect("the callback is called");
    assert!(message.contains("could not sync"), "{message}");

    assert_eq!(driver.journal.durable(Shard(0)), Sequence(3));
    assert_eq!(
        driver.journal.read(Shard(0), Sequence(4)).expect("read"),
        None
    );
    assert!(driver.journal.failure().is_some());
    let mut batch = Batch::new(Shard(0), Sequence(7));
    batch.push(b"too late");
    assert!(matches!(
        driver.journal.try_append(batch, Sequence(6)),
        Err(TryAppendError::Closed(_))
    ));
    assert!(matches!(
        driver.journal.close(),
        Err(JournalError::Stopped(_))
    ));
    interpose::stop(&root);
}
