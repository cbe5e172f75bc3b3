//! Owns the stories of waits that end by a day or by a fact, and of the step that ends a flow: a day
//! that moves is followed, one that is unknown goes to people, and unknown ends no wait.

use super::world::{OWED, START, World, invoice};
use crate::flow::Value;
use crate::{
    Answer, Cause, Channel, Counts, DAY, DeclaredFact, Environment, Event, HOUR, Input,
    NotificationId, Phase, TaskAnswer, Timestamp,
};

/// Friday 27 November 2026, 15:00 in Amsterdam.
const FRIDAY: Timestamp = Timestamp(1_795_788_000_000);

/// Reminds of an appointment on the working day before it.
const REMIND: &str = r#"
name = "remind"
version = 1
purpose = "appointment"
subject = "invoice"
fallback_list = "planners"
calendar = "nl"

[[step]]
id = "wait"
wait = { until = "facts.appointment.day - 1 working day", at = "16:00", past = "late", when = "facts.appointment.status == 'cancelled'", go = "cancelled", then = "mail" }

[[step]]
id = "mail"
send = { template = { email = "mail" }, via = ["email"] }
on.bounced = "cancelled"

[[step]]
id = "late"
end = "too late"

[[step]]
id = "cancelled"
end = "cancelled"
"#;

/// Waits for what a fact tells.
const ARRANGED: &str = r#"
name = "arranged"
version = 1
purpose = "collection"

[[step]]
id = "wait"
wait = { for = "14d", when = "facts.exception.kind == 'wsnp'", fresh_within = "2d", go = "end: kept", then = "end: broken" }
"#;

/// The first working day after, and a day of the data.
const TIMED: &str = r#"
name = "timed"
version = 1
purpose = "information"
calendar = "nl"
[input]
due = "date?"

[[step]]
id = "tomorrow"
wait = { until = "today + 1 working day", at = "09:00", then = "due" }
[[step]]
id = "due"
wait = { until = "data.due", at = "02:30", unknown = "later", then = "end: due" }
[[step]]
id = "later"
wait = { for = "14d", then = "end: later" }
"#;

fn world(text: &str) -> World {
    let mut world = World::usual();
    world.flows.add(text);
    world
}

fn tell(world: &mut World, kind: &str, says: &[(&str, &str)], about_subject: bool) -> Answer {
    let says = says.iter();
    let fact = DeclaredFact {
        fact_id: format!("{kind}-{:?}-{says:?}", world.now).into(),
        body: 1,
        kind: kind.into(),
        subject: about_subject.then(|| invoice(1)),
        says: says
            .map(|(name, text)| ((*name).into(), Value::Text((*text).into())))
            .collect(),
        counts: Counts::Newest,
        occurred_at: world.now,
        holds_until: Timestamp::NEVER,
        environment: Environment::Production,
    };
    world.give(Input::Declared(Box::new(fact))).answer
}

fn appointment(world: &mut World, day: &str, status: &str) {
    tell(
        world,
        "appointment",
        &[("day", day), ("status", status)],
        true,
    );
}

fn remind(world: &mut World) -> NotificationId {
    world.run("remind", |n| n.subject = Some(invoice(1)))
}

#[test]
fn a_wait_lasts_until_the_working_day_before_an_appointment_and_follows_it() {
    let mut world = world(REMIND);
    appointment(&mut world, "2026-11-30", "planned");
    let id = remind(&mut world);
    let friday_at_four = FRIDAY.plus(HOUR);
    assert_eq!(world.open(id).due(), Some(friday_at_four));

    world.later(HOUR);
    appointment(&mut world, "2026-12-01", "moved");
    assert_eq!(world.open(id).due(), Some(friday_at_four.plus(3 * DAY)));
    let before = world.events().count();
    world.balance(OWED);
    let moved = world.events().skip(before);
    let moved = moved.filter(|event| matches!(event, Event::Waiting { .. }));
    assert_eq!(moved.count(), 0, "other facts say nothing of the day");

    world.now = friday_at_four;
    assert!(world.timer(id).events.is_empty(), "the old day is no day");
    world.fall_due(id);
    world.assert_in_line(id, Channel::Email);
}

