//! Owns the stories of rules between flows: what waits, what ends, when it is asked again, what is
//! exempt.

use super::world::{CORPORATION, World};
use crate::steering::Steering;
use crate::{
    CancelTarget, Cause, Channel, DAY, Event, HOUR, HeldBack, Lane, NotificationId, Phase,
    Timestamp,
};

const FILE: &str = r#"
[[conflict]]
name = "while we collect"
while = ["collection"]
hold = ["newsletter"]
drop = ["survey"]
after = "2d"
"#;

const PLAIN: &str = r#"
name = "plain"
version = 1
purpose = "information"

[[step]]
id = "first"
send = { template = { email = "a", sms = "a" }, via = ["email", "sms"] }
"#;

fn ruled(file: &str) -> World {
    let mut world = World::usual();
    world.flows.add(PLAIN);
    let legal = PLAIN.replace("\"plain\"", "\"legal\"");
    world
        .flows
        .add(&legal.replace("via = ", "legal = \"BW 7:271\", via = "));
    let steering = Steering::parse(file).expect("a sound file");
    world.policy.steering.insert(CORPORATION, steering);
    world
}

fn of(world: &mut World, category: &str) -> NotificationId {
    world.run("plain", |n| n.category = category.into())
}

fn not_before(world: &World, id: NotificationId) -> Timestamp {
    match world.open(id).phase {
        Phase::Ready { not_before, .. } => not_before,
        ref phase => panic!("not in line: {phase:?}"),
    }
}

#[test]
fn what_is_held_waits_until_the_other_flow_ended_and_some_time_after_its_last_message() {
    let mut world = ruled(FILE);
    let collection = world.storno();
    let letter = of(&mut world, "newsletter");
    assert_eq!(not_before(&world, letter), world.now.plus(DAY));
    let told = world.events().find_map(|event| match event {
        Event::HeldBack { id, held } if *id == letter => Some((**held).clone()),
        _ => None,
    });
    let expected = HeldBack::Conflict {
        rule: "while we collect".into(),
        by: Some(collection),
        until: world.now.plus(DAY),
    };
    assert_eq!(told, Some(expected));
    world.send(collection);
    let sent = world.now;
    world.later(HOUR);
    world.cancel(CancelTarget::Notification(collection));
    assert_eq!(not_before(&world, letter), sent.plus(2 * DAY));
    world.send(letter);
    assert_eq!(world.now, sent.plus(2 * DAY));
}

#[test]
fn without_a_time_after_it_what_is_held_goes_when_the_other_flow_ends() {
    let mut world = ruled(&FILE.replace("after = \"2d\"", ""));
    let collection = world.storno();
    let letter = of(&mut world, "newsletter");
    world.send(collection);
    world.later(HOUR);
    world.pay(super::world::OWED);
    world.assert_ends(collection, "paid");
    assert_eq!(not_before(&world, letter), world.now);
    world.send(letter);
    assert!(world.tenant.history().is_none(), "nothing counts");
}

#[test]
fn what_is_dropped_ends_as_superseded() {
    let mut world = ruled(FILE);
    let collection = world.storno();
    let survey = of(&mut world, "survey");
    world.assert_ends(survey, "superseded");
    let expected = Cause::Superseded {
        rule: "while we collect".into(),
        by: Some(collection),
    };
    assert_eq!(world.end(survey).map(|(_, cause)| cause), Some(&expected));
}

#[test]
fn what_is_in_line_is_asked_again_at_its_permit() {
    let mut world = ruled(FILE);
    let (letter, survey) = (of(&mut world, "newsletter"), of(&mut world, "survey"));
    assert_eq!(not_before(&world, letter), world.now);
    world.storno();
    world.permit(letter);
    assert_eq!(not_before(&world, letter), world.now.plus(DAY));
    world.permit(survey);
    world.assert_ends(survey, "superseded");
}

#[test]
fn what_is_held_is_asked_again_each_day_so_that_a_rule_may_go() {
    let mut world = ruled(FILE);
    world.storno();
    let letter = of(&mut world, "newsletter");
    world.later(DAY);
    world.permit(letter);
    assert_eq!(not_before(&world, letter), world.now.plus(DAY));
    world.policy.steering.clear();
    world.send(letter);
    assert_eq!(world.channels(letter), [Channel::Email]);
}

#[test]
fn one_of_two_open_flows_is_enough_to_hold() {
    let mut world = ruled(&FILE.replace("after = \"2d\"", ""));
    let (one, two) = (of(&mut world, "collection"), of(&mut world, "collection"));
    let letter = of(&mut world, "newsletter");
    world.send(one);
    world.assert_ends(one, "sent");
    assert!(not_before(&world, letter) > world.now);
    world.send(two);
    assert_eq!(not_before(&world, letter), world.now);
}

#[test]
fn what_has_not_begun_holds_nothing_back() {
    let mut world = ruled(FILE);
    let later = world.now.plus(30 * DAY);
    world.run("plain", |n| n.send_after = Some(later));
    let letter = of(&mut world, "newsletter");
    assert_eq!(not_before(&world, letter), world.now);
}

#[test]
fn urgent_and_legal_messages_are_not_held_back_by_other_flows() {
    let mut world = ruled(FILE);
    world.storno();
    let urgent = world.run("plain", |n| {
        n.category = "newsletter".into();
        n.lane = Lane::Urgent;
    });
    world.send(urgent);
    let legal = world.run("legal", |n| n.category = "survey".into());
    world.send(legal);
}

#[test]
fn what_a_provider_has_put_off_keeps_its_time_when_the_other_flow_ends() {
    let mut world = ruled(&FILE.replace("after = \"2d\"", ""));
    let letter = of(&mut world, "newsletter");
    let attempt = world.start(letter);
    let collection = of(&mut world, "collection");
    world.outcome(attempt, super::world::retry(None));
    let until = not_before(&world, letter);
    world.send(collection);
    assert_eq!(not_before(&world, letter), until);
}

#[test]
fn what_is_held_still_expires_and_is_still_stopped() {
    let mut world = ruled(FILE);
    world.storno();
    let soon = world.now.plus(HOUR);
    let letter = world.run("plain", |n| {
        n.category = "newsletter".into();
        n.expires_at = Some(soon);
    });
    world.later(2 * HOUR);
    world.timer(letter);
    world.assert_ends(letter, "expired");
}
