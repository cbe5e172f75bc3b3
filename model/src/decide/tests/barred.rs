//! Owns the stories of a provider that takes nothing from us: wrong credentials, no balance, a sender
//! that is not allowed. Refuses to hide it behind another channel.

use super::world::{OWED, World, barred};
use crate::{
    Barred, Cause, Channel, Event, HOUR, Input, MINUTE, NoWay, NotificationId, Phase, Refusal, Why,
};

/// Whether an attempt failed, people were asked, or a step was left.
fn moved(world: &World) -> bool {
    world.events().any(|event| match event {
        Event::StepEntered { cause, .. } => !matches!(cause, Cause::Accepted),
        Event::TaskOpened { .. } | Event::AttemptFailed { .. } => true,
        _ => false,
    })
}

#[test]
fn wrong_credentials_move_no_flow_for_two_days_and_then_people_are_asked() {
    let mut world = World::usual();
    let id = world.storno();
    let (steps, began) = (world.step(id).to_owned(), world.now);
    loop {
        let attempt = world.start(id);
        world.outcome(attempt, barred(Barred::Account));
        if world.now.since(began) >= 48 * HOUR {
            break;
        }
        world.assert_in_line(id, Channel::Email);
        assert!(!moved(&world), "no other channel, no person");
        world.later(HOUR);
        world.balance(OWED);
    }
    let cause = world.assert_task(id, "delivery").clone();
    assert!(matches!(cause, Cause::CannotSend { .. }), "{cause:?}");
    assert_eq!(world.step(id), steps, "no other channel");
    assert!(world.open(id).sent().is_empty(), "nothing left");
    world.answer(id, "retry");
    world.send(id);
    assert_eq!(world.state(id), "sent", "with good ones it goes out");
}

/// Nothing takes the notification where it waits.
fn no_way(world: &mut World, id: NotificationId) -> crate::Decision {
    let Phase::Ready {
        channel, pinned, ..
    } = world.open(id).phase.clone()
    else {
        panic!("not in line: {:?}", world.open(id).phase)
    };
    let why = Why::new("no_provider", "gone");
    world.give(Input::NoWay(Box::new(NoWay {
        id,
        channel,
        pinned,
        why,
    })))
}

#[test]
fn what_nothing_takes_any_more_goes_to_people_with_the_reason() {
    let mut world = World::usual();
    let id = world.storno();
    no_way(&mut world, id);
    let cause = world.assert_task(id, "delivery").clone();
    assert!(
        matches!(&cause, Cause::CannotSend { why } if &*why.code == "no_provider"),
        "{cause:?}"
    );
    world.answer(id, "retry");
    world.assert_in_line(id, Channel::Email);
}

#[test]
fn an_attempt_in_doubt_whose_provider_is_gone_goes_over_no_other_by_itself() {
    let mut world = World::usual();
    let id = world.storno();
    let attempt = world.start(id);
    world.outcome(attempt, super::world::in_doubt());
    no_way(&mut world, id);
    world.assert_task(id, "delivery");
    assert_eq!(world.channels(id), [Channel::Email]);
}

#[test]
fn a_payment_or_a_stale_word_leaves_nothing_for_people() {
    let mut world = World::usual();
    let id = world.storno();
    world.balance(0);
    no_way(&mut world, id);
    assert!(world.end(id).is_some(), "it was paid");
    let (mut world, id, _) = World::mailed();
    let stale = NoWay {
        id,
        channel: Channel::Email,
        pinned: None,
        why: Why::new("no_provider", "gone"),
    };
    let decision = world.give(Input::NoWay(Box::new(stale)));
    assert!(decision.events.is_empty(), "it left meanwhile");
}

#[test]
fn it_is_asked_again_within_a_minute() {
    let mut world = World::usual();
    let id = world.storno();
    for _ in 0..20 {
        let attempt = world.start(id);
        world.outcome(attempt, barred(Barred::Account));
    }
    let wait = match &world.open(id).phase {
        crate::Phase::Ready { not_before, .. } => not_before.since(world.now),
        phase => panic!("{phase:?}"),
    };
    assert_eq!(wait, MINUTE);
}

#[test]
fn a_payment_stops_what_waits_for_credentials() {
    let mut world = World::usual();
    let id = world.storno();
    let attempt = world.start(id);
    world.outcome(attempt, barred(Barred::Account));
    world.balance(0);
    world.later(HOUR);
    world.permit(id);
    assert_eq!(
        world.channels(id),
        [Channel::Email],
        "tried once, never sent"
    );
    assert!(world.end(id).is_some(), "it ended");
}

#[test]
fn a_barred_sender_waits_as_long_as_any_deferral_and_then_the_next_way_is_taken() {
    let mut world = World::usual();
    let id = world.storno();
    let began = world.now;
    while world.step(id) == "mail" {
        world.balance(OWED);
        let attempt = world.start(id);
        world.outcome(attempt, barred(Barred::Sender));
    }
    assert!(world.now.since(began) >= 48 * HOUR, "time to mend it");
    world.assert_in_line(id, Channel::Sms);
    let failed = world.events().find_map(|event| match event {
        Event::AttemptFailed {
            class, exhausted, ..
        } => Some((*class, *exhausted)),
        _ => None,
    });
    assert_eq!(failed, Some((Refusal::Ours, true)));
    assert_eq!(
        world.address_state(super::world::MAIL),
        crate::PointState::Created
    );
}