#[test]
fn an_appointment_that_moves_to_a_day_that_is_over_leads_where_the_step_says() {
    let mut world = world(REMIND);
    appointment(&mut world, "2026-11-30", "planned");
    let id = remind(&mut world);
    world.later(HOUR);
    // The working day before it was yesterday.
    appointment(&mut world, "2026-11-18", "moved");
    world.assert_ends(id, "too late");
    assert!(matches!(
        world.end(id).expect("an end").1,
        Cause::DayOver { .. }
    ));
}

#[test]
fn a_day_that_nobody_knows_goes_to_people_and_is_asked_again() {
    let mut world = world(REMIND);
    let id = remind(&mut world);
    assert_eq!(world.assert_task(id, "planners"), &Cause::NoDay { step: 0 });
    appointment(&mut world, "2026-11-30", "planned");
    assert_eq!(world.answer(id, "retry"), Answer::Task(TaskAnswer::Taken));
    assert_eq!(world.open(id).due(), Some(FRIDAY.plus(HOUR)));
}

#[test]
fn a_day_that_was_known_stays_when_a_fact_says_none() {
    let mut world = world(REMIND);
    appointment(&mut world, "2026-11-30", "planned");
    let id = remind(&mut world);
    world.later(HOUR);
    tell(&mut world, "appointment", &[("status", "confirmed")], true);
    assert_eq!(world.open(id).due(), Some(FRIDAY.plus(HOUR)));
}

#[test]
fn what_a_wait_waits_for_ends_it_sooner_and_unknown_does_not() {
    let mut world = world(ARRANGED);
    let id = world.run("arranged", |_| ());
    assert_eq!(world.open(id).due(), Some(START.plus(14 * DAY)));
    world.later(DAY);
    tell(&mut world, "exception", &[("kind", "gkb")], false);
    assert!(matches!(world.open(id).phase, Phase::Waiting { .. }));
    world.later(DAY);
    tell(&mut world, "exception", &[("kind", "wsnp")], false);
    world.assert_ends(id, "kept");
    let Cause::FactCame { step: 0, observed } = world.end(id).expect("an end").1 else {
        panic!("not left by the wait")
    };
    assert_eq!(observed.first.left, Value::Text("wsnp".into()));

    // It is true when the step begins.
    let id = world.run("arranged", |_| ());
    world.assert_ends(id, "kept");
    // What was true too long ago is unknown: it waits for its time.
    world.later(3 * DAY);
    let id = world.run("arranged", |_| ());
    world.fall_due(id);
    world.assert_ends(id, "broken");
    assert_eq!(world.end(id).expect("an end").1, &Cause::Waited);
}

#[test]
fn a_cancelled_appointment_ends_the_wait_for_its_day() {
    let mut world = world(REMIND);
    appointment(&mut world, "2026-11-30", "planned");
    let id = remind(&mut world);
    world.later(HOUR);
    appointment(&mut world, "2026-12-04", "cancelled");
    world.assert_ends(id, "cancelled");
    assert!(matches!(
        world.end(id).expect("an end").1,
        Cause::FactCame { .. }
    ));
}

#[test]
fn a_day_reckoned_from_today_stays_the_one_it_was() {
    let mut world = world(TIMED);
    world.now = FRIDAY;
    // In the night of 28 March 2027 the clock leaves out the hour from two to three.
    let id = world.run("timed", |n| {
        n.fields[0] = Value::Text("2027-03-28".into());
    });
    let monday_at_nine = FRIDAY.plus(3 * DAY - 6 * HOUR);
    assert_eq!(world.open(id).due(), Some(monday_at_nine));
    world.later(2 * DAY);
    world.balance(OWED);
    assert_eq!(
        world.open(id).due(),
        Some(monday_at_nine),
        "no fact told it"
    );
    world.fall_due(id);
    // 2027-03-28T01:30:00Z: by the clock half past three.
    assert_eq!(world.open(id).due(), Some(Timestamp(1_806_197_400_000)));
    world.fall_due(id);
    world.assert_ends(id, "due");
}

#[test]
fn a_day_that_is_over_leads_on_at_once_and_an_unknown_one_elsewhere() {
    let mut world = world(TIMED);
    world.now = FRIDAY;
    let late = world.run("timed", |n| {
        n.fields[0] = Value::Text("2026-11-27".into());
    });
    let none = world.run("timed", |_| ());
    world.fall_due(late);
    world.assert_ends(late, "due");
    world.timer(none);
    assert_eq!(world.step(none), "later");
    assert_eq!(world.open(none).due(), Some(world.now.plus(14 * DAY)));
}
