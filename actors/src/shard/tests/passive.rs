//! Tenants at rest: what is left of them in memory, how a message brings one back, and that nothing
//! is lost or passes another on the way.

use sluis_journal::Shard;
use sluis_model::{Answer, Fact, FactKind, Phase, Record, Tenant};

use super::*;
use world::state;

pub(super) const SHARD: Shard = Shard(0);
const HOUR: i64 = 3_600_000;

/// A world in which nobody may stay active, and a reader has its turn when the test says so.
pub(super) fn resting() -> World {
    World {
        rest: RestSettings {
            most_active: 0,
            idle_for_ms: i64::MAX,
        },
        readers: Readers::by_hand(),
        send_after: Some(Timestamp(1_000_000 + HOUR)),
        ..World::new()
    }
}

/// A shard with so many passive tenants, `H-1` on, each with one notification that waits an hour.
pub(super) fn at_rest(world: &World, tenants: u64) -> (ShardCore, Vec<NotificationId>) {
    let mut shard = world.start();
    let mut ids = Vec::new();
    for number in 1..=tenants {
        ids.push(world.notify(&format!("H-{number}"), number));
        settle(world, &mut shard);
    }
    assert_eq!(shard.tenants.host.active(), 0, "all of them rest");
    world.answers();
    (shard, ids)
}

/// A reader has its turn; whether it had something to do.
pub(super) fn run_one(world: &World) -> bool {
    world.readers.take_one().map(|work| work()).is_some()
}

pub(super) fn is_passive(shard: &ShardCore, tenant: &str) -> bool {
    shard.tenants.find(&World::key(tenant)).is_err()
}

pub(super) fn pay(world: &World, tenant: &str, number: u64, correlation: u64) {
    let invoice = Subject {
        kind: "invoice".into(),
        id: format!("F-{number}").into(),
    };
    tell(
        world,
        tenant,
        (FactKind::Payment, Some(invoice)),
        correlation,
    );
}

/// A message that changes something and ends nothing.
pub(super) fn tell_balance(world: &World, tenant: &str, correlation: u64) {
    tell(world, tenant, (FactKind::Balance, None), correlation);
}

fn tell(
    world: &World,
    tenant: &str,
    (kind, subject): (FactKind, Option<Subject>),
    correlation: u64,
) {
    let fact = Fact {
        fact_id: format!("fact-{correlation}").into(),
        body: correlation,
        kind,
        subject,
        amount_cents: Some(5),
        occurred_at: world.clock.now(),
        environment: Environment::Production,
    };
    let (tenant, input) = (World::key(tenant), Input::Fact(fact));
    let request = |reply| ShardRequest::Input {
        tenant,
        input,
        reply,
        claim: None,
    };
    world.business(request, correlation);
}

pub(super) fn ask_state(world: &World, tenant: &str, correlation: u64) {
    let query = Query::Tenant(World::key(tenant));
    world.business(|reply| ShardRequest::Query { query, reply }, correlation);
}

fn numbers(answers: &[(u64, ShardAnswer)]) -> Vec<u64> {
    answers.iter().map(|(number, _)| *number).collect()
}

#[test]
fn a_state_is_dropped_only_when_the_record_that_holds_it_is_durable() {
    let world = resting();
    let mut shard = world.start();
    world.notify("H-1", 1);
    while shard.turn() {}
    // The mark of its last message goes first, then it is stored.
    for _ in 0..3 {
        shard.turn();
    }
    assert!(!is_passive(&shard, "H-1"), "nothing is durable");
    world.journal.commit();
    shard.turn();
    assert!(is_passive(&shard, "H-1"));
    let bytes = world.journal.read(SHARD, world.journal.last(SHARD));
    let record = Record::decode(&bytes.unwrap().unwrap()).unwrap();
    assert!(matches!(record, Record::Stored(_)), "{record:?}");
    assert_eq!(shard.tenants.open_count(), 1, "the index still knows");
    assert_eq!(shard.schedule.timers(), 1);
}

