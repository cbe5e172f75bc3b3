//! Owns the stories of money (rows 29 and 33): paid means nothing is open, a part payment is a
//! fact, each fact counts once. Refuses a send that was paid for before it started.

use super::world::{OWED, World, invoice};
use crate::{
    Answer, Cause, DAY, Event, FactKind, HOUR, LinkAnswer, NotificationId, ReceiptKind, Tenant,
};

#[test]
fn a_payment_before_the_permit_stops_the_attempt() {
    let mut world = World::usual();
    let id = world.storno();
    let decision = world.pay(OWED);
    assert_eq!(
        decision.answer,
        Answer::Fact {
            duplicate: false,
            ended: vec![id],
            unmatched: None
        }
    );
    world.assert_ends(id, "paid");
    let late = crate::Permit {
        id,
        channel: crate::Channel::Email,
        provider: "relay".into(),
        on_doubt: world.on_doubt,
    };
    assert!(world.give(crate::Input::Permit(late)).events.is_empty());
    assert_eq!(world.channels(id), []);
}

#[test]
fn a_payment_before_the_notification_stops_it_at_acceptance() {
    let mut world = World::usual();
    world.pay(OWED);
    let (id, decision) = world.storno_with(|_| ());
    assert_eq!(
        decision.answer,
        Answer::Accepted {
            id,
            state: "ended",
            unknown_tenant: false,
            near: None
        }
    );
    world.assert_ends(id, "paid");
}

#[test]
fn a_payment_between_mail_and_sms_stops_the_sms_and_closes_the_link() {
    let (mut world, id, mail) = World::mailed();
    world.later(HOUR);
    let decision = world.pay(OWED);
    assert!(decision.events.contains(&Event::LinkClosed {
        id,
        end: "paid".into()
    }));
    world.assert_ends(id, "paid");
    assert_eq!(
        world.link(id, true),
        Answer::Link(LinkAnswer::Unknown),
        "an ended one is answered from its end"
    );
    world.later(3 * DAY);
    assert!(world.timer(id).events.is_empty());
    world.receipt(mail, ReceiptKind::BouncedHard);
    assert_eq!(world.channels(id), [crate::Channel::Email]);
}

#[test]
fn a_payment_stops_it_wherever_it_stands() {
    type Reach = fn(&mut World) -> NotificationId;
    let places: [(&str, Reach); 5] = [
        ("scheduled", |w| {
            w.storno_with(|n| n.send_after = Some(super::world::START.plus(DAY)))
                .0
        }),
        ("ready", |w| w.storno()),
        ("sending", |w| {
            let id = w.storno();
            w.start(id);
            id
        }),
        ("held", |w| {
            w.later(2 * DAY);
            w.storno()
        }),
        ("task", |w| w.storno_code("MD07")),
    ];
    for (state, reach) in places {
        let mut world = World::usual();
        let id = reach(&mut world);
        assert_eq!(world.state(id), state);
        world.pay(OWED);
        world.assert_ends(id, "paid");
        assert!(matches!(
            world.end(id),
            Some((_, Cause::Stop { stop: 0, .. }))
        ));
    }
}

#[test]
fn a_part_payment_is_no_stop_but_the_part_that_completes_it_is() {
    let mut world = World::usual();
    let id = world.storno();
    world.pay(OWED - 1);
    assert_eq!(world.state(id), "ready");
    world.pay(1);
    world.assert_ends(id, "paid");
}

#[test]
fn a_payment_for_another_invoice_stops_nothing() {
    let mut world = World::usual();
    let id = world.storno();
    world.fact(FactKind::Payment, OWED, |f| f.subject = Some(invoice(2)));
    world.send(id);
}

#[test]
fn the_same_fact_twice_counts_once() {
    let mut world = World::usual();
    let id = world.storno();
    let half = |f: &mut crate::Fact| (f.fact_id, f.body) = ("bank-1".into(), 1);
    world.fact(FactKind::Payment, OWED / 2, half);
    let again = world.fact(FactKind::Payment, OWED / 2, half);
    assert_eq!(
        again.answer,
        Answer::Fact {
            duplicate: true,
            ended: Vec::new(),
            unmatched: None
        }
    );
    assert!(again.events.is_empty());
    assert_eq!(world.state(id), "ready");
}

