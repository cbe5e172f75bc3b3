//! Nothing leaves before it is durable, and a journal that takes no more loses nothing.

use super::*;

#[test]
fn nothing_leaves_before_it_is_durable() {
    let world = World::new();
    let mut shard = world.start();
    world.notify("H-1", 1);
    world.grant(1);
    shard.turn();
    world.grant(1);
    shard.turn();
    assert!(world.answers().is_empty(), "not durable yet");
    assert!(
        world.sent.lock().is_empty(),
        "the start of the attempt is not durable yet"
    );
    world.journal.commit();
    shard.turn();
    assert!(matches!(
        world.answers()[..],
        [(1, ShardAnswer::Decided { position: 1, .. })]
    ));
    assert_eq!(world.sent.lock().len(), 1);
}

#[test]
fn what_was_not_durable_at_a_crash_never_was() {
    let world = World::new();
    let mut shard = world.start();
    let id = world.notify("H-1", 1);
    shard.turn();
    world.journal.crash();
    drop(shard);
    assert!(
        world
            .answers()
            .iter()
            .all(|(_, answer)| matches!(answer, ShardAnswer::Dropped)),
        "nobody was told it was accepted"
    );
    let shard = world.start();
    assert!(shard.tenants.open(id).is_none());
}

/// One notification a turn until the journal's queue is full. Gives the number of turns.
fn fill_journal(world: &World, shard: &mut ShardCore) -> u64 {
    let mut turns = 0;
    while world.journal.queue().fill() < 1.0 {
        turns += 1;
        world.notify(&format!("H-{turns}"), turns);
        shard.turn();
    }
    turns
}

#[test]
fn a_full_journal_stops_the_shard_without_losing_what_was_decided() {
    let world = World::new();
    let mut shard = world.start();
    let turns = fill_journal(&world, &mut shard);
    world.notify("H-last", 1_000);
    shard.turn();
    world.notify("H-after", 1_001);
    shard.turn();
    world.journal.commit();
    shard.turn();
    world.journal.commit();
    shard.turn();
    world.journal.commit();
    shard.turn();
    assert_eq!(world.answers().len() as u64, turns + 2);
}

#[test]
fn a_shard_that_the_journal_refused_comes_back_by_its_alarm() {
    let world = World::new();
    let mut shard = world.start();
    fill_journal(&world, &mut shard);
    world.notify("H-last", 1_000);
    let refused = [(); 2].map(|()| {
        world.waker.set_due(Timestamp::NEVER);
        shard.turn();
        world.waker.due()
    });
    assert!(
        refused
            .iter()
            .all(|due| *due <= world.clock.now().plus(1_000)),
        "what fills the queue may be other shards': no wake comes"
    );
}

#[test]
fn the_activity_is_quiet_once_everything_settled() {
    let world = World::new();
    let mut shard = world.start();
    world.notify("H-1", 1);
    world.waker.turn(|| shard.turn());
    world.grant(1);
    world.waker.turn(|| shard.turn());
    world.journal.commit();
    world.waker.turn(|| shard.turn());
    let dispatch = world.sent.lock().pop().unwrap();
    assert!(world.inbox.outcome(
        dispatch.attempt,
        Verdict::Accepted {
            provider_id: "x".into()
        }
    ));
    world.waker.turn(|| shard.turn());
    world.journal.commit();
    world.waker.turn(|| shard.turn());
    // The router's waker was woken and never answered here: that one turn is all that is left.
    assert_eq!(world.activity.count(), 1);
}
