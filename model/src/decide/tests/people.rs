//! Owns the stories of people: tasks and their answers, cancellations. Refuses answers that lead
//! nowhere.

use super::world::{OWED, World, invoice, only, refused};
use crate::{
    Answer, CancelTarget, Cancelled, Cause, Channel, Event, HOUR, Input, NotificationId,
    ReceiptKind, Refusal, Stopped, TaskAnswer,
};

/// A tenant with an e-mail address only, whose mail could not be made: people are asked at a send
/// step.
fn asked() -> (World, NotificationId) {
    let mut world = World::usual();
    world.profile(only(Channel::Email));
    let id = world.storno();
    let mail = world.start(id);
    world.outcome(mail, refused(Refusal::Ours));
    (world, id)
}

#[test]
fn retry_sends_the_step_again_as_a_new_attempt() {
    let (mut world, id) = asked();
    assert_eq!(world.answer(id, "retry"), Answer::Task(TaskAnswer::Taken));
    assert_eq!(world.send(id).attempt, 2);
    assert_eq!(world.channels(id), [Channel::Email, Channel::Email]);
}

#[test]
fn close_ends_it_and_closes_the_link() {
    let (mut world, id) = asked();
    world.answer(id, "close");
    world.assert_ends(id, "closed by hand");
    assert!(
        world
            .events()
            .any(|e| matches!(e, Event::LinkClosed { .. }))
    );
    assert!(matches!(world.end(id), Some((_, Cause::Task { by, .. })) if &**by == "desk"));
}

#[test]
fn an_unknown_answer_names_the_known_ones() {
    let (mut world, id) = asked();
    let known = |names: &[&str]| {
        Answer::Task(TaskAnswer::Unknown(
            names.iter().map(|n| (*n).into()).collect(),
        ))
    };
    assert_eq!(world.answer(id, "perhaps"), known(&["retry", "close"]));
    assert_eq!(world.state(id), "task");

    let (mut world, id, _) = World::mailed();
    world.link(id, true);
    world.fall_due(id);
    assert_eq!(
        world.answer(id, "retry"),
        known(&["close"]),
        "a wait cannot be tried again"
    );
}

#[test]
fn an_answer_to_a_task_that_is_not_open_changes_nothing() {
    let (mut world, id) = asked();
    let mut answer = |task| {
        world.give(Input::Answer {
            id,
            task,
            answer: "close".into(),
            by: "desk".into(),
        })
    };
    for task in [0, 2] {
        let decision = answer(task);
        assert_eq!(
            (decision.answer, decision.events.len()),
            (Answer::Task(TaskAnswer::NotOpen), 0)
        );
    }
    answer(1);
    assert_eq!(answer(1).answer, Answer::Task(TaskAnswer::NotOpen));
}

#[test]
fn a_task_step_goes_where_its_answers_lead() {
    const CALL: &str = r#"
        name = "call"
        version = 1
        purpose = "collection"
        [[step]]
        id = "call"
        task = { list = "call round", answers = { arrangement = "end: arrangement", "not now" = "later" } }
        [[step]]
        id = "later"
        wait = { for = "1d", then = "call" }
    "#;
    let mut world = World::usual();
    world.flows.add(CALL);
    let id = world.run("call", |_| ());
    world.assert_task(id, "call round");
    world.answer(id, "not now");
    world.fall_due(id);
    assert_eq!(world.open(id).tasks, 2, "asked again after the wait");
    let unknown = Answer::Task(TaskAnswer::Unknown(vec![
        "arrangement".into(),
        "not now".into(),
        "close".into(),
    ]));
    assert_eq!(world.answer(id, "retry"), unknown);
    world.answer(id, "arrangement");
    world.assert_ends(id, "arrangement");
}

#[test]
fn cancelling_tells_what_was_stopped_and_what_was_gone() {
    let (mut world, id, ..) = World::texted();
    let cancelled = |stopped, not_open| Answer::Cancelled(Cancelled { stopped, not_open });
    let stopped = Stopped {
        id,
        state: "sent",
        already_gone: vec![Channel::Email, Channel::Sms],
    };
    assert_eq!(
        world.cancel(CancelTarget::Notification(id)),
        cancelled(vec![stopped], vec![])
    );
    world.assert_ends(id, "cancelled");
    assert_eq!(
        world.cancel(CancelTarget::Notification(id)),
        cancelled(vec![], vec![id])
    );
}

#[test]
fn cancelling_by_subject_stops_everything_about_it_and_nothing_else() {
    let mut world = World::usual();
    let storno = world.storno();
    let notice = world.notice_with(|n| n.subject = Some(invoice(1)));
    let other = world.storno_with(|n| n.subject = Some(invoice(2))).0;
    let Answer::Cancelled(cancelled) = world.cancel(CancelTarget::Subject(invoice(1))) else {
        panic!("no list")
    };
    let stopped: Vec<_> = cancelled
        .stopped
        .iter()
        .map(|s| (s.id, s.state, s.already_gone.len()))
        .collect();
    assert_eq!(stopped, [(storno, "ready", 0), (notice, "ready", 0)]);
    assert_eq!(world.state(other), "ready");
    assert_eq!(
        world.cancel(CancelTarget::Subject(invoice(9))),
        Answer::Cancelled(Cancelled::default())
    );
}

#[test]
fn a_cancelled_attempt_under_way_goes_no_further() {
    let mut world = World::usual();
    let id = world.storno();
    let mail = world.start(id);
    world.cancel(CancelTarget::Notification(id));
    for _ in 0..2 {
        assert!(matches!(
            &world.outcome(mail, refused(Refusal::Address)).events[..],
            [Event::OutcomeNoted { .. }]
        ));
    }
    world.receipt(mail, ReceiptKind::BouncedHard);
    assert_eq!(world.channels(id), [Channel::Email]);
}

#[test]
fn a_payment_takes_it_out_of_the_human_queue() {
    let (mut world, id) = asked();
    world.later(HOUR);
    world.pay(OWED);
    world.assert_ends(id, "paid");
    assert_eq!(
        world
            .give(Input::Answer {
                id,
                task: 1,
                answer: "retry".into(),
                by: "desk".into()
            })
            .answer,
        Answer::Task(TaskAnswer::NotOpen)
    );
}
