//! Owns the tests of rate limits, permits and pins as one turn sees them. Refuses the limiter's own
//! arithmetic.

use super::*;
use crate::router::{ProviderLimits, ShareSettings};

#[test]
fn without_work_it_wants_no_turn() {
    let mut world = World::new(settings(), vec![limited("a", 1, 1)], 2);
    assert_eq!(world.turn(), Timestamp::NEVER);
    world.add(1, key(Lane::Normal, 1), 1);
    world.clock.advance(1_000);
    assert_eq!(
        (world.round(), world.round()),
        (Timestamp::NEVER, Timestamp::NEVER)
    );
    assert!(world.activity.is_quiet());
}

#[test]
fn with_all_permits_out_only_a_permit_coming_back_helps() {
    let mut world = World::new(settings(), vec![provider("a", 1)], 1);
    world.add(0, key(Lane::Normal, 1), 2);
    assert_eq!((world.turn(), world.granted()), (Timestamp::NEVER, 1));
    world.settle(1);
    assert_eq!((world.turn(), world.granted()), (Timestamp::NEVER, 0));
    world.finish(0, 1);
    world.turn();
    assert_eq!(world.granted(), 1);
}

#[test]
fn grants_of_one_turn_are_merged() {
    let mut world = World::new(settings(), vec![provider("a", 100)], 1);
    world.add(0, key(Lane::Normal, 1), 30);
    world.add(0, key(Lane::Normal, 2), 20);
    world.turn();
    assert_eq!(
        world
            .open
            .iter()
            .map(|(_, grant)| grant.count)
            .collect::<Vec<_>>(),
        [30, 20]
    );
    assert_eq!(world.activity.count(), 50);
}

#[test]
fn what_was_granted_is_not_granted_again() {
    let mut world = World::new(settings(), vec![provider("a", 100)], 1);
    world.add(0, key(Lane::Normal, 1), 3);
    world.turn();
    world.add(0, key(Lane::Normal, 1), 1);
    world.turn();
    assert_eq!(
        world
            .open
            .iter()
            .map(|(_, grant)| grant.count)
            .collect::<Vec<_>>(),
        [3, 1]
    );
}

#[test]
fn the_second_provider_serves_what_the_first_has_no_room_for() {
    let mut world = World::new(settings(), vec![provider("a", 3), provider("b", 5)], 1);
    world.add(0, key(Lane::Urgent, 1), 7);
    world.turn();
    let counts: Vec<_> = world
        .open
        .iter()
        .map(|(_, grant)| (grant.provider, grant.count))
        .collect();
    assert_eq!(counts, [(0, 3), (1, 4)]);
}

#[test]
fn a_pinned_queue_goes_through_its_provider_only() {
    let mut world = World::new(settings(), vec![provider("a", 10), provider("b", 2)], 1);
    world.add(0, pinned(Lane::Urgent, 1, "b"), 5);
    world.add(0, pinned(Lane::Urgent, 1, "gone"), 5);
    assert_eq!((world.turn(), world.granted()), (Timestamp::NEVER, 2));
    world.rounds(5);
    assert_eq!(world.begun, vec![(pinned(Lane::Urgent, 1, "b"), 1); 5]);
}

#[test]
fn a_full_provider_does_not_hold_up_queues_that_may_use_another() {
    let mut world = World::new(settings(), vec![provider("a", 1), provider("b", 10)], 1);
    world.add(0, pinned(Lane::Urgent, 1, "a"), 50);
    world.add(0, key(Lane::Urgent, 1), 5);
    world.turn();
    assert_eq!(
        world.open.iter().map(|(_, grant)| grant.count).sum::<u32>(),
        6
    );
}

