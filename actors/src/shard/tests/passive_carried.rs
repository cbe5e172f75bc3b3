//! Tenants at rest while the log before them is forgotten: they are written again without becoming
//! active, and whoever comes or goes in the middle of it loses nothing.

use sluis_model::Tenant;

use super::passive::{SHARD, ask_state, at_rest, is_passive, resting, run_one};
use super::*;
use crate::body::read_body;
use world::state;

/// Everything that can happen without time, readers included.
pub(super) fn settle_all(world: &World, shard: &mut ShardCore) {
    settle(world, shard);
    while run_one(world) {
        settle(world, shard);
    }
}

/// The state of a tenant that is asked for.
fn told(world: &World, shard: &mut ShardCore, tenant: &str) -> Tenant {
    ask_state(world, tenant, 90);
    settle_all(world, shard);
    match world.answers().pop() {
        Some((90, ShardAnswer::Snapshot(snapshot))) => snapshot.tenant,
        other => panic!("{other:?}"),
    }
}

#[test]
fn passive_tenants_are_carried_with_their_bodies_and_stay_passive() {
    let world = resting();
    let (mut shard, ids) = at_rest(&world, 3);
    for _ in 0..3 {
        let horizon = ask_to_carry(&world);
        settle_all(&world, &mut shard);
        let carried = world.horizon.carried().expect("it is carried");
        assert_eq!(carried.horizon, horizon);
        assert_eq!(shard.tenants.host.active(), 0, "nobody was activated");
        world.journal.trim(SHARD, horizon).expect("durable");
    }
    let was: Vec<Tenant> = (1..=3)
        .map(|number| told(&world, &mut shard, &format!("H-{number}")))
        .collect();
    drop(shard);
    let (world, mut shard) = restarted(world, Readers::by_hand());
    assert_eq!(world.quota.total().0, 3);
    for (number, was) in (1..).zip(was) {
        let is = told(&world, &mut shard, &format!("H-{number}"));
        assert_eq!(is, was);
        let open = is.find(ids[number - 1]).expect("it is open");
        assert!(open.body >= world.journal.first(SHARD).0);
        read_body(&*world.journal, open.id, open.body).expect("carried along");
    }
}

#[test]
fn a_tenant_who_becomes_active_while_it_is_fetched_is_carried_as_it_is_then() {
    let world = resting();
    let (mut shard, _) = at_rest(&world, 1);
    let horizon = ask_to_carry(&world);
    // The reader is asked for the state; before it brings it, a message has the tenant activated.
    shard.turn();
    assert_eq!(world.readers.waiting(), 1);
    world.notify("H-1", 2);
    shard.turn();
    assert_eq!(world.readers.waiting(), 2);
    settle_all(&world, &mut shard);
    assert_eq!(
        world.horizon.carried().map(|carried| carried.horizon),
        Some(horizon)
    );
    world.journal.trim(SHARD, horizon).expect("durable");
    drop(shard);
    let (world, mut shard) = restarted(world, Readers::by_hand());
    let is = told(&world, &mut shard, "H-1");
    assert_eq!(is.open.len(), 2);
    for open in &is.open {
        read_body(&*world.journal, open.id, open.body).expect("carried along");
    }
}

#[test]
fn a_tenant_stored_anew_while_a_message_waits_is_read_where_it_stands_then() {
    let world = resting();
    let (mut shard, _) = at_rest(&world, 1);
    ask_to_carry(&world);
    shard.turn();
    let fetch = world.readers.take_one().expect("the fetch");
    ask_state(&world, "H-1", 10);
    shard.turn();
    let read = world.readers.take_one().expect("the reading");
    fetch();
    // It is written again, and what is read is out of date; the newer record is not durable.
    shard.turn();
    read();
    shard.turn();
    assert!(is_passive(&shard, "H-1"));
    assert_eq!(world.readers.waiting(), 0, "nothing can be read yet");
    assert!(world.answers().is_empty());
    settle_all(&world, &mut shard);
    assert!(matches!(
        world.answers()[..],
        [(10, ShardAnswer::Snapshot(_))]
    ));
}

/// Of whom nothing is known any more nothing is carried, and no state of it may be looked for in
/// what is forgotten.
#[test]
fn a_tenant_with_nothing_left_is_stored_anew_when_its_record_goes() {
    let world = World {
        rest: RestSettings {
            most_active: 100,
            idle_for_ms: i64::MAX,
        },
        send_after: None,
        ..resting()
    };
    let mut shard = world.start();
    world.notify("H-1", 1);
    settle(&world, &mut shard);
    world.grant(1);
    settle(&world, &mut shard);
    let attempt = world.sent.lock().pop().expect("it was sent").attempt;
    let taken = Verdict::Accepted {
        provider_id: "x".into(),
    };
    assert!(world.inbox.outcome(attempt, taken));
    settle(&world, &mut shard);
    assert!(state(&shard, "H-1").is_blank());
    let tenant = shard.tenants.find(&World::key("H-1")).unwrap().unwrap();
    assert!(shard.store(tenant));
    settle(&world, &mut shard);
    let horizon = ask_to_carry(&world);
    settle_all(&world, &mut shard);
    world.journal.trim(SHARD, horizon).expect("durable");
    world.answers();

    shard.settings.rest.most_active = 0;
    world.notify("H-2", 2);
    settle_all(&world, &mut shard);
    settle_all(&world, &mut shard);
    assert!(is_passive(&shard, "H-1"));
    world.notify("H-1", 3);
    settle_all(&world, &mut shard);
    assert_eq!(shard.tenants.open_count(), 2, "it could be read");
}

#[test]
fn a_tenant_stored_again_while_it_is_read_is_read_again() {
    let world = resting();
    let (mut shard, _) = at_rest(&world, 1);
    let slot = shard.tenants.host.find(&World::key("H-1")).unwrap();
    let stored = shard.tenants.host.stored_at(slot).unwrap();
    ask_state(&world, "H-1", 10);
    shard.turn();
    // What was read is of a record that is not the newest one.
    let old = super::super::brought::Activated {
        slot,
        stored: stored - 1,
        key: World::key("H-1"),
        state: Tenant::default(),
    };
    shard.activated(old);
    assert!(is_passive(&shard, "H-1"));
    while run_one(&world) {}
    settle(&world, &mut shard);
    assert_eq!(world.answers().len(), 1);
}
