//! Owns the stories of counted messages: a cap across flows, also for what is under way, and that
//! nothing is remembered where nothing counts.

use super::world::{World, accepted, in_doubt, invoice};
use crate::{Contact, DAY, HOUR, NotificationId, Phase};

/// A message of one purpose, at most two within a week and one about the same invoice within a day.
const CAPPED: &str = r#"
name = "capped"
version = 1
purpose = "collection"
subject = "invoice"

[[guard]]
name = "not too often"
when = "contacted('collection', 7 days) < 2"
otherwise = "end: too often"

[[guard]]
name = "not told today"
when = "contacted_about_subject(1 day) == 0"
otherwise = "end: told already"

[[step]]
id = "mail"
send = { template = { email = "mail" }, via = ["email"] }
on.bounced = "end: undeliverable"
on.settled = { after = "1h", go = "end: sent" }
"#;

/// A message of another flow; whether it is counted is left to its file.
fn other(name: &str, purpose: &str, counted: bool) -> String {
    format!(
        r#"
name = "{name}"
version = 1
purpose = "{purpose}"
counted = {counted}

[[step]]
id = "mail"
send = {{ template = {{ email = "mail" }}, via = ["email"] }}
on.bounced = "end: undeliverable"
"#
    )
}

fn world() -> World {
    let mut world = World::usual();
    world.flows.add(CAPPED);
    world.flows.add(&other("reminder", "collection", true));
    world.flows.add(&other("newsletter", "newsletter", true));
    world.flows.add(&other("uncounted", "collection", false));
    world
}

fn capped(world: &mut World, number: u32) -> NotificationId {
    world.run("capped", |n| n.subject = Some(invoice(number)))
}

fn is_ready(world: &World, id: NotificationId) -> bool {
    let open = world.tenant.find(id);
    open.is_some_and(|open| matches!(open.phase, Phase::Ready { .. }))
}

fn send(world: &mut World, flow: &str) {
    let id = world.run(flow, |_| ());
    world.send(id);
}

#[test]
fn messages_of_other_flows_with_the_same_purpose_count() {
    let mut world = world();
    send(&mut world, "newsletter");
    send(&mut world, "uncounted");
    send(&mut world, "reminder");
    let first = capped(&mut world, 1);
    assert!(is_ready(&world, first));
    world.send(first);
    let second = capped(&mut world, 2);
    world.assert_ends(second, "too often");
    world.later(7 * DAY - 1);
    let third = capped(&mut world, 3);
    world.assert_ends(third, "too often");
    world.later(1);
    let fourth = capped(&mut world, 4);
    assert!(is_ready(&world, fourth));
}

#[test]
fn about_the_same_subject_one_message_a_day_is_enough() {
    let mut world = world();
    let first = capped(&mut world, 1);
    world.send(first);
    world.fall_due(first);
    world.assert_ends(first, "sent");
    let again = capped(&mut world, 1);
    world.assert_ends(again, "told already");
    let elsewhere = capped(&mut world, 2);
    assert!(is_ready(&world, elsewhere));
}

#[test]
fn what_is_under_way_counts_so_that_no_two_permits_exceed_the_cap() {
    let mut world = world();
    send(&mut world, "reminder");
    let both = [capped(&mut world, 1), capped(&mut world, 2)];
    assert!(both.iter().all(|id| is_ready(&world, *id)));
    let under_way = world.start(both[0]);
    world.permit(both[1]);
    world.assert_ends(both[1], "too often");
    world.outcome(under_way, accepted());
}

#[test]
fn a_message_in_doubt_counts_once_and_so_does_its_resend() {
    let mut world = world();
    let id = world.run("reminder", |_| ());
    let attempt = world.start(id);
    world.outcome(attempt, in_doubt());
    let contacts = |world: &World| world.tenant.contacts(world.now, 7 * DAY).count();
    assert_eq!(contacts(&world), 1);
    world.later(HOUR);
    if is_ready(&world, id) {
        world.send(id);
    }
    assert_eq!(contacts(&world), 1);
}

#[test]
fn no_more_than_the_bound_is_remembered_and_the_newest_stay() {
    let mut world = world();
    for _ in 0..Contact::MOST + 8 {
        world.later(1);
        send(&mut world, "reminder");
    }
    assert_eq!(world.tenant.contacts(world.now, DAY).count(), Contact::MOST);
    let newest = world.tenant.contacts(world.now, 1).count();
    assert_eq!(newest, 1);
}

#[test]
fn of_flows_that_are_not_counted_nothing_is_remembered() {
    let mut world = World::empty();
    world.flows.add(&other("uncounted", "collection", false));
    world.profile(|_| ());
    send(&mut world, "uncounted");
    assert_eq!(world.tenant.told, None);
}
