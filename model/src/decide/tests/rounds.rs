//! Owns the stories of flows that run for the same subject again: what they follow, which round it is, and
//! what is remembered of them, for whom.

use super::world::{World, invoice};
use crate::{DAY, Event, NotificationId, Round};

/// Gives the second round to people.
const AGAIN: &str = r#"
name = "again"
version = 1
purpose = "collection"
subject = "invoice"
follows = "30d"

[[step]]
id = "which"
branch.cases = [
    { when = "notification.round == 1 && !has(notification.follows)", go = "first" },
    { when = "notification.round == 2 && has(notification.follows)", go = "human: second time" },
]
branch.otherwise = "human: again and again"

[[step]]
id = "first"
wait = { for = "5d", then = "last" }

[[step]]
id = "last"
branch.cases = [{ when = "notification.round == 1", go = "end: over" }]
branch.otherwise = "end: odd"
"#;

fn world() -> World {
    let mut world = World::usual();
    world.flows.add(AGAIN);
    world
}

fn again(world: &mut World, number: u32) -> NotificationId {
    world.run("again", |n| n.subject = Some(invoice(number)))
}

/// What a notification follows, and which round it is.
fn follows(world: &World, id: NotificationId) -> Option<(NotificationId, u32)> {
    world.events().find_map(|event| match event {
        Event::Follows {
            id: of,
            earlier,
            round,
        } if *of == id => Some((*earlier, *round)),
        _ => None,
    })
}

#[test]
fn what_comes_again_follows_what_ended_and_knows_which_round_it_is() {
    let mut world = world();
    let first = again(&mut world, 1);
    assert_eq!(follows(&world, first), None);
    world.fall_due(first);
    // It is the first as long as it runs.
    world.assert_ends(first, "over");
    world.later(30 * DAY);
    let second = again(&mut world, 1);
    assert_eq!(follows(&world, second), Some((first, 2)));
    world.assert_task(second, "second time");
    // One that ends because this one runs is no round.
    let third = again(&mut world, 1);
    world.assert_ends(third, "already running");
    assert_eq!(follows(&world, third), None);
    world.answer(second, "close");
    let third = again(&mut world, 1);
    assert_eq!(follows(&world, third), Some((second, 3)));
    world.assert_task(third, "again and again");
}

#[test]
fn what_ended_too_long_ago_or_was_about_something_else_is_not_followed() {
    let mut world = world();
    let first = again(&mut world, 1);
    world.fall_due(first);
    let other = again(&mut world, 2);
    assert_eq!(follows(&world, other), None);
    world.later(30 * DAY + 1);
    let late = again(&mut world, 1);
    assert_eq!(follows(&world, late), None);
    assert_eq!(world.step(late), "first");
    // Its rounds are counted anew.
    world.fall_due(late);
    let next = again(&mut world, 1);
    assert_eq!(follows(&world, next), Some((late, 2)));
}

#[test]
fn another_version_of_the_flow_follows_too_and_another_flow_does_not() {
    let mut world = world();
    world.flows.add(&AGAIN.replace("\"again\"", "\"other\""));
    let first = again(&mut world, 1);
    world.fall_due(first);
    world
        .flows
        .add(&AGAIN.replace("version = 1", "version = 2"));
    let second = again(&mut world, 1);
    assert_eq!(follows(&world, second), Some((first, 2)));
    let other = world.run("other", |n| n.subject = Some(invoice(1)));
    assert_eq!(follows(&world, other), None);
}

#[test]
fn of_flows_that_do_not_ask_nothing_is_remembered() {
    let mut world = world();
    let id = world.storno();
    world.pay(super::world::OWED);
    world.assert_ends(id, "paid");
    let told = world.tenant.told.as_deref().expect("a balance");
    assert_eq!(told.rounds, None);
    let id = world.storno_with(|n| n.subject = Some(invoice(7))).0;
    assert_eq!(follows(&world, id), None);
}

#[test]
fn what_is_remembered_is_bounded_and_never_of_what_runs() {
    let mut world = world();
    let first = again(&mut world, 0);
    world.fall_due(first);
    let running = again(&mut world, 0);
    for number in 1..=Round::MOST as u32 + 5 {
        let id = again(&mut world, number);
        world.fall_due(id);
    }
    // What runs still knows that it is the second.
    assert_eq!(follows(&world, running), Some((first, 2)));
    world.answer(running, "close");
    let third = again(&mut world, 0);
    assert_eq!(follows(&world, third), Some((running, 3)));
    let forgotten = again(&mut world, 1);
    assert_eq!(follows(&world, forgotten), None);
}
