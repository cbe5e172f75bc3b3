//! Owns the stories of the gates (rows 27, 28 and 30): the right type, something owed, fed from
//! production. Refuses to let unknown count as false.

use super::world::{FRESH, OWED, World};
use crate::{Cause, Channel, DAY, Environment, Event, HOUR, Phase};

#[test]
fn a_return_to_be_chased_is_mailed() {
    for code in ["AM04", "MS03", "MS02", "MD06", "SL01", "AC06"] {
        let mut world = World::usual();
        let id = world.storno_code(code);
        world.send(id);
        assert_eq!(world.channels(id), [Channel::Email], "{code}");
    }
}

#[test]
fn a_return_for_people_or_with_an_unknown_code_goes_to_collections_and_never_sends() {
    for code in ["MD07", "RR01", "FRAD", "ZZ99", "", "am04"] {
        let mut world = World::usual();
        let id = world.storno_code(code);
        assert!(
            matches!(
                world.assert_task(id, "collections"),
                Cause::Guard { guard: 1, .. }
            ),
            "{code:?}"
        );
        world.answer(id, "retry");
        world.assert_task(id, "collections");
        assert_eq!(world.channels(id), [], "{code:?}");
    }
}

#[test]
fn a_return_of_another_type_ends_without_a_message() {
    for code in ["AM05", "DUPL", "FF01", "AC01", "MD01"] {
        let mut world = World::usual();
        let id = world.storno_code(code);
        world.assert_ends(id, "wrong type");
        assert_eq!(world.channels(id), [], "{code}");
    }
}

#[test]
fn what_comes_from_another_environment_is_quarantined() {
    for environment in Environment::ALL
        .into_iter()
        .filter(|e| *e != Environment::Production)
    {
        let mut world = World::usual();
        let (id, _) = world.storno_with(|n| n.environment = environment);
        world.assert_ends(id, "quarantined");
        let notice = world.notice_with(|n| n.environment = environment);
        world.assert_ends(notice, "quarantined");
    }
}

#[test]
fn outside_production_only_the_allow_list_is_reached() {
    let mut world = World::usual();
    world.policy.environment = Environment::Test;
    let (id, _) = world.storno_with(|n| n.environment = Environment::Test);
    world.permit(id);
    world.assert_ends(id, "not allow-listed");

    world.policy.allow_list.insert("@example.nl".into());
    let (id, _) = world.storno_with(|n| n.environment = Environment::Test);
    world.send(id);
    assert_eq!(world.channels(id), [Channel::Email]);
}

#[test]
fn an_unknown_balance_holds_the_message_until_it_is_told() {
    let mut world = World::empty();
    world.profile(|_| ());
    let id = world.storno();
    assert_eq!(world.state(id), "held");
    world.balance(OWED);
    world.assert_in_line(id, Channel::Email);
}

#[test]
fn a_balance_older_than_a_day_holds_and_a_fresh_one_releases() {
    let mut world = World::usual();
    world.later(FRESH);
    let just_fresh = world.storno();
    world.assert_in_line(just_fresh, Channel::Email);

    world.later(1);
    world.permit(just_fresh);
    assert_eq!(world.state(just_fresh), "held");
    world.fact(crate::FactKind::Balance, OWED, |f| {
        f.occurred_at = f.occurred_at.plus(-FRESH - 1)
    });
    assert_eq!(
        world.state(just_fresh),
        "held",
        "a balance that was old when it came is not fresh"
    );
    world.balance(OWED);
    world.send(just_fresh);
}

#[test]
fn a_balance_that_overtook_a_newer_one_does_not_replace_it() {
    let mut world = World::usual();
    world.later(HOUR);
    world.balance(0);
    world.fact(crate::FactKind::Balance, OWED, |f| {
        f.occurred_at = f.occurred_at.plus(-1)
    });
    let id = world.storno();
    world.assert_ends(id, "no balance");
}

#[test]
fn a_balance_of_nothing_ends_it_whenever_it_is_seen() {
    for cents in [0, -1] {
        let mut world = World::usual();
        world.balance(cents);
        let at_once = world.storno();
        world.assert_ends(at_once, "no balance");
    }
    let mut world = World::usual();
    let id = world.storno();
    world.balance(0);
    assert_eq!(
        world.state(id),
        "ready",
        "a guard is asked at the send, not at the fact"
    );
    world.permit(id);
    world.assert_ends(id, "no balance");
    assert_eq!(world.channels(id), []);
}

#[test]
fn every_send_asks_the_guards_again() {
    let (mut world, id, mail) = World::mailed();
    world.later(FRESH + 1);
    world.receipt(mail, crate::ReceiptKind::BouncedHard);
    assert_eq!((world.step(id), world.state(id)), ("sms", "held"));
    world.balance(0);
    world.assert_ends(id, "no balance");
}

#[test]
fn a_hold_that_lasts_too_long_goes_to_people() {
    let mut world = World::empty();
    world.profile(|_| ());
    let id = world.storno();
    world.later(HOUR);
    world.fact(crate::FactKind::Appointment, 0, |_| ());
    assert_eq!(
        world.open(id).due(),
        Some(world.now.plus(71 * HOUR)),
        "what changes nothing does not lengthen the hold"
    );
    world.fall_due(id);
    assert_eq!(*world.assert_task(id, "delivery"), Cause::HeldTooLong);
}

#[test]
fn the_start_of_an_attempt_says_what_each_guard_saw() {
    let mut world = World::usual();
    let id = world.storno();
    let decision = world.permit(id);
    let [
        Event::AttemptStarted {
            passed, address, ..
        },
    ] = &decision.events[..]
    else {
        panic!("{:?}", decision.events)
    };
    let seen: Vec<String> = passed
        .iter()
        .flat_map(|guard| guard.each())
        .map(|o| format!("{} {}", o.left, o.right))
        .collect();
    assert_eq!(
        seen,
        [
            "'production' 'production'",
            "'CHASE' 'HUMAN'",
            "'CHASE' 'CHASE'",
            "61250 0"
        ]
    );
    assert_eq!(passed[3].as_of(), Some(world.now));
    assert_eq!(&**address, super::world::MAIL);
}

#[test]
fn a_hold_while_the_engine_was_down_for_long_fires_once() {
    let mut world = World::empty();
    world.profile(|_| ());
    let id = world.storno();
    world.later(400 * DAY);
    world.timer(id);
    world.assert_task(id, "delivery");
    assert!(world.timer(id).events.is_empty());
    assert!(matches!(world.open(id).phase, Phase::Task { task: 1, .. }));
}
