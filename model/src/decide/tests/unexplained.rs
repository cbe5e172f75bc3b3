//! Owns the stories of messages about an attempt that nobody can read. Refuses to take the silence
//! after one for arrival, and to ask people twice about one attempt.

use super::world::{MAIL, World, accepted, delivered, in_doubt};
use crate::{
    Answer, AttemptRef, Cause, Channel, DAY, Event, HOUR, NotificationId, OnDoubt, Phase,
    PointState, ReceiptEffect, ReceiptKind, TaskAnswer,
};

const UNEXPLAINED: ReceiptKind = ReceiptKind::Unexplained;

/// A notice whose mail the relay took, and then a mail about it that nobody can read.
fn unread_notice() -> (World, NotificationId, AttemptRef) {
    let mut world = World::usual();
    let id = world.notice_with(|_| ());
    let mail = world.send(id);
    world.later(HOUR);
    let decision = world.receipt(mail, UNEXPLAINED);
    assert_eq!(decision.answer, Answer::Receipt(ReceiptEffect::Unexplained));
    assert!(matches!(
        &decision.events[..],
        [
            Event::Unexplained { attempt: 1, .. },
            Event::TaskOpened {
                task: 1,
                cause: Cause::Unexplained { attempt: 1, .. },
                ..
            },
        ]
    ));
    (world, id, mail)
}

#[test]
fn a_notice_does_not_settle_behind_a_message_that_nobody_could_read() {
    let (mut world, id, _) = unread_notice();
    assert_eq!(world.open(id).due(), None);
    world.later(30 * DAY);
    world.timer(id);
    world.assert_task(id, "delivery");
}

#[test]
fn the_control_settles_when_nothing_came() {
    let mut world = World::usual();
    let id = world.notice_with(|_| ());
    world.send(id);
    world.fall_due(id);
    world.assert_ends(id, "sent");
}

#[test]
fn the_same_message_again_is_noted_only_before_and_after_the_answer() {
    let (mut world, id, mail) = unread_notice();
    let again = world.receipt(mail, UNEXPLAINED);
    assert_eq!(again.answer, Answer::Receipt(ReceiptEffect::Noted));
    assert!(matches!(&again.events[..], [Event::ReceiptNoted { .. }]));
    assert_eq!(world.open(id).tasks, 1);

    let (mut world, id, mail) = World::mailed();
    world.receipt(mail, UNEXPLAINED);
    world.answer(id, "arrived");
    assert_eq!(world.state(id), "sent");
    let again = world.receipt(mail, UNEXPLAINED);
    assert!(matches!(&again.events[..], [Event::ReceiptNoted { .. }]));
    assert_eq!(world.open(id).tasks, 1);
}

#[test]
fn whoever_reads_that_it_arrived_lets_the_flow_wait_on_from_there() {
    let (mut world, id, mail) = World::mailed();
    world.receipt(mail, UNEXPLAINED);
    world.later(DAY);
    assert_eq!(world.answer(id, "arrived"), Answer::Task(TaskAnswer::Taken));
    assert_eq!(world.open(id).due(), Some(world.now.plus(48 * HOUR)));
    world.wait_out(id, 48 * HOUR);
    assert_eq!(world.step(id), "sms");
}

#[test]
fn whoever_reads_that_it_did_not_arrive_has_the_next_channel_tried() {
    let (mut world, id, mail) = World::mailed();
    world.receipt(mail, UNEXPLAINED);
    assert_eq!(world.answer(id, "bounced"), Answer::Task(TaskAnswer::Taken));
    world.assert_in_line(id, Channel::Sms);
    assert_eq!(world.address_state(MAIL), PointState::Created);
}

#[test]
fn an_answer_that_leads_nowhere_names_these_too() {
    let (mut world, id, mail) = World::mailed();
    world.receipt(mail, UNEXPLAINED);
    let known = ["arrived", "bounced", "retry", "close"].map(Box::from);
    assert_eq!(
        world.answer(id, "perhaps"),
        Answer::Task(TaskAnswer::Unknown(known.to_vec()))
    );
}

