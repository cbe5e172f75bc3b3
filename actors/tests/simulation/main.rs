//! The deterministic simulation: model, shards, timers, routers, supervisors and journal in one
//! world from one seed. Clock, network, providers, disk and the order of turns are drawn; safety is
//! checked after every step, liveness apart, when the faults are over. A failing seed is printed
//! with its last steps and replays: see `docs/simulation.md`. Refuses threads, the operating
//! system's clock, and any chance but the seed's.

mod acts;
mod archive;
mod checkpoints;
mod clock;
mod contracts;
mod disk;
mod door;
mod drain;
mod drawn;
mod erasing;
mod flights;
mod flows;
mod frame;
mod ground;
mod grouped;
mod house;
mod households;
mod machine;
mod mailings;
mod migrations;
mod outside;
mod plan;
mod planted;
mod reach;
mod reading;
mod rng;
mod run;
mod safety;
mod seat;
mod senders;
mod settings;
mod shadow;
mod station;
mod tape;
mod vault;
mod world;

use std::collections::BTreeSet;
use std::panic::catch_unwind;

use plan::{DRAWN, MACHINES};
use planted::Planted;
use run::{drawn_seeds, machine_seeds, run, seeds, trace};
use safety::Check;

/// Seeds that are run when nobody says how many.
const SEEDS: u64 = 200;
/// Seeds among which every planted bug is found.
const FOUND_WITHIN: u64 = 20_000;
/// Seeds that together must reach everything.
const REACHING: u64 = 80;
/// Seeds with drawn flows that together must.
const REACHING_OF_DRAWN: u64 = 240;
/// `SLUIS_SIMULATION_SEEDS` says how many; `SLUIS_SIMULATION_SEED` replays one and prints its
/// steps.
#[test]
fn every_seed_keeps_every_promise() {
    seeds(SEEDS);
}

/// Seeds that found something, each with what it was.
const ONCE: [(u64, &str); 2] = [
    (
        3_055,
        "rows of a mailing whose answers were lost, scattered over more than a window",
    ),
    (
        10_315,
        "a comparison that took a timer that is over for another thing than standing in line",
    ),
];

#[test]
fn what_a_seed_found_once_stays_mended() {
    for (seed, what) in ONCE {
        let found = run(seed, None, false).violation;
        assert!(found.is_none(), "seed {seed}, {what}: {found:?}");
    }
}

/// The same with flows that the seed draws: of the whole language, with facts of declared types.
#[test]
fn every_drawn_flow_is_followed_as_it_is_written() {
    drawn_seeds(SEEDS);
}

/// The same with a machine that is asked for payment links, which are closed.
#[test]
fn every_link_that_a_machine_made_is_closed() {
    machine_seeds(SEEDS);
}

/// The control of that: requests and closes in every order.
#[test]
fn the_worlds_with_a_machine_reach_everything() {
    let mut reached = BTreeSet::new();
    for seed in MACHINES..MACHINES + REACHING {
        reached.extend(machine::reached(&run(seed, None, false).world));
    }
    let missing: Vec<_> = machine::EXPECTED
        .iter()
        .filter(|expected| !reached.contains(**expected))
        .collect();
    assert!(missing.is_empty(), "never reached: {missing:?}");
}

/// The control of the flows that are drawn: every rule leads every way.
#[test]
fn the_drawn_flows_reach_everything() {
    let mut reached = BTreeSet::new();
    for seed in DRAWN..DRAWN + REACHING_OF_DRAWN {
        reached.extend(run(seed, None, false).world.written.reached);
    }
    let missing: Vec<_> = reach::OF_DRAWN_FLOWS
        .iter()
        .filter(|expected| !reached.contains(**expected))
        .collect();
    assert!(missing.is_empty(), "never reached: {missing:?}");
}

/// The control of every check: a bug that breaks its promise, a seed that finds it, clean without
/// the bug.
#[test]
fn every_planted_bug_is_found_by_its_check() {
    let wrong = |planted: &Planted| {
        let Planted { bug, check, seed } = *planted;
        assert!(
            seed & !(DRAWN | MACHINES) < FOUND_WITHIN,
            "{bug:?}: seed {seed}"
        );
        if let Some(violation) = run(seed, None, false).violation {
            return Some(format!(
                "{bug:?}: without it seed {seed} must be clean: {violation:?}"
            ));
        }
        match run(seed, Some(bug), false).violation {
            Some(violation) if violation.check == check => None,
            other => Some(format!(
                "{bug:?}: seed {seed} must find it by {check:?} and found {other:?}"
            )),
        }
    };
    let wrong: Vec<String> = planted::all().iter().filter_map(wrong).collect();
    assert!(
        wrong.is_empty(),
        "find a seed with SLUIS_SIMULATION_FIND=1:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_promise_has_planted_bugs() {
    use Check::*;
    let promises = [
        AcceptedIsDurable,
        DuplicatesFromDoubtOnly,
        PaymentStops,
        EscalationKept,
        Bounded,
        Fair,
        Explained,
        StartsWhole,
        ErasedIsGone,
        EverythingEnds,
    ];
    for check in promises {
        assert!(
            planted::all()
                .iter()
                .filter(|planted| planted.check == check)
                .count()
                >= 2,
            "{check:?}"
        );
    }
}

/// Prints, for each planted bug, the first seed that finds it. Only when asked: it takes minutes.
#[test]
#[expect(clippy::print_stdout, reason = "the report for whoever asked")]
fn seeds_that_find_planted_bugs_are_listed_when_asked() {
    let Ok(wanted) = std::env::var("SLUIS_SIMULATION_FIND") else {
        return;
    };
    for Planted { bug, check, seed } in planted::all()
        .into_iter()
        .filter(|planted| wanted == "1" || wanted == format!("{:?}", planted.bug))
    {
        let mut others: Vec<String> = Vec::new();
        let first = seed & (DRAWN | MACHINES);
        let found = (first..first + FOUND_WITHIN).find(|seed| {
            match catch_unwind(|| run(*seed, Some(bug), false).violation) {
                Ok(Some(violation)) if violation.check == check => true,
                Ok(Some(violation)) => {
                    others.push(format!("{seed}: {:?}", violation.check));
                    false
                }
                Ok(None) => false,
                Err(_) => {
                    others.push(format!("{seed}: a panic"));
                    false
                }
            }
        });
        others.truncate(4);
        let found = found.map(|found| found - first);
        println!("{bug:?} {check:?} {found:?} (before it: {others:?})");
    }
}

#[test]
fn a_seed_gives_the_same_run_every_time() {
    for seed in 0..8 {
        assert_eq!(trace(seed, None), trace(seed, None), "seed {seed}");
    }
}

/// The control of the whole: a world in which little happens would prove little.
#[test]
fn the_seeds_reach_everything() {
    let mut reached: BTreeSet<String> = BTreeSet::new();
    for seed in 0..REACHING {
        reached.extend(run(seed, None, false).world.reached());
    }
    let missing: Vec<_> = reach::EXPECTED
        .iter()
        .filter(|expected| !reached.contains(**expected))
        .collect();
    assert!(missing.is_empty(), "never reached: {missing:?}");
}
