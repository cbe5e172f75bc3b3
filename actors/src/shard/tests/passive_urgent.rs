//! Urgent messages for tenants at rest: what they need is read before what others wait for, and a
//! shard that is held up takes them in.

use super::passive::{ask_state, at_rest, is_passive, resting, run_one};
use super::passive_carried::settle_all;
use super::*;

fn notify_urgently(world: &mut World, tenant: &str, number: u64) {
    let usual = std::mem::replace(&mut world.lane, Lane::Urgent);
    world.notify(tenant, number);
    world.lane = usual;
}

#[test]
fn what_an_urgent_message_needs_is_read_before_what_others_wait_for() {
    let mut world = resting();
    let (mut shard, _) = at_rest(&world, 3);
    world.notify("H-1", 11);
    world.notify("H-2", 12);
    shard.turn();
    notify_urgently(&mut world, "H-3", 13);
    shard.turn();
    assert!(run_one(&world));
    shard.turn();
    assert!(!is_passive(&shard, "H-3"));
    assert!(is_passive(&shard, "H-1") && is_passive(&shard, "H-2"));
    settle_all(&world, &mut shard);
    assert_eq!(shard.tenants.open_count(), 6);
}

#[test]
fn an_urgent_message_behind_others_for_its_tenant_takes_them_along() {
    let mut world = resting();
    let (mut shard, _) = at_rest(&world, 2);
    world.notify("H-1", 11);
    world.notify("H-2", 12);
    shard.turn();
    notify_urgently(&mut world, "H-2", 13);
    shard.turn();
    assert_eq!(world.readers.waiting(), 3, "asked for again");
    assert!(run_one(&world));
    shard.turn();
    assert!(is_passive(&shard, "H-1"));
    assert_eq!(shard.tenants.open_count(), 4, "both of H-2");
    settle_all(&world, &mut shard);
    assert_eq!(shard.tenants.open_count(), 5);
    let is = shard.tenants.tenant_count();
    assert_eq!(is, 2, "what was read twice counts once");
}

#[test]
fn a_shard_with_much_waiting_still_takes_urgent_messages_and_they_go_first() {
    let mut world = resting();
    let (mut shard, _) = at_rest(&world, 2);
    let mut asked = 0;
    while !shard.is_held_up() {
        asked += 1;
        ask_state(&world, "H-1", asked);
        shard.turn();
    }
    world.notify("H-9", 8);
    notify_urgently(&mut world, "H-2", 9);
    assert!(!shard.turn(), "H-9's waits for the waker");
    assert!(run_one(&world));
    // The reading for the urgent one was second, and is done first.
    shard.turn();
    assert!(!is_passive(&shard, "H-2") && is_passive(&shard, "H-1"));
    settle_all(&world, &mut shard);
    assert_eq!(shard.tenants.open_count(), 4);
}
