//! Owns the stories of waiting (row 32): unanswered for two days, five days, a button that was
//! pressed. Refuses weak evidence as an answer.

use super::world::STORNO;
use super::world::{FRESH, World, accepted, delivered, in_doubt, retry, withdrawn};
use crate::{
    Answer, Cause, Channel, DAY, Event, HOUR, LinkAnswer, OnDoubt, ReceiptEffect, ReceiptKind,
    Timestamp,
};

#[test]
fn unanswered_for_two_days_means_sms() {
    let (mut world, id, _) = World::mailed();
    let sent = world.now;
    world.later(48 * HOUR - 1);
    assert!(world.timer(id).events.is_empty(), "too early");
    assert_eq!(world.open(id).due(), Some(sent.plus(48 * HOUR)));
    world.wait_out(id, 1);
    world.send(id);
    assert_eq!(world.channels(id), [Channel::Email, Channel::Sms]);
}

#[test]
fn the_two_days_count_from_delivery_where_it_is_known() {
    let (mut world, id, mail) = World::mailed();
    world.later(10 * HOUR);
    world.receipt(mail, ReceiptKind::Delivered);
    assert_eq!(world.open(id).due(), Some(world.now.plus(48 * HOUR)));
    world.later(HOUR);
    world.receipt(mail, ReceiptKind::Delivered);
    assert_eq!(
        world.open(id).due(),
        Some(world.now.plus(47 * HOUR)),
        "a repeated receipt does not lengthen the wait"
    );

    let mut world = World::usual();
    let id = world.storno();
    let mail = world.start(id);
    world.outcome(mail, delivered());
    assert_eq!(world.open(id).due(), Some(world.now.plus(48 * HOUR)));
}

#[test]
fn unanswered_for_two_working_days_waits_over_the_weekend() {
    let counting = STORNO
        .replace("version = 2", "version = 3\ncalendar = \"nl\"")
        .replace("after = \"48h\"", "after = \"2 working days\"");
    let mut world = World::usual();
    world.flows.add(&counting);
    // Friday 27 November 2026, 15:00 in Amsterdam.
    world.now = Timestamp(1_795_788_000_000);
    world.balance(super::world::OWED);
    let id = world.storno();
    world.send(id);
    let friday = world.now;
    assert_eq!(world.open(id).due(), Some(friday.plus(4 * DAY)), "Tuesday");
    world.later(4 * DAY - 1);
    assert!(world.timer(id).events.is_empty(), "too early");
    world.wait_out(id, 1);
    world.assert_in_line(id, Channel::Sms);
}

#[test]
fn an_escalation_whose_balance_is_stale_holds_until_it_is_fresh() {
    let (mut world, id, _) = World::mailed();
    world.later(48 * HOUR);
    world.timer(id);
    assert_eq!((world.step(id), world.state(id)), ("sms", "held"));
    world.balance(super::world::OWED);
    world.send(id);
}

#[test]
fn a_wait_that_ended_while_nobody_ran_fires_at_once() {
    let (mut world, id, _) = World::mailed();
    world.wait_out(id, 300 * DAY);
    world.assert_in_line(id, Channel::Sms);
}

#[test]
fn opening_the_mail_or_fetching_the_page_is_no_answer() {
    let (mut world, id, mail) = World::mailed();
    world.receipt(mail, ReceiptKind::Opened);
    assert!(matches!(
        world.link(id, false),
        Answer::Link(LinkAnswer::Open { .. })
    ));
    world.wait_out(id, 48 * HOUR);
    world.assert_in_line(id, Channel::Sms);
}

#[test]
fn pressing_the_button_waits_for_the_payment_instead_of_an_sms() {
    let (mut world, id, _) = World::mailed();
    world.later(HOUR);
    world.link(id, true);
    assert_eq!((world.step(id), world.state(id)), ("payment", "scheduled"));
    world.later(48 * HOUR);
    assert!(world.timer(id).events.is_empty());
    world.later(3 * DAY);
    world.timer(id);
    assert_eq!(*world.assert_task(id, "collections"), Cause::Waited);
    assert_eq!(world.channels(id), [Channel::Email]);
}

#[test]
fn pressing_twice_does_not_lengthen_the_wait() {
    let (mut world, id, _) = World::mailed();
    world.link(id, true);
    let due = world.open(id).due();
    world.later(DAY);
    world.link(id, true);
    assert_eq!(world.open(id).due(), due);
}

#[test]
fn five_days_without_an_answer_to_the_sms_go_to_people() {
    let (mut world, id, ..) = World::texted();
    world.fall_due(id);
    assert_eq!(*world.assert_task(id, "collections"), Cause::Unanswered);
}

