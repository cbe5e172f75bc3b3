//! Owns the stories of a provider that takes nothing from us: wrong credentials, no balance, a sender
//! that is not allowed. Refuses to hide it behind another channel.

use super::world::{OWED, World, barred};
use crate::{Barred, Cause, Channel, Event, HOUR, MINUTE, Refusal};

/// Whether an attempt failed, people were asked, or a step was left.
fn moved(world: &World) -> bool {
    world.events().any(|event| match event {
        Event::StepEntered { cause, .. } => !matches!(cause, Cause::Accepted),
        Event::TaskOpened { .. } | Event::AttemptFailed { .. } => true,
        _ => false,
    })
}

#[test]
fn wrong_credentials_never_move_a_flow_however_long_they_last() {
    let mut world = World::usual();
    let id = world.storno();
    let steps = world.step(id).to_owned();
    for _ in 0..300 {
        let attempt = world.start(id);
        world.outcome(attempt, barred(Barred::Account));
        world.assert_in_line(id, Channel::Email);
        world.later(HOUR);
        world.balance(OWED);
    }
    assert_eq!(world.step(id), steps);
    assert!(!moved(&world), "no other channel, no person");
    assert!(world.open(id).sent().is_empty(), "nothing left");
    world.send(id);
    assert_eq!(world.state(id), "sent", "with good ones it goes out");
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
        crate::AddressState::Created
    );
}
