//! Owns the stories of open notifications that go on under another definition of their flow: a wait keeps its time, a
//! task its people, a message what it waits for; what does not fit stays.

use super::world::{World, accepted, in_doubt};
use crate::flow::Value;
use crate::{
    Answer, Channel, DAY, Event, FlowRef, HOUR, Input, Migrate, Moving, NotificationId, OnDoubt,
    Phase, ReceiptKind, Stay, TaskAnswer,
};

const FIRST: &str = r#"
name = "chase"
version = 1
purpose = "collection"
fallback_list = "desk"
[input]
area = "line"
floor = "integer?"
[[step]]
id = "think"
wait = { for = "3d", then = "mail" }
[[step]]
id = "mail"
send = { template = { email = "mail" }, via = ["email"] }
on.bounced = "call"
on.answered = "end: answered"
on.unanswered = { after = "2d", go = "call" }
[[step]]
id = "call"
task = { list = "calls", answers = { spoken = "end: spoken" } }
"#;

fn second(edit: &[(&str, &str)]) -> String {
    let mut text = FIRST.replace("version = 1", "version = 2");
    for (from, to) in edit {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    text
}

/// A notification at the wait of the first version; the second differs by these edits.
fn world(edit: &[(&str, &str)]) -> (World, NotificationId) {
    let mut world = World::empty();
    world.profile(|_| ());
    world.flows.add(FIRST);
    let id = world.run("chase", |_| ());
    world.flows.add(&second(edit));
    (world, id)
}

fn newest(world: &World) -> FlowRef {
    world.flows.named("chase").reference
}

fn order(world: &mut World, id: NotificationId) -> Moving {
    let (from, to) = (world.open(id).flow, newest(world));
    order_from(world, id, from, to)
}

fn order_from(world: &mut World, id: NotificationId, from: FlowRef, to: FlowRef) -> Moving {
    let values = [("floor".into(), Value::Integer(4))].into();
    let by = "desk".into();
    let order = Migrate {
        id,
        from,
        to,
        by,
        values,
    };
    match world.give(Input::Migrate(Box::new(order))).answer {
        Answer::Migration(moving) => moving,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_wait_keeps_its_time_and_goes_on_by_the_new_steps() {
    let (mut world, id) = world(&[
        ("for = \"3d\"", "for = \"10d\""),
        (
            "id = \"mail\"\n",
            "id = \"extra\"\ntask = { list = \"extra\", answers = { on = \"mail\" } }\n[[step]]\nid = \"mail\"\n",
        ),
        ("then = \"mail\"", "then = \"extra\""),
    ]);
    let until = world.open(id).due();
    world.later(DAY);
    assert_eq!(order(&mut world, id), Moving::Moved);
    assert_eq!(world.open(id).due(), until);
    assert_eq!(world.step(id), "think");
    // Once more does nothing, and is no record.
    assert_eq!(order(&mut world, id), Moving::Already);
    let moves = world
        .events()
        .filter(|event| matches!(event, Event::Migrated { .. }));
    assert_eq!(moves.count(), 1);
    world.fall_due(id);
    world.assert_task(id, "extra");
}

#[test]
fn a_step_that_moved_within_the_file_is_found_by_its_name() {
    let (mut world, id) = world(&[(
        "[[step]]\nid = \"think\"",
        "[[step]]\nid = \"first\"\ntask = { list = \"first\", answers = { on = \"think\" } }\n[[step]]\nid = \"think\"",
    )]);
    world.fall_due(id);
    let mail = world.send(id);
    assert_eq!(order(&mut world, id), Moving::Moved);
    assert_eq!(world.step(id), "mail");
    // A receipt of before the move is about the same attempt.
    world.receipt(mail, ReceiptKind::BouncedHard);
    world.assert_task(id, "calls");
}

#[test]
fn a_task_stays_with_its_people_and_takes_the_new_answers() {
    let (mut world, id) = world(&[("spoken = \"end: spoken\"", "reached = \"end: reached\"")]);
    world.fall_due(id);
    let mail = world.send(id);
    world.receipt(mail, ReceiptKind::BouncedHard);
    let before = world.open(id).phase.clone();
    assert_eq!(order(&mut world, id), Moving::Moved);
    assert_eq!(world.open(id).phase, before);
    assert!(matches!(
        world.answer(id, "spoken"),
        Answer::Task(TaskAnswer::Unknown(_))
    ));
    assert_eq!(world.answer(id, "reached"), Answer::Task(TaskAnswer::Taken));
    world.assert_ends(id, "reached");
}

#[test]
fn what_does_not_fit_stays_and_says_why() {
    let (mut gone, id) = world(&[("id = \"think\"", "id = \"wait\"")]);
    assert_eq!(order(&mut gone, id), Moving::Stays(Stay::NoStep));
    let other = [(
        "wait = { for = \"3d\", then = \"mail\" }",
        "task = { list = \"x\", answers = { on = \"mail\" } }",
    )];
    let (mut other, id) = world(&other);
    assert_eq!(order(&mut other, id), Moving::Stays(Stay::OtherKind));
    let (mut wants, id) = world(&[(
        "area = \"line\"",
        "area = \"line\"\nsince = \"date\"\nup = \"line?\"",
    )]);
    let lacks = vec!["since".into()];
    assert_eq!(order(&mut wants, id), Moving::Stays(Stay::Lacks(lacks)));
    let (mut sure, id) = world(&[("floor = \"integer?\"", "floor = \"integer\"")]);
    assert_eq!(
        order(&mut sure, id),
        Moving::Stays(Stay::Lacks(vec!["floor".into()]))
    );
    for world in [gone, other, wants, sure] {
        assert!(
            !world
                .events()
                .any(|event| matches!(event, Event::Migrated { .. }))
        );
    }
}

#[test]
fn what_was_seen_is_what_is_moved() {
    let (mut world, id) = world(&[]);
    let (old, new) = (world.open(id).flow, newest(&world));
    let (notice, elsewhere) = (world.flows.named("notice").reference, FlowRef([9; 16]));
    assert_eq!(order_from(&mut world, id, notice, new), Moving::NotThere);
    assert_eq!(order_from(&mut world, id, old, notice), Moving::NotThere);
    assert_eq!(order_from(&mut world, id, old, elsewhere), Moving::NotThere);
    assert_eq!(
        order_from(&mut world, NotificationId(1), old, new),
        Moving::NotThere
    );
    assert_eq!(world.open(id).flow, old);
}

#[test]
fn an_attempt_under_way_or_in_doubt_is_left_alone() {
    let (mut world, id) = world(&[]);
    world.on_doubt = OnDoubt::Hold;
    world.fall_due(id);
    let mail = world.start(id);
    assert_eq!(order(&mut world, id), Moving::UnderWay);
    world.outcome(mail, in_doubt());
    assert_eq!(order(&mut world, id), Moving::Stays(Stay::InDoubt));
    world.receipt(mail, ReceiptKind::Accepted);
    assert_eq!(order(&mut world, id), Moving::Moved);
}

#[test]
fn rules_of_the_new_one_read_data_that_the_old_one_did_not() {
    let guard = "[[step]]\nid = \"think\"";
    let guard_added = format!(
        "[[guard]]\nname = \"low\"\nwhen = \"data.floor < 3\"\notherwise = \"end: too high\"\n{guard}"
    );
    let (mut world, id) = world(&[(guard, &guard_added)]);
    assert_eq!(order(&mut world, id), Moving::Moved);
    let place = world.field("chase", "floor");
    assert_eq!(world.open(id).fields[place], Value::Integer(4));
    world.fall_due(id);
    world.assert_ends(id, "too high");
}

#[test]
fn a_message_is_listened_for_as_long_as_before_and_then_the_new_version_says_where_it_leads() {
    let (mut world, id) = world(&[
        (
            "on.unanswered = { after = \"2d\", go = \"call\" }",
            "on.unanswered = { after = \"9d\", go = \"visit\" }",
        ),
        (
            "[[step]]\nid = \"call\"",
            "[[step]]\nid = \"visit\"\ntask = { list = \"visits\", answers = { seen = \"end: seen\" } }\n[[step]]\nid = \"call\"",
        ),
    ]);
    world.fall_due(id);
    let mail = world.start(id);
    world.outcome(mail, accepted());
    let due = world.now.plus(2 * DAY);
    world.later(HOUR);
    assert_eq!(order(&mut world, id), Moving::Moved);
    assert!(matches!(world.open(id).phase, Phase::Sent { .. }));
    assert_eq!(world.open(id).due(), Some(due));
    world.fall_due(id);
    world.assert_task(id, "visits");
    assert_eq!(world.channels(id), [Channel::Email]);
}

#[test]
fn a_deadline_that_leads_nowhere_any_more_is_dropped_and_one_that_does_stays() {
    let planned = "deadline = { after = \"2d\", go = \"end: late\" }, answers = { spoken";
    for (second_has, next) in [(true, Some(2 * DAY)), (false, None)] {
        let mut world = World::empty();
        world.profile(|_| ());
        let first = FIRST.replace("answers = { spoken", planned);
        world.flows.add(&first);
        let id = world.run("chase", |_| ());
        let edit = [("answers = { spoken", planned)];
        world
            .flows
            .add(&second(if second_has { &edit } else { &[] }));
        world.fall_due(id);
        let mail = world.send(id);
        world.receipt(mail, ReceiptKind::BouncedHard);
        let since = world.now;
        assert_eq!(order(&mut world, id), Moving::Moved);
        assert_eq!(world.open(id).due(), next.map(|later| since.plus(later)));
        world.assert_task(id, "calls");
    }
}

#[test]
fn what_a_wait_of_the_new_one_looks_out_for_is_asked_at_once() {
    let when =
        "wait = { for = \"3d\", when = \"facts.balance_cents <= 0\", go = \"end: paid\", then";
    let (mut world, id) = world(&[("wait = { for = \"3d\", then", when)]);
    world.balance(0);
    assert_eq!(world.state(id), "scheduled");
    assert_eq!(order(&mut world, id), Moving::Moved);
    world.assert_ends(id, "paid");
}