#[test]
fn an_answer_while_the_sms_waits_its_turn_makes_it_needless() {
    for held in [false, true] {
        let (mut world, id, _) = World::mailed();
        world.later(48 * HOUR);
        if !held {
            world.balance(super::world::OWED);
        }
        world.timer(id);
        assert_eq!(
            (world.step(id), world.state(id)),
            ("sms", if held { "held" } else { "ready" })
        );
        world.link(id, true);
        assert_eq!(world.step(id), "payment");
        assert_eq!(world.channels(id), [Channel::Email]);
    }
}

#[test]
fn an_answer_while_the_sms_is_under_way_counts_when_its_outcome_is_known() {
    for (verdict, on_doubt) in [
        (accepted(), OnDoubt::Hold),
        (delivered(), OnDoubt::Hold),
        (retry(None), OnDoubt::Hold),
        (withdrawn(), OnDoubt::Hold),
        (in_doubt(), OnDoubt::Hold),
        (in_doubt(), OnDoubt::Resend),
    ] {
        let (mut world, id, _) = World::mailed();
        world.wait_out(id, 48 * HOUR);
        world.on_doubt = on_doubt;
        let sms = world.start(id);
        world.link(id, true);
        assert_eq!(
            world.state(id),
            "sending",
            "what left cannot be called back"
        );
        world.outcome(sms, verdict.clone());
        assert_eq!(world.step(id), "payment", "{verdict:?}");
    }
}

#[test]
fn a_reply_is_an_answer_also_to_an_earlier_message() {
    let (mut world, id, mail) = World::mailed();
    world.wait_out(id, 48 * HOUR);
    world.send(id);
    assert_eq!(
        world.receipt(mail, ReceiptKind::Replied).answer,
        Answer::Receipt(ReceiptEffect::Applied)
    );
    assert_eq!(world.step(id), "payment");
}

#[test]
fn a_reply_to_what_was_never_sent_is_no_answer() {
    let (mut world, id, mail) = World::mailed();
    let never = crate::AttemptRef { attempt: 9, ..mail };
    assert_eq!(
        world.receipt(never, ReceiptKind::Replied).answer,
        Answer::Receipt(ReceiptEffect::Noted)
    );
    assert_eq!(world.state(id), "sent");
}

#[test]
fn an_answer_to_one_step_is_no_answer_to_the_next() {
    let mut world = World::usual();
    world.flows.add(
        r#"
        name = "twice"
        version = 1
        purpose = "collection"
        [[step]]
        id = "first"
        send = { template = { email = "a" }, via = ["email"], link = true }
        on.answered = "second"
        on.unanswered = { after = "1d", go = "end: silent" }
        [[step]]
        id = "second"
        send = { template = { email = "b" }, via = ["email"], link = true }
        on.answered = "end: answered twice"
        on.unanswered = { after = "1d", go = "end: answered once" }
        "#,
    );
    let id = world.run("twice", |_| ());
    world.send(id);
    world.link(id, true);
    world.send(id);
    world.fall_due(id);
    world.assert_ends(id, "answered once");
}

#[test]
fn timers_of_phases_that_are_over_do_nothing() {
    let (mut world, id, mail) = World::mailed();
    world.receipt(mail, ReceiptKind::BouncedHard);
    world.later(48 * HOUR);
    assert!(
        world.timer(id).events.is_empty(),
        "it is in line: the line wakes itself"
    );
    world.balance(super::world::OWED);
    world.start(id);
    world.later(10 * DAY);
    assert!(
        world.timer(id).events.is_empty(),
        "an attempt under way has no timer"
    );
    let foreign = crate::NotificationId(1);
    assert!(world.timer(foreign).events.is_empty());
}

#[test]
fn the_answer_to_a_link_says_where_it_stands() {
    let (mut world, id, _) = World::mailed();
    let body = world.open(id).body;
    let Answer::Link(LinkAnswer::Open {
        body: told,
        subject,
        ..
    }) = world.link(id, false)
    else {
        panic!("not open")
    };
    assert_eq!((told, subject), (body, Some(super::world::invoice(1))));

    let mut world = World::usual();
    world.profile(|p| p.language = "en".into());
    let expires = world.now.plus(FRESH);
    let (id, _) = world.storno_with(|n| n.expires_at = Some(expires));
    world.send(id);
    world.now = expires;
    let decision = world.give(crate::Input::Link { id, pressed: true });
    assert_eq!(
        decision.answer,
        Answer::Link(LinkAnswer::Closed {
            end: "expired".into(),
            language: "en".into()
        })
    );
    assert!(
        !decision
            .events
            .iter()
            .any(|e| matches!(e, Event::LinkUsed { .. }))
    );
    assert_eq!(
        world.link(crate::NotificationId(1), true),
        Answer::Link(LinkAnswer::Unknown)
    );
}
