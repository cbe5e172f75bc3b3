//! Owns the tests of a router behind a circuit breaker. Refuses the breaker's own rules.

use super::*;

#[test]
fn a_shut_provider_is_left_alone_until_its_time_and_the_next_one_serves() {
    let mut world = World::new(settings(), vec![provider("a", 5), provider("b", 5)], 1);
    world.gates[0].shut(NOON.plus(500), None);
    world.add(0, key(Lane::Urgent, 1), 20);
    world.add(0, pinned(Lane::Urgent, 1, "a"), 2);
    let next = world.turn();
    assert_eq!(
        (next, world.granted()),
        (NOON.plus(500), 5),
        "the alarm is for the pinned queue"
    );
    assert!(world.open.iter().all(|(_, grant)| grant.provider == 1));
}

#[test]
fn half_open_lets_one_probe_through_at_a_time() {
    let mut world = World::new(settings(), vec![provider("a", 50)], 1);
    world.gates[0].shut(NOON.plus(500), None);
    world.add(0, key(Lane::Normal, 1), 20);
    assert_eq!((world.turn(), world.granted()), (NOON.plus(500), 0));
    world.clock.advance(500);
    assert_eq!((world.turn(), world.granted()), (Timestamp::NEVER, 1));
    assert_eq!((world.turn(), world.granted()), (Timestamp::NEVER, 1));
    // The shard could not use the probe: another one goes.
    world.settle(0);
    world.turn();
    assert_eq!(world.granted(), 1);
    // The probe failed: shut again, for longer.
    world.settle(1);
    world.gates[0].shut(NOON.plus(1_500), None);
    world.finish(0, 1);
    assert_eq!((world.turn(), world.granted()), (NOON.plus(1_500), 0));
    // The next one succeeded.
    world.clock.advance(1_000);
    world.turn();
    world.settle(1);
    world.gates[0].open();
    world.finish(0, 1);
    world.turn();
    assert_eq!(world.granted(), 18);
}

#[test]
fn fewer_allowed_means_no_new_permits_until_enough_came_back() {
    let mut world = World::new(settings(), vec![provider("a", 10)], 1);
    world.add(0, key(Lane::Urgent, 1), 100);
    world.turn();
    while world.settle(u32::MAX) {}
    world.gates[0].allow(5);
    world.finish(0, 5);
    assert_eq!((world.turn(), world.granted()), (Timestamp::NEVER, 0));
    world.finish(0, 2);
    world.turn();
    assert_eq!(world.granted(), 2);
}
