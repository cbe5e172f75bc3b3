//! Carrying forward: what is alive survives the trim of everything before, whatever happens
//! meanwhile; and nothing is said to be carried before that is so.

use sluis_journal::{Sequence, Shard};
use sluis_model::{AttemptRef, StoredTenant, Tenant};

use super::*;
use crate::body::read_body;

const SHARD: Shard = Shard(0);

#[test]
fn what_is_alive_is_there_after_everything_before_was_trimmed() {
    let world = World::new();
    let mut shard = world.start();
    for number in 1..=8 {
        world.notify(&format!("H-{}", number % 3), number);
        settle(&world, &mut shard);
    }
    let scope = PauseScope {
        corporation: Some(HOUSE),
        flow: None,
        channel: Some(Channel::Sms),
        by: sluis_model::PausedBy::Corporation,
    };
    let control = Control::Pause(scope.clone());
    world.business(|reply| ShardRequest::Control { control, reply }, 80);
    settle(&world, &mut shard);
    world.answers();
    world.clock.advance(1_000);
    let horizon = ask_to_carry(&world);
    settle(&world, &mut shard);
    let carried = world.horizon.carried().expect("it is carried");
    assert_eq!(carried.horizon, horizon);
    assert!(carried.upto <= world.journal.durable(SHARD));
    let expected: Vec<Tenant> = (0..3)
        .map(|n| snapshot(&world, &mut shard, &format!("H-{n}")))
        .collect();
    drop(shard);
    world.journal.trim(SHARD, horizon).expect("durable");

    let (world, mut shard) = restarted(world, Readers::inline());
    assert_eq!(world.quota.total().0, 8);
    for (n, expected) in expected.iter().enumerate() {
        assert_eq!(snapshot(&world, &mut shard, &format!("H-{n}")), *expected);
        for open in &expected.open {
            read_body(&*world.journal, open.id, open.body).expect("carried along");
        }
    }
    assert_eq!(
        shard.pauses.carry(),
        [sluis_model::Carried::Pause {
            scope,
            since: Timestamp(1_000_000)
        }]
    );
    // Again and again: each horizon lies behind all that was carried for the one before.
    for _ in 0..3 {
        let horizon = ask_to_carry(&world);
        settle(&world, &mut shard);
        world.journal.trim(SHARD, horizon).expect("durable");
    }
    drop(shard);
    let (world, mut shard) = restarted(world, Readers::inline());
    assert_eq!(world.quota.total().0, 8);
    world.grant(8);
    settle(&world, &mut shard);
    assert_eq!(world.sent.lock().len(), 8);
}

#[test]
fn messages_that_nobody_could_read_are_carried_and_those_of_old_records_leave_the_list() {
    let world = World::new();
    let mut shard = world.start();
    let strange = |number: u64| {
        let control = Control::Unexplained {
            corporation: Some(HOUSE),
            id: Some(NotificationId::new(ShardId(0), 0, number)),
            provider: "relay".into(),
            text: "what is this".into(),
        };
        world.business(|reply| ShardRequest::Control { control, reply }, number);
    };
    strange(1);
    settle(&world, &mut shard);
    let horizon = ask_to_carry(&world);
    strange(2);
    settle(&world, &mut shard);
    let known: Vec<u64> = shard.tenants.unread.list(HOUSE).collect();
    assert_eq!(known.len(), 1, "the record of the first goes");
    drop(shard);
    world.journal.trim(SHARD, horizon).expect("durable");
    let (_, shard) = restarted(world, Readers::inline());
    let again: Vec<u64> = shard.tenants.unread.list(HOUSE).collect();
    assert_eq!(again, known);
    let ever = shard.tenants.unread.counts().map(|counted| counted.ever);
    assert_eq!(ever.collect::<Vec<_>>(), [2]);
}