#[test]
fn a_providers_rate_is_kept_on_a_clock_that_steps_and_nothing_is_saved_up_at_the_start() {
    let mut world = World::new(settings(), vec![limited("a", 50, 5)], 1);
    world.add(0, key(Lane::Urgent, 1), 10_000);
    let next = world.round();
    assert_eq!((world.begun.len(), next), (0, NOON.plus(20)));
    for tick in 1..=40 {
        world.clock.advance(50);
        world.round();
        let most = tick * 50 / 20;
        assert!(
            (most - 1..=most).contains(&world.begun.len()),
            "after {} ms: {}",
            tick * 50,
            world.begun.len()
        );
    }
    world.clock.advance(3_600_000);
    let before = world.begun.len();
    world.round();
    assert_eq!(
        world.begun.len() - before,
        5,
        "an hour saves up the burst, no more"
    );
}

#[test]
fn following_its_alarms_alone_the_router_reaches_the_rate() {
    let mut world = World::new(settings(), vec![limited("a", 8, 1)], 1);
    world.add(0, key(Lane::Normal, 1), 16);
    let mut turns = 0;
    loop {
        let next = world.round();
        if next == Timestamp::NEVER {
            break;
        }
        world.clock.set(next);
        turns += 1;
    }
    assert_eq!((world.now(), turns), (NOON.plus(2_000), 16));
}

#[test]
fn a_corporations_limit_holds_it_and_nobody_else_in_any_lane() {
    let mut settings = settings();
    let share = ShareSettings {
        rate_per_second: Some(some(2)),
        burst: Some(some(1)),
        ..ShareSettings::default()
    };
    settings.corporations.insert(CorporationId(1), share);
    let mut world = World::new(settings, vec![provider("a", 10)], 2);
    for lane in Lane::ALL {
        world.add(1, key(lane, 1), 100);
    }
    world.add(0, key(Lane::Bulk, 2), 20);
    world.rounds(4);
    assert_eq!(world.begun_of(|queue| queue.corporation.0 == 2), 20);
    for _ in 0..10 {
        let next = world.round();
        assert_eq!(next, world.now().plus(500));
        world.clock.set(next);
    }
    world.round();
    assert_eq!(world.begun_of(|queue| queue.corporation.0 == 1), 10);
    assert_eq!(
        world.begun_of(|queue| queue.lane == Lane::Urgent),
        10,
        "what the limit allows goes to the urgent ones"
    );
}

#[test]
fn a_permit_that_only_held_corporations_want_costs_the_provider_nothing() {
    let mut settings = settings();
    settings.default = ShareSettings {
        rate_per_second: Some(some(1)),
        burst: Some(some(1)),
        ..ShareSettings::default()
    };
    let mut world = World::new(settings, vec![limited("a", 10, 1)], 1);
    world.clock.advance(1_000);
    world.add(0, key(Lane::Bulk, 1), 5);
    world.round();
    world.clock.advance(100);
    world.add(0, key(Lane::Urgent, 1), 1);
    world.add(0, key(Lane::Bulk, 2), 1);
    world.round();
    assert_eq!(
        world.begun.last().map(|(queue, _)| queue.corporation.0),
        Some(2),
        "the urgent one's limit is used up"
    );
}

#[test]
fn a_clock_that_steps_back_holds_nothing_up() {
    let mut world = World::new(settings(), vec![limited("a", 1, 1)], 1);
    world.add(0, key(Lane::Normal, 1), 5);
    world.clock.advance(1_000);
    world.round();
    world.clock.advance(-3_600_000);
    let next = world.round();
    assert_eq!(next, world.now().plus(1_000));
    world.clock.set(next);
    world.round();
    assert_eq!(world.begun.len(), 2);
}

#[test]
fn a_corporation_held_before_the_clock_stepped_back_is_asked_again() {
    let mut settings = settings();
    settings.default = ShareSettings {
        rate_per_second: Some(some(1)),
        burst: Some(some(1)),
        ..ShareSettings::default()
    };
    let mut world = World::new(settings, vec![provider("a", 5)], 1);
    world.add(0, key(Lane::Normal, 1), 5);
    assert_eq!(world.round(), NOON.plus(1_000));
    world.clock.advance(-3_600_000);
    assert_eq!(world.round(), world.now().plus(1_000));
}

