//! Owns the tests of order: lanes, corporations, shards. Refuses limits and windows.

use super::*;
use crate::router::ShareSettings;

#[test]
fn an_urgent_message_goes_at_once_while_bulk_holds_all_it_may() {
    let mut world = World::new(settings(), vec![provider("a", 10)], 1);
    world.add(0, key(Lane::Bulk, 1), 1_000);
    world.turn();
    assert_eq!(
        world.granted(),
        9,
        "one permit of ten is kept for urgent messages"
    );
    while world.settle(u32::MAX) {}
    world.add(0, key(Lane::Urgent, 1), 1);
    world.turn();
    assert_eq!(
        world
            .open
            .iter()
            .map(|(_, grant)| (grant.queue.lane, grant.count))
            .collect::<Vec<_>>(),
        [(Lane::Urgent, 1)]
    );
}

#[test]
fn urgent_messages_take_every_permit_that_comes_back_until_none_waits() {
    let mut world = World::new(settings(), vec![provider("a", 4)], 1);
    world.add(0, key(Lane::Bulk, 1), 100);
    world.round();
    world.add(0, key(Lane::Urgent, 2), 10);
    let before = world.begun.len();
    world.rounds(3);
    assert!(
        world.begun[before..before + 10]
            .iter()
            .all(|(queue, _)| queue.lane == Lane::Urgent)
    );
}

#[test]
fn at_a_limited_provider_an_urgent_message_waits_for_one_message_only() {
    let mut world = World::new(settings(), vec![limited("a", 10, 1)], 1);
    world.add(0, key(Lane::Bulk, 1), 1_000);
    world.clock.advance(10_000);
    world.round();
    world.add(0, key(Lane::Urgent, 2), 1);
    let next = world.round();
    assert_eq!(next, world.now().plus(100));
    world.clock.set(next);
    world.round();
    assert_eq!(
        world.begun.last().map(|(queue, _)| queue.lane),
        Some(Lane::Urgent)
    );
}

#[test]
fn bulk_gets_one_in_five_beside_normal_and_everything_when_alone() {
    let mut world = World::new(settings(), vec![provider("a", 11)], 1);
    world.add(0, key(Lane::Normal, 1), 1_000);
    world.add(0, key(Lane::Bulk, 2), 1_000);
    world.rounds(10);
    assert_eq!(world.begun_of(|queue| queue.lane == Lane::Bulk), 20);
    assert_eq!(world.begun_of(|queue| queue.lane == Lane::Normal), 80);

    let mut alone = World::new(settings(), vec![provider("a", 11)], 1);
    alone.add(0, key(Lane::Bulk, 2), 1_000);
    alone.round();
    assert_eq!(alone.begun.len(), 10);
}

#[test]
fn corporations_share_equally_however_much_each_has() {
    let mut world = World::new(settings(), vec![provider("a", 8)], 4);
    for corporation in 0..9 {
        for shard in 0..4 {
            world.add(
                shard,
                key(Lane::Normal, corporation),
                10 + 100 * u32::from(corporation),
            );
        }
    }
    for _ in 0..40 {
        world.round();
        let shares: Vec<usize> = (0..9)
            .map(|c| world.begun_of(|queue| queue.corporation.0 == c))
            .collect();
        let (least, most) = (shares.iter().min().unwrap(), shares.iter().max().unwrap());
        assert!(
            most - least <= 1 || *shares.iter().min().unwrap() == 40,
            "{shares:?}"
        );
    }
}

#[test]
fn a_newcomer_waits_at_most_one_round() {
    let mut world = World::new(settings(), vec![provider("a", 2)], 1);
    (0..50).for_each(|corporation| world.add(0, key(Lane::Normal, corporation), 1_000));
    world.rounds(7);
    world.add(0, key(Lane::Normal, 99), 1);
    world.rounds(51);
    assert_eq!(world.begun_of(|queue| queue.corporation.0 == 99), 1);
}

#[test]
fn a_weight_is_a_share() {
    let mut settings = settings();
    settings.corporations.insert(
        CorporationId(2),
        ShareSettings {
            weight: some(3),
            ..ShareSettings::default()
        },
    );
    let mut world = World::new(settings, vec![provider("a", 8)], 1);
    world.add(0, key(Lane::Normal, 1), 1_000);
    world.add(0, key(Lane::Normal, 2), 1_000);
    world.rounds(40);
    assert_eq!(world.begun_of(|queue| queue.corporation.0 == 1), 70);
    assert_eq!(world.begun_of(|queue| queue.corporation.0 == 2), 210);
}

#[test]
fn shards_of_a_corporation_take_turns() {
    let mut world = World::new(settings(), vec![provider("a", 10)], 3);
    (0..3).for_each(|shard| world.add(shard, key(Lane::Normal, 1), 100));
    world.turn();
    assert_eq!(
        world
            .open
            .iter()
            .map(|(shard, grant)| (shard.0, grant.count))
            .collect::<Vec<_>>(),
        [(0, 3), (1, 3), (2, 3)]
    );
}

#[test]
fn thousands_of_queues_are_all_served() {
    let mut world = World::new(settings(), vec![provider("a", 500)], 16);
    for corporation in 0..2_000 {
        for shard in 0..16 {
            let lane = Lane::ALL[usize::from(corporation + shard) % 3];
            world.add(shard, key(lane, corporation), 1);
        }
    }
    while world.begun.len() < 32_000 {
        let before = world.begun.len();
        world.round();
        assert!(world.begun.len() > before);
    }
    assert_eq!(world.round(), Timestamp::NEVER);
}

#[test]
fn grants_do_not_depend_on_the_order_within_a_report() {
    let mut world = World::new(settings(), vec![provider("a", 50)], 1);
    (0..40)
        .rev()
        .for_each(|corporation| world.add(0, key(Lane::Normal, corporation), 1));
    world.turn();
    let order: Vec<u16> = world
        .open
        .iter()
        .map(|(_, grant)| grant.queue.corporation.0)
        .collect();
    assert!(order.is_sorted() && order.len() == 40, "{order:?}");
}
