//! Owns the stories of caps: what counts, what waits for how long, what is exempt.

use super::world::{CORPORATION, World, refused};
use crate::steering::Steering;
use crate::{Cause, Channel, DAY, Event, Lane, NotificationId, Phase, Refusal, Timestamp};

const CAP: &str = "[[cap]]\nname = \"letters\"\ncategories = [\"collection\", \"newsletter\"]\nmost = 2\nwithin = \"7d\"\n";

/// A flow that sends once, and says nothing of caps.
const PLAIN: &str = "name = \"plain\"\nversion = 1\npurpose = \"information\"\n\n[[step]]\nid = \"first\"\n\
    send = { template = { email = \"a\", sms = \"a\" }, via = [\"email\", \"sms\"], except = \"failed\" }\n\
    on.bounced = \"second\"\n\n[[step]]\nid = \"second\"\n\
    send = { template = { email = \"a\", sms = \"a\" }, via = [\"email\", \"sms\"], except = \"failed\" }\n";

fn capped() -> World {
    let mut world = World::usual();
    world.flows.add(PLAIN);
    world.flows.add(&with("on.capped = \"end: too many\""));
    world.flows.add(&with("legal"));
    let steering = Steering::parse(CAP).expect("a sound cap");
    world.policy.steering.insert(CORPORATION, steering);
    world
}

/// A flow that says something more, called by it.
fn with(more: &str) -> String {
    match more {
        "legal" => PLAIN
            .replace("\"plain\"", "\"legal\"")
            .replace("except = \"failed\"", "legal = \"BW 7:271\""),
        more => PLAIN.replace("\"plain\"", "\"dropping\"").replace(
            "on.bounced = \"second\"",
            &format!("on.bounced = \"second\"\n{more}"),
        ),
    }
}

/// One message that left.
fn sent(world: &mut World, category: &str) -> NotificationId {
    let id = world.run("plain", |n| n.category = category.into());
    world.send(id);
    id
}

fn waits_until(world: &World, id: NotificationId) -> Timestamp {
    match world.open(id).phase {
        Phase::Ready { not_before, .. } => not_before,
        ref phase => panic!("not in line: {phase:?}"),
    }
}

#[test]
fn what_is_over_a_cap_waits_until_the_first_message_is_out_of_its_span() {
    let mut world = capped();
    let first = world.now;
    sent(&mut world, "collection");
    world.later(DAY);
    sent(&mut world, "newsletter");
    world.later(DAY);
    let third = world.run("plain", |n| n.category = "newsletter".into());
    assert_eq!(waits_until(&world, third), first.plus(7 * DAY));
    let told = world.events().find_map(|event| match event {
        Event::Capped { capped, .. } => Some(capped.clone()),
        _ => None,
    });
    let told = told.expect("by which cap");
    assert_eq!(
        (&*told.cap, told.most, told.within_ms),
        ("letters", 2, 7 * DAY)
    );
    world.send(third);
    assert_eq!(world.now, first.plus(7 * DAY));
    // Now the second and the third are in the span.
    let fourth = world.run("plain", |n| n.category = "newsletter".into());
    assert_eq!(waits_until(&world, fourth), first.plus(8 * DAY));
}

#[test]
fn two_that_wait_for_one_place_do_not_both_take_it() {
    let mut world = capped();
    let first = world.now;
    sent(&mut world, "collection");
    world.later(DAY);
    sent(&mut world, "collection");
    let (a, b) = (world.run("plain", |_| ()), world.run("plain", |_| ()));
    world.now = first.plus(7 * DAY);
    world.send(a);
    world.permit(b);
    assert_eq!(waits_until(&world, b), first.plus(8 * DAY));
}

#[test]
fn another_category_does_not_count_and_is_not_held_back() {
    let mut world = capped();
    for _ in 0..3 {
        sent(&mut world, "repairs");
    }
    sent(&mut world, "collection");
    sent(&mut world, "collection");
    let id = sent(&mut world, "repairs");
    assert_eq!(world.channels(id), [Channel::Email]);
}

#[test]
fn urgent_and_legal_messages_are_not_held_back_and_count() {
    let mut world = capped();
    sent(&mut world, "collection");
    let urgent = world.run("plain", |n| n.lane = Lane::Urgent);
    world.send(urgent);
    let urgent = world.run("plain", |n| n.lane = Lane::Urgent);
    world.send(urgent);
    let legal = world.run("legal", |_| ());
    world.send(legal);
    let id = world.run("plain", |_| ());
    assert!(waits_until(&world, id) > world.now);
}

#[test]
fn a_message_that_reached_nobody_counts_no_more() {
    let mut world = capped();
    let id = world.run("plain", |_| ());
    let mail = world.start(id);
    world.outcome(mail, refused(Refusal::Address));
    world.send(id);
    assert_eq!(world.channels(id), [Channel::Email, Channel::Sms]);
    assert_eq!(
        world
            .tenant
            .history()
            .expect("it counts")
            .after(Timestamp(0))
            .count(),
        1
    );
    sent(&mut world, "collection");
    let third = world.run("plain", |_| ());
    assert!(waits_until(&world, third) > world.now);
}

#[test]
fn a_step_may_say_where_it_goes_instead_of_waiting() {
    let mut world = capped();
    sent(&mut world, "collection");
    sent(&mut world, "collection");
    let id = world.run("dropping", |_| ());
    world.assert_ends(id, "too many");
    let cause = world.end(id).map(|(_, cause)| cause.clone());
    let cap = "letters".into();
    assert_eq!(cause, Some(Cause::Capped { cap }));
}

#[test]
fn a_message_that_waits_for_a_cap_still_expires() {
    let mut world = capped();
    sent(&mut world, "collection");
    sent(&mut world, "collection");
    let soon = world.now.plus(DAY);
    let id = world.run("plain", |n| n.expires_at = Some(soon));
    world.later(2 * DAY);
    world.timer(id);
    world.assert_ends(id, "expired");
}

#[test]
fn without_a_cap_no_history_is_kept() {
    let mut world = capped();
    world.policy.steering.clear();
    sent(&mut world, "collection");
    assert!(world.tenant.history().is_none());
    assert!(
        !world
            .events()
            .any(|event| matches!(event, Event::Contacted { .. }))
    );
}
