//! Owns the stories of facts that flows tell: everything open sees one in the same record, once; what is not
//! known is not told; and facts that lead to each other in a circle end with people.

use super::world::{World, invoice};
use crate::flow::Value;
use crate::{
    Answer, Cause, Channel, Counts, DAY, DeclaredFact, Environment, Event, FactSet, Input, NotSet,
    NotificationId, Timestamp,
};

/// Asks people whether there is an exception, and tells it.
const ASKS: &str = r#"
name = "asks"
version = 3
purpose = "information"
subject = "invoice"
fallback_list = "desk"
[input]
kind = "line?"
ends = "date?"

[[step]]
id = "wait"
wait = { for = "1d", then = "found" }
[[step]]
id = "found"
set = { fact = "exception", about = "tenant", fields = { kind = "data.kind", starts_on = "today", ends_on = "data.ends + 14 days" }, unknown = "bare", then = "end: told" }
[[step]]
id = "bare"
set = { fact = "exception", fields = { kind = "data.kind" }, then = "end: told" }
"#;

/// Waits for an exception, and has a rule that stops it.
const WAITS: &str = r#"
name = "waits"
version = 1
purpose = "collection"
subject = "invoice"
[[stop]]
name = "estate"
when = "facts.exception.kind == 'estate'"
end = "an estate"
[[step]]
id = "wait"
wait = { for = "30d", when = "has(facts.exception)", go = "end: left alone", then = "end: nothing" }
"#;

/// Each tells what the other waits for, for ever.
const PING: &str = r#"
name = "ping"
version = 1
purpose = "information"
fallback_list = "circles"
[[step]]
id = "told"
set = { fact = "exception", fields = { kind = "'wsnp'" }, then = "wait" }
[[step]]
id = "wait"
wait = { for = "30d", when = "facts.exception.kind == 'msnp'", go = "rest", then = "end: over" }
[[step]]
id = "rest"
task = { list = "rest", answers = { on = "told" }, deadline = { after = "1h", go = "told" } }
"#;

const PONG: &str = r#"
name = "pong"
version = 1
purpose = "information"
fallback_list = "circles"
[[step]]
id = "wait"
wait = { for = "30d", when = "facts.exception.kind == 'wsnp'", go = "told", then = "end: over" }
[[step]]
id = "told"
set = { fact = "exception", fields = { kind = "'msnp'" }, then = "on" }
[[step]]
id = "on"
branch.cases = [{ when = "facts.exception.kind == 'msnp'", go = "back" }]
branch.otherwise = "end: odd"
[[step]]
id = "back"
wait = { for = "1d", then = "told" }
"#;

/// Two that answer to each other at once: no time passes in either.
const LEFT: &str = r#"
name = "left"
version = 1
purpose = "information"
fallback_list = "circles"
[[step]]
id = "begin"
wait = { for = "1d", then = "told" }
[[step]]
id = "told"
set = { fact = "exception", fields = { kind = "'wsnp'" }, then = "turn" }
[[step]]
id = "turn"
send = { template = { email = "mail" }, via = ["email"] }
on.bounced = "end: undeliverable"
on.unanswered = { after = "1d", go = "end: over" }
on.answered = "end: over"
[[guard]]
name = "mine"
when = "facts.exception.kind == 'wsnp'"
otherwise = "told"
"#;

fn world(flows: &[&str]) -> World {
    let mut world = World::usual();
    flows.iter().for_each(|flow| world.flows.add(flow));
    world
}

fn asks(world: &mut World, kind: Option<&str>, ends: Option<&str>) -> NotificationId {
    let fields = [("kind", kind), ("ends", ends)];
    let places = fields.map(|(name, value)| (world.field("asks", name), value));
    world.run("asks", |n| {
        n.subject = Some(invoice(1));
        for (place, value) in places {
            if let Some(value) = value {
                n.fields[place] = Value::Text(value.into());
            }
        }
    })
}

fn waits(world: &mut World, number: u32) -> NotificationId {
    world.run("waits", |n| n.subject = Some(invoice(number)))
}

/// Every fact that was set, in order.
fn set(world: &World) -> Vec<(NotificationId, FactSet)> {
    let set = world.events().filter_map(|event| match event {
        Event::FactSet { id, set } => Some((*id, (**set).clone())),
        _ => None,
    });
    set.collect()
}

