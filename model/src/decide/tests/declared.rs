//! Owns the stories of facts of declared types: what holds, what is over, what overtakes what, and how
//! much of it is remembered.

use proptest::prelude::*;

use super::world::{START, World, invoice};
use crate::flow::Value;
use crate::{
    Answer, Counts, DAY, Declared, DeclaredFact, Environment, HOUR, Input, MINUTE, NotificationId,
    Phase, Subject, Timestamp,
};

/// Sends to nobody with an exception, to nobody who complained often, and to nobody whose appointment
/// was cancelled.
const CAREFUL: &str = r#"
name = "careful"
version = 1
purpose = "collection"
subject = "invoice"

[[guard]]
name = "no exception"
when = "!has(facts.exception)"
fresh_within = "1h"
otherwise = "human: collections"

[[guard]]
name = "few complaints"
when = "!has(facts.complaint) || facts.complaint.count < 3"
otherwise = "end: too many complaints"

[[stop]]
name = "cancelled"
when = "facts.appointment.status in ['cancelled', 'moved']"
end = "cancelled"

[[step]]
id = "mail"
send = { template = { email = "mail" }, via = ["email"] }
on.bounced = "end: undeliverable"
"#;

/// Holds for who is known to be a guardian's.
const GUARDED: &str = r#"
name = "guarded"
version = 1
purpose = "information"

[[guard]]
name = "has a guardian"
when = "facts.exception.kind == 'guardian'"
fresh_within = "24h"
otherwise = "end: no guardian"

[[step]]
id = "mail"
send = { template = { email = "mail" }, via = ["email"] }
on.bounced = "end: undeliverable"
"#;

fn world() -> World {
    let mut world = World::usual();
    world.flows.add(CAREFUL);
    world.flows.add(GUARDED);
    world
}

/// A fact about the tenant that happened now and holds for ever.
fn fact(world: &World, kind: &str, says: &[(&str, Value)]) -> DeclaredFact {
    let says = says.iter();
    DeclaredFact {
        fact_id: format!("{kind}-{:?}", world.now).into(),
        body: 1,
        kind: kind.into(),
        subject: None,
        says: says
            .map(|(name, value)| ((*name).into(), value.clone()))
            .collect(),
        counts: Counts::Newest,
        occurred_at: world.now,
        holds_until: Timestamp::NEVER,
        environment: Environment::Production,
    }
}

fn word(text: &str) -> Value {
    Value::Text(text.into())
}

fn tell(world: &mut World, fact: DeclaredFact) -> Answer {
    world.give(Input::Declared(Box::new(fact))).answer
}

fn careful(world: &mut World) -> NotificationId {
    careful_about(world, 1)
}

fn careful_about(world: &mut World, number: u32) -> NotificationId {
    world.run("careful", |n| n.subject = Some(invoice(number)))
}

fn is_ready(world: &World, id: NotificationId) -> bool {
    let open = world.tenant.find(id);
    open.is_some_and(|open| matches!(open.phase, Phase::Ready { .. }))
}

fn count_of(world: &World) -> Option<Value> {
    let said = world.tenant.said(("complaint", "count"), None, world.now);
    said.map(|(value, _)| value)
}

#[test]
fn an_exception_keeps_a_message_back_however_long_ago_it_was_told() {
    let mut world = world();
    let exception = fact(&world, "exception", &[("kind", word("wsnp"))]);
    tell(&mut world, exception);
    // The guard wants facts of the last hour: an exception is not forgotten for its age.
    world.later(400 * DAY);
    let id = careful(&mut world);
    world.assert_task(id, "collections");
}

#[test]
fn without_an_exception_and_after_it_is_over_messages_go() {
    let mut world = world();
    let id = careful(&mut world);
    assert!(is_ready(&world, id));
    let mut exception = fact(&world, "exception", &[]);
    exception.holds_until = world.now.plus(DAY);
    tell(&mut world, exception);
    world.later(DAY - 1);
    let kept = careful_about(&mut world, 2);
    world.assert_task(kept, "collections");
    world.later(1);
    let id = careful_about(&mut world, 3);
    assert!(is_ready(&world, id));
}

