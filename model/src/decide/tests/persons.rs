//! Owns the stories of rules that look at the tenant himself, how he is reached and what he prefers; and of stop
//! rules that lead to people.

use super::world::{MAIL, OWED, World, invoice, prefers};
use crate::{Cause, Channel, ContactKind, Event, Given, Input, NotificationId, Supplied};

/// Chooses by how the tenant is reached.
const REACHED: &str = r#"
name = "reached"
version = 1
purpose = "information"

[[step]]
id = "how"
branch.cases = [
    { when = "has(tenant.prefers) && tenant.prefers == 'letter'", go = "end: by post" },
    { when = "tenant.reached_by_email", go = "end: by mail" },
    { when = "tenant.reached_by_sms || tenant.language == 'en'", go = "end: otherwise" },
]
branch.otherwise = "wait"
branch.unknown = "human: strangers"

[[step]]
id = "wait"
wait = { for = "30d", when = "tenant.reached_by_email", go = "end: reached", then = "end: never" }
"#;

/// Has people look as soon as much is paid, and closes the link.
const LOOKS: &str = r#"
name = "looks"
version = 1
purpose = "collection"
subject = "invoice"
amount = "cents"
[input]
cents = "money"

[[stop]]
name = "paid"
when = "subject.open_amount_cents <= 0"
end = "paid"

[[stop]]
name = "somebody acts for him"
when = "has(facts.exception)"
close_link = true
go = "human: collections"

[[step]]
id = "mail"
send = { template = { email = "mail" }, via = ["email"] }
on.bounced = "end: undeliverable"
on.unanswered = { after = "5d", go = "end: over" }
on.answered = "end: answered"
"#;

fn world(flow: &str) -> World {
    let mut world = World::usual();
    world.flows.add(flow);
    world
}

fn reached(points: Vec<Given>, edit: impl FnOnce(&mut Supplied)) -> (World, NotificationId) {
    let mut world = World::empty();
    world.flows.add(REACHED);
    world.profile(|supplied| {
        supplied.points = points;
        edit(supplied);
    });
    let id = world.run("reached", |_| ());
    (world, id)
}

fn looks(world: &mut World) -> NotificationId {
    let cents = world.field("looks", "cents");
    world.run("looks", |n| {
        n.subject = Some(invoice(1));
        n.fields[cents] = crate::flow::Value::Integer(OWED);
    })
}

fn exception(world: &mut World, number: u32) {
    let fact = crate::DeclaredFact {
        fact_id: format!("erp-{number}").into(),
        body: 1,
        kind: "exception".into(),
        subject: None,
        says: Box::default(),
        counts: crate::Counts::Newest,
        occurred_at: world.now,
        holds_until: crate::Timestamp::NEVER,
        environment: world.policy.environment,
    };
    world.give(Input::Declared(Box::new(fact)));
}

#[test]
fn rules_see_how_the_tenant_is_reached_and_what_he_prefers() {
    let mail = || Given::new(ContactKind::Email, MAIL);
    let (world, id) = reached(vec![mail()], |_| ());
    world.assert_ends(id, "by mail");
    let (world, id) = reached(vec![mail()], prefers(Channel::Letter));
    world.assert_ends(id, "by post");
    let (world, id) = reached(Vec::new(), |supplied| supplied.language = "en".into());
    world.assert_ends(id, "otherwise");
    let (mut world, id) = reached(Vec::new(), |_| ());
    assert_eq!(world.step(id), "wait");
    // A profile that names an address is news, as a fact is.
    world.profile(|supplied| supplied.points = vec![mail()]);
    world.assert_ends(id, "reached");
}

#[test]
fn of_a_tenant_without_a_profile_nothing_is_known() {
    let mut world = World::empty();
    world.flows.add(REACHED);
    let id = world.run("reached", |_| ());
    world.assert_task(id, "strangers");
}

#[test]
fn a_stop_rule_may_have_people_look_once_and_another_one_still_ends_it() {
    let mut world = world(LOOKS);
    let id = looks(&mut world);
    world.send(id);
    exception(&mut world, 1);
    assert!(matches!(
        world.assert_task(id, "collections"),
        Cause::Stop { stop: 1, .. }
    ));
    assert!(world.open(id).link_closed);
    // The same again asks nobody again.
    exception(&mut world, 2);
    assert_eq!(world.open(id).tasks, 1);
    // They have it begin again, and the rule still holds.
    world.answer(id, "retry");
    assert_eq!(world.open(id).tasks, 2);
    world.pay(OWED);
    world.assert_ends(id, "paid");
}

#[test]
fn it_has_people_look_at_acceptance_before_a_send_and_while_a_message_is_under_way() {
    let mut world = world(LOOKS);
    let under_way = looks(&mut world);
    world.start(under_way);
    exception(&mut world, 1);
    world.assert_task(under_way, "collections");
    world.answer(under_way, "close");
    let at_once = looks(&mut world);
    world.assert_task(at_once, "collections");
    assert_eq!(world.channels(at_once), []);
    let opened = world.events().filter(|event| {
        matches!(
            event,
            Event::TaskOpened {
                cause: Cause::Stop { .. },
                ..
            }
        )
    });
    assert_eq!(opened.count(), 2);
}
