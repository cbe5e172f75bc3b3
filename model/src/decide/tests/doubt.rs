//! Owns the stories of trying again: temporary failures, withdrawn attempts, and doubt.
//! Refuses to fail over an attempt whose outcome nobody knows.

use super::world::{
    FRESH, MAIL, OWED, PHONE, World, accepted, barred, in_doubt, only, prefers, refused, retry,
    withdrawn,
};
use crate::{
    Answer, AttemptRef, Barred, CancelTarget, Cancelled, Cause, Channel, Choice, Event, HOUR,
    Input, MINUTE, NotificationId, OnDoubt, Permit, Phase, ReceiptEffect, ReceiptKind, Refusal,
    Stopped, Verdict,
};

fn delay(world: &World, id: NotificationId) -> i64 {
    match world.open(id).phase {
        Phase::Ready { not_before, .. } => not_before.since(world.now),
        ref phase => panic!("not in line: {phase:?}"),
    }
}

#[test]
fn a_temporary_failure_is_tried_again_after_growing_delays() {
    let mut world = World::usual();
    let id = world.storno();
    let mut delays = Vec::new();
    for number in 1..=5 {
        let attempt = world.start(id);
        assert_eq!(attempt.attempt, number, "each try is an attempt of its own");
        world.outcome(attempt, retry(None));
        delays.push(delay(&world, id));
    }
    assert!(delays.is_sorted_by(|a, b| a < b), "{delays:?}");
    world.send(id);
    assert_eq!(world.state(id), "sent");
}

#[test]
fn the_providers_wish_to_be_left_alone_is_respected() {
    let mut world = World::usual();
    let id = world.storno();
    let attempt = world.start(id);
    world.outcome(attempt, retry(Some(3 * HOUR as u64)));
    assert!(delay(&world, id) >= 3 * HOUR);
}

#[test]
fn two_days_of_temporary_failures_count_as_a_bounce() {
    let mut world = World::usual();
    let id = world.storno();
    let began = world.now;
    while world.step(id) == "mail" {
        world.balance(OWED);
        let attempt = world.start(id);
        world.outcome(attempt, retry(None));
    }
    assert!(world.now.since(began) >= 48 * HOUR && world.now.since(began) < 51 * HOUR);
    world.assert_in_line(id, Channel::Sms);
    assert!(world.events().any(|e| matches!(
        e,
        Event::AttemptFailed {
            exhausted: true,
            ..
        }
    )));
    assert_eq!(world.address_state(MAIL), crate::PointState::Created);
}

#[test]
fn every_retry_asks_the_guards_and_the_stop_rules_again() {
    let mut world = World::usual();
    let id = world.storno();
    let attempt = world.start(id);
    world.outcome(attempt, retry(None));
    world.balance(0);
    world.later(HOUR);
    world.permit(id);
    world.assert_ends(id, "no balance");
}

#[test]
fn a_withdrawn_attempt_is_back_in_line_soon_and_later_each_time() {
    let mut world = World::usual();
    let id = world.storno();
    let mut delays = Vec::new();
    for _ in 0..12 {
        let attempt = world.start(id);
        world.outcome(attempt, withdrawn());
        delays.push(delay(&world, id));
    }
    assert_eq!((delays[0], delays[11]), (250, MINUTE));
    assert!(delays.is_sorted());
    let attempt = world.start(id);
    world.outcome(attempt, retry(None));
    let attempt = world.start(id);
    world.outcome(attempt, withdrawn());
    assert_eq!(
        delay(&world, id),
        250,
        "a provider that answered ends the row"
    );
}

