//! A household: each addressee is told once, whatever dies in the middle, and all are stopped together.

use sluis_model::{
    Addressed, Answer, Event, Fact, FactKind, Household, Member, Record, Role, part_id,
};

use super::world::state;
use super::*;

const HOUSEHOLD: &str = "C-77";
/// Longer than the addressees of a group are waited for.
const LATER_MS: i64 = 31_000;

fn household() -> TenantKey {
    TenantKey::household(HOUSE, HOUSEHOLD)
}

fn member(tenant: &str, role: Role) -> Member {
    Member {
        tenant: tenant.into(),
        role,
        from: None,
        until: None,
        is_deceased: false,
        represents: Box::default(),
        is_instead: false,
    }
}

fn couple() -> Vec<Member> {
    vec![
        member("H-1", Role::Tenant),
        member("H-2", Role::JointTenant),
        member("P-1", Role::Parent),
    ]
}

fn put(world: &World, members: Vec<Member>, correlation: u64) {
    let input = Input::PutHousehold(Box::new(Household { members }));
    give(world, household(), input, correlation);
}

fn give(world: &World, tenant: TenantKey, input: Input, correlation: u64) {
    let request = |reply| ShardRequest::Input {
        tenant,
        input,
        reply,
        claim: None,
    };
    world.business(request, correlation);
}

/// A notification to the household, about invoice `F-number`.
fn notify(world: &World, number: u64) -> NotificationId {
    let id = NotificationId::new(ShardId(0), 0, number);
    let flow = world.book.current(HOUSE, "ping").unwrap();
    let idempotency = Idempotency {
        key: u128::from(number),
        body: number,
    };
    let (quota, keys, now) = (&world.quota, &world.keys, world.clock.now());
    let Claimed::Granted(claim) = Claim::take(quota, keys, HOUSE, idempotency, id, now) else {
        panic!("no claim")
    };
    let body = Notification {
        id,
        flow,
        category: "test".into(),
        subject: Some(invoice(number)),
        data: "{\"cents\":5}".into(),
        fields: Box::new([sluis_model::flow::Value::Integer(5)]),
        lane: Lane::Normal,
        send_after: None,
        expires_at: None,
        environment: Environment::Production,
        idempotency,
        addressed: Addressed::Household,
    };
    let request = ShardRequest::Input {
        tenant: household(),
        input: Input::Notify(Box::new(body)),
        reply: world.reply(number),
        claim: Some(claim),
    };
    world.inbox.offer_intake(request).unwrap();
    id
}

fn invoice(number: u64) -> Subject {
    Subject {
        kind: "invoice".into(),
        id: format!("F-{number}").into(),
    }
}

fn pay(world: &World, tenant: &str, number: u64, correlation: u64) {
    let fact = Fact {
        fact_id: format!("bank-{number}").into(),
        body: number,
        kind: FactKind::Payment,
        subject: Some(invoice(number)),
        amount_cents: Some(5),
        occurred_at: world.clock.now(),
        environment: Environment::Production,
    };
    give(world, World::key(tenant), Input::Fact(fact), correlation);
}

fn part(group: NotificationId, tenant: &str) -> NotificationId {
    part_id(group, &World::key(tenant), 1)
}

/// What happened to each tenant's part, by the records: how often it was accepted, ended and begun.
fn parts(world: &World, group: NotificationId) -> [(usize, usize, usize); 3] {
    let mut counts = [(0, 0, 0); 3];
    let parts = ["H-1", "H-2", "P-1"].map(|tenant| part(group, tenant));
    let mut look = |_, bytes: &[u8]| {
        let Ok(Record::Tenant(record)) = Record::decode(bytes) else {
            return std::ops::ControlFlow::Continue(());
        };
        for event in &record.events {
            for (count, part) in counts.iter_mut().zip(parts) {
                match event {
                    Event::Accepted { id } if *id == part => count.0 += 1,
                    Event::Ended { id, .. } if *id == part => count.1 += 1,
                    Event::StepEntered { id, .. } if *id == part => count.2 += 1,
                    _ => {}
                }
            }
        }
        std::ops::ControlFlow::Continue(())
    };
    let first = sluis_journal::Sequence(1);
    let shard = sluis_journal::Shard(0);
    world.journal.replay(shard, first, &mut look).unwrap();
    counts
}