fn said(world: &World, field: &str) -> Option<Value> {
    let said = world.tenant.said(("exception", field), None, world.now);
    said.map(|(value, _)| value)
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn told(world: &World, id: &str, kind: &str, at: Timestamp) -> Input {
    Input::Declared(Box::new(DeclaredFact {
        fact_id: id.into(),
        body: 98,
        kind: "exception".into(),
        subject: None,
        says: [("kind".into(), text(kind))].into(),
        counts: Counts::Newest,
        occurred_at: at,
        holds_until: Timestamp::NEVER,
        environment: world.policy.environment,
    }))
}

#[test]
fn a_fact_that_a_flow_tells_ends_what_waits_for_it_in_the_same_record_and_once() {
    let mut world = world(&[ASKS, WAITS]);
    let (waiting, other) = (waits(&mut world, 1), waits(&mut world, 2));
    let id = asks(&mut world, Some("wsnp"), Some("2026-12-01"));
    assert_eq!(said(&world, "kind"), None);
    let decision = world.fall_due(id);
    world.assert_ends(id, "told");
    // In this record, not in a later one: a crash loses all of it or nothing.
    let ended = decision.events.iter().filter_map(|event| match event {
        Event::Ended { id, .. } => Some(*id),
        _ => None,
    });
    assert_eq!(ended.collect::<Vec<_>>(), [id, waiting, other]);
    world.assert_ends(waiting, "left alone");
    assert!(matches!(
        world.end(waiting),
        Some((_, Cause::FactCame { step: 0, .. }))
    ));
    let [(by, set)] = &set(&world)[..] else {
        panic!("told once: {:?}", set(&world));
    };
    assert_eq!(
        (*by, &*set.flow, set.version, &*set.by),
        (id, "asks", 3, "found")
    );
    assert_eq!(set.fact.field("ends_on"), Some(&text("2026-12-15")));
    assert_eq!(set.fact.occurred_at, world.now);
    // It is over when its type says so: behind the day in `ends_on`.
    assert_ne!(set.fact.holds_until, Timestamp::NEVER);
    assert_eq!(said(&world, "kind"), Some(text("wsnp")));
    world.later(40 * DAY);
    assert_eq!(said(&world, "kind"), None);
}

#[test]
fn a_stop_rule_of_another_one_hears_it_also_while_a_message_is_under_way() {
    let stopped = WAITS.replace("wait = {", "send = { template = { email = \"mail\" }, via = [\"email\"] }\non.bounced = \"end: undeliverable\"\n[[step]]\nid = \"never\"\nwait = {");
    let stopped = stopped.replace(
        "on.bounced = \"end: undeliverable\"",
        "on.bounced = \"never\"",
    );
    let mut world = world(&[ASKS, &stopped]);
    let in_line = waits(&mut world, 1);
    let under_way = waits(&mut world, 2);
    world.start(under_way);
    let id = asks(&mut world, Some("estate"), None);
    world.fall_due(id);
    world.assert_ends(id, "told");
    world.assert_ends(in_line, "an estate");
    world.assert_ends(under_way, "an estate");
}

#[test]
fn what_is_not_known_is_not_told_and_leads_where_the_step_says() {
    let mut world = world(&[ASKS]);
    let id = asks(&mut world, Some("wsnp"), None);
    world.fall_due(id);
    // The first step lacks a day, and leads to one that tells less.
    world.assert_ends(id, "told");
    let [(_, set)] = &set(&world)[..] else {
        panic!("told once");
    };
    assert_eq!(&*set.by, "bare");
    assert!(world.events().any(|event| matches!(
        event,
        Event::StepEntered { cause: Cause::NotSet { step: 1, why: NotSet::Unknown(lacks) }, .. }
            if **lacks == [Box::from("ends_on")]
    )));
}

#[test]
fn without_a_way_people_are_asked_and_may_have_it_told_again() {
    let mut world = world(&[ASKS]);
    for kind in [None, Some("no such kind"), Some("")] {
        let id = asks(&mut world, kind, None);
        world.fall_due(id);
        let lacks = [Box::from("kind")].into();
        let why = NotSet::Unknown(lacks);
        assert_eq!(
            world.assert_task(id, "desk"),
            &Cause::NotSet { step: 2, why }
        );
        assert_eq!(said(&world, "kind"), None);
        world.answer(id, "retry");
        world.assert_task(id, "desk");
        world.answer(id, "close");
    }
    assert_eq!(set(&world), []);
}

#[test]
fn a_notification_from_another_world_tells_nothing() {
    let mut world = world(&[ASKS, WAITS]);
    let waiting = waits(&mut world, 2);
    let place = world.field("asks", "kind");
    let id = world.run("asks", |n| {
        n.subject = Some(invoice(1));
        n.environment = Environment::Test;
        n.fields[place] = text("wsnp");
    });
    world.fall_due(id);
    let why = NotSet::OtherWorld;
    assert_eq!(
        world.assert_task(id, "desk"),
        &Cause::NotSet { step: 1, why }
    );
    assert_eq!(world.step(waiting), "wait");
    assert_eq!(said(&world, "kind"), None);
}

#[test]
fn facts_that_lead_to_each_other_take_a_turn_each_and_time_between() {
    let mut world = world(&[PING, PONG]);
    let pong = world.run("pong", |_| ());
    let ping = world.run("ping", |_| ());
    // Ping told, which pong waited for; pong told, which ping waited for. Then both rest.
    assert_eq!(set(&world).len(), 2);
    assert_eq!((world.step(ping), world.step(pong)), ("rest", "back"));
    world.fall_due(ping);
    assert_eq!(set(&world).len(), 3);
    world.fall_due(pong);
    assert_eq!(set(&world).len(), 4);
}

#[test]
fn a_circle_without_time_ends_with_people_and_is_bounded() {
    let right = LEFT
        .replace("\"left\"", "\"right\"")
        .replace("wsnp", "msnp");
    let mut world = world(&[LEFT, &right]);
    let (left, right) = (world.run("left", |_| ()), world.run("right", |_| ()));
    world.fall_due(left);
    world.assert_in_line(left, Channel::Email);
    world.fall_due(right);
    // Only a permit asks the guards. Then each of them undoes what the other told, once with an input.
    world.permit(left);
    world.assert_in_line(left, Channel::Email);
    world.permit(right);
    world.assert_in_line(right, Channel::Email);
    assert_eq!(set(&world).len(), 4);
}

#[test]
fn a_step_tells_its_fact_once_with_one_input() {
    // A guard that is never true leads back to the step that was to make it true.
    let text = LEFT.replace(
        "when = \"facts.exception.kind == 'wsnp'\"",
        "when = \"facts.exception.kind == 'gkb'\"",
    );
    let mut world = world(&[&text]);
    let id = world.run("left", |_| ());
    let decision = world.fall_due(id);
    let why = NotSet::Again;
    assert_eq!(
        world.assert_task(id, "circles"),
        &Cause::NotSet { step: 1, why }
    );
    assert_eq!(set(&world).len(), 1);
    assert!(decision.events.len() < 10, "{:?}", decision.events);
}

#[test]
fn a_tenant_with_very_much_open_never_has_a_record_that_does_not_fit() {
    let chain = WAITS.replace("go = \"end: left alone\"", "go = \"again\"")
        + "[[step]]\nid = \"again\"\nset = { fact = \"exception\", fields = { kind = \"'wsnp'\" }, then = \"end: told too\" }\n";
    let mut world = world(&[ASKS, &chain]);
    let all: Vec<NotificationId> = (2..302).map(|number| waits(&mut world, number)).collect();
    let id = asks(&mut world, Some("wsnp"), None);
    world.fall_due(id);
    let told = all.iter().filter(|id| world.end(**id).is_some()).count();
    // The one that began it is one of the 64.
    assert_eq!(told, 63);
    for id in all.iter().skip(63) {
        let why = NotSet::TooMany;
        assert_eq!(
            world.assert_task(*id, "delivery"),
            &Cause::NotSet { step: 1, why }
        );
    }
}

#[test]
fn who_takes_it_over_may_tell_it_again_under_its_id() {
    let mut world = world(&[ASKS, WAITS]);
    let id = asks(&mut world, Some("wsnp"), None);
    world.fall_due(id);
    let (_, set) = set(&world).remove(0);
    let echo = told(&world, &set.fact.fact_id, "wsnp", world.now);
    let duplicate = Answer::Fact {
        duplicate: true,
        ended: Vec::new(),
        unmatched: None,
    };
    assert_eq!(world.give(echo).answer, duplicate);
    // What happened before it, and comes later, does not take its place; what happened later does.
    let before = told(&world, "erp-1", "gkb", world.now.plus(-DAY));
    world.give(before);
    assert_eq!(said(&world, "kind"), Some(text("wsnp")));
    world.later(DAY);
    let after = told(&world, "erp-2", "gkb", world.now);
    world.give(after);
    assert_eq!(said(&world, "kind"), Some(text("gkb")));
}

#[test]
fn the_answer_to_a_fact_names_what_ended_because_of_facts_that_followed() {
    let relay = WAITS
        .replace("\"waits\"", "\"relay\"")
        .replace("go = \"end: left alone\"", "go = \"again\"")
        + "[[step]]\nid = \"again\"\nset = { fact = \"exception\", fields = { kind = \"'estate'\" }, then = \"end: told too\" }\n";
    let patient = WAITS
        .replace("\"waits\"", "\"patient\"")
        .replace("has(facts.exception)", "facts.exception.kind == 'other'");
    let mut world = world(&[&patient, &relay]);
    let stopped = world.run("patient", |n| n.subject = Some(invoice(1)));
    let relay = world.run("relay", |n| n.subject = Some(invoice(2)));
    let fact = told(&world, "erp-1", "wsnp", world.now);
    let Answer::Fact { ended, .. } = world.give(fact).answer else {
        panic!("a fact");
    };
    world.assert_ends(stopped, "an estate");
    assert_eq!(ended, [relay, stopped]);
}

#[test]
fn what_is_kept_stays_and_what_nobody_told_is_left_out() {
    let keeps = ASKS.replace(
        "id = \"bare\"\nset = { fact = \"exception\", fields = { kind = \"data.kind\" }, then",
        "id = \"bare\"\nset = { fact = \"exception\", keep = true, fields = { kind = \"data.kind\" }, then",
    );
    let mut world = world(&[&keeps]);
    let day = "2030-01-01";
    let known = Input::Declared(Box::new(DeclaredFact {
        says: [("ends_on".into(), text(day)), ("kind".into(), text("gkb"))].into(),
        ..match told(&world, "erp-1", "gkb", world.now) {
            Input::Declared(fact) => *fact,
            other => panic!("{other:?}"),
        }
    }));
    world.give(known);
    let id = asks(&mut world, Some("wsnp"), None);
    world.fall_due(id);
    let (_, set) = set(&world).remove(0);
    let says = [("ends_on".into(), text(day)), ("kind".into(), text("wsnp"))];
    assert_eq!(*set.fact.says, says);
}

#[test]
fn numbers_that_are_added_up_are_added_up() {
    let counts = r#"
name = "counts"
version = 1
purpose = "information"
[[step]]
id = "one"
set = { fact = "complaint", fields = { count = 2 }, then = "end: counted" }
"#;
    let mut world = world(&[counts]);
    world.run("counts", |_| ());
    world.run("counts", |_| ());
    let sum = world.tenant.said(("complaint", "count"), None, world.now);
    assert_eq!(sum.map(|(value, _)| value), Some(Value::Integer(4)));
}

#[test]
fn a_fact_about_the_subject_is_about_that_of_the_notification() {
    let meets = r#"
name = "meets"
version = 1
purpose = "appointment"
subject = "invoice"
[[step]]
id = "kept"
set = { fact = "appointment", about = "subject", fields = { status = "'done'", day = "today" }, then = "end: done" }
"#;
    let looks = r#"
name = "looks"
version = 1
purpose = "appointment"
subject = "invoice"
[[step]]
id = "wait"
wait = { for = "5d", when = "facts.appointment.status == 'done'", go = "end: seen", then = "end: over" }
"#;
    let mut world = world(&[meets, looks]);
    let one = world.run("looks", |n| n.subject = Some(invoice(1)));
    let two = world.run("looks", |n| n.subject = Some(invoice(2)));
    world.run("meets", |n| n.subject = Some(invoice(1)));
    world.assert_ends(one, "seen");
    assert_eq!(world.step(two), "wait");
}