/// What a cancellation says was already gone, after one attempt with this outcome.
fn gone_after(verdict: Verdict) -> Vec<Channel> {
    let mut world = World::usual();
    let id = world.storno();
    let attempt = world.start(id);
    world.outcome(attempt, verdict);
    match world.cancel(CancelTarget::Notification(id)) {
        Answer::Cancelled(Cancelled { stopped, .. }) => stopped
            .into_iter()
            .flat_map(|s: Stopped| s.already_gone)
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_what_may_have_left_is_called_gone() {
    for verdict in [accepted(), in_doubt()] {
        assert_eq!(gone_after(verdict.clone()), [Channel::Email], "{verdict:?}");
    }
    for verdict in [
        withdrawn(),
        barred(Barred::Account),
        barred(Barred::Sender),
        retry(None),
        refused(Refusal::Address),
        refused(Refusal::Ours),
    ] {
        assert_eq!(gone_after(verdict.clone()), [], "{verdict:?}");
    }
}

#[test]
fn a_provider_that_is_away_for_long_costs_no_memory() {
    let mut world = World::usual();
    let id = world.storno();
    for _ in 0..100 {
        let attempt = world.start(id);
        world.outcome(attempt, withdrawn());
    }
    assert!(world.open(id).sent().is_empty());
}

/// A usual tenant whose mail is in doubt at a provider that wants it sent again.
fn doubted() -> (World, NotificationId, AttemptRef) {
    let mut world = World::usual();
    let id = world.storno();
    let attempt = world.start(id);
    world.outcome(attempt, in_doubt());
    (world, id, attempt)
}

#[test]
fn an_attempt_in_doubt_is_sent_again_as_itself() {
    let (mut world, id, first) = doubted();
    assert!(
        matches!(&world.open(id).phase, Phase::Ready { pinned: Some(p), .. } if &**p == "email-provider")
    );
    world.later(MINUTE);
    let decision = world.permit(id);
    assert!(
        matches!(&decision.events[..], [Event::AttemptStarted { attempt: 1, resend: true, address, .. }] if &**address == MAIL)
    );
    assert_eq!(world.under_way(id).unwrap().token(), first.token());
    world.outcome(first, accepted());
    assert_eq!(world.state(id), "sent");
}

#[test]
fn an_attempt_in_doubt_keeps_its_address_and_its_reason() {
    let mut world = World::usual();
    world.profile(prefers(Channel::Sms));
    let id = world.storno();
    let attempt = world.start(id);
    world.outcome(attempt, in_doubt());
    world.profile(only(Channel::Email));
    world.profile(prefers(Channel::Sms));
    let again = world.start(id);
    assert_eq!(again, attempt);
    assert_eq!(&*world.open(id).sent_to(1).unwrap().address, PHONE);
    assert_eq!(
        world.attempts(id),
        [
            (Channel::Sms, 1, Choice::Preferred),
            (Channel::Sms, 1, Choice::Preferred)
        ]
    );
}

#[test]
fn an_attempt_in_doubt_never_goes_through_another_provider() {
    let (mut world, id, _) = doubted();
    world.later(MINUTE);
    let permit = Permit {
        provider: "other".into(),
        ..world.permit_for(id)
    };
    assert!(world.give(Input::Permit(permit)).events.is_empty());
    assert_eq!(world.channels(id), [Channel::Email]);
}

#[test]
fn doubt_survives_a_hold_a_deferral_and_a_withdrawal() {
    let (mut world, id, first) = doubted();
    world.later(FRESH + 1);
    world.permit(id);
    assert_eq!(world.state(id), "held");
    world.balance(OWED);
    for verdict in [
        retry(None),
        withdrawn(),
        barred(Barred::Account),
        barred(Barred::Sender),
        in_doubt(),
    ] {
        assert_eq!(world.start(id), first, "still the same attempt");
        world.outcome(first, verdict);
        assert!(matches!(
            &world.open(id).phase,
            Phase::Ready {
                pinned: Some(_),
                ..
            }
        ));
    }
}

#[test]
fn an_attempt_in_doubt_that_is_only_ever_put_off_goes_to_people_not_to_another_channel() {
    let (mut world, id, _) = doubted();
    while world.state(id) == "ready" {
        world.balance(OWED);
        let attempt = world.start(id);
        world.outcome(attempt, retry(None));
    }
    assert_eq!(*world.assert_task(id, "delivery"), Cause::DoubtTooLong);
    assert!(
        world
            .channels(id)
            .iter()
            .all(|channel| *channel == Channel::Email)
    );
}

#[test]
fn a_payment_stops_an_attempt_in_doubt_before_it_is_sent_again() {
    let (mut world, id, _) = doubted();
    world.pay(OWED);
    world.assert_ends(id, "paid");
    assert_eq!(world.channels(id).len(), 1);
}

#[test]
fn a_receipt_makes_sending_again_needless() {
    let expected = [
        (ReceiptKind::Accepted, "sent"),
        (ReceiptKind::Delayed, "sent"),
        (ReceiptKind::Delivered, "sent"),
        (ReceiptKind::Replied, "scheduled"),
    ];
    for (on_doubt, waits) in [(OnDoubt::Resend, "ready"), (OnDoubt::Hold, "in_doubt")] {
        for (kind, state) in expected {
            let mut world = World::usual();
            world.on_doubt = on_doubt;
            let id = world.storno();
            let attempt = world.start(id);
            world.outcome(attempt, in_doubt());
            assert_eq!(world.state(id), waits);
            assert_eq!(
                world.receipt(attempt, kind).answer,
                Answer::Receipt(ReceiptEffect::Applied),
                "{kind:?}"
            );
            assert_eq!(world.state(id), state, "{kind:?}");
            assert_eq!(world.open(id).doubt(), None);
        }
    }
}

/// An attempt in doubt that waits for fresher facts before it is sent again.
fn doubted_without_facts() -> (World, NotificationId, AttemptRef) {
    let (mut world, id, mail) = doubted();
    world.later(FRESH + 1);
    world.permit(id);
    assert_eq!(world.state(id), "held");
    (world, id, mail)
}

#[test]
fn a_receipt_ends_a_doubt_that_waits_for_fresher_facts() {
    for kind in [
        ReceiptKind::Accepted,
        ReceiptKind::Delayed,
        ReceiptKind::Delivered,
    ] {
        let (mut world, id, mail) = doubted_without_facts();
        assert_eq!(
            world.receipt(mail, kind).answer,
            Answer::Receipt(ReceiptEffect::Applied),
            "{kind:?}"
        );
        assert_eq!(world.state(id), "sent", "{kind:?}");
        world.balance(OWED);
        assert_eq!(world.state(id), "sent", "{kind:?}: nothing goes out again");
    }
}

#[test]
fn a_bounce_escalates_a_doubt_that_waits_for_fresher_facts() {
    let (mut world, id, mail) = doubted_without_facts();
    world.receipt(mail, ReceiptKind::BouncedHard);
    world.balance(OWED);
    world.assert_in_line(id, Channel::Sms);
}

#[test]
fn a_doubt_that_is_held_waits_for_a_bounce_as_well() {
    let mut world = World::usual();
    world.on_doubt = OnDoubt::Hold;
    let id = world.storno();
    let attempt = world.start(id);
    world.outcome(attempt, in_doubt());
    world.receipt(attempt, ReceiptKind::BouncedHard);
    world.assert_in_line(id, Channel::Sms);
    assert_eq!(world.open(id).doubt(), None);
}

#[test]
fn a_doubt_that_is_held_too_long_goes_to_people() {
    let mut world = World::usual();
    world.on_doubt = OnDoubt::Hold;
    let id = world.storno();
    let attempt = world.start(id);
    world.outcome(attempt, in_doubt());
    assert_eq!(world.open(id).due(), Some(world.now.plus(72 * HOUR)));
    world.fall_due(id);
    assert_eq!(*world.assert_task(id, "delivery"), Cause::DoubtTooLong);
}

#[test]
fn an_interrupted_attempt_is_in_doubt() {
    for (on_doubt, state) in [(OnDoubt::Resend, "ready"), (OnDoubt::Hold, "in_doubt")] {
        let mut world = World::usual();
        world.on_doubt = on_doubt;
        let id = world.storno();
        let attempt = world.start(id);
        let decision = world.give(Input::Interrupted { attempt });
        assert!(matches!(
            &decision.events[0],
            Event::AttemptInDoubt { attempt: 1, .. }
        ));
        assert_eq!(world.state(id), state);
        assert!(
            world.give(Input::Interrupted { attempt }).events.is_empty(),
            "once"
        );
    }
}

#[test]
fn an_outcome_of_what_is_over_is_noted_only() {
    let (mut world, id, mail) = World::mailed();
    world.outcome(mail, refused(Refusal::Address));
    assert_eq!(world.state(id), "sent");
    world.pay(OWED);
    let decision = world.outcome(mail, retry(None));
    assert!(matches!(&decision.events[..], [Event::OutcomeNoted { .. }]));
}

/// The process dies while the attempt is under way.
fn dies(world: &mut World, attempt: AttemptRef) -> crate::Decision {
    world.give(Input::Interrupted { attempt })
}

#[test]
fn an_attempt_under_way_at_three_deaths_in_a_row_goes_to_people() {
    let mut world = World::usual();
    let id = world.storno();
    for death in 1..=3 {
        let attempt = world.start(id);
        dies(&mut world, attempt);
        if death < 3 {
            world.assert_in_line(id, Channel::Email);
        }
    }
    assert_eq!(
        *world.assert_task(id, "delivery"),
        Cause::Interrupted { times: 3 }
    );
    assert_eq!(
        world.channels(id),
        [Channel::Email; 3],
        "and goes no further way by itself"
    );
    world.answer(id, "retry");
    let attempt = world.start(id);
    dies(&mut world, attempt);
    world.assert_in_line(id, Channel::Email);
}

#[test]
fn deaths_with_an_end_in_between_are_not_in_a_row() {
    for verdict in [withdrawn(), retry(None), in_doubt()] {
        let mut world = World::usual();
        let id = world.storno();
        for _ in 0..2 {
            for _ in 0..2 {
                let attempt = world.start(id);
                dies(&mut world, attempt);
            }
            let attempt = world.start(id);
            world.outcome(attempt, verdict.clone());
        }
        world.assert_in_line(id, Channel::Email);
    }
}

#[test]
fn what_was_under_way_at_two_deaths_goes_again_one_after_the_other() {
    let mut waits = std::collections::BTreeSet::new();
    let mut world = World::usual();
    for number in 1..=8 {
        let id = world
            .storno_with(|n| n.subject = Some(super::world::invoice(number)))
            .0;
        for _ in 0..2 {
            let attempt = world.start(id);
            dies(&mut world, attempt);
        }
        let Phase::Ready { not_before, .. } = world.open(id).phase else {
            panic!("in line")
        };
        waits.insert(not_before.since(world.now));
    }
    assert!(
        waits.len() > 4 && waits.iter().all(|wait| (1_000..=31_000).contains(wait)),
        "{waits:?}"
    );
}