/// How often each tenant's part was accepted, and ended.
fn told(world: &World, group: NotificationId) -> [(usize, usize); 3] {
    parts(world, group).map(|(accepted, ended, _)| (accepted, ended))
}

/// How many steps each tenant's part has entered.
fn begun(world: &World, group: NotificationId) -> [usize; 3] {
    parts(world, group).map(|(_, _, begun)| begun)
}

fn answer_to(world: &World, correlation: u64) -> Option<Answer> {
    let answers = world.answers().into_iter();
    let mut of = answers.filter(|(of, _)| *of == correlation);
    match of.next()?.1 {
        ShardAnswer::Decided { answer, .. } => Some(answer),
        ShardAnswer::Accepted { .. } => Some(Answer::Done),
        _ => None,
    }
}

fn loaded() -> (World, ShardCore) {
    let world = World::new();
    let mut shard = world.start();
    put(&world, couple(), 50);
    settle(&world, &mut shard);
    assert!(matches!(answer_to(&world, 50), Some(Answer::Profile(_))));
    (world, shard)
}

#[test]
fn joint_tenants_are_told_each_once_and_the_answer_waits_for_all() {
    let (world, mut shard) = loaded();
    let id = notify(&world, 1);
    // The group alone is durable: nobody is told yet that it was accepted.
    while shard.turn() {}
    world.journal.commit();
    shard.turn();
    assert!(answer_to(&world, 1).is_none(), "before its parts");
    settle(&world, &mut shard);
    let Some(Answer::Group {
        told: whom,
        not_told,
        ..
    }) = answer_to(&world, 1)
    else {
        panic!("no group")
    };
    let whom: Vec<&str> = whom.iter().map(|told| &*told.tenant).collect();
    assert_eq!((whom, not_told.len()), (vec!["H-1", "H-2"], 1));
    assert_eq!(told(&world, id), [(1, 0), (1, 0), (0, 0)]);
    // The group and its parts have a place each, and those of the parts come back with their ends.
    assert_eq!(world.quota.total().0, 3);
    let later = state(&shard, "H-2").grouped().expect("a part");
    assert_eq!(&*later.households[0].household, HOUSEHOLD);
}

#[test]
fn a_household_is_refused_where_there_is_no_room_for_all_of_it() {
    for (share, expected) in [(2, 0), (3, 3)] {
        let world = World {
            quota: Arc::new(Quota::new(100, 100, [(HOUSE, share)])),
            ..World::new()
        };
        let mut shard = world.start();
        put(&world, couple(), 50);
        settle(&world, &mut shard);
        world.answers();
        let id = notify(&world, 1);
        settle(&world, &mut shard);
        let answers = world.answers();
        let is_refused = |(of, answer): &(u64, ShardAnswer)| {
            *of == 1 && matches!(answer, ShardAnswer::NotTaken(NotTaken::NoRoom(_)))
        };
        assert_eq!(answers.iter().any(is_refused), expected == 0, "{answers:?}");
        assert_eq!(world.quota.total().0, expected);
        assert_eq!(told(&world, id)[0].0, usize::from(expected > 0));
    }
}

#[test]
fn a_repeat_is_the_same_group() {
    let (world, mut shard) = loaded();
    let id = notify(&world, 1);
    settle(&world, &mut shard);
    let query = Query::Accepted {
        corporation: HOUSE,
        id,
    };
    world.business(|reply| ShardRequest::Query { query, reply }, 60);
    settle(&world, &mut shard);
    assert_eq!(told(&world, id), [(1, 0), (1, 0), (0, 0)]);
}

/// Plays a story in small steps, and lets the process die after each of them; then the clock goes on.
fn dying(story: impl Fn(&World, &mut ShardCore), check: impl Fn(&World, &mut ShardCore, bool)) {
    for steps in 0..24 {
        let (world, mut shard) = loaded();
        story(&world, &mut shard);
        for _ in 0..steps {
            shard.turn();
            world.journal.commit();
        }
        shard.turn();
        world.journal.crash();
        drop(shard);
        let was_answered = answer_to(&world, 1).is_some();
        let (world, mut shard) = restarted(world, Readers::inline());
        settle(&world, &mut shard);
        world.clock.advance(LATER_MS);
        settle(&world, &mut shard);
        check(&world, &mut shard, was_answered);
    }
}