#[test]
fn what_has_nothing_left_is_not_carried() {
    let world = World::new();
    let mut shard = world.start();
    world.notify("H-1", 1);
    settle(&world, &mut shard);
    world.grant(1);
    settle(&world, &mut shard);
    let dispatch = world.sent.lock().pop().expect("it was sent");
    let verdict = Verdict::Accepted {
        provider_id: "x".into(),
    };
    world.inbox.outcome(dispatch.attempt, verdict);
    settle(&world, &mut shard);
    let before = world.journal.last(SHARD);
    let horizon = ask_to_carry(&world);
    settle(&world, &mut shard);
    assert_eq!(
        world.journal.last(SHARD).0 - before.0,
        2,
        "only what the shard knows of itself"
    );
    world
        .endings
        .write(&*world.journal, SHARD)
        .expect("written");
    drop(shard);
    world.journal.trim(SHARD, horizon).expect("durable");
    // How it ended is still told, by the table alone.
    let (world, mut shard) = restarted(world, Readers::inline());
    let id = dispatch.attempt.id;
    let query = Query::Notification {
        corporation: HOUSE,
        id,
    };
    world.business(|reply| ShardRequest::Query { query, reply }, 91);
    settle(&world, &mut shard);
    let answers = world.answers();
    let Some((91, ShardAnswer::Snapshot(told))) = answers.last() else {
        panic!("{answers:?}")
    };
    assert_eq!(told.ended.as_ref().map(|ended| &*ended.end), Some("sent"));
}

#[test]
fn it_is_not_done_while_an_attempt_may_still_read_its_body_where_it_stood() {
    let world = World::new();
    let mut shard = world.start();
    world.notify("H-1", 1);
    settle(&world, &mut shard);
    world.grant(1);
    settle(&world, &mut shard);
    let dispatch = world.sent.lock().pop().expect("it was sent");
    let horizon = ask_to_carry(&world);
    settle(&world, &mut shard);
    assert_eq!(world.horizon.carried(), None, "it is under way");
    let verdict = Verdict::Retry {
        after_ms: None,
        why: sluis_model::Why::new("x", "y"),
    };
    world.inbox.outcome(dispatch.attempt, verdict);
    settle(&world, &mut shard);
    assert_eq!(world.horizon.carried(), None, "somebody has it still");
    drop(dispatch);
    shard.turn();
    assert_eq!(
        world.horizon.carried().map(|carried| carried.horizon),
        Some(horizon)
    );
}

#[test]
fn an_attempt_whose_notification_ended_meanwhile_holds_it_up_too() {
    let world = World::new();
    let mut shard = world.start();
    world.notify("H-1", 1);
    settle(&world, &mut shard);
    world.grant(1);
    settle(&world, &mut shard);
    let dispatch = world.sent.lock().pop().expect("it was sent");
    let input = Input::Cancel {
        target: sluis_model::CancelTarget::Notification(dispatch.attempt.id),
        note: "test".into(),
    };
    world.business(
        |reply| ShardRequest::ById {
            corporation: HOUSE,
            id: dispatch.attempt.id,
            input,
            reply,
        },
        92,
    );
    settle(&world, &mut shard);
    ask_to_carry(&world);
    settle(&world, &mut shard);
    assert_eq!(world.horizon.carried(), None, "its message is being made");
    drop(dispatch);
    shard.turn();
    assert!(world.horizon.carried().is_some());
}

#[test]
fn an_attempt_that_outlived_a_rebuilding_holds_it_up_too() {
    let world = World::new();
    let mut shard = world.start();
    world.notify("H-1", 1);
    settle(&world, &mut shard);
    world.grant(1);
    settle(&world, &mut shard);
    let dispatch = world.sent.lock().pop().expect("it was sent");
    ask_to_carry(&world);
    settle(&world, &mut shard);
    let mut shard = shard.rebuild().expect("rebuilt");
    settle(&world, &mut shard);
    assert_eq!(world.horizon.carried(), None, "it is under way");
    drop(dispatch);
    shard.turn();
    assert!(world.horizon.carried().is_some());
}

#[test]
fn a_tenant_with_more_bodies_than_are_fetched_at_once_is_carried_in_several_steps() {
    let world = World {
        most_of_a_tenant: 1_000,
        quota: Arc::new(Quota::new(1_000, 1_000, [(HOUSE, 1_000)])),
        ..World::new()
    };
    let mut shard = world.start();
    for number in 1..=400 {
        world.notify("H-1", number);
        settle(&world, &mut shard);
    }
    world.answers();
    let horizon = ask_to_carry(&world);
    settle(&world, &mut shard);
    assert!(world.horizon.carried().is_some());
    let state = snapshot(&world, &mut shard, "H-1");
    assert!(state.open.iter().all(|open| open.body >= horizon.0));
    drop(shard);
    world.journal.trim(SHARD, horizon).expect("durable");
    let (world, mut shard) = restarted(world, Readers::inline());
    assert_eq!(snapshot(&world, &mut shard, "H-1"), state);
}