#[test]
fn the_same_fact_id_with_other_content_is_a_conflict() {
    let mut world = World::usual();
    let id = world.storno();
    world.fact(FactKind::Payment, 1, |f| {
        (f.fact_id, f.body) = ("bank-1".into(), 1)
    });
    let other = world.fact(FactKind::Payment, OWED, |f| {
        (f.fact_id, f.body) = ("bank-1".into(), 2)
    });
    assert_eq!(
        (other.answer, other.events.len()),
        (Answer::FactConflict, 0)
    );
    assert_eq!(world.state(id), "ready");
}

/// What is open on the invoice after facts (kind, cents, minutes at the source) in this order of
/// arrival.
fn open_after(facts: &[(FactKind, i64, i64)]) -> i64 {
    let mut world = World::usual();
    world.later(HOUR);
    for (kind, cents, minute) in facts {
        world.fact(*kind, *cents, |f| {
            f.occurred_at = super::world::START.plus(minute * crate::MINUTE)
        });
    }
    world
        .tenant
        .open_amount(&invoice(1), Some((OWED, world.now)))
        .expect("an amount")
        .0
}

#[test]
fn what_is_open_does_not_depend_on_the_order_in_which_facts_arrive() {
    use FactKind::{OpenAmount as Told, Payment as Paid};
    // (why, facts by time at the source, what is open)
    let cases = [
        (
            "no amount was told",
            vec![(Paid, 100, 1), (Paid, 50, 2)],
            OWED - 150,
        ),
        (
            "a told amount has counted what was paid before",
            vec![(Paid, 100, 1), (Told, 900, 2)],
            900,
        ),
        (
            "and not what was paid after",
            vec![(Told, 900, 1), (Paid, 100, 2)],
            800,
        ),
        (
            "between two payments",
            vec![(Paid, 100, 1), (Told, 900, 2), (Paid, 50, 3), (Paid, 25, 4)],
            825,
        ),
        (
            "paid at the very moment it was told: counted in it",
            vec![(Paid, 100, 1), (Told, 900, 1)],
            900,
        ),
        (
            "the newest told amount wins",
            vec![
                (Told, 900, 1),
                (Paid, 100, 2),
                (Told, 700, 3),
                (Paid, 10, 4),
            ],
            690,
        ),
    ];
    for (why, facts, expected) in cases {
        let backwards: Vec<_> = facts.iter().rev().copied().collect();
        let mut rotated = facts.clone();
        rotated.rotate_left(1);
        for order in [facts, backwards, rotated] {
            assert_eq!(open_after(&order), expected, "{why}: {order:?}");
        }
    }
}

#[test]
fn a_fact_that_lacks_its_amount_or_subject_changes_nothing() {
    let mut world = World::usual();
    let id = world.storno();
    let before = world.tenant.clone();
    world.fact(FactKind::Payment, OWED, |f| f.subject = None);
    for kind in FactKind::ALL {
        world.fact(kind, OWED, |f| f.amount_cents = None);
    }
    assert_eq!(
        (world.state(id), world.tenant.balance()),
        ("ready", before.balance())
    );
    let subjects = |tenant: &Tenant| {
        tenant
            .told
            .as_ref()
            .map(|told| told.subjects.clone())
            .unwrap_or_default()
    };
    assert_eq!(subjects(&world.tenant), subjects(&before));
}

#[test]
fn an_open_amount_of_nothing_is_paid() {
    let mut world = World::usual();
    let id = world.storno();
    world.fact(FactKind::OpenAmount, 0, |_| ());
    world.assert_ends(id, "paid");
}

#[test]
fn amounts_at_the_ends_of_the_range_do_not_overflow() {
    for (told, paid) in [
        (i64::MAX, i64::MIN),
        (i64::MIN, i64::MAX),
        (i64::MAX, i64::MAX),
    ] {
        let mut world = World::usual();
        let id = world.storno();
        for cents in [paid, paid] {
            world.pay(cents);
        }
        world.fact(FactKind::OpenAmount, told, |f| {
            f.occurred_at = f.occurred_at.plus(-1)
        });
        assert_eq!(
            world.end(id).is_some(),
            paid > 0 || told <= 0,
            "{told} {paid}"
        );
    }
}

#[test]
fn the_money_of_what_is_open_is_never_forgotten() {
    let mut world = World::usual();
    let ids: Vec<_> = (1..=70)
        .map(|n| world.storno_with(|s| s.subject = Some(invoice(n))).0)
        .collect();
    for n in (1..=70).chain(100..300) {
        world.fact(FactKind::Payment, 1, |f| f.subject = Some(invoice(n)));
    }
    for (n, id) in (1..=70).zip(ids) {
        world.fact(FactKind::Payment, OWED - 1, |f| {
            f.subject = Some(invoice(n))
        });
        world.assert_ends(id, "paid");
    }
    let known = world
        .tenant
        .told
        .as_ref()
        .map_or(0, |told| told.subjects.len());
    assert!(known <= 71, "{known}");
}

