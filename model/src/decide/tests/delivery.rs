//! Owns the stories of arriving and not arriving (row 31): bounces at once and late, deliveries,
//! refusals. Refuses to move a flow backwards.

use super::world::{MAIL, PHONE, World, accepted, delivered, in_doubt, refused, retry, withdrawn};
use crate::{
    Answer, Cause, Channel, Event, HOUR, Input, Left, Phase, PointState, ReceiptEffect,
    ReceiptKind, Refusal, Where,
};

#[test]
fn a_mail_refused_on_the_spot_is_followed_by_sms_in_the_same_decision() {
    let mut world = World::usual();
    let id = world.storno();
    let mail = world.start(id);
    let decision = world.outcome(mail, refused(Refusal::Address));
    assert!(matches!(
        &decision.events[..],
        [
            Event::AttemptFailed {
                class: Refusal::Address,
                exhausted: false,
                ..
            },
            Event::PointMarked {
                on: Where::On(Channel::Email),
                state: PointState::Invalid,
                ..
            },
            Event::StepEntered {
                step: 1,
                cause: Cause::Bounced { .. },
                ..
            },
            Event::Ready {
                channel: Channel::Sms,
                ..
            },
        ]
    ));
    assert_eq!(world.address_state(MAIL), PointState::Invalid);
}

#[test]
fn a_refusal_for_policy_leaves_the_address_as_it_was() {
    let mut world = World::usual();
    let id = world.storno();
    let mail = world.start(id);
    world.outcome(mail, refused(Refusal::Policy));
    world.assert_in_line(id, Channel::Sms);
    assert_eq!(world.address_state(MAIL), PointState::Created);
}

#[test]
fn a_mail_that_comes_back_later_is_followed_by_sms_at_once() {
    let (mut world, id, mail) = World::mailed();
    world.later(5 * HOUR);
    let decision = world.receipt(mail, ReceiptKind::BouncedHard);
    assert_eq!(decision.answer, Answer::Receipt(ReceiptEffect::Applied));
    world.assert_in_line(id, Channel::Sms);
    assert!(
        matches!(world.open(id).phase, Phase::Ready { not_before, .. } if not_before == world.now)
    );
    assert_eq!(world.address_state(MAIL), PointState::Invalid);
}

#[test]
fn a_bounce_that_overtakes_the_relays_answer_counts() {
    let mut world = World::usual();
    let id = world.storno();
    let mail = world.start(id);
    world.receipt(mail, ReceiptKind::BouncedHard);
    world.assert_in_line(id, Channel::Sms);
    let late = world.outcome(mail, super::world::accepted());
    assert!(matches!(&late.events[..], [Event::OutcomeNoted { .. }]));
    world.assert_in_line(id, Channel::Sms);
}

#[test]
fn a_bounce_after_the_sms_started_starts_nothing_and_marks_the_address() {
    let (mut world, id, mail) = World::mailed();
    world.wait_out(id, 48 * HOUR);
    world.start(id);
    let before = world.open(id).phase.clone();
    let decision = world.receipt(mail, ReceiptKind::BouncedHard);
    assert_eq!(decision.answer, Answer::Receipt(ReceiptEffect::Noted));
    assert!(matches!(
        &decision.events[..],
        [Event::PointMarked { .. }, Event::ReceiptNoted { .. }]
    ));
    assert_eq!(world.open(id).phase, before);
    assert_eq!(world.address_state(MAIL), PointState::Invalid);
}

#[test]
fn the_same_bounce_twice_moves_once() {
    let (mut world, id, mail) = World::mailed();
    world.receipt(mail, ReceiptKind::BouncedHard);
    let again = world.receipt(mail, ReceiptKind::BouncedHard);
    assert!(matches!(&again.events[..], [Event::ReceiptNoted { .. }]));
    world.assert_in_line(id, Channel::Sms);
}

#[test]
fn a_delivery_told_after_the_bounce_changes_nothing() {
    let (mut world, id, mail) = World::mailed();
    world.receipt(mail, ReceiptKind::BouncedHard);
    let decision = world.receipt(mail, ReceiptKind::Delivered);
    assert_eq!(decision.answer, Answer::Receipt(ReceiptEffect::Noted));
    world.assert_in_line(id, Channel::Sms);
}

#[test]
fn a_bounce_told_after_the_delivery_marks_the_address_and_moves_nothing() {
    for kind in [ReceiptKind::BouncedHard, ReceiptKind::Failed] {
        let (mut world, id, mail) = World::mailed();
        world.receipt(mail, ReceiptKind::Delivered);
        assert_eq!(
            world.receipt(mail, kind).answer,
            Answer::Receipt(ReceiptEffect::Noted)
        );
        assert_eq!((world.step(id), world.state(id)), ("mail", "sent"));
        assert_eq!(
            world.address_state(MAIL) == PointState::Invalid,
            kind == ReceiptKind::BouncedHard
        );
    }
}