#[test]
fn other_settings_hold_from_the_next_turn_on_and_what_waited_asks_again() {
    let mut before = settings();
    let closed = ShareSettings {
        window: Some("mon 03:00-04:00".parse().unwrap()),
        ..ShareSettings::default()
    };
    before.corporations.insert(CorporationId(1), closed);
    let mut world = World::new(before, vec![provider("a", 100)], 1);
    let outlook = world.core.outlook();
    world.add(0, key(Lane::Normal, 1), 5);
    world.add(0, key(Lane::Normal, 9), 5);
    world.round();
    assert_eq!(world.begun.len(), 5, "the window is closed");
    let now = world.now();
    let holds = |now| outlook.holds(CorporationId(1), Lane::Normal, None, now);
    assert_eq!(holds(now).len(), 1);
    let mut after = settings();
    let slow = ShareSettings {
        rate_per_second: std::num::NonZeroU32::new(1),
        ..ShareSettings::default()
    };
    after.corporations.insert(CorporationId(9), slow);
    after.names.insert(CorporationId(9), "nine".into());
    outlook.settings.set(after);
    world.round();
    assert_eq!(world.begun.len(), 10, "it opens at once");
    assert!(holds(now).is_empty());
    world.clock.advance(1_000);
    world.add(0, key(Lane::Normal, 9), 5);
    world.round();
    world.round();
    assert_eq!(world.begun.len(), 11, "one a second from here on");
    assert_eq!(
        outlook
            .holds(CorporationId(9), Lane::Normal, None, world.now())
            .len(),
        1
    );
}

#[test]
fn another_weight_holds_for_what_stands_in_line() {
    let mut world = World::new(settings(), vec![provider("a", 4)], 1);
    for corporation in [1, 2] {
        world.add(0, key(Lane::Normal, corporation), 100);
    }
    world.rounds(4);
    let of = |world: &World, corporation| {
        world.begun_of(|queue| queue.corporation == CorporationId(corporation))
    };
    assert!(of(&world, 1).abs_diff(of(&world, 2)) <= 1);
    let mut heavy = settings();
    let weight = std::num::NonZeroU32::new(9).unwrap();
    let share = ShareSettings {
        weight,
        ..ShareSettings::default()
    };
    heavy.corporations.insert(CorporationId(1), share);
    world.core.outlook().settings.set(heavy);
    world.begun.clear();
    world.rounds(10);
    let (one, two) = (of(&world, 1), of(&world, 2));
    assert!(one >= 6 * two.max(1), "{one} and {two}");
}

#[test]
fn another_concurrency_and_rate_hold_from_the_next_turn_on() {
    let mut world = World::new(settings(), vec![provider("a", 10)], 1);
    let number = |number| NonZeroU32::new(number).unwrap();
    let give = |world: &World, concurrency, rate: Option<u32>| {
        let limits = ProviderLimits {
            concurrency: number(concurrency),
            rate_per_second: rate.map(number),
            burst: None,
        };
        let mut fresh = settings();
        fresh.limits.insert("a".into(), limits);
        world.core.outlook().settings.set(fresh);
        world.gates[0].allow(concurrency);
    };
    world.add(0, key(Lane::Urgent, 1), 100);
    world.turn();
    assert_eq!(world.granted(), 10);
    while world.settle(u32::MAX) {}
    give(&world, 4, None);
    world.turn();
    assert_eq!(world.granted(), 0, "ten are under way");
    world.finish(0, 7);
    world.turn();
    assert_eq!(world.granted(), 1);
    while world.settle(u32::MAX) {}
    give(&world, 20, None);
    world.turn();
    assert_eq!(world.granted(), 16, "four are under way");
    while world.settle(u32::MAX) {}
    give(&world, 40, Some(2));
    world.turn();
    assert_eq!(world.granted(), 0, "nothing is saved up");
    world.clock.advance(1_000);
    let mut begun = 0;
    for _ in 0..4 {
        world.turn();
        begun += world.granted();
        while world.settle(u32::MAX) {}
    }
    assert_eq!(begun, 1, "a burst is one by itself");
}