#[test]
fn a_tenant_to_whom_a_message_comes_while_it_is_stored_stays() {
    let world = resting();
    let mut shard = world.start();
    world.notify("H-1", 1);
    for _ in 0..4 {
        shard.turn();
    }
    let stored = world.journal.last(SHARD);
    world.notify("H-1", 2);
    shard.turn();
    assert!(world.journal.last(SHARD) > stored);
    world.journal.commit();
    shard.turn();
    assert_eq!(state(&shard, "H-1").open.len(), 2);
}

#[test]
fn a_tenant_is_stored_once_as_long_as_nothing_changes() {
    let world = resting();
    let (mut shard, _) = at_rest(&world, 1);
    let last = world.journal.last(SHARD);
    for number in 10..15 {
        ask_state(&world, "H-1", number);
        shard.turn();
        assert!(run_one(&world));
        settle(&world, &mut shard);
        assert!(is_passive(&shard, "H-1"), "it was only looked at");
    }
    assert_eq!(world.journal.last(SHARD), last);
    assert_eq!(world.answers().len(), 5);
}

#[test]
fn messages_for_a_passive_tenant_wait_in_their_order_and_hold_nobody_up() {
    let world = resting();
    let (mut shard, _) = at_rest(&world, 2);
    pay(&world, "H-1", 1, 10);
    ask_state(&world, "H-1", 11);
    world.notify("H-1", 12);
    world.notify("H-3", 13);
    settle(&world, &mut shard);
    assert_eq!(
        numbers(&world.answers()),
        [13],
        "the others are not held up"
    );
    assert_eq!(world.readers.waiting(), 1, "one read for all of them");
    assert!(run_one(&world));
    settle(&world, &mut shard);
    let answers = world.answers();
    assert_eq!(numbers(&answers), [10, 11, 12]);
    let ShardAnswer::Snapshot(snapshot) = &answers[1].1 else {
        panic!("{answers:?}")
    };
    assert!(
        snapshot.tenant.open.is_empty(),
        "it is paid, and asked behind that"
    );
    assert!(
        matches!(
            answers[2].1,
            ShardAnswer::Decided {
                answer: Answer::Accepted { .. },
                ..
            }
        ),
        "{answers:?}"
    );
}

#[test]
fn what_a_passive_tenant_comes_back_with_is_what_it_was() {
    let world = resting();
    let (mut shard, ids) = at_rest(&world, 1);
    let records = replayed(&world);
    ask_state(&world, "H-1", 10);
    shard.turn();
    assert!(run_one(&world));
    shard.turn();
    assert_eq!(*state(&shard, "H-1"), records);
    assert_eq!(
        state(&shard, "H-1").find(ids[0]).map(|open| open.body),
        Some(1)
    );
}

/// The state of `H-1` as a fresh start makes it, with everybody active.
fn replayed(world: &World) -> Tenant {
    let fresh = World {
        journal: world.journal.clone(),
        ..World::new()
    };
    let mut shard = fresh.start();
    ask_state(&fresh, "H-1", 1);
    while shard.turn() {}
    if fresh.answers().is_empty() {
        shard.turn();
    }
    state(&shard, "H-1").clone()
}

#[test]
fn a_timer_of_a_passive_tenant_wakes_it() {
    let world = resting();
    let (mut shard, ids) = at_rest(&world, 1);
    world.clock.advance(HOUR);
    shard.turn();
    assert!(is_passive(&shard, "H-1"));
    assert!(run_one(&world));
    shard.turn();
    let phase = &shard.tenants.open(ids[0]).unwrap().phase;
    assert!(matches!(phase, Phase::Ready { .. }), "{phase:?}");
    settle(&world, &mut shard);
    assert!(!is_passive(&shard, "H-1"), "it waits for a permit");
    world.grant(1);
    settle(&world, &mut shard);
    assert_eq!(world.sent.lock().len(), 1);
    assert!(!is_passive(&shard, "H-1"), "an attempt is under way");
}

