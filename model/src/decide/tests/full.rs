//! A tenant with very many open notifications: the bound, and that nothing about such a tenant
//! depends on there being few.

use super::world::*;
use crate::answer::Answer;
use crate::decide::MOST_AT_ONCE;
use crate::fact::FactKind;
use crate::ids::NotificationId;
use crate::input::CancelTarget;
use crate::time::{DAY, HOUR, Timestamp};

/// A world whose tenant has this many scheduled stornos, each about an invoice of its own.
fn gathered(many: u32) -> (World, Vec<NotificationId>) {
    let mut world = World::usual();
    world.policy.max_open_per_tenant = usize::MAX;
    let after = Some(Timestamp(world.now.0 + 300 * DAY));
    let ids = (1..=many).map(|number| {
        world
            .storno_with(|storno| {
                storno.subject = Some(invoice(number));
                storno.send_after = after;
            })
            .0
    });
    let ids = ids.collect();
    (world, ids)
}

#[test]
fn a_full_tenant_takes_no_more_until_one_has_ended() {
    let (mut world, ids) = gathered(5);
    world.policy.max_open_per_tenant = 5;
    let records = world.events().count();
    let (_, refused) = world.storno_with(|storno| storno.subject = Some(invoice(6)));
    assert_eq!(refused.answer, Answer::TenantFull { open: 5, most: 5 });
    assert_eq!(
        (world.events().count(), world.tenant.open.len()),
        (records, 5),
        "nothing was stored"
    );
    world.cancel(CancelTarget::Notification(ids[2]));
    let (id, taken) = world.storno_with(|storno| storno.subject = Some(invoice(6)));
    assert!(
        matches!(taken.answer, Answer::Accepted { .. }),
        "{:?}",
        taken.answer
    );
    assert!(world.tenant.find(id).is_some());
}

#[test]
fn what_an_older_journal_holds_beyond_the_bound_goes_on() {
    let (mut world, ids) = gathered(300);
    world.policy.max_open_per_tenant = 10;
    let paid = world.fact(FactKind::Payment, OWED, |fact| {
        fact.subject = Some(invoice(7))
    });
    assert_eq!(
        paid.answer,
        Answer::Fact {
            duplicate: false,
            ended: vec![ids[6]],
            unmatched: None
        }
    );
    world.fact(FactKind::OpenAmount, 0, |fact| {
        fact.subject = Some(invoice(8))
    });
    world.assert_ends(ids[7], "paid");
    let (_, refused) = world.storno_with(|storno| storno.subject = Some(invoice(301)));
    assert_eq!(
        refused.answer,
        Answer::TenantFull {
            open: 298,
            most: 10
        }
    );
    world.later(300 * DAY);
    world.balance(OWED);
    world.timer(ids[0]);
    world.send(ids[0]);
    assert_eq!(world.state(ids[0]), "sent");
}

#[test]
fn every_rule_of_what_a_fact_concerns_is_asked_and_no_other() {
    let (mut world, ids) = gathered(40);
    // Held for a fresher balance, about another invoice: whatever fact comes, it is asked again.
    world.later(2 * DAY);
    let held = world
        .storno_with(|storno| storno.subject = Some(invoice(99)))
        .0;
    assert_eq!(world.state(held), "held");
    world.balance(OWED);
    assert_eq!(world.state(held), "ready");
    let paid = world.fact(FactKind::Payment, OWED, |fact| {
        fact.subject = Some(invoice(3))
    });
    assert_eq!(
        paid.answer,
        Answer::Fact {
            duplicate: false,
            ended: vec![ids[2]],
            unmatched: None
        }
    );
}

#[test]
fn one_record_has_room_for_what_one_input_moves() {
    let many = MOST_AT_ONCE as u32 + 50;
    let mut world = World::usual();
    world.policy.max_open_per_tenant = usize::MAX;
    let after = Some(Timestamp(world.now.0 + 300 * DAY));
    for _ in 0..many {
        world.notice_with(|notice| {
            notice.subject = Some(invoice(1));
            notice.send_after = after;
        });
    }
    let Answer::Cancelled(first) = world.cancel(CancelTarget::Subject(invoice(1))) else {
        panic!("a cancellation")
    };
    let Answer::Cancelled(second) = world.cancel(CancelTarget::Subject(invoice(1))) else {
        panic!("a cancellation")
    };
    assert_eq!(
        (first.stopped.len(), second.stopped.len()),
        (MOST_AT_ONCE, 50)
    );
    assert!(world.tenant.open.is_empty());
}

#[test]
fn subjects_of_what_is_open_are_remembered_among_very_many() {
    let (mut world, ids) = gathered(200);
    // Part payments for all of them, then for invoices that nothing open is about.
    for number in 1..=400 {
        world.fact(FactKind::Payment, 1, |fact| {
            fact.subject = Some(invoice(number))
        });
    }
    world.later(HOUR);
    let paid = world.fact(FactKind::Payment, OWED - 1, |fact| {
        fact.subject = Some(invoice(5))
    });
    assert_eq!(
        paid.answer,
        Answer::Fact {
            duplicate: false,
            ended: vec![ids[4]],
            unmatched: None
        },
        "the first cent was not forgotten"
    );
}
