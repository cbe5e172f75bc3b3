//! Owns the stories of bundles: what is due the same day leaves at one time, each message as itself.

use super::world::{CORPORATION, World};
use crate::steering::Steering;
use crate::{CancelTarget, Event, HOUR, HeldBack, Lane, NotificationId, Phase, Timestamp};

/// The world begins on 18 November 2026 at 12:06 in Amsterdam.
const FILE: &str = r#"
[[bundle]]
name = "afternoon post"
categories = ["newsletter", "information"]
until = "16:00"

[[cap]]
name = "one"
categories = ["information"]
most = 1
within = "3h"
"#;
/// That day, 16:00 in Amsterdam.
const FOUR: Timestamp = Timestamp(1_795_014_000_000);

const PLAIN: &str = r#"
name = "plain"
version = 1
purpose = "information"

[[step]]
id = "first"
send = { template = { email = "a", sms = "a" }, via = ["email", "sms"] }
"#;

fn bundled() -> World {
    let mut world = World::usual();
    world.flows.add(PLAIN);
    let legal = PLAIN.replace("\"plain\"", "\"legal\"");
    world
        .flows
        .add(&legal.replace("via = ", "legal = \"BW 7:271\", via = "));
    let steering = Steering::parse(FILE).expect("a sound file");
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
fn what_is_due_the_same_day_leaves_at_one_time_each_as_itself() {
    let mut world = bundled();
    let letter = of(&mut world, "newsletter");
    world.later(HOUR);
    let news = of(&mut world, "information");
    assert_eq!(
        (not_before(&world, letter), not_before(&world, news)),
        (FOUR, FOUR)
    );
    let told = world.events().find_map(|event| match event {
        Event::HeldBack { id, held } if *id == news => Some((**held).clone()),
        _ => None,
    });
    let bundle = "afternoon post".into();
    assert_eq!(
        told,
        Some(HeldBack::Bundle {
            bundle,
            until: FOUR
        })
    );
    world.send(letter);
    world.send(news);
    assert_eq!(world.now, FOUR);
    // One that comes then leaves the next day.
    let late = of(&mut world, "newsletter");
    assert_eq!(not_before(&world, late), FOUR.plus(24 * HOUR));
}

#[test]
fn one_of_a_bundle_that_is_stopped_before_it_leaves_takes_no_other_with_it() {
    let mut world = bundled();
    let (stopped, goes) = (of(&mut world, "newsletter"), of(&mut world, "newsletter"));
    world.cancel(CancelTarget::Notification(stopped));
    world.send(goes);
    assert_eq!(world.channels(stopped), []);
}

#[test]
fn urgent_legal_and_what_would_be_worthless_by_then_is_never_bundled() {
    let mut world = bundled();
    let now = world.now;
    let letter = |lane, expires: Option<Timestamp>| {
        move |n: &mut crate::Notification| {
            n.category = "newsletter".into();
            n.lane = lane;
            n.expires_at = expires;
        }
    };
    let urgent = world.run("plain", letter(Lane::Urgent, None));
    let legal = world.run("legal", letter(Lane::Normal, None));
    let short = world.run("plain", letter(Lane::Normal, Some(FOUR)));
    let long = world.run("plain", letter(Lane::Normal, Some(FOUR.plus(1))));
    let at = [urgent, legal, short, long].map(|id| not_before(&world, id));
    assert_eq!(at, [now, now, now, FOUR]);
    let other = of(&mut world, "collection");
    assert_eq!(not_before(&world, other), now);
}

#[test]
fn what_a_cap_holds_back_leaves_with_the_bundle_after_it() {
    let mut world = bundled();
    let first = of(&mut world, "information");
    world.send(first);
    let second = of(&mut world, "information");
    // The cap allows it from 19:00 on.
    assert_eq!(not_before(&world, second), FOUR.plus(24 * HOUR));
}
