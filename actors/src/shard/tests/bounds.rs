//! What one tenant, and one corporation, may take of a shard.

use sluis_model::{Fact, FactKind};

use super::super::cost::{Origin, Spent, TURN_WORK};
use super::super::request::NotTaken;
use super::*;

fn fact(world: &World, number: u64) -> Input {
    Input::Fact(Fact {
        fact_id: format!("f-{number}").into(),
        body: number,
        kind: FactKind::Balance,
        subject: None,
        amount_cents: Some(5),
        occurred_at: world.clock.now(),
        environment: Environment::Production,
    })
}

#[test]
fn a_full_tenant_is_refused_by_name_and_what_was_claimed_comes_back() {
    let world = World {
        most_of_a_tenant: 2,
        ..World::new()
    };
    let mut shard = world.start();
    for number in 1..=3 {
        world.notify("H-1", number);
    }
    shard.turn();
    world.journal.commit();
    shard.turn();
    let answers = world.answers();
    let full = NotTaken::TenantFull {
        tenant: "H-1".into(),
        open: 2,
        most: 2,
    };
    let refused = answers
        .iter()
        .find(|(number, _)| *number == 3)
        .map(|(_, answer)| answer);
    assert!(
        matches!(refused, Some(ShardAnswer::NotTaken(why)) if *why == full),
        "{refused:?}"
    );
    assert_eq!((world.quota.total().0, shard.tenants.open_count()), (2, 2));
    // The same key again, for another tenant: it was given back.
    world.notify("H-2", 3);
    shard.turn();
    world.journal.commit();
    shard.turn();
    assert!(matches!(
        world.answers()[..],
        [(3, ShardAnswer::Decided { position: 3, .. })]
    ));
}

#[test]
fn what_was_refused_leaves_no_record_and_no_place_in_a_restart() {
    let world = World {
        most_of_a_tenant: 1,
        ..World::new()
    };
    let mut shard = world.start();
    for number in 1..=3 {
        world.notify("H-1", number);
    }
    shard.turn();
    world.journal.commit();
    drop(shard);
    let shard = world.start();
    assert_eq!(
        (
            shard.tenants.open_count(),
            world.journal.last(sluis_journal::Shard(0)).0
        ),
        (1, 1)
    );
}

#[test]
fn what_a_tenant_has_gathered_counts_in_the_turn_that_walks_over_it() {
    // Alone: so many of the dearest as one turn has room for, and one more.
    let mut spent = Spent::default();
    let mut dear = 0;
    while !spent.is_all() {
        spent.count(1_000, Origin::Business);
        dear += 1;
    }
    assert!(
        (2..=8).contains(&dear),
        "{dear} facts about a full tenant in one turn"
    );
    let mut spent = Spent::default();
    let mut cheap = 0;
    while !spent.is_all() {
        spent.count(0, Origin::Intake);
        cheap += 1;
    }
    assert_eq!(cheap, TURN_WORK);
}

#[test]
fn a_flood_of_facts_leaves_intake_half_of_a_turn() {
    let world = World::new();
    let activity = world.activity.clone();
    let bounds = InboxBounds {
        intake: 2_000,
        business: 2_000,
        internal: 8,
    };
    let inbox = Inbox::new(bounds, world.waker.clone(), activity);
    let request = || ShardRequest::Query {
        query: Query::Echo,
        reply: Reply::nobody(),
    };
    for _ in 0..2_000 {
        inbox.offer_business(request()).unwrap();
        inbox.offer_intake(request()).unwrap();
    }
    let (mut spent, mut business) = (Spent::default(), 0);
    while !spent.is_all() {
        let (_, origin) = spent.next(&inbox).expect("there is more");
        business += usize::from(origin == Origin::Business);
        spent.count(0, origin);
    }
    assert_eq!(business, TURN_WORK / 2, "the rest is intake's");
    // Where nothing else waits, each line has the whole turn.
    while inbox.next_intake().is_some() {}
    let mut spent = Spent::default();
    while !spent.is_all() {
        spent.next(&inbox).expect("business");
        spent.count(0, Origin::Business);
    }
}

#[test]
fn facts_about_a_full_tenant_are_all_taken_over_several_turns() {
    let world = World {
        most_of_a_tenant: 90,
        send_after: Some(Timestamp(9_000_000)),
        ..World::new()
    };
    let mut shard = world.start();
    for number in 1..=90 {
        world.notify("H-1", number);
        shard.turn();
        world.journal.commit();
    }
    shard.turn();
    world.answers();
    for number in 1..=8 {
        let input = fact(&world, number);
        world.business(
            |reply| ShardRequest::Input {
                tenant: World::key("H-1"),
                input,
                reply,
                claim: None,
            },
            number,
        );
    }
    while shard.turn() {}
    world.journal.commit();
    shard.turn();
    assert_eq!(world.answers().len(), 8);
}
