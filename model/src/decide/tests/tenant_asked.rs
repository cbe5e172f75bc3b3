//! Owns the stories of a question to the tenant: an answer leads on and is kept, no answer in time leads
//! elsewhere, a reminder asks the same, a look at the page answers nothing.

use super::world::{World, in_doubt};
use crate::flow::Value;
use crate::{
    Answer, Cause, DAY, Event, HOUR, Input, LinkAnswer, NotificationId, OnDoubt, Phase, TaskAnswer,
    TaskAnswered, TenantAnswered,
};

/// A survey with one reminder, and what is done with a low score.
const SURVEY: &str = r#"
name = "survey"
version = 1
purpose = "information"
[[step]]
id = "survey"
on.bounced = "end: nobody"
on.unanswered = { after = "14d", go = "reminder" }
[step.ask]
template = { email = "survey" }
via = ["email"]
title = "Hoe bevalt uw woning?"
[step.ask.answers]
given = { fields = { score = { kind = "integer", least = 1, most = 10 }, remarks = "text?" }, go = "judge" }
refused = "end: refused"
[[step]]
id = "reminder"
on.unanswered = { after = "7d", go = "end: no answer" }
ask = { again = "survey", template = { email = "again" }, via = ["email"] }
[[step]]
id = "judge"
branch.cases = [{ when = "ask.survey.score < 6", go = "human: call" }]
branch.otherwise = "end: content"
"#;

fn asked() -> (World, NotificationId) {
    let mut world = World::empty();
    world.profile(|_| ());
    world.flows.add(SURVEY);
    let id = world.run("survey", |_| ());
    (world, id)
}

fn sent() -> (World, NotificationId) {
    let (mut world, id) = asked();
    world.send(id);
    (world, id)
}

fn score(id: NotificationId, score: i64) -> TenantAnswered {
    TenantAnswered {
        id,
        step: 0,
        answer: "given".into(),
        by: "".into(),
        says: [
            ("score".into(), Value::Integer(score)),
            ("remarks".into(), Value::Text("het lekt".into())),
        ]
        .into(),
        shown: None,
    }
}

fn give(world: &mut World, given: TenantAnswered) -> TaskAnswer {
    let Answer::Task(said) = world.give(Input::TenantAnswered(Box::new(given))).answer else {
        panic!("an answer to an answer");
    };
    said
}

fn look(world: &mut World, id: NotificationId, pressed: bool) -> LinkAnswer {
    let Answer::Link(said) = world.give(Input::Link { id, pressed }).answer else {
        panic!("an answer to a look");
    };
    said
}

#[test]
fn a_score_is_kept_and_leads_where_a_rule_says() {
    let (mut world, id) = sent();
    let decided = world.give(Input::TenantAnswered(Box::new(score(id, 4))));
    assert_eq!(decided.answer, Answer::Task(TaskAnswer::Taken));
    assert!(decided.events.contains(&Event::AnswerKept { id, step: 0 }));
    let entered = decided.events.iter().find_map(|event| match event {
        Event::StepEntered { cause, .. } => Some(cause.clone()),
        _ => None,
    });
    let cause = Cause::TenantAnswered {
        answer: "given".into(),
        by: "".into(),
    };
    assert_eq!(entered, Some(cause));
    let opened = decided
        .events
        .iter()
        .any(|event| matches!(event, Event::TaskOpened { list, .. } if **list == *"call"));
    assert!(opened, "a low score is for people");
    assert_eq!(
        give(&mut world, score(id, 9)),
        TaskAnswer::NotOpen,
        "one answer"
    );
}

#[test]
fn a_good_score_ends_it() {
    let (mut world, id) = sent();
    let decided = world.give(Input::TenantAnswered(Box::new(score(id, 6))));
    assert_eq!(decided.ended.len(), 1);
    assert_eq!(give(&mut world, score(id, 6)), TaskAnswer::NotOpen);
}