#[test]
fn an_exception_between_schedule_and_send_stops_the_send() {
    let mut world = world();
    let id = careful(&mut world);
    let exception = fact(&world, "exception", &[("kind", word("bankruptcy"))]);
    tell(&mut world, exception);
    world.permit(id);
    world.assert_task(id, "collections");
    assert_eq!(world.channels(id), []);
}

#[test]
fn what_is_unknown_too_old_or_over_holds_a_message_and_the_fact_frees_it() {
    let mut world = world();
    let id = world.run("guarded", |_| ());
    let is_held = |world: &World| {
        let open = world.tenant.find(id).expect("open");
        matches!(open.phase, Phase::Held { .. })
    };
    assert!(is_held(&world), "no exception was ever told");
    let old = DeclaredFact {
        occurred_at: world.now.plus(-25 * HOUR),
        ..fact(&world, "exception", &[("kind", word("guardian"))])
    };
    tell(&mut world, old);
    assert!(is_held(&world), "the rule wants one of the last day");
    world.later(MINUTE);
    let over = DeclaredFact {
        holds_until: world.now,
        ..fact(&world, "exception", &[("kind", word("guardian"))])
    };
    tell(&mut world, over);
    assert!(is_held(&world), "one that is over is as if never told");
    world.later(MINUTE);
    let without_kind = fact(&world, "exception", &[]);
    tell(&mut world, without_kind);
    assert!(is_held(&world), "nobody said which kind");
    world.later(MINUTE);
    let guardian = fact(&world, "exception", &[("kind", word("guardian"))]);
    tell(&mut world, guardian);
    assert!(is_ready(&world, id));
}

#[test]
fn an_older_fact_never_takes_the_place_of_a_newer_one() {
    let mut world = world();
    let ended = DeclaredFact {
        holds_until: world.now,
        ..fact(&world, "exception", &[("kind", word("wsnp"))])
    };
    tell(&mut world, ended);
    let began = DeclaredFact {
        fact_id: "began".into(),
        occurred_at: world.now.plus(-DAY),
        ..fact(&world, "exception", &[("kind", word("wsnp"))])
    };
    tell(&mut world, began);
    let id = careful(&mut world);
    assert!(is_ready(&world, id), "the newest says that it is over");
}

#[test]
fn a_fact_dated_ahead_stands_where_it_came_in() {
    let mut world = world();
    let ahead = DeclaredFact {
        occurred_at: world.now.plus(5 * MINUTE),
        ..fact(&world, "exception", &[("kind", word("wsnp"))])
    };
    tell(&mut world, ahead);
    world.later(MINUTE);
    let over = DeclaredFact {
        fact_id: "over".into(),
        holds_until: world.now,
        ..fact(&world, "exception", &[])
    };
    tell(&mut world, over);
    let id = careful(&mut world);
    assert!(is_ready(&world, id));
}

#[test]
fn the_same_fact_again_is_a_duplicate_and_another_one_under_its_id_a_conflict() {
    let mut world = world();
    let exception = fact(&world, "exception", &[("kind", word("wsnp"))]);
    tell(&mut world, exception.clone());
    let again = tell(&mut world, exception.clone());
    assert!(matches!(
        again,
        Answer::Fact {
            duplicate: true,
            ..
        }
    ));
    let other = DeclaredFact {
        body: 2,
        ..exception
    };
    assert_eq!(tell(&mut world, other), Answer::FactConflict);
}

#[test]
fn a_fact_about_a_subject_stops_what_is_open_about_it_and_nothing_else() {
    let mut world = world();
    let id = careful(&mut world);
    let about = |world: &World, subject| DeclaredFact {
        subject: Some(subject),
        fact_id: "cancelled".into(),
        ..fact(world, "appointment", &[("status", word("cancelled"))])
    };
    let elsewhere = DeclaredFact {
        fact_id: "other".into(),
        ..about(&world, invoice(2))
    };
    tell(&mut world, elsewhere);
    assert!(is_ready(&world, id));
    let here = about(&world, invoice(1));
    let answer = tell(&mut world, here);
    assert!(matches!(answer, Answer::Fact { ended, .. } if ended == [id]));
    world.assert_ends(id, "cancelled");
}

