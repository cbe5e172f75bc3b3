//! Owns the stories of beginning and ending: schedules, expiry, one live instance a subject.
//! Refuses a message that has become worthless.

use super::world::{OWED, START, World, invoice, retry};
use crate::{Answer, Cause, Channel, DAY, Event, HOUR};

#[test]
fn a_scheduled_message_waits_and_then_goes() {
    let mut world = World::usual();
    let (id, decision) = world.storno_with(|n| n.send_after = Some(START.plus(2 * HOUR)));
    assert_eq!(
        decision.answer,
        Answer::Accepted {
            id,
            state: "scheduled",
            unknown_tenant: false,
            near: None
        }
    );
    world.later(2 * HOUR - 1);
    assert!(world.timer(id).events.is_empty());
    world.later(1);
    world.timer(id);
    world.send(id);
    assert_eq!(world.channels(id), [Channel::Email]);
}

#[test]
fn a_scheduled_message_asks_its_guards_when_it_goes() {
    let mut world = World::usual();
    let (id, _) = world.storno_with(|n| n.send_after = Some(START.plus(DAY)));
    world.later(DAY);
    world.balance(0);
    assert_eq!(world.state(id), "scheduled");
    world.timer(id);
    world.assert_ends(id, "no balance");
}

#[test]
fn a_schedule_that_is_past_goes_at_once() {
    let mut world = World::usual();
    let (id, _) = world.storno_with(|n| n.send_after = Some(START));
    world.assert_in_line(id, Channel::Email);
}

#[test]
fn a_flow_may_begin_with_a_wait() {
    let mut world = World::usual();
    world.flows.add(
        r#"
        name = "pause-first"
        version = 1
        purpose = "information"
        [[step]]
        id = "pause"
        wait = { for = "1d", then = "end: waited" }
        "#,
    );
    let id = world.run("pause-first", |n| n.send_after = Some(START.plus(HOUR)));
    world.fall_due(id);
    assert_eq!(
        world.state(id),
        "scheduled",
        "the schedule is over, the step's wait begins"
    );
    world.fall_due(id);
    world.assert_ends(id, "waited");
    assert_eq!(world.now, START.plus(DAY + HOUR));
}

#[test]
fn what_expired_before_it_left_ends_expired() {
    let expires = START.plus(HOUR);
    let mut ready = World::usual();
    let (id, _) = ready.storno_with(|n| n.expires_at = Some(expires));
    assert_eq!(ready.state(id), "ready");
    ready.later(2 * HOUR);
    ready.timer(id);
    ready.assert_ends(id, "expired");

    let mut held = World::empty();
    let (id, _) = held.storno_with(|n| n.expires_at = Some(expires));
    assert_eq!(
        (held.state(id), held.open(id).due()),
        ("held", Some(expires))
    );
    held.fall_due(id);
    held.assert_ends(id, "expired");

    let mut scheduled = World::usual();
    let (id, _) = scheduled
        .storno_with(|n| (n.send_after, n.expires_at) = (Some(expires.plus(1)), Some(expires)));
    scheduled.fall_due(id);
    scheduled.assert_ends(id, "expired");
}

#[test]
fn what_has_expired_gets_no_permit() {
    let mut world = World::usual();
    let (id, _) = world.storno_with(|n| n.expires_at = Some(START.plus(HOUR)));
    world.later(HOUR);
    world.permit(id);
    world.assert_ends(id, "expired");
    assert_eq!(world.channels(id), []);
}

#[test]
fn what_came_in_expired_ends_at_once() {
    let mut world = World::usual();
    let (id, decision) = world.storno_with(|n| n.expires_at = Some(START));
    assert_eq!(
        decision.answer,
        Answer::Accepted {
            id,
            state: "ended",
            unknown_tenant: false,
            near: None
        }
    );
    world.assert_ends(id, "expired");
}

#[test]
fn expiry_does_not_call_back_what_left_but_stops_the_next_message() {
    let mut world = World::usual();
    let (id, _) = world.storno_with(|n| n.expires_at = Some(START.plus(DAY)));
    let mail = world.send(id);
    world.later(2 * DAY - 1);
    assert!(world.timer(id).events.is_empty());
    world.wait_out(id, 1);
    world.permit(id);
    world.assert_ends(id, "expired");
    world.outcome(mail, retry(None));
    assert_eq!(world.channels(id), [Channel::Email]);
}

#[test]
fn a_second_storno_for_the_same_invoice_ends_as_already_running() {
    let mut world = World::usual();
    let first = world.storno();
    let second = world.storno();
    world.assert_ends(second, "already running");
    assert!(
        matches!(world.end(second), Some((_, Cause::AlreadyRunning { live })) if *live == first)
    );
    let other = world.storno_with(|n| n.subject = Some(invoice(2))).0;
    assert_eq!((world.state(first), world.state(other)), ("ready", "ready"));
}

#[test]
fn a_new_version_of_the_flow_is_the_same_flow_for_one_subject() {
    let mut world = World::usual();
    let first = world.storno();
    let old = world.open(first).flow;
    world.flows.add(
        &include_str!("../../../../config/flows/storno.toml").replace("version = 1", "version = 2"),
    );
    let second = world.storno();
    let third = world.storno_with(|n| n.flow = old).0;
    world.assert_ends(third, "already running");
    assert_eq!(world.tenant.open.len(), 1, "{second} is the same flow");
}

#[test]
fn after_the_end_the_same_invoice_may_come_again() {
    let mut world = World::usual();
    let first = world.storno();
    world.cancel(crate::CancelTarget::Notification(first));
    let second = world.storno();
    assert_eq!(world.state(second), "ready");
}

#[test]
fn notices_without_a_subject_run_beside_each_other() {
    let mut world = World::usual();
    let ids = [world.notice_with(|_| ()), world.notice_with(|_| ())];
    assert_eq!(ids.map(|id| world.state(id)), ["ready", "ready"]);
}

#[test]
fn acceptance_and_the_first_decision_are_one_record() {
    let mut world = World::usual();
    let (id, decision) = world.storno_with(|_| ());
    assert!(matches!(
        &decision.events[..],
        [
            Event::Accepted { .. },
            Event::StepEntered {
                step: 0,
                cause: Cause::Accepted,
                ..
            },
            Event::Ready { .. }
        ]
    ));
    assert_eq!(world.open(id).body, world.tenant.last);
    world.pay(OWED);
}
