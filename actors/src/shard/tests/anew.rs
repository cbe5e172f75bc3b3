//! A shard that begins anew: after a crash, and after a turn that was lost.

use super::*;
use world::state;

#[test]
fn an_attempt_under_way_at_a_crash_is_in_doubt_and_goes_again_as_itself() {
    let world = World::new();
    let (shard, id, first) = world.under_way();
    drop(shard);
    let mut shard = world.start();
    assert!(matches!(
        shard.tenants.open(id).unwrap().phase,
        sluis_model::Phase::Ready {
            pinned: Some(_),
            ..
        }
    ));
    world.clock.advance(10_000);
    shard.turn();
    let queue = QueueKey {
        channel: Channel::Null,
        lane: Lane::Normal,
        corporation: HOUSE,
        pinned: Some("null".into()),
    };
    assert!(world.inbox.grant(Grant {
        queue,
        provider: 0,
        count: 1
    }));
    shard.turn();
    world.journal.commit();
    shard.turn();
    let again = world.sent.lock().pop().unwrap();
    assert_eq!(again.attempt.token(), first.attempt.token());
}

#[test]
fn an_intent_answers_when_every_tenant_has_it_and_a_restart_finishes_it() {
    let world = World::new();
    let mut shard = world.start();
    let supplied = Supplied {
        points: vec![Given::new(ContactKind::Email, "a@example.nl")],
        ..Supplied::default()
    };
    let work = Intent::Each {
        tenants: vec![World::key("H-1"), World::key("H-2")],
        input: Input::PutProfile(Box::new(supplied)),
    };
    world.business(|reply| ShardRequest::Intent { work, reply }, 5);
    shard.turn();
    world.journal.commit();
    drop(shard);
    let mut shard = world.start();
    for _ in 0..6 {
        shard.turn();
        world.journal.commit();
    }
    assert!(state(&shard, "H-1").profile.is_some());
    assert!(state(&shard, "H-2").profile.is_some());
    let before = world.journal.last(sluis_journal::Shard(0));
    drop(shard);
    let mut shard = world.start();
    shard.turn();
    world.journal.commit();
    assert_eq!(
        world.journal.last(sluis_journal::Shard(0)),
        before,
        "a finished intent is not driven again"
    );
}

#[test]
fn a_lost_turn_is_rebuilt_from_the_journal_and_its_claims_come_back() {
    let world = World::new();
    let mut shard = world.start();
    world.notify("H-1", 1);
    shard.turn();
    world.journal.commit();
    shard.turn();
    assert_eq!(world.quota.total().0, 1);
    // A turn that was cut off by a panic: decided, not handed over.
    world.notify("H-2", 2);
    shard.decide_without_flush();
    let mut shard = shard.rebuild().unwrap();
    assert_eq!(world.quota.total().0, 1);
    assert!(
        shard
            .tenants
            .open(NotificationId::new(ShardId(0), 0, 2))
            .is_none()
    );
    world.notify("H-2", 2);
    shard.turn();
    world.journal.commit();
    shard.turn();
    assert_eq!(
        world.quota.total().0,
        2,
        "the key was given back and could be used again"
    );
}

#[test]
fn a_lost_turn_gives_back_the_quota_of_a_corporation_that_had_nothing_else_here() {
    let world = World::new();
    let mut shard = world.start();
    world.notify("H-1", 1);
    shard.decide_without_flush();
    let shard = shard.rebuild().unwrap();
    assert_eq!((world.quota.total().0, shard.tenants.open_count()), (0, 0));
}

#[test]
fn an_outcome_in_a_lost_turn_is_decided_again() {
    let world = World::new();
    let (mut shard, id, dispatch) = world.under_way();
    assert!(world.inbox.outcome(
        dispatch.attempt,
        Verdict::Accepted {
            provider_id: "x".into()
        }
    ));
    shard.decide_without_flush();
    let mut shard = shard.rebuild().unwrap();
    assert!(matches!(
        shard.tenants.open(id).unwrap().phase,
        sluis_model::Phase::Started { .. }
    ));
    assert!(shard.turn(), "there may be more to recall");
    assert!(
        shard.tenants.open(id).is_none(),
        "it was handed over, and its flow asks for nothing more"
    );
    world.journal.commit();
    assert!(!shard.turn());
}
