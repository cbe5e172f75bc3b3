//! Lines that nobody serves: what stands in them goes to people, and nothing else does.

use sluis_model::{Cause, Phase, Policy, Why};

use super::*;
use crate::latest::Latest;

/// Why people have it; none: they do not.
fn asked(shard: &ShardCore, id: NotificationId) -> Option<Cause> {
    match &shard.tenants.open(id).expect("it is open").phase {
        Phase::Task { asked, .. } => Some(asked.cause.clone()),
        _ => None,
    }
}

fn given_up(provider: &str) -> ShardRequest {
    let why = Why::new("5.7.8", "wrong password");
    ShardRequest::GiveUp(Arc::new(GivenUp {
        channel: Channel::Null,
        providers: vec![(provider.into(), why)],
    }))
}

#[test]
fn what_waits_for_a_provider_that_is_anothers_goes_to_people() {
    let mut world = World::new();
    world.owner = Owner::of([CorporationId(2)]);
    let mut shard = world.start();
    let id = world.notify("H-1", 1);
    shard.turn();
    let Some(Cause::CannotSend { why }) = asked(&shard, id) else {
        panic!("{:?}", shard.tenants.open(id))
    };
    assert_eq!(&*why.code, "no_provider");
    assert_eq!(
        &*why.text,
        "the corporation has no provider for null any more"
    );
    world.grant(1);
    shard.turn();
    assert_eq!(world.settled(), [(0, 1)], "nobody wants a permit");
}

#[test]
fn what_waited_before_its_provider_was_taken_away_is_found_at_the_start() {
    let mut world = World::new();
    let mut shard = world.start();
    let id = world.notify("H-1", 1);
    shard.turn();
    world.journal.commit();
    assert_eq!(asked(&shard, id), None, "the control: it is served");
    drop(shard);
    world.owner = Owner::of([CorporationId(2)]);
    let mut shard = world.start();
    shard.turn();
    assert!(asked(&shard, id).is_some());
}

#[test]
fn more_than_one_turn_takes_are_all_decided() {
    let mut world = World::new();
    world.quota = Arc::new(Quota::new(1_000, 1_000, [(HOUSE, 1_000)]));
    let mut shard = world.start();
    let mut ids = Vec::new();
    for number in 0..600 {
        ids.push(world.notify(&format!("H-{number}"), number));
        shard.turn();
        world.journal.commit();
    }
    shard.turn();
    drop(shard);
    world.owner = Owner::of([CorporationId(2)]);
    world.quota = Arc::new(Quota::new(1_000, 1_000, [(HOUSE, 1_000)]));
    world.keys = Arc::new(KeyIndex::new(KeyWindow::default(), [HOUSE]));
    let mut shard = world.start();
    let mut turns = 1;
    while shard.turn() {
        world.journal.commit();
        turns += 1;
    }
    assert_eq!(turns, 3, "each takes its part");
    assert!(ids.into_iter().all(|id| asked(&shard, id).is_some()));
}

#[test]
fn a_provider_that_is_given_up_loses_what_waits_for_it_alone() {
    let world = World::new();
    let mut shard = world.start();
    let id = world.notify("H-1", 1);
    shard.turn();
    world.inbox.offer_business(given_up("another")).unwrap();
    shard.turn();
    assert_eq!(asked(&shard, id), None, "it may go through the other one");
    world.inbox.offer_business(given_up("null")).unwrap();
    shard.turn();
    let Some(Cause::CannotSend { why }) = asked(&shard, id) else {
        panic!("{:?}", shard.tenants.open(id))
    };
    assert_eq!(&*why.code, "5.7.8");
}

/// A start on what the world's journal has, with only another corporation in the configuration.
fn without_house(world: &World) -> Result<ShardCore, RecoverError> {
    let settings = world.settings();
    let policy = Policy {
        channels: [(CorporationId(2), vec![Channel::Null])].into(),
        ..(*settings.policy.get()).clone()
    };
    let settings = ShardSettings {
        policy: Arc::new(Latest::new(policy)),
        ..settings
    };
    ShardCore::start(settings, &world.keys)
}

#[test]
fn a_corporation_that_is_not_configured_and_has_something_open_stops_the_start() {
    let world = World::new();
    let mut shard = world.start();
    let id = world.notify("H-1", 1);
    shard.turn();
    world.journal.commit();
    drop(shard);
    let refused = without_house(&world).expect_err("it is refused");
    assert_eq!(
        refused.to_string(),
        "corporation 1 is not configured, and 1 of its notifications are open in shard 0: put its [[corporation]] back, \
         and take it out when nothing of it is open"
    );
    // Nothing was decided meanwhile.
    let mut shard = world.start();
    shard.turn();
    assert!(matches!(
        shard.tenants.open(id).expect("it is open").phase,
        Phase::Ready { .. }
    ));
}

#[test]
fn a_corporation_of_which_nothing_is_open_may_be_taken_out() {
    let world = World::new();
    let (mut shard, id, dispatch) = world.under_way();
    let verdict = Verdict::Accepted {
        provider_id: "x".into(),
    };
    assert!(world.inbox.outcome(dispatch.attempt, verdict));
    settle(&world, &mut shard);
    assert!(shard.tenants.open(id).is_none());
    drop(shard);
    assert!(without_house(&world).is_ok());
}
