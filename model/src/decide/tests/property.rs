//! Owns what must hold whatever comes in, in whatever order: random inputs against one tenant with
//! several notifications. Refuses examples: the stories are beside it.

mod acts;
mod observer;
mod perform;

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use self::acts::{Act, act};
use self::observer::Observer;
use self::perform::perform;
use super::world::World;
use crate::Event;

/// Lets it all happen; what each input led to is told to `witness`.
fn run(acts: Vec<Act>, mut witness: impl FnMut(&World, &[Event])) {
    let mut world = World::usual();
    let mut observer = Observer::default();
    for act in acts {
        if let Some(events) = perform(&mut world, &mut observer, act) {
            observer.see(&events);
            witness(&world, &events);
        }
        observer.check(&world);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Every world checks determinism at each input and replay equality at its end; prefixes are
    /// the shorter cases.
    #[test]
    fn whatever_comes_in_the_rules_hold(acts in prop::collection::vec(act(), 1..80)) {
        run(acts, |_, _| ());
    }
}

/// The control of the property: inputs that reach nothing would prove nothing.
#[test]
fn the_random_inputs_reach_every_state_and_every_decision() {
    let mut runner = TestRunner::deterministic();
    let mut reached = BTreeSet::new();
    for _ in 0..400 {
        let acts = prop::collection::vec(act(), 80)
            .new_tree(&mut runner)
            .expect("acts")
            .current();
        run(acts, |world, events| {
            reached.extend(
                world
                    .tenant
                    .open
                    .iter()
                    .map(|open| open.phase.name().to_owned()),
            );
            for event in events {
                let debug = format!("{event:?}");
                reached.extend(debug.split([' ', '{']).next().map(str::to_owned));
                if let Event::Ended { end, .. } = event {
                    reached.insert(end.to_string());
                }
                if let Event::AttemptStarted { resend: true, .. } = event {
                    reached.insert("resend".into());
                }
            }
        });
    }
    let states = [
        "scheduled",
        "ready",
        "sending",
        "in_doubt",
        "sent",
        "held",
        "task",
        "resend",
    ];
    let ends = [
        "paid",
        "no balance",
        "wrong type",
        "quarantined",
        "expired",
        "cancelled",
        "closed by hand",
        "undeliverable",
    ];
    let events = [
        "Accepted",
        "Waiting",
        "StepEntered",
        "Ready",
        "Held",
        "AttemptStarted",
        "AttemptWithdrawn",
        "AttemptAccepted",
        "AttemptDelivered",
        "AttemptDeferred",
        "AttemptFailed",
        "AttemptInDoubt",
        "ReceiptNoted",
        "OutcomeNoted",
        "TaskOpened",
        "LinkClosed",
        "LinkUsed",
        "Ended",
        "ProfileStored",
        "PointMarked",
        "FactTaken",
        "SubjectOpen",
    ];
    for expected in states.iter().chain(&ends).chain(&events) {
        assert!(reached.contains(*expected), "{expected} was never reached");
    }
}
