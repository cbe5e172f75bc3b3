//! Owns the stories of contact points that bounced: what keeps them dead, what revives them.
//! Refuses an undated list against a bounce, and evidence that is older than it.

use super::world::{MAIL, OWED, World, accepted, delivered, invoice};
use crate::point::Evidence;
use crate::{
    Answer, AttemptRef, Channel, DAY, Event, HOUR, Input, LateReceipt, NotificationId, PointState,
    ProfileChange, Receipt, ReceiptEffect, ReceiptKind, Timestamp,
};

/// A world whose mail address bounced five hours after the mail.
fn dead() -> World {
    let (mut world, _, mail) = World::mailed();
    world.later(5 * HOUR);
    world.receipt(mail, ReceiptKind::BouncedHard);
    world
}

/// Another storno, and the channel it stands in line for.
fn next_channel(world: &mut World, number: u32) -> (NotificationId, Option<Channel>) {
    world.balance(OWED);
    let id = world.storno_with(|n| n.subject = Some(invoice(number))).0;
    let channel = match world.open(id).phase {
        crate::Phase::Ready { channel, .. } => Some(channel),
        _ => None,
    };
    (id, channel)
}

fn confirm(world: &mut World, value: &str, at: Timestamp) -> ProfileChange {
    let decision = world.profile(|p| {
        p.points[0].value = value.into();
        p.points[0].confirmed = Some(at);
    });
    match decision.answer {
        crate::Answer::Profile(change) => change,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_bounced_address_in_other_letters_is_the_same_address() {
    let mut world = dead();
    let decision = world.profile(|p| p.points[0].value = "A.Jansen@EXAMPLE.nl".into());
    let kept = decision
        .events
        .iter()
        .any(|e| matches!(e, Event::PointKept { value, by: Evidence::Bounce, .. } if &**value == "A.Jansen@EXAMPLE.nl"));
    assert!(kept, "said in the timeline: {:?}", decision.events);
    assert_eq!(next_channel(&mut world, 2).1, Some(Channel::Sms));
}

#[test]
fn a_bounced_address_that_a_list_leaves_out_and_brings_back_stays_dead() {
    let mut world = dead();
    world.profile(|p| drop(p.points.remove(0)));
    world.later(DAY);
    world.profile(|_| ());
    assert_eq!(world.address_state(MAIL), PointState::Invalid);
    assert_eq!(next_channel(&mut world, 2).1, Some(Channel::Sms));
    assert!(
        matches!(
            world.profile(|_| ()).answer,
            crate::Answer::Profile(ProfileChange::Same)
        ),
        "and is no news every night"
    );
}

#[test]
fn a_bounce_that_comes_while_no_list_has_the_address_is_remembered() {
    let (mut world, _, mail) = World::mailed();
    world.profile(|p| drop(p.points.remove(0)));
    world.receipt(mail, ReceiptKind::BouncedHard);
    world.profile(|_| ());
    assert_eq!(world.address_state(MAIL), PointState::Invalid);
}

#[test]
fn an_undated_word_of_the_source_does_not_revive_what_bounced() {
    let mut world = dead();
    world.profile(|p| p.points[0].state = PointState::Validated);
    assert_eq!(world.address_state(MAIL), PointState::Invalid);
}

#[test]
fn a_confirmation_newer_than_the_bounce_revives_and_an_older_one_does_not() {
    let mut world = dead();
    let bounce = world.now;
    world.later(2 * DAY);
    // Of the same instant: no newer. What the source says is kept all the same, once.
    assert_eq!(confirm(&mut world, MAIL, bounce), ProfileChange::Changed);
    assert_eq!(confirm(&mut world, MAIL, bounce), ProfileChange::Same);
    assert_eq!(world.address_state(MAIL), PointState::Invalid);
    assert_eq!(next_channel(&mut world, 2).1, Some(Channel::Sms));
    assert_eq!(
        confirm(&mut world, "A.JANSEN@example.nl", bounce.plus(DAY)),
        ProfileChange::Changed
    );
    assert!(world.events().any(|e| matches!(
        e,
        Event::PointMarked {
            state: PointState::Validated,
            ..
        }
    )));
    assert_eq!(next_channel(&mut world, 3).1, Some(Channel::Email));
}

#[test]
fn a_confirmation_from_tomorrow_is_not_believed_against_a_bounce_of_now() {
    let mut world = dead();
    let tomorrow = world.now.plus(DAY);
    confirm(&mut world, MAIL, tomorrow);
    assert_eq!(world.address_state(MAIL), PointState::Invalid);
}

/// Two mails under way to one address; the first comes back.
fn one_of_two_bounced() -> (World, NotificationId, AttemptRef) {
    let (mut world, _, first) = World::mailed();
    let (id, _) = next_channel(&mut world, 2);
    let second = world.send(id);
    world.later(HOUR);
    world.receipt(first, ReceiptKind::BouncedHard);
    (world, id, second)
}

fn told(world: &mut World, attempt: AttemptRef, kind: ReceiptKind, occurred_at: Option<Timestamp>) {
    world.give(Input::Receipt(Receipt {
        attempt,
        kind,
        why: None,
        provider: "relay".into(),
        occurred_at,
    }));
}

#[test]
fn a_reply_a_press_and_a_newer_delivery_revive() {
    let (mut world, _, mail) = one_of_two_bounced();
    world.later(1);
    told(&mut world, mail, ReceiptKind::Replied, None);
    assert_eq!(world.address_state(MAIL), PointState::Validated, "a reply");

    let (mut world, id, _) = one_of_two_bounced();
    world.later(1);
    world.link(id, true);
    assert_eq!(
        world.address_state(MAIL),
        PointState::Validated,
        "a pressed button behind the only address"
    );

    let (mut world, _, mail) = one_of_two_bounced();
    world.later(HOUR);
    let now = world.now;
    told(&mut world, mail, ReceiptKind::Delivered, Some(now));
    assert_eq!(
        world.address_state(MAIL),
        PointState::Validated,
        "delivered after the bounce"
    );
    world.profile(|p| p.name = "mevrouw J. Jansen".into());
    assert_eq!(
        world.address_state(MAIL),
        PointState::Validated,
        "and lists leave it so"
    );
}

#[test]
fn older_or_weaker_evidence_does_not_revive() {
    for (kind, ago, why) in [
        (
            ReceiptKind::Delivered,
            Some(2 * HOUR),
            "delivered before the bounce",
        ),
        (
            ReceiptKind::Delivered,
            None,
            "delivered at an unknown instant, taken before the bounce",
        ),
        (
            ReceiptKind::Replied,
            Some(2 * HOUR),
            "replied before the bounce",
        ),
        (ReceiptKind::Opened, Some(0), "an open is weak"),
    ] {
        let (mut world, _, mail) = one_of_two_bounced();
        world.later(HOUR);
        let at = ago.map(|ago| world.now.plus(-ago));
        told(&mut world, mail, kind, at);
        assert_eq!(world.address_state(MAIL), PointState::Invalid, "{why}");
    }
    let (mut world, id, _) = one_of_two_bounced();
    world.later(1);
    world.link(id, false);
    assert_eq!(
        world.address_state(MAIL),
        PointState::Invalid,
        "the page was fetched: weak"
    );
}

#[test]
fn a_press_that_may_have_come_from_the_sms_says_nothing_of_the_mail_address() {
    let (mut world, id, ..) = World::texted();
    world.later(1);
    world.link(id, true);
    assert_eq!(world.address_state(MAIL), PointState::Invalid);
}

#[test]
fn an_attempt_that_is_delivered_on_the_spot_after_the_bounce_revives() {
    let (mut world, _, first) = World::mailed();
    let (id, _) = next_channel(&mut world, 2);
    let second = world.start(id);
    world.receipt(first, ReceiptKind::BouncedHard);
    world.later(1);
    world.outcome(second, delivered());
    assert_eq!(world.address_state(MAIL), PointState::Validated);
    // Accepted alone is no sign of life.
    let (mut world, _, first) = World::mailed();
    let (id, _) = next_channel(&mut world, 2);
    let second = world.start(id);
    world.receipt(first, ReceiptKind::BouncedHard);
    world.later(1);
    world.outcome(second, accepted());
    assert_eq!(world.address_state(MAIL), PointState::Invalid);
}

/// A notice that ended as arrived, and its mail.
fn settled_notice(world: &mut World) -> AttemptRef {
    let id = world.notice_with(|_| ());
    let mail = world.send(id);
    world.fall_due(id);
    world.assert_ends(id, "sent");
    mail
}

fn late(world: &mut World, attempt: AttemptRef, address: &str, occurred_at: Option<Timestamp>) {
    let receipt = Receipt {
        attempt,
        kind: ReceiptKind::BouncedHard,
        why: None,
        provider: "relay".into(),
        occurred_at,
    };
    let decision = world.give(Input::LateReceipt(Box::new(LateReceipt {
        receipt,
        channel: Channel::Email,
        address: address.into(),
    })));
    assert_eq!(
        decision.answer,
        Answer::Receipt(ReceiptEffect::Noted),
        "no flow is there to move"
    );
}

#[test]
fn a_bounce_after_the_end_marks_the_address_the_mail_went_to_and_no_other() {
    let mut world = World::usual();
    let mail = settled_notice(&mut world);
    world.profile(|p| p.points[0].value = "new@example.nl".into());
    late(&mut world, mail, MAIL, None);
    assert_eq!(world.address_state("new@example.nl"), PointState::Created);
    world.profile(|_| ());
    assert_eq!(world.address_state(MAIL), PointState::Invalid);
}

#[test]
fn a_bounce_told_again_after_the_end_does_not_undo_what_was_confirmed_since() {
    let mut world = World::usual();
    let mail = settled_notice(&mut world);
    world.later(HOUR);
    let bounce = world.now;
    late(&mut world, mail, MAIL, Some(bounce));
    assert_eq!(world.address_state(MAIL), PointState::Invalid);
    world.later(2 * DAY);
    confirm(&mut world, MAIL, bounce.plus(DAY));
    assert_eq!(world.address_state(MAIL), PointState::Validated);
    late(&mut world, mail, MAIL, Some(bounce));
    assert_eq!(world.address_state(MAIL), PointState::Validated);
    world.later(1);
    let newer = world.now;
    late(&mut world, mail, MAIL, Some(newer));
    assert_eq!(world.address_state(MAIL), PointState::Invalid);
}