#[test]
fn whenever_it_dies_each_addressee_of_an_accepted_group_has_his_once() {
    let id = NotificationId::new(ShardId(0), 0, 1);
    let story = |world: &World, _: &mut ShardCore| {
        notify(world, 1);
    };
    dying(story, |world, _, was_answered| {
        let told = told(world, id);
        match told {
            [(1, 0), (1, 0), (0, 0)] => assert_eq!(begun(world, id), [1, 1, 0]),
            [(0, 0), (0, 0), (0, 0)] => assert!(!was_answered, "it was accepted"),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn whenever_it_dies_a_payment_that_was_acknowledged_stops_all() {
    let id = NotificationId::new(ShardId(0), 0, 1);
    let story = |world: &World, shard: &mut ShardCore| {
        notify(world, 1);
        settle(world, shard);
        world.answers();
        pay(world, "H-2", 1, 1);
    };
    dying(story, |world, shard, was_answered| match told(world, id) {
        [(1, 1), (1, 1), (0, 0)] => {
            assert_eq!(world.quota.total().0, 0, "every place came back");
            assert!(
                shard.tenants.open(id).is_none(),
                "the group ended with them"
            );
        }
        [(1, 0), (1, 0), (0, 0)] => assert!(!was_answered, "it was acknowledged"),
        other => panic!("{other:?}"),
    });
}

#[test]
fn the_payment_of_one_is_acknowledged_when_the_others_are_stopped() {
    let (world, mut shard) = loaded();
    let id = notify(&world, 1);
    settle(&world, &mut shard);
    pay(&world, "H-1", 1, 70);
    loop {
        shard.turn();
        if answer_to(&world, 70).is_some() {
            break;
        }
        world.journal.commit();
    }
    assert_eq!(told(&world, id), [(1, 1), (1, 1), (0, 0)]);
}

#[test]
fn a_payment_that_is_told_twice_is_acknowledged_when_the_others_are_stopped() {
    let (world, mut shard) = loaded();
    let id = notify(&world, 1);
    settle(&world, &mut shard);
    pay(&world, "H-1", 1, 70);
    shard.turn();
    pay(&world, "H-1", 1, 71);
    while answer_to(&world, 71).is_none() {
        shard.turn();
        world.journal.commit();
    }
    assert_eq!(told(&world, id), [(1, 1), (1, 1), (0, 0)]);
}

#[test]
fn what_a_part_tells_its_household_is_told_again_when_it_is_lost() {
    let (world, mut shard) = loaded();
    let id = notify(&world, 1);
    settle(&world, &mut shard);
    pay(&world, "H-1", 1, 70);
    shard.turn();
    // As when the shard of the household failed with the news in hand.
    let intent = shard.intents.numbers().next().expect("the news");
    let lost = ShardRequest::IntentFinished {
        intent,
        answers: vec![ShardAnswer::Dropped],
        reply: world.reply(72),
    };
    world.inbox.offer_business(lost).unwrap();
    for _ in 0..99 {
        shard.turn();
        world.journal.commit();
        if world.answers().iter().any(|(of, _)| *of == 72) {
            assert_eq!(told(&world, id), [(1, 1), (1, 1), (0, 0)]);
            return;
        }
    }
    panic!("no answer");
}

#[test]
fn who_paid_before_spares_the_others() {
    let (world, mut shard) = loaded();
    pay(&world, "H-1", 1, 70);
    settle(&world, &mut shard);
    let id = notify(&world, 1);
    settle(&world, &mut shard);
    assert_eq!(told(&world, id), [(1, 1), (1, 1), (0, 0)]);
    assert_eq!(begun(&world, id), [0; 3], "nothing of it was to be sent");
    assert_eq!(world.quota.total().0, 0);
}

#[test]
fn the_parts_begin_when_all_of_them_are_there() {
    let (world, mut shard) = loaded();
    let id = notify(&world, 1);
    while answer_to(&world, 1).is_none() {
        assert_eq!(begun(&world, id), [0; 3]);
        shard.turn();
        world.journal.commit();
    }
    settle(&world, &mut shard);
    assert_eq!(begun(&world, id), [1, 1, 0]);
}

#[test]
fn a_cancelled_group_says_what_was_stopped_and_ends() {
    let (world, mut shard) = loaded();
    let id = notify(&world, 1);
    settle(&world, &mut shard);
    world.answers();
    let input = Input::Cancel {
        target: sluis_model::CancelTarget::Notification(id),
        note: "desk".into(),
    };
    let request = |reply| ShardRequest::ById {
        corporation: HOUSE,
        id,
        input,
        reply,
    };
    world.business(request, 71);
    settle(&world, &mut shard);
    let Some(Answer::Cancelled(cancelled)) = answer_to(&world, 71) else {
        panic!("not cancelled")
    };
    let mut stopped: Vec<_> = cancelled.stopped.iter().map(|stopped| stopped.id).collect();
    stopped.sort_unstable();
    let mut expected = vec![id, part(id, "H-1"), part(id, "H-2")];
    expected.sort_unstable();
    assert_eq!(stopped, expected);
    assert!(shard.tenants.open(id).is_none());
    assert_eq!(world.quota.total().0, 0);
}

#[test]
fn one_subject_runs_once_for_the_household_and_once_for_each_of_it() {
    let (world, mut shard) = loaded();
    let first = notify(&world, 1);
    settle(&world, &mut shard);
    let body = NotificationId::new(ShardId(0), 0, 2);
    // About the same invoice, under another id.
    let flow = world.book.current(HOUSE, "ping").unwrap();
    let again = Notification {
        id: body,
        flow,
        category: "test".into(),
        subject: Some(invoice(1)),
        data: "{\"cents\":5}".into(),
        fields: Box::new([sluis_model::flow::Value::Integer(5)]),
        lane: Lane::Normal,
        send_after: None,
        expires_at: None,
        environment: Environment::Production,
        idempotency: Idempotency { key: 2, body: 2 },
        addressed: Addressed::Household,
    };
    give(&world, household(), Input::Notify(Box::new(again)), 72);
    settle(&world, &mut shard);
    assert_eq!(told(&world, first), [(1, 0), (1, 0), (0, 0)]);
    assert_eq!(told(&world, body), [(0, 0); 3]);
    let Some(Answer::Group { told: whom, .. }) = answer_to(&world, 72) else {
        panic!("no group")
    };
    assert_eq!(whom, [], "nobody was told by this one");
}

#[test]
fn nobody_to_tell_and_an_unknown_household_store_nothing_and_give_the_place_back() {
    let world = World::new();
    let mut shard = world.start();
    notify(&world, 1);
    settle(&world, &mut shard);
    assert!(matches!(
        answer_to(&world, 1),
        Some(Answer::UnknownHousehold)
    ));
    put(&world, vec![member("P-1", Role::Parent)], 50);
    settle(&world, &mut shard);
    notify(&world, 2);
    settle(&world, &mut shard);
    assert!(matches!(
        answer_to(&world, 2),
        Some(Answer::NobodyToTell(_))
    ));
    assert_eq!(world.quota.total().0, 0);
}

#[test]
fn who_leaves_a_household_is_told_no_more_and_keeps_what_he_has() {
    let (world, mut shard) = loaded();
    let first = notify(&world, 1);
    settle(&world, &mut shard);
    put(&world, vec![member("H-1", Role::Tenant)], 51);
    settle(&world, &mut shard);
    let named = &state(&shard, "H-2").grouped().expect("known").households;
    assert!(!named[0].is_in);
    let second = notify(&world, 2);
    settle(&world, &mut shard);
    assert_eq!(told(&world, first), [(1, 0), (1, 0), (0, 0)]);
    assert_eq!(told(&world, second), [(1, 0), (0, 0), (0, 0)]);
    // What was pinned holds: a payment of the first still stops him.
    pay(&world, "H-1", 1, 73);
    settle(&world, &mut shard);
    assert_eq!(told(&world, first), [(1, 1), (1, 1), (0, 0)]);
}

#[test]
fn a_household_and_its_groups_survive_that_old_records_go() {
    let (world, mut shard) = loaded();
    let id = notify(&world, 1);
    settle(&world, &mut shard);
    world.journal.begin_generation();
    ask_to_carry(&world);
    settle(&world, &mut shard);
    let (world, mut shard) = restarted(world, Readers::inline());
    settle(&world, &mut shard);
    pay(&world, "H-1", 1, 74);
    settle(&world, &mut shard);
    assert_eq!(told(&world, id)[1].1, 1, "the other one was stopped");
    notify(&world, 2);
    settle(&world, &mut shard);
    assert!(matches!(answer_to(&world, 2), Some(Answer::Group { .. })));
}
