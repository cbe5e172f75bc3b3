//! Who may use a permit, and what a pause and a payment make of it.

use super::*;

#[test]
fn a_permit_that_finds_nothing_comes_back() {
    let world = World::new();
    let mut shard = world.start();
    world.notify("H-1", 1);
    shard.turn();
    world.grant(3);
    shard.turn();
    assert_eq!(world.settled(), [(1, 2)]);
}

#[test]
fn a_payment_taken_before_the_permit_stops_the_attempt() {
    let world = World::new();
    let mut shard = world.start();
    world.notify("H-1", 1);
    shard.turn();
    let fact = sluis_model::Fact {
        fact_id: "p".into(),
        body: 1,
        kind: sluis_model::FactKind::Payment,
        subject: Some(Subject {
            kind: "invoice".into(),
            id: "F-1".into(),
        }),
        amount_cents: Some(5),
        occurred_at: world.clock.now(),
        environment: Environment::Production,
    };
    world.business(
        |reply| ShardRequest::Input {
            tenant: World::key("H-1"),
            input: Input::Fact(fact),
            reply,
            claim: None,
        },
        2,
    );
    shard.turn();
    world.grant(1);
    shard.turn();
    world.journal.commit();
    shard.turn();
    assert!(world.sent.lock().is_empty());
    assert_eq!(world.settled(), [(0, 1)]);
    assert_eq!(world.quota.total().0, 0, "what ended is no longer open");
}

#[test]
fn a_pause_holds_from_the_next_permit_and_survives_a_restart() {
    let world = World::new();
    let mut shard = world.start();
    world.notify("H-1", 1);
    let scope = PauseScope {
        corporation: Some(HOUSE),
        flow: None,
        channel: None,
        by: sluis_model::PausedBy::Corporation,
    };
    let pause = scope.clone();
    world.business(
        |reply| ShardRequest::Control {
            control: Control::Pause(pause),
            reply,
        },
        9,
    );
    shard.turn();
    world.grant(1);
    shard.turn();
    assert_eq!(world.settled(), [(0, 1)]);
    world.journal.commit();
    drop(shard);
    let mut shard = world.start();
    world.grant(1);
    shard.turn();
    assert_eq!(world.settled(), [(0, 1)], "still paused");
    world.business(
        |reply| ShardRequest::Control {
            control: Control::Resume(scope),
            reply,
        },
        10,
    );
    shard.turn();
    world.grant(1);
    shard.turn();
    assert_eq!(world.settled(), [(1, 0)]);
}