/// Years and minutes ahead: the door lets the second in, and a journal of before it existed may
/// hold the first.
const AHEAD: [i64; 3] = [1, 5 * crate::MINUTE, 9 * 365 * DAY];

#[test]
fn a_balance_dated_ahead_outranks_nothing_that_came_later() {
    for ahead in AHEAD {
        for (sooner, later, guilty) in [(OWED, 0, false), (0, OWED, true)] {
            let mut world = World::empty();
            world.profile(|_| ());
            world.fact(FactKind::Balance, sooner, |f| {
                f.occurred_at = f.occurred_at.plus(ahead)
            });
            world.balance(later);
            let id = world.storno();
            if guilty {
                world.assert_in_line(id, crate::Channel::Email);
            } else {
                world.assert_ends(id, "no balance");
            }
        }
    }
}

#[test]
fn a_balance_dated_ahead_yields_to_one_whose_instant_is_cut_and_not_to_an_old_one() {
    for ahead in AHEAD {
        for (ago, ends) in [
            (crate::SECOND, true),
            (4 * crate::MINUTE, true),
            (DAY / 2, false),
        ] {
            let mut world = World::empty();
            world.profile(|_| ());
            world.fact(FactKind::Balance, OWED, |f| {
                f.occurred_at = f.occurred_at.plus(ahead)
            });
            world.fact(FactKind::Balance, 0, |f| {
                f.occurred_at = f.occurred_at.plus(-ago)
            });
            let id = world.storno();
            assert_eq!(
                world.end(id).is_some(),
                ends,
                "{ahead} ms ahead, then one of {ago} ms ago"
            );
        }
    }
}

#[test]
fn a_payment_cut_to_its_second_counts_after_an_amount_dated_ahead() {
    for ahead in AHEAD {
        let mut world = World::usual();
        let id = world.storno();
        world.fact(FactKind::OpenAmount, OWED, |f| {
            f.occurred_at = f.occurred_at.plus(ahead)
        });
        world.fact(FactKind::Payment, OWED, |f| {
            f.occurred_at = f.occurred_at.plus(-crate::SECOND)
        });
        world.assert_ends(id, "paid");
    }
}

#[test]
fn a_balance_dated_ahead_is_as_old_as_its_arrival() {
    for ahead in AHEAD {
        let mut world = World::empty();
        world.profile(|_| ());
        world.fact(FactKind::Balance, OWED, |f| {
            f.occurred_at = f.occurred_at.plus(ahead)
        });
        world.later(super::world::FRESH);
        let fresh = world.storno();
        world.assert_in_line(fresh, crate::Channel::Email);
        world.later(1);
        let stale = world.storno_with(|n| n.subject = Some(invoice(2))).0;
        assert_eq!(world.state(stale), "held", "{ahead} ms ahead");
    }
}

#[test]
fn what_a_clock_that_was_set_back_shows_as_ahead_is_not_fresh() {
    let mut world = World::usual();
    world.later(-HOUR);
    let id = world.storno();
    assert_eq!(world.state(id), "held");
}

#[test]
fn an_open_amount_dated_ahead_hides_no_payment_that_came_later() {
    for ahead in AHEAD {
        for wait in [0, 1] {
            let mut world = World::usual();
            let id = world.storno();
            world.fact(FactKind::OpenAmount, OWED, |f| {
                f.occurred_at = f.occurred_at.plus(ahead)
            });
            world.later(wait);
            world.fact(FactKind::Payment, OWED, |f| {
                f.occurred_at = f.occurred_at.plus(ahead)
            });
            world.assert_ends(id, "paid");
        }
    }
}

#[test]
fn a_payment_dated_ahead_is_counted_by_an_amount_that_was_told_later() {
    for ahead in AHEAD {
        let mut world = World::usual();
        world.fact(FactKind::Payment, OWED, |f| {
            f.occurred_at = f.occurred_at.plus(ahead)
        });
        world.later(1);
        world.fact(FactKind::OpenAmount, OWED, |_| ());
        let id = world.storno();
        assert_eq!(
            world.state(id),
            "ready",
            "a payment that is counted already is not subtracted again"
        );
    }
}