#[test]
fn by_id_a_passive_tenant_is_found_and_strangers_wake_nobody() {
    let world = resting();
    let (mut shard, ids) = at_rest(&world, 1);
    let cancel = |corporation| {
        let input = Input::Cancel {
            target: sluis_model::CancelTarget::Notification(ids[0]),
            note: "desk".into(),
        };
        let id = ids[0];
        move |reply| ShardRequest::ById {
            corporation,
            id,
            input,
            reply,
        }
    };
    world.business(cancel(CorporationId(2)), 10);
    settle(&world, &mut shard);
    assert!(matches!(world.answers()[..], [(10, ShardAnswer::NotFound)]));
    assert_eq!(world.readers.waiting(), 0);
    world.business(cancel(HOUSE), 11);
    shard.turn();
    assert!(run_one(&world));
    settle(&world, &mut shard);
    assert!(matches!(
        world.answers()[..],
        [(11, ShardAnswer::Decided { .. })]
    ));
    assert_eq!(shard.tenants.open_count(), 0);
}

#[test]
fn what_is_asked_of_a_notification_that_waits_to_come_in_waits_behind_it() {
    let world = resting();
    let (mut shard, _) = at_rest(&world, 1);
    let id = world.notify("H-1", 2);
    shard.turn();
    let query = Query::Accepted {
        corporation: HOUSE,
        id,
    };
    world.business(|reply| ShardRequest::Query { query, reply }, 10);
    settle(&world, &mut shard);
    assert!(
        world.answers().is_empty(),
        "nobody may say that it never was"
    );
    assert!(run_one(&world));
    settle(&world, &mut shard);
    let answers = world.answers();
    assert!(
        matches!(answers[..], [(2, _), (10, ShardAnswer::Accepted { .. })]),
        "{answers:?}"
    );
}

#[test]
fn everything_about_a_subject_is_cancelled_with_active_and_passive_tenants() {
    let world = resting();
    let (mut shard, _) = at_rest(&world, 3);
    // One subject for all: they are different in this world, so each is asked in vain but one.
    let work = Intent::CancelSubject {
        corporation: HOUSE,
        subject: Subject {
            kind: "invoice".into(),
            id: "F-2".into(),
        },
        note: "desk".into(),
    };
    world.business(|reply| ShardRequest::Part { work, reply }, 10);
    shard.turn();
    assert!(run_one(&world));
    settle(&world, &mut shard);
    let answers = world.answers();
    let [(10, ShardAnswer::Gathered(parts))] = &answers[..] else {
        panic!("{answers:?}")
    };
    assert_eq!(parts.len(), 1);
    assert_eq!(shard.tenants.open_count(), 2);
}

#[test]
fn a_list_shows_passive_tenants_and_wakes_none() {
    let world = resting();
    let (mut shard, ids) = at_rest(&world, 3);
    let query = Query::List {
        corporation: Some(HOUSE),
        filter: StateFilter::Named("scheduled".into()),
        after: None,
        limit: 10,
    };
    world.business(|reply| ShardRequest::Query { query, reply }, 10);
    shard.turn();
    assert!(run_one(&world));
    settle(&world, &mut shard);
    let answers = world.answers();
    let [
        (
            10,
            ShardAnswer::List {
                rows,
                scanned_to: None,
            },
        ),
    ] = &answers[..]
    else {
        panic!("{answers:?}")
    };
    let listed: Vec<_> = rows.iter().map(|row| (&*row.tenant, row.open.id)).collect();
    let expected: Vec<_> = ["H-1", "H-2", "H-3"].into_iter().zip(ids).collect();
    assert_eq!(listed, expected);
    assert_eq!(shard.tenants.host.active(), 0);
}

#[test]
fn a_survey_counts_passive_tenants_from_the_index() {
    let world = resting();
    let (shard, _) = at_rest(&world, 3);
    let ShardAnswer::Survey { counted, .. } = shard.survey(None) else {
        panic!("a survey")
    };
    let [all] = &counted[..] else {
        panic!("{counted:?}")
    };
    assert_eq!(
        (all.state, all.count, all.oldest),
        ("scheduled", 3, Timestamp(1_000_000))
    );
}