#[test]
fn no_answer_in_time_is_no_answer_and_a_reminder_asks_the_same() {
    let (mut world, id) = sent();
    world.later(14 * DAY);
    world.timer(id);
    assert_eq!(world.step(id), "reminder");
    world.send(id);
    assert!(matches!(
        look(&mut world, id, false),
        LinkAnswer::Asks { step: 1, .. }
    ));
    world.later(7 * DAY - HOUR);
    assert_eq!(give(&mut world, score(id, 5)), TaskAnswer::Taken);
    assert_eq!(world.step(id), "judge");

    let (mut world, id) = sent();
    world.later(14 * DAY);
    world.timer(id);
    world.send(id);
    world.later(7 * DAY);
    let decided = world.timer(id);
    let ended = decided.events.iter().any(
        |event| matches!(event, Event::Ended { end, cause: Cause::Unanswered, .. } if **end == *"no answer"),
    );
    assert!(ended, "{:?}", decided.events);
}

#[test]
fn a_look_and_a_press_on_the_page_answer_nothing() {
    let (mut world, id) = sent();
    for pressed in [false, true, true] {
        assert!(matches!(
            look(&mut world, id, pressed),
            LinkAnswer::Asks { step: 0, .. }
        ));
        assert_eq!(world.step(id), "survey");
        assert!(!world.open(id).answered);
    }
}

#[test]
fn whoever_comes_back_to_the_page_is_told_that_he_has_answered() {
    let (mut world, id) = sent();
    give(&mut world, score(id, 2));
    let closed = |end: &str| LinkAnswer::Closed {
        end: end.into(),
        language: "".into(),
    };
    assert_eq!(look(&mut world, id, false), closed(LinkAnswer::ANSWERED));
    assert_eq!(look(&mut world, id, true), closed(LinkAnswer::ANSWERED));
}

#[test]
fn an_answer_to_another_question_or_without_its_fields_is_not_taken() {
    let (mut world, id) = sent();
    let other = TenantAnswered {
        step: 1,
        ..score(id, 8)
    };
    assert_eq!(give(&mut world, other), TaskAnswer::NotOpen);
    let unknown = TenantAnswered {
        answer: "perhaps".into(),
        ..score(id, 8)
    };
    let known = vec!["given".into(), "refused".into()];
    assert_eq!(give(&mut world, unknown), TaskAnswer::Unknown(known));
    let bare = TenantAnswered {
        says: [].into(),
        ..score(id, 8)
    };
    assert_eq!(
        give(&mut world, bare),
        TaskAnswer::Lacks(vec!["score".into()])
    );
    assert_eq!(world.step(id), "survey");
}

#[test]
fn while_a_message_is_on_its_way_the_tenant_is_asked_to_wait() {
    let (mut world, id) = asked();
    world.permit(id);
    assert_eq!(give(&mut world, score(id, 8)), TaskAnswer::UnderWay);
    assert_eq!(world.step(id), "survey");
}

#[test]
fn people_who_have_the_message_may_tell_his_answer_and_so_may_he() {
    for by_people in [true, false] {
        let (mut world, id) = asked();
        world.on_doubt = OnDoubt::Hold;
        let attempt = world.start(id);
        world.outcome(attempt, in_doubt());
        world.fall_due(id);
        assert!(matches!(world.open(id).phase, Phase::Task { .. }));
        if by_people {
            let given = TaskAnswered {
                id,
                task: world.open(id).tasks,
                answer: "given".into(),
                by: "desk".into(),
                says: [("score".into(), Value::Integer(3))].into(),
            };
            world.give(Input::TaskAnswered(Box::new(given)));
        } else {
            assert_eq!(give(&mut world, score(id, 3)), TaskAnswer::Taken);
        }
        let open = world.open(id);
        let said = world.flow_of(open).said(&open.fields);
        assert!(said.iter().any(|said| said.value == Value::Integer(3)));
        assert_eq!(world.step(id), "judge");
    }
}

#[test]
fn an_expired_notification_takes_no_answer() {
    let (mut world, id) = {
        let mut world = World::empty();
        world.profile(|_| ());
        world.flows.add(SURVEY);
        let until = world.now.plus(DAY);
        let id = world.run("survey", |notification| {
            notification.expires_at = Some(until)
        });
        (world, id)
    };
    world.send(id);
    world.later(DAY);
    assert_eq!(give(&mut world, score(id, 8)), TaskAnswer::NotOpen);
    let closed = LinkAnswer::Closed {
        end: "expired".into(),
        language: "".into(),
    };
    assert_eq!(look(&mut world, id, false), closed);
}
