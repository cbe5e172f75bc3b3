//! Owns the stories of tasks with a plan: whose one is, when somebody is reminded, and where the flow goes
//! when nobody answers.

use super::world::World;
use crate::{Answer, Cause, DAY, Event, HOUR, NotificationId, Phase, Plan, TaskAnswer};

/// A visit that the team of the tenant's complaint makes, within three days.
const VISITS: &str = r#"
name = "visits"
version = 1
purpose = "collection"
[input]
area = "line?"
[[step]]
id = "visit"
[step.task]
list = "visits"
team = { of = "data.area", otherwise = "everywhere" }
remind = { after = "1d" }
deadline = { after = "3d", go = "letter" }
answers = { "nobody at home" = "visit", spoken = "end: spoken" }
[[step]]
id = "letter"
task = { list = "letters", remind = { after = "2h" }, answers = { written = "end: written" } }
"#;

fn world() -> World {
    let mut world = World::empty();
    world.profile(|_| ());
    world.flows.add(VISITS);
    world
}

/// Time passes, and the timer falls due if it is set for then.
fn pass(world: &mut World, id: NotificationId, millis: i64) {
    world.later(millis);
    world.timer(id);
}

fn plan(world: &World, id: NotificationId) -> Plan {
    match &world.open(id).phase {
        Phase::Task { asked, .. } => asked.plan.as_deref().cloned().expect("a plan"),
        phase => panic!("no task: {phase:?}"),
    }
}

fn reminders(world: &World) -> usize {
    let events = world.events();
    events
        .filter(|event| matches!(event, Event::TaskReminded { .. }))
        .count()
}

#[test]
fn a_task_says_whose_it_is_and_by_when() {
    let mut world = world();
    let id = world.run("visits", |n| {
        n.fields[0] = crate::flow::Value::Text("noord".into())
    });
    let began = world.now;
    assert_eq!(
        plan(&world, id),
        Plan {
            team: Some("noord".into()),
            remind_at: Some(began.plus(DAY)),
            due: Some(began.plus(3 * DAY)),
            reminded_at: None,
        }
    );
    let nowhere = world.run("visits", |_| ());
    assert_eq!(plan(&world, nowhere).team.as_deref(), Some("everywhere"));
}

#[test]
fn somebody_is_reminded_once_and_then_the_flow_goes_on_by_itself() {
    let mut world = world();
    let id = world.run("visits", |_| ());
    pass(&mut world, id, DAY - 1);
    assert_eq!(reminders(&world), 0);
    pass(&mut world, id, 1);
    assert_eq!(reminders(&world), 1);
    world.assert_task(id, "visits");
    pass(&mut world, id, 2 * DAY - 1);
    assert_eq!((reminders(&world), world.step(id)), (1, "visit"));
    pass(&mut world, id, 1);
    assert!(matches!(
        world.assert_task(id, "letters"),
        Cause::TaskOverdue { task: 1 }
    ));
    // A task that only reminds waits for people for ever.
    pass(&mut world, id, 100 * DAY);
    assert_eq!(reminders(&world), 2);
    world.assert_task(id, "letters");
    assert_eq!(world.answer(id, "written"), Answer::Task(TaskAnswer::Taken));
    world.assert_ends(id, "written");
}

#[test]
fn an_answer_in_time_is_the_end_of_the_plan_and_asking_again_begins_a_new_one() {
    let mut world = world();
    let id = world.run("visits", |_| ());
    pass(&mut world, id, 2 * DAY);
    world.answer(id, "nobody at home");
    let began = world.now;
    assert_eq!(
        (plan(&world, id).due, plan(&world, id).reminded_at),
        (Some(began.plus(3 * DAY)), None)
    );
    pass(&mut world, id, 3 * DAY - HOUR);
    world.answer(id, "spoken");
    world.assert_ends(id, "spoken");
}

#[test]
fn an_engine_that_was_away_over_the_deadline_reminds_nobody() {
    let mut world = world();
    let id = world.run("visits", |_| ());
    world.later(10 * DAY);
    world.timer(id);
    assert_eq!(reminders(&world), 0);
    world.assert_task(id, "letters");
}