#[test]
fn a_start_leaves_at_rest_whoever_is_as_stored() {
    let world = resting();
    let (shard, ids) = at_rest(&world, 3);
    drop(shard);
    let quota = Arc::new(Quota::new(100, 100, [(HOUSE, 100)]));
    let world = World { quota, ..world };
    let mut shard = world.start();
    assert_eq!(
        (shard.tenants.host.active(), shard.tenants.open_count()),
        (0, 3)
    );
    assert_eq!(shard.schedule.timers(), 3);
    assert_eq!(world.quota.total().0, 3);
    world.clock.advance(HOUR);
    shard.turn();
    while run_one(&world) {}
    shard.turn();
    for id in ids {
        let phase = &shard.tenants.open(id).unwrap().phase;
        assert!(matches!(phase, Phase::Ready { .. }), "{phase:?}");
    }
}

#[test]
fn a_shard_with_much_waiting_takes_no_more_until_some_came_back() {
    let world = resting();
    let (mut shard, _) = at_rest(&world, 1);
    let mut asked = 0;
    while !shard.is_held_up() {
        asked += 1;
        ask_state(&world, "H-1", asked);
        assert!(!shard.turn(), "nothing is left");
    }
    assert_eq!(asked, 512);
    world.notify("H-9", 9);
    assert!(!shard.turn(), "it waits for the waker");
    assert!(world.journal.last(SHARD).0 < 5, "and took nothing in");
    assert!(run_one(&world));
    settle(&world, &mut shard);
    assert_eq!(world.answers().len(), 513);
}

#[test]
fn an_outcome_that_waits_for_its_tenant_outlives_a_lost_turn() {
    let world = World {
        on_doubt: OnDoubt::Hold,
        send_after: None,
        ..resting()
    };
    let mut shard = world.start();
    world.notify("H-1", 1);
    settle(&world, &mut shard);
    world.grant(1);
    settle(&world, &mut shard);
    let attempt = world.sent.lock().pop().unwrap().attempt;
    let why = sluis_model::Why::new("reset", "");
    assert!(world.inbox.outcome(attempt, Verdict::InDoubt { why }));
    settle(&world, &mut shard);
    assert!(
        is_passive(&shard, "H-1"),
        "in doubt, and nothing is due soon"
    );
    let taken = Verdict::Accepted {
        provider_id: "x".into(),
    };
    assert!(world.inbox.outcome(attempt, taken));
    shard.turn();
    let last = world.journal.last(SHARD);
    let mut shard = shard.rebuild().unwrap();
    while run_one(&world) {}
    settle(&world, &mut shard);
    while run_one(&world) {}
    settle(&world, &mut shard);
    let Record::Tenant(record) = Record::decode(
        &world
            .journal
            .read(SHARD, last.next())
            .unwrap()
            .expect("a record"),
    )
    .unwrap() else {
        panic!("a record of the tenant")
    };
    assert!(matches!(record.input, Input::Outcome { .. }), "{record:?}");
}

#[test]
fn whoever_is_idle_is_put_to_rest_although_there_is_room() {
    let world = World {
        rest: RestSettings {
            most_active: 100,
            idle_for_ms: HOUR,
        },
        send_after: Some(Timestamp(1_000_000 + 100 * HOUR)),
        ..resting()
    };
    let mut shard = world.start();
    for number in 1..=10 {
        world.notify(&format!("H-{number}"), number);
        settle(&world, &mut shard);
    }
    let mut minute = |number: u64| {
        world.clock.advance(HOUR / 60);
        tell_balance(&world, "H-1", 100 + number);
        settle(&world, &mut shard);
        shard.tenants.host.active()
    };
    let active: Vec<usize> = (0..125).map(&mut minute).collect();
    assert!(
        active[..59].iter().all(|active| *active == 10),
        "{active:?}"
    );
    assert_eq!(shard.tenants.host.active(), 1, "all but the one");
}
