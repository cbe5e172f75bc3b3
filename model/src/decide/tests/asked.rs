//! Owns the stories of answers that bring something along: a round of calls, in which a promise is kept,
//! read by the steps behind it, and forgotten when it is asked again.

use super::world::World;
use crate::flow::{Said, Value};
use crate::{Answer, Channel, Event, Input, NotificationId, TaskAnswer, TaskAnswered};

/// People call; what they hear leads on.
const CALLS: &str = r#"
name = "calls"
version = 1
purpose = "collection"
[[step]]
id = "call"
[step.task]
list = "calls"
asks = "When does he pay?"
[step.task.answers]
promised = { fields = { amount_cents = "money", pay_on = "date", remarks = "text?" }, go = "much" }
later = "call"
nobody = "much"
[[step]]
id = "much"
branch.cases = [
    { when = "task.call.answer == 'nobody'", go = "end: nobody" },
    { when = "task.call.amount_cents >= 5000 && task.call.pay_on <= '2026-12-31'", go = "again" },
]
branch.otherwise = "mail"
branch.unknown = "human: puzzled"
[[step]]
id = "mail"
send = { template = { email = "mail" }, via = ["email"] }
[[step]]
id = "again"
task = { list = "again", answers = { "call again" = "call", look = "much" } }
"#;

fn world() -> World {
    let mut world = World::empty();
    world.profile(|_| ());
    world.flows.add(CALLS);
    world
}

fn promise(cents: i64, pay_on: &str) -> Vec<(Box<str>, Value)> {
    vec![
        ("amount_cents".into(), Value::Integer(cents)),
        ("pay_on".into(), Value::Text(pay_on.into())),
        ("remarks".into(), Value::Text("hoest veel".into())),
    ]
}

fn answer(
    world: &mut World,
    id: NotificationId,
    answer: &str,
    says: Vec<(Box<str>, Value)>,
) -> Answer {
    let task = world.open(id).tasks;
    world
        .give(Input::TaskAnswered(Box::new(TaskAnswered {
            id,
            task,
            answer: answer.into(),
            by: "desk".into(),
            says: says.into(),
        })))
        .answer
}

fn said(world: &World, id: NotificationId) -> Vec<(String, Value)> {
    let open = world.open(id);
    let said = world.flow_of(open).said(&open.fields);
    let named = said
        .iter()
        .map(|Said { name, value, .. }| (name.to_string(), value.clone()));
    named.collect()
}

#[test]
fn what_is_answered_is_read_by_the_steps_behind_it() {
    let mut world = world();
    let id = world.run("calls", |_| ());
    assert_eq!(said(&world, id), []);
    let taken = Answer::Task(TaskAnswer::Taken);
    assert_eq!(
        answer(&mut world, id, "promised", promise(5_000, "2026-12-01")),
        taken
    );
    assert_eq!(world.step(id), "again");
    // Remarks are for people: they stand in the record alone.
    let kept = [
        ("answer".to_owned(), Value::Text("promised".into())),
        ("amount_cents".to_owned(), Value::Integer(5_000)),
        ("pay_on".to_owned(), Value::Text("2026-12-01".into())),
    ];
    assert_eq!(said(&world, id), kept);
}

#[test]
fn too_little_leads_elsewhere_and_the_message_is_told_what_was_said() {
    let mut world = world();
    let id = world.run("calls", |_| ());
    answer(&mut world, id, "promised", promise(4_999, "2026-12-01"));
    world.assert_in_line(id, Channel::Email);
    assert_eq!(said(&world, id).len(), 3);
}

#[test]
fn an_answer_without_what_it_asks_for_is_not_taken() {
    let mut world = world();
    let id = world.run("calls", |_| ());
    let lacks = |names: &[&str]| {
        let names = names.iter().map(|name| Box::from(*name));
        Answer::Task(TaskAnswer::Lacks(names.collect()))
    };
    assert_eq!(
        world.answer(id, "promised"),
        lacks(&["amount_cents", "pay_on"])
    );
    let amount_alone = promise(1, "2026-12-01")[..1].to_vec();
    assert_eq!(
        answer(&mut world, id, "promised", amount_alone),
        lacks(&["pay_on"])
    );
    assert_eq!(world.open(id).tasks, 1, "the task stands as it did");
    assert_eq!(said(&world, id), []);
}

#[test]
fn an_answer_that_asks_for_nothing_is_known_too() {
    let mut world = world();
    let id = world.run("calls", |_| ());
    assert_eq!(world.answer(id, "nobody"), Answer::Task(TaskAnswer::Taken));
    world.assert_ends(id, "nobody");
}

#[test]
fn who_is_asked_again_makes_what_was_said_before_unknown() {
    let mut world = world();
    let id = world.run("calls", |_| ());
    answer(&mut world, id, "promised", promise(5_000, "2026-12-01"));
    world.answer(id, "call again");
    // Nothing is forgotten before there is another answer.
    assert_eq!(said(&world, id).len(), 3);
    world.answer(id, "later");
    assert_eq!(
        said(&world, id),
        [("answer".to_owned(), Value::Text("later".into()))]
    );
    answer(&mut world, id, "promised", promise(5_000, "2027-01-01"));
    world.assert_in_line(id, Channel::Email);
}

#[test]
fn what_is_kept_is_on_the_record_before_the_flow_goes_on() {
    let mut world = world();
    let id = world.run("calls", |_| ());
    let task = world.open(id).tasks;
    let events = world
        .give(Input::TaskAnswered(Box::new(TaskAnswered {
            id,
            task,
            answer: "promised".into(),
            by: "desk".into(),
            says: promise(5_000, "2026-12-01").into(),
        })))
        .events;
    assert_eq!(events[0], Event::AnswerKept { id, step: 0 });
    assert!(matches!(events[1], Event::StepEntered { step: 1, .. }));
}