#[test]
fn what_is_said_plainly_afterwards_ends_the_task() {
    for (kind, channel) in [
        (ReceiptKind::BouncedHard, Some(Channel::Sms)),
        (ReceiptKind::Failed, Some(Channel::Sms)),
        (ReceiptKind::Blocked, Some(Channel::Sms)),
        (ReceiptKind::Delivered, None),
    ] {
        let (mut world, id, mail) = World::mailed();
        world.receipt(mail, UNEXPLAINED);
        let plain = world.receipt(mail, kind);
        assert_eq!(plain.answer, Answer::Receipt(ReceiptEffect::Applied));
        match channel {
            Some(channel) => world.assert_in_line(id, channel),
            None => assert_eq!(world.state(id), "sent"),
        }
    }
    for kind in [ReceiptKind::Accepted, ReceiptKind::Delayed] {
        let (mut world, id, mail) = World::mailed();
        world.receipt(mail, UNEXPLAINED);
        world.receipt(mail, kind);
        world.assert_task(id, "delivery");
    }
}

#[test]
fn about_an_attempt_under_way_or_in_doubt_it_proves_that_it_left() {
    let mut world = World::usual();
    let id = world.storno();
    let mail = world.start(id);
    world.receipt(mail, UNEXPLAINED);
    world.assert_task(id, "delivery");
    let late = world.outcome(mail, accepted());
    assert!(matches!(&late.events[..], [Event::OutcomeNoted { .. }]));
    world.assert_task(id, "delivery");

    for on_doubt in [OnDoubt::Resend, OnDoubt::Hold] {
        let mut world = World::usual();
        world.on_doubt = on_doubt;
        let id = world.storno();
        let mail = world.start(id);
        world.outcome(mail, in_doubt());
        world.receipt(mail, UNEXPLAINED);
        world.assert_task(id, "delivery");
        assert_eq!(world.open(id).doubt(), None);
    }
}

#[test]
fn about_an_older_attempt_it_is_told_and_the_newer_one_goes_on() {
    let (mut world, id, mail, sms) = World::texted();
    let before = world.open(id).phase.clone();
    let decision = world.receipt(mail, UNEXPLAINED);
    assert_eq!(decision.answer, Answer::Receipt(ReceiptEffect::Unexplained));
    assert!(matches!(
        &decision.events[..],
        [Event::Unexplained { attempt: 1, .. }]
    ));
    assert_eq!(world.open(id).phase, before);
    world.receipt(sms, UNEXPLAINED);
    assert!(matches!(
        world.assert_task(id, "delivery"),
        Cause::Unexplained { attempt: 2, .. }
    ));
}

#[test]
fn about_a_notification_that_ended_it_is_told() {
    let mut world = World::usual();
    let id = world.notice_with(|_| ());
    let mail = world.start(id);
    world.outcome(mail, delivered());
    world.assert_ends(id, "delivered");
    let decision = world.receipt(mail, UNEXPLAINED);
    assert_eq!(decision.answer, Answer::Receipt(ReceiptEffect::Unexplained));
    assert!(matches!(&decision.events[..], [Event::Unexplained { .. }]));
}

#[test]
fn a_refusal_by_policy_and_a_full_mailbox_are_told_apart() {
    for (kind, policy) in [(ReceiptKind::Blocked, true), (ReceiptKind::Failed, false)] {
        let (mut world, id, mail) = World::mailed();
        let decision = world.receipt(mail, kind);
        let cause = decision.events.iter().find_map(|event| match event {
            Event::StepEntered { cause, .. } => Some(cause),
            _ => None,
        });
        assert_eq!(matches!(cause, Some(Cause::Blocked { .. })), policy);
        assert_eq!(matches!(cause, Some(Cause::Bounced { .. })), !policy);
        assert!(matches!(world.open(id).phase, Phase::Ready { .. }));
    }
}
