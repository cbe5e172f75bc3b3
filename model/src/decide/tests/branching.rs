//! Owns the stories of steps that choose: the first case that is true leads on, and one that cannot
//! be judged is never passed over.

use super::world::{OWED, World};
use crate::event::Branched;
use crate::flow::Value;
use crate::{Answer, Cause, Channel, DAY, Event, HOUR, NotificationId, Phase, TaskAnswer};

/// What a collections desk does with an amount: call about much, write about little, and nothing
/// about what somebody else has in hand.
const BY_AMOUNT: &str = r#"
name = "by-amount"
version = 1
purpose = "collection"
hold_for = "72h"
fallback_list = "delivery"
[input]
team = "line?"
[[step]]
id = "how much"
branch.cases = [
    { when = "data.team == 'legal'", go = "end: with legal" },
    { when = "facts.balance_cents >= 50000", fresh_within = "24h", go = "human: callers" },
    { when = "facts.balance_cents > 0", fresh_within = "24h", go = "mail" },
]
branch.otherwise = "end: nothing owed"
[[step]]
id = "mail"
send = { template = { email = "mail" }, via = ["email"] }
"#;

fn world(text: &str) -> World {
    let mut world = World::empty();
    world.profile(|_| ());
    world.flows.add(text);
    world
}

fn run(world: &mut World, team: &str) -> NotificationId {
    world.run("by-amount", |n| n.fields[0] = Value::Text(team.into()))
}

/// The way that the cause of a task or end tells.
fn way(cause: &Cause) -> (Branched, usize) {
    match cause {
        Cause::Branched {
            step: 0,
            way,
            observed,
        } => (*way, observed.len()),
        cause => panic!("not branched: {cause:?}"),
    }
}

#[test]
fn the_first_case_that_is_true_leads_on_with_what_was_seen() {
    let mut world = world(BY_AMOUNT);
    world.balance(OWED);
    let id = run(&mut world, "legal");
    world.assert_ends(id, "with legal");
    assert_eq!(
        way(world.end(id).expect("an end").1),
        (Branched::Case(0), 1)
    );
    let id = run(&mut world, "rent");
    assert_eq!(
        way(world.assert_task(id, "callers")),
        (Branched::Case(1), 2)
    );
    world.balance(100);
    let id = run(&mut world, "rent");
    world.assert_in_line(id, Channel::Email);
    world.balance(0);
    let id = run(&mut world, "rent");
    world.assert_ends(id, "nothing owed");
    assert_eq!(
        way(world.end(id).expect("an end").1),
        (Branched::Otherwise, 3)
    );
}

#[test]
fn no_time_passes_in_a_step_that_chooses() {
    let mut world = world(BY_AMOUNT);
    world.balance(100);
    let before = world.events().count();
    let id = run(&mut world, "rent");
    let entered = world.events().skip(before).filter_map(|event| match event {
        Event::StepEntered { step, .. } => Some(*step),
        _ => None,
    });
    assert_eq!(
        entered.collect::<Vec<_>>(),
        [0, 1],
        "one input moves it through both"
    );
    assert_eq!(world.step(id), "mail");
}

#[test]
fn a_case_that_cannot_be_judged_holds_until_a_fact_decides() {
    let mut world = world(BY_AMOUNT);
    let id = run(&mut world, "rent");
    let Phase::Held { guard: 1, until } = world.open(id).phase else {
        panic!("{:?}", world.open(id).phase)
    };
    assert_eq!(until, world.now.plus(72 * HOUR));
    world.later(HOUR);
    world.fact(crate::FactKind::Balance, OWED, |fact| {
        fact.occurred_at = fact.occurred_at.plus(-2 * DAY);
    });
    assert_eq!(
        world.state(id),
        "held",
        "a balance of two days ago is too old for the case"
    );
    let Phase::Held { until: still, .. } = world.open(id).phase else {
        panic!("not held")
    };
    assert_eq!(still, until, "it is held until the same instant as before");
    world.balance(OWED);
    world.assert_task(id, "callers");
}

#[test]
fn a_case_that_cannot_be_judged_is_not_passed_over_for_one_that_is_true() {
    let mut world = world(BY_AMOUNT);
    // Whether legal has it in hand is not said, so nobody is called.
    world.balance(OWED);
    let id = world.run("by-amount", |_| ());
    assert!(matches!(world.open(id).phase, Phase::Held { guard: 0, .. }));
    world.balance(OWED + 1);
    assert_eq!(world.state(id), "held");
}

#[test]
fn a_hold_that_lasts_too_long_goes_to_people_who_may_have_it_asked_again() {
    let mut world = world(BY_AMOUNT);
    let id = run(&mut world, "rent");
    world.fall_due(id);
    assert!(matches!(
        world.assert_task(id, "delivery"),
        Cause::HeldTooLong
    ));
    let task = world.open(id).tasks;
    let unknown = world.give(crate::Input::Answer {
        id,
        task,
        answer: "what?".into(),
        by: "desk".into(),
    });
    let known = ["retry", "close"].map(Box::from).to_vec();
    assert_eq!(unknown.answer, Answer::Task(TaskAnswer::Unknown(known)));
    world.balance(100);
    world.assert_task(id, "delivery");
    world.answer(id, "retry");
    world.assert_in_line(id, Channel::Email);
}

#[test]
fn with_a_way_for_what_is_unknown_nothing_is_held() {
    let mut world = world(&BY_AMOUNT.replace(
        "branch.otherwise",
        "branch.unknown = \"human: finance\"\nbranch.otherwise",
    ));
    let id = run(&mut world, "rent");
    assert_eq!(
        way(world.assert_task(id, "finance")),
        (Branched::Unknown(1), 2)
    );
}

#[test]
fn what_a_guard_holds_and_what_a_case_holds_are_told_apart() {
    let guarded = BY_AMOUNT.replacen(
        "[[step]]",
        "[[guard]]\nname = \"owed\"\nwhen = \"facts.balance_cents > 0\"\nfresh_within = \"1h\"\notherwise = \"end: none\"\n[[step]]",
        1,
    );
    let mut world = world(&guarded);
    let id = run(&mut world, "rent");
    assert!(
        matches!(world.open(id).phase, Phase::Held { guard: 2, .. }),
        "the second case, behind one guard"
    );
    world.fact(crate::FactKind::Balance, 100, |fact| {
        fact.occurred_at = fact.occurred_at.plus(-2 * HOUR);
    });
    assert!(
        matches!(world.open(id).phase, Phase::Held { guard: 0, .. }),
        "the case is true, the guard wants it fresher"
    );
    world.balance(100);
    world.assert_in_line(id, Channel::Email);
}