#[test]
fn what_is_decided_while_it_is_carried_is_not_lost() {
    let world = World::new();
    let mut shard = world.start();
    for number in 1..=4 {
        world.notify("H-1", number);
        settle(&world, &mut shard);
    }
    // Nothing is committed meanwhile: every turn decides something new beside it.
    let horizon = ask_to_carry(&world);
    for number in 5..=9 {
        world.notify(if number % 2 == 0 { "H-1" } else { "H-2" }, number);
        shard.turn();
    }
    settle(&world, &mut shard);
    world.answers();
    let expected = ["H-1", "H-2"].map(|tenant| snapshot(&world, &mut shard, tenant));
    drop(shard);
    world.journal.trim(SHARD, horizon).expect("durable");
    let (world, mut shard) = restarted(world, Readers::inline());
    assert_eq!(
        ["H-1", "H-2"].map(|tenant| snapshot(&world, &mut shard, tenant)),
        expected
    );
}

/// An attempt in doubt whose notification was carried (again: `times`) and then cancelled; as the
/// table has it.
fn carried_and_ended(world: &World, times: usize) -> (AttemptRef, Ended, Sequence) {
    let mut shard = world.start();
    world.notify("H-1", 1);
    settle(world, &mut shard);
    world.grant(1);
    settle(world, &mut shard);
    let attempt = world.sent.lock().pop().expect("it was sent").attempt;
    let verdict = Verdict::InDoubt {
        why: sluis_model::Why::new("x", "y"),
    };
    world.inbox.outcome(attempt, verdict);
    settle(world, &mut shard);
    let mut horizon = Sequence::FIRST;
    for _ in 0..times {
        horizon = ask_to_carry(world);
        settle(world, &mut shard);
    }
    cancel(world, &mut shard, attempt.id);
    world
        .endings
        .write(&*world.journal, SHARD)
        .expect("written");
    let ended = world.endings.find(&*world.journal, SHARD, attempt.id);
    (attempt, ended.expect("read").expect("it ended"), horizon)
}

fn cancel(world: &World, shard: &mut ShardCore, id: NotificationId) {
    let input = Input::Cancel {
        target: sluis_model::CancelTarget::Notification(id),
        note: "test".into(),
    };
    let corporation = HOUSE;
    world.business(
        |reply| ShardRequest::ById {
            corporation,
            id,
            input,
            reply,
        },
        92,
    );
    settle(world, shard);
}

fn went(world: &World, ended: &Ended, attempt: AttemptRef) -> bool {
    let found = super::super::late::went(&*world.journal, SHARD, ended, attempt);
    found.expect("read").is_some()
}

#[test]
fn a_late_bounce_finds_its_address_in_the_stored_tenant() {
    let world = World::new();
    let (attempt, ended, horizon) = carried_and_ended(&world, 1);
    assert!(went(&world, &ended, attempt), "before the trim");
    world.journal.trim(SHARD, horizon).expect("durable");
    assert!(went(&world, &ended, attempt), "and after it");
}

#[test]
fn a_late_bounce_finds_its_address_behind_a_body_that_was_carried_by_itself() {
    let world = World::new();
    let mut shard = world.start();
    world.notify("H-1", 1);
    settle(&world, &mut shard);
    world.grant(1);
    settle(&world, &mut shard);
    let attempt = world.sent.lock().pop().expect("it was sent").attempt;
    let verdict = Verdict::InDoubt {
        why: sluis_model::Why::new("x", "y"),
    };
    world.inbox.outcome(attempt, verdict);
    settle(&world, &mut shard);
    // Its body alone is written again, as when the tenant itself was stored a moment ago.
    let whom = shard.tenants.awake(0).expect("it is active");
    let tenant = shard.tenants.state(whom);
    let open = tenant.find(attempt.id).expect("open");
    let body = read_body(&*world.journal, open.id, open.body).expect("read");
    let at = (tenant.last, shard.writer.next());
    let key = World::key("H-1");
    let records = StoredTenant::bodies_only(&key, vec![body], world.clock.now(), at);
    for record in &records {
        shard.writer.write(|buffer| record.encode(buffer));
    }
    let actor = shard.tenants.host.actor_mut(whom);
    actor.was_stored(&records, at.1);
    settle(&world, &mut shard);
    cancel(&world, &mut shard, attempt.id);
    world
        .endings
        .write(&*world.journal, SHARD)
        .expect("written");
    let ended = world.endings.find(&*world.journal, SHARD, attempt.id);
    let ended = ended.expect("read").expect("it ended");
    assert!(ended.accepted >= at.1, "its body stands there");
    assert!(went(&world, &ended, attempt));
}
