//! A stored tenant stands for everything before it: what was forgotten is missed by nobody.

use sluis_journal::{Batch, Sequence, Shard};
use sluis_model::{CancelTarget, StoredTenant, Tenant};

use super::*;
use crate::body::read_body;

const SHARD: Shard = Shard(0);

/// Two open notifications of one tenant, and one of another, durably.
fn with_three_open(world: &World) -> ShardCore {
    let mut shard = world.start();
    for (number, tenant) in [(1, "H-1"), (2, "H-1"), (3, "H-2")] {
        world.notify(tenant, number);
    }
    settle(world, &mut shard);
    world.answers();
    shard
}

/// The pieces that store a tenant with all its bodies, as they would be written now.
fn pieces(world: &World, tenant: &str, state: &Tenant) -> Vec<StoredTenant> {
    let body = |open: &sluis_model::Open| {
        read_body(&*world.journal, open.id, open.body).expect("the body is there")
    };
    let bodies = state.open.iter().map(body).collect();
    let first = world.journal.last(SHARD).0 + 1;
    StoredTenant::pieces(&World::key(tenant), state, bodies, world.clock.now(), first)
}

fn append(world: &World, pieces: &[StoredTenant]) -> u64 {
    let last = world.journal.last(SHARD);
    let mut batch = Batch::new(SHARD, last.next());
    for piece in pieces {
        batch
            .push_with(|buffer| piece.encode(buffer))
            .expect("it fits");
    }
    world
        .journal
        .try_append(batch, last)
        .expect("there is room");
    world.journal.commit();
    last.0 + 1
}

#[test]
fn what_is_stored_is_all_that_is_needed_of_what_came_before() {
    let world = World::new();
    let mut shard = with_three_open(&world);
    let mut expected = Vec::new();
    for tenant in ["H-1", "H-2"] {
        let mut was = snapshot(&world, &mut shard, tenant);
        let pieces = pieces(&world, tenant, &was);
        let first = append(&world, &pieces);
        was.was_stored(&pieces, first);
        expected.push((tenant, was));
    }
    drop(shard);
    let horizon = Sequence(world.journal.last(SHARD).0 - 1);
    world.journal.trim(SHARD, horizon).expect("it is durable");

    let again = World {
        quota: Arc::new(Quota::new(100, 100, [(HOUSE, 100)])),
        ..world
    };
    let mut shard = again.start();
    assert_eq!(again.quota.total().0, 3, "open");
    for (tenant, was) in expected {
        assert_eq!(snapshot(&again, &mut shard, tenant), was, "{tenant}");
    }
    // Index, ready list and body are there.
    again.grant(3);
    settle(&again, &mut shard);
    let sent: Vec<Dispatch> = again.sent.lock().drain(..).collect();
    assert_eq!(sent.len(), 3);
    for dispatch in sent {
        read_body(&*again.journal, dispatch.attempt.id, dispatch.body).expect("carried along");
    }
    let subject = Subject {
        kind: "invoice".into(),
        id: "F-2".into(),
    };
    let work = sluis_model::Intent::CancelSubject {
        corporation: HOUSE,
        subject,
        note: "test".into(),
    };
    again.business(|reply| ShardRequest::Part { work, reply }, 91);
    settle(&again, &mut shard);
    let answers = again.answers();
    let [(91, ShardAnswer::Gathered(parts))] = &answers[..] else {
        panic!("{answers:?}")
    };
    assert_eq!(parts.len(), 1, "one tenant has something open about it");
}

#[test]
fn records_between_the_horizon_and_the_stored_tenant_do_no_harm() {
    let world = World::new();
    let mut shard = with_three_open(&world);
    // Records of a tenant whose first ones will be missing: an end, and a new one.
    let id = NotificationId::new(ShardId(0), 0, 1);
    let input = Input::Cancel {
        target: CancelTarget::Notification(id),
        note: "test".into(),
    };
    let tenant = World::key("H-1");
    world.business(
        |reply| ShardRequest::Input {
            tenant,
            input,
            reply,
            claim: None,
        },
        80,
    );
    world.notify("H-1", 4);
    settle(&world, &mut shard);
    world.answers();
    let horizon = Sequence(4);
    let mut was = snapshot(&world, &mut shard, "H-1");
    let stored = pieces(&world, "H-1", &was);
    let first = append(&world, &stored);
    was.was_stored(&stored, first);
    let other = snapshot(&world, &mut shard, "H-2");
    append(&world, &pieces(&world, "H-2", &other));
    drop(shard);
    world.journal.trim(SHARD, horizon).expect("it is durable");

    let again = World {
        quota: Arc::new(Quota::new(100, 100, [(HOUSE, 100)])),
        ..world
    };
    let mut shard = again.start();
    assert_eq!(again.quota.total().0, 3, "open");
    assert_eq!(snapshot(&again, &mut shard, "H-1"), was);
}

#[test]
fn a_set_of_pieces_that_was_cut_off_changes_nothing() {
    let world = World::new();
    let mut shard = with_three_open(&world);
    let was = snapshot(&world, &mut shard, "H-1");
    let mut cut = pieces(&world, "H-1", &Tenant::default());
    cut.iter_mut().for_each(|piece| piece.pieces = 2);
    append(&world, &cut);
    drop(shard);
    let mut shard = world.start();
    assert_eq!(snapshot(&world, &mut shard, "H-1"), was);
}