#[test]
fn numbers_are_added_while_their_facts_hold_and_the_order_does_not_matter() {
    let mut world = world();
    let complaint = |world: &World, number: i64, age_ms: i64| {
        let occurred_at = world.now.plus(-age_ms);
        DeclaredFact {
            fact_id: format!("c-{number}-{age_ms}").into(),
            counts: Counts::Sum,
            occurred_at,
            holds_until: occurred_at.plus(30 * DAY),
            ..fact(world, "complaint", &[("count", Value::Integer(number))])
        }
    };
    assert_eq!(count_of(&world), None);
    for (number, age) in [(1, DAY), (4, 29 * DAY), (2, 3 * DAY), (8, 31 * DAY)] {
        let told = complaint(&world, number, age);
        tell(&mut world, told);
    }
    assert_eq!(count_of(&world), Some(Value::Integer(7)));
    let id = careful(&mut world);
    world.assert_ends(id, "too many complaints");
    world.later(DAY);
    assert_eq!(count_of(&world), Some(Value::Integer(3)));
    world.later(30 * DAY);
    assert_eq!(count_of(&world), None);
}

#[test]
fn more_facts_than_are_added_one_by_one_lose_no_cent() {
    let mut world = world();
    for number in 0..40 {
        let told = DeclaredFact {
            fact_id: format!("c-{number}").into(),
            counts: Counts::Sum,
            occurred_at: world.now.plus(-number),
            ..fact(
                &world,
                "complaint",
                &[("count", Value::Integer(1 << number))],
            )
        };
        tell(&mut world, told);
    }
    assert_eq!(count_of(&world), Some(Value::Integer((1 << 40) - 1)));
    let told = world.tenant.told.as_deref().expect("something");
    assert_eq!(told.declared[0].told.len(), Declared::MOST_ADDED);
}

#[test]
fn what_is_remembered_is_bounded_and_the_tenants_own_facts_go_last() {
    let mut world = world();
    let id = careful(&mut world);
    let exception = fact(&world, "exception", &[("kind", word("wsnp"))]);
    tell(&mut world, exception);
    for number in 0..200 {
        world.later(1);
        let appointment = DeclaredFact {
            fact_id: format!("a-{number}").into(),
            subject: Some(Subject {
                kind: "appointment".into(),
                id: format!("A-{number}").into(),
            }),
            ..fact(&world, "appointment", &[("from", word(&"9".repeat(200)))])
        };
        tell(&mut world, appointment);
    }
    let told = world.tenant.told.as_deref().expect("something");
    assert!(told.declared.len() <= Declared::MOST);
    let newest = Subject {
        kind: "appointment".into(),
        id: "A-199".into(),
    };
    let from = world
        .tenant
        .said(("appointment", "from"), Some(&newest), world.now);
    assert!(from.is_some());
    world.permit(id);
    world.assert_task(id, "collections");
    assert!(world.tenant.told.is_some() && world.now > START);
}

#[test]
fn a_tenant_of_whom_nothing_is_known_is_told_so() {
    let mut world = World::empty();
    let exception = fact(&world, "exception", &[]);
    let answer = tell(&mut world, exception);
    let Answer::Fact {
        unmatched: Some(missed),
        ..
    } = answer
    else {
        panic!("{answer:?}")
    };
    assert!(missed.tenant && !missed.subject);
}

proptest! {
    /// In whatever order facts come in, the newest at its source counts; of two of one instant, the
    /// one that came later. The world itself replays its journal.
    #[test]
    fn the_newest_fact_counts_in_whatever_order_they_come(
        told in proptest::collection::vec((0..6_i64, any::<bool>()), 1..12),
    ) {
        let mut world = world();
        let mut expected: Option<(i64, usize, bool)> = None;
        for (number, (age, is_over)) in told.into_iter().enumerate() {
            let one = DeclaredFact {
                fact_id: format!("e-{number}").into(),
                occurred_at: START.plus(-age * DAY),
                holds_until: if is_over { START } else { Timestamp::NEVER },
                ..fact(&world, "exception", &[("kind", word(&format!("k{number}")))])
            };
            tell(&mut world, one);
            if expected.is_none_or(|(newest, ..)| age <= newest) {
                expected = Some((age, number, is_over));
            }
        }
        let said = world.tenant.said(("exception", "kind"), None, START);
        let wanted = expected.filter(|(.., is_over)| !is_over);
        let wanted = wanted.map(|(age, number, _)| {
            (word(&format!("k{number}")), START.plus(-age * DAY))
        });
        prop_assert_eq!(said, wanted);
    }
}
