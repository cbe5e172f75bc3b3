//! Owns the stories of tasks that are one for people: which are, and which are not. Refuses to
//! count them: a shard does.

use super::world::{CORPORATION, World, only, prefers};
use crate::{
    Cause, Channel, CorporationId, NotificationId, ReceiptKind, Refusal, TaskGroup, Verdict, Why,
};

fn too_long(code: &str, text: &str) -> Verdict {
    Verdict::Refused {
        class: Refusal::Unsendable,
        why: Why::new(code, text),
    }
}

/// A notice to a tenant with a phone only, whose text could not be made for it.
fn stuck(world: &mut World, why: Verdict) -> NotificationId {
    let id = world.notice_with(|_| ());
    let sms = world.start(id);
    world.outcome(sms, why);
    id
}

fn group(world: &World, id: NotificationId) -> Option<TaskGroup> {
    world.open(id).task_group(CORPORATION, &world.flows)
}

fn on_the_phone() -> World {
    let mut world = World::usual();
    world.profile(only(Channel::Sms));
    world
}

#[test]
fn texts_too_long_for_the_only_way_are_one_task_whatever_their_lengths() {
    let mut world = on_the_phone();
    let one = stuck(&mut world, too_long("segments", "7 segments, at most 4"));
    let other = stuck(&mut world, too_long("segments", "9 segments, at most 4"));
    assert_eq!(group(&world, one), group(&world, other));
    assert!(group(&world, one).is_some());
    assert!(
        matches!(world.assert_task(one, "delivery"), Cause::CannotSend { why } if &*why.code == "segments"),
        "the task names the reason and not only that no way is left"
    );
}

#[test]
fn another_reason_another_flow_another_corporation_are_another_task() {
    let mut world = on_the_phone();
    let one = stuck(&mut world, too_long("segments", ""));
    let reason = stuck(&mut world, too_long("render_missing", ""));
    let storno = world.storno();
    let sms = world.start(storno);
    world.outcome(sms, too_long("segments", ""));
    let elsewhere = world
        .open(one)
        .task_group(CorporationId(CORPORATION.0 + 1), &world.flows);
    let mut groups = vec![
        group(&world, one),
        group(&world, reason),
        group(&world, storno),
        elsewhere,
    ];
    assert!(groups.iter().all(Option::is_some), "{groups:?}");
    groups.sort_unstable();
    groups.dedup();
    assert_eq!(groups.len(), 4);
}

#[test]
fn a_step_after_the_one_that_could_not_be_made_tells_its_reason() {
    let mut world = on_the_phone();
    world.profile(|profile| {
        only(Channel::Sms)(profile);
        prefers(Channel::Sms)(profile);
    });
    let id = world.storno();
    let sms = world.start(id);
    world.outcome(sms, too_long("segments", ""));
    assert!(matches!(
        world.assert_task(id, "collections"),
        Cause::CannotSend { .. }
    ));
    assert!(group(&world, id).is_some());
}

#[test]
fn what_also_failed_at_the_tenants_own_address_is_a_task_alone() {
    let mut world = World::usual();
    world.profile(prefers(Channel::Sms));
    let id = stuck(&mut world, too_long("segments", ""));
    let mail = world.send(id);
    world.receipt(mail, ReceiptKind::Failed);
    assert_eq!(*world.assert_task(id, "delivery"), Cause::Unreachable);
    assert_eq!(group(&world, id), None);
}

const ASKS: &str = r#"
name = "asks"
version = 1
purpose = "information"
[[step]]
id = "sms"
send = { template = { sms = "a" }, via = ["sms"] }
on.bounced = "call"
[[step]]
id = "call"
task = { list = "phone", answers = { reached = "end: told" } }
"#;

#[test]
fn what_a_flow_asks_people_by_itself_is_asked_about_each_tenant() {
    let mut world = on_the_phone();
    world.flows.add(ASKS);
    let id = world.run("asks", |_| ());
    let sms = world.start(id);
    world.outcome(sms, too_long("segments", ""));
    assert!(matches!(
        world.assert_task(id, "phone"),
        Cause::CannotSend { .. }
    ));
    assert_eq!(group(&world, id), None);
}

#[test]
fn a_task_that_was_answered_is_in_no_group_until_it_is_asked_again() {
    let mut world = on_the_phone();
    let id = stuck(&mut world, too_long("segments", ""));
    let before = group(&world, id);
    world.answer(id, "retry");
    assert_eq!(group(&world, id), None);
    let sms = world.start(id);
    world.outcome(sms, too_long("segments", ""));
    assert_eq!(group(&world, id), before, "the same task, asked anew");
}