#[test]
fn weak_and_repeated_evidence_is_noted_only() {
    for kind in [
        ReceiptKind::Accepted,
        ReceiptKind::Delayed,
        ReceiptKind::Opened,
        ReceiptKind::Complained,
    ] {
        let (mut world, id, mail) = World::mailed();
        let before = world.open(id).clone();
        assert_eq!(
            world.receipt(mail, kind).answer,
            Answer::Receipt(ReceiptEffect::Noted),
            "{kind:?}"
        );
        assert_eq!(*world.open(id), before, "{kind:?}");
    }
}

#[test]
fn an_sms_that_bounces_too_goes_to_people() {
    for kind in [ReceiptKind::BouncedHard, ReceiptKind::Failed] {
        let (mut world, id, _, sms) = World::texted();
        world.receipt(sms, kind);
        assert!(matches!(
            world.assert_task(id, "collections"),
            Cause::Bounced { .. }
        ));
        let known = world.tenant.known(Channel::Sms, PHONE);
        let dead = known.map(|known| known.state);
        let expected = (kind == ReceiptKind::BouncedHard).then_some(PointState::Invalid);
        assert_eq!(dead, expected);
        assert_eq!(
            world.address_state(PHONE),
            PointState::Created,
            "it may ring"
        );
    }
}

#[test]
fn a_refusal_that_is_our_own_mistake_marks_no_address() {
    let mut world = World::usual();
    let id = world.storno();
    let mail = world.start(id);
    world.outcome(mail, refused(Refusal::Ours));
    world.assert_in_line(id, Channel::Sms);
    assert_eq!(world.address_state(MAIL), PointState::Created);
}

#[test]
fn what_cannot_be_made_again_while_it_is_in_doubt_goes_to_people() {
    let mut world = World::usual();
    let id = world.storno();
    let mail = world.start(id);
    world.outcome(mail, in_doubt());
    let again = world.start(id);
    world.outcome(again, refused(Refusal::Unsendable));
    assert!(
        matches!(world.assert_task(id, "delivery"), Cause::OurMistake { .. }),
        "the first try may have arrived"
    );
    assert_eq!(world.channels(id), [Channel::Email, Channel::Email]);
}

#[test]
fn a_bounced_address_stays_dead_until_the_source_supplies_another() {
    let (mut world, _, mail) = World::mailed();
    world.receipt(mail, ReceiptKind::BouncedHard);
    world.profile(|p| p.name = "mevrouw Jansen-De Boer".into());
    assert_eq!(world.address_state(MAIL), PointState::Invalid);

    let by_sms = world
        .storno_with(|n| n.subject = Some(super::world::invoice(2)))
        .0;
    world.assert_in_line(by_sms, Channel::Sms);
    world.profile(|p| p.points[0].value = "new@example.nl".into());
    let by_mail = world
        .storno_with(|n| n.subject = Some(super::world::invoice(3)))
        .0;
    world.assert_in_line(by_mail, Channel::Email);
}

#[test]
fn a_notice_ends_at_delivery_or_a_day_without_a_bounce() {
    let mut world = World::usual();
    let told = world.notice_with(|_| ());
    let attempt = world.start(told);
    world.outcome(attempt, delivered());
    world.assert_ends(told, "delivered");

    let settled = world.notice_with(|_| ());
    world.send(settled);
    world.fall_due(settled);
    world.assert_ends(settled, "sent");
}

#[test]
fn a_notice_has_one_fallback() {
    let mut world = World::usual();
    let id = world.notice_with(|_| ());
    for expected in [Channel::Email, Channel::Sms] {
        world.assert_in_line(id, expected);
        let attempt = world.send(id);
        world.receipt(attempt, ReceiptKind::BouncedHard);
    }
    world.assert_ends(id, "undeliverable");
}

#[test]
fn an_outcome_with_what_left_decides_what_one_without_it_does() {
    let verdicts = [
        accepted(),
        delivered(),
        refused(Refusal::Address),
        retry(None),
        in_doubt(),
        withdrawn(),
    ];
    for verdict in verdicts {
        let [mut plain, mut kept] = [World::usual(), World::usual()];
        let ids = [plain.storno(), kept.storno()];
        let attempts = [plain.start(ids[0]), kept.start(ids[1])];
        assert_eq!(attempts[0], attempts[1], "the same world twice");
        let decision = plain.outcome(attempts[0], verdict.clone());
        let sent = Input::Sent {
            attempt: attempts[1],
            verdict,
            left: Left {
                hash: [7; 32],
                length: 1_400,
            },
        };
        assert_eq!(kept.give(sent), decision);
        assert_eq!(kept.tenant, plain.tenant);
    }
}
