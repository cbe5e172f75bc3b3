//! Owns the running of seeds: one run from its first step to its end, many runs, the report of a
//! failing one. Refuses to go on after a violation.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::plan::{DRAWN, MACHINES};
use crate::planted::Bug;
use crate::safety::Violation;
use crate::world::World;

/// Steps that are shown of a failing run.
const LAST: usize = 60;
/// Of a hundred steps, how many let everything settle first.
const SETTLED: usize = 2;

/// What became of a run.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) violation: Option<Violation>,
    pub(crate) world: World,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World")
            .field("step", &self.step)
            .finish_non_exhaustive()
    }
}

/// One seed, from its first step to its end or its first violation.
pub(crate) fn run(seed: u64, bug: Option<Bug>, log: bool) -> Outcome {
    let mut world = World::new(seed, bug, log);
    world.stepped();
    while world.step < world.plan.steps && world.findings.0.is_none() {
        if world.chance.schedule.chance(SETTLED) {
            world.settle();
        } else {
            world.step();
        }
    }
    if world.findings.0.is_none() {
        world.drain();
    }
    Outcome {
        violation: world.findings.0.clone(),
        world,
    }
}

/// The steps of a seed, in words.
pub(crate) fn trace(seed: u64, bug: Option<Bug>) -> Vec<String> {
    run(seed, bug, true).world.log.unwrap_or_default()
}

/// Runs as many seeds as the environment says, or `usual`. Stops at the first that breaks a
/// promise.
pub(crate) fn seeds(usual: u64) {
    seeds_from(0, usual);
}

/// The same, of worlds whose flows are drawn.
pub(crate) fn drawn_seeds(usual: u64) {
    seeds_from(DRAWN, usual);
}

/// The same, of worlds with a machine.
pub(crate) fn machine_seeds(usual: u64) {
    seeds_from(MACHINES, usual);
}

fn seeds_from(begin: u64, usual: u64) {
    let number = |name: &str| {
        std::env::var(name).ok().map(|text| {
            text.parse::<u64>()
                .unwrap_or_else(|_| panic!("{name} is no number: {text:?}"))
        })
    };
    if let Some(seed) = number("SLUIS_SIMULATION_SEED") {
        if seed & (DRAWN | MACHINES) != begin {
            return;
        }
        trace(seed, None).iter().for_each(|line| say(line));
        return fail_on(seed);
    }
    let first = begin + number("SLUIS_SIMULATION_FIRST").unwrap_or(0);
    (first..first + number("SLUIS_SIMULATION_SEEDS").unwrap_or(usual)).for_each(fail_on);
}

fn fail_on(seed: u64) {
    let replay = format!(
        "replay: SLUIS_SIMULATION_SEED={seed} cargo test -p sluis-actors --test simulation"
    );
    let outcome =
        catch_unwind(AssertUnwindSafe(|| run(seed, None, false))).unwrap_or_else(|panic| {
            say(&format!("seed {seed} panicked\n{replay}"));
            resume_unwind(panic)
        });
    let Some(violation) = outcome.violation else {
        return;
    };
    let steps = trace(seed, None);
    let last = steps[steps.len().saturating_sub(LAST)..].join("\n");
    panic!(
        "{:?}: {}\n{replay}\nthe last steps:\n{last}",
        violation.check, violation.text
    );
}

#[expect(clippy::print_stdout, reason = "the report for whoever replays a seed")]
fn say(line: &str) {
    println!("{line}");
}
