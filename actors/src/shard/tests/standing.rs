//! What stands still, with since when the oldest does.

use super::*;

/// Count and oldest of what is in doubt.
fn in_doubt(shard: &mut ShardCore) -> (u64, Option<Timestamp>) {
    let ShardAnswer::Census(census) = shard.census() else {
        panic!("no census")
    };
    let found = census
        .standing
        .into_iter()
        .find(|group| group.why == Standing::InDoubt);
    found.map_or((0, None), |group| (group.count, group.oldest))
}

#[test]
fn the_oldest_attempt_in_doubt_is_known_over_a_restart_and_until_it_is_over() {
    let mut world = World::new();
    world.on_doubt = OnDoubt::Hold;
    let mut shard = world.start();
    let mut began = Vec::new();
    let mut attempts = Vec::new();
    for number in 1..=3 {
        world.notify(&format!("H-{number}"), number);
        shard.turn();
        world.grant(1);
        shard.turn();
        world.journal.commit();
        shard.turn();
        let attempt = world.sent.lock().pop().unwrap().attempt;
        let why = sluis_model::Why::new("reset", "");
        assert!(world.inbox.outcome(attempt, Verdict::InDoubt { why }));
        shard.turn();
        began.push(world.clock.now());
        attempts.push(attempt);
        world.clock.advance(60_000);
    }
    assert_eq!(in_doubt(&mut shard), (3, Some(began[0])));
    world.journal.commit();
    shard.turn();
    let mut shard = world.start();
    assert_eq!(in_doubt(&mut shard), (3, Some(began[0])), "restarted");
    for (number, attempt) in attempts.iter().enumerate() {
        let input = Input::Cancel {
            target: sluis_model::CancelTarget::Notification(attempt.id),
            note: "desk".into(),
        };
        let tenant = World::key(&format!("H-{}", number + 1));
        world.business(
            |reply| ShardRequest::Input {
                tenant,
                input,
                reply,
                claim: None,
            },
            number as u64,
        );
        shard.turn();
        let left = began.len() - number - 1;
        assert_eq!(
            in_doubt(&mut shard),
            (left as u64, began.get(number + 1).copied())
        );
    }
}

/// Lets the attempt that was sent last fail because its message could not be made.
fn not_made(world: &World, shard: &mut ShardCore, code: &str) {
    let attempt = world.sent.lock().pop().unwrap().attempt;
    let verdict = Verdict::Refused {
        class: sluis_model::Refusal::Unsendable,
        why: sluis_model::Why::new(code, ""),
    };
    assert!(world.inbox.outcome(attempt, verdict));
    shard.turn();
}

/// Sends to one tenant after the other what cannot be made; since when each waits for people.
fn stuck(world: &World, shard: &mut ShardCore, codes: &[&str]) -> Vec<(NotificationId, Timestamp)> {
    let mut stuck = Vec::new();
    for (number, code) in (1..).zip(codes) {
        let id = world.notify(&format!("H-{number}"), number);
        shard.turn();
        world.grant(1);
        shard.turn();
        world.journal.commit();
        shard.turn();
        not_made(world, shard, code);
        stuck.push((id, world.clock.now()));
        world.clock.advance(60_000);
    }
    world.journal.commit();
    shard.turn();
    world.answers();
    stuck
}

fn alike(shard: &mut ShardCore, of: CorporationId) -> Vec<AlikeTasks> {
    match shard.alike_tasks(of) {
        ShardAnswer::AlikeTasks(found) => found,
        other => panic!("{other:?}"),
    }
}

fn listed(world: &World, shard: &mut ShardCore, filter: StateFilter) -> Vec<NotificationId> {
    let query = Query::List {
        corporation: Some(HOUSE),
        filter,
        after: None,
        limit: 100,
    };
    world.business(|reply| ShardRequest::Query { query, reply }, 0);
    shard.turn();
    match world.answers().pop() {
        Some((_, ShardAnswer::List { rows, .. })) => rows.iter().map(|row| row.open.id).collect(),
        other => panic!("{other:?}"),
    }
}

/// How many tasks the census counts.
fn tasks(shard: &mut ShardCore) -> u64 {
    let ShardAnswer::Census(census) = shard.census() else {
        panic!("no census")
    };
    let tasks = census
        .standing
        .iter()
        .filter(|group| matches!(group.why, Standing::Task { .. }));
    tasks.map(|group| group.count).sum()
}

#[test]
fn tasks_of_one_reason_are_one_over_a_restart_until_each_is_over() {
    let world = World::new();
    let mut shard = world.start();
    let stuck = stuck(&world, &mut shard, &["segments", "render", "segments"]);
    let found = alike(&mut shard, HOUSE);
    let counts: Vec<_> = found.iter().map(|row| (row.count, row.oldest)).collect();
    let marked = |at: usize| (stuck[at].1, stuck[at].0);
    assert_eq!(counts, [(2, marked(0)), (1, marked(1))]);
    assert_eq!(tasks(&mut shard), 3, "the metric counts each");
    assert_eq!(alike(&mut shard, CorporationId(2)), []);

    let mut shard = world.start();
    assert_eq!(alike(&mut shard, HOUSE), found, "restarted");
    let segments = found[0].alike.group;
    assert_eq!(
        listed(&world, &mut shard, StateFilter::TasksAlike(segments)),
        [stuck[0].0, stuck[2].0]
    );
    assert_eq!(listed(&world, &mut shard, StateFilter::TasksAlone), []);

    let input = Input::Answer {
        id: stuck[0].0,
        task: 1,
        answer: "close".into(),
        by: "desk".into(),
    };
    let by_id = |reply| ShardRequest::ById {
        corporation: HOUSE,
        id: stuck[0].0,
        input,
        reply,
    };
    world.business(by_id, 1);
    shard.turn();
    let left = alike(&mut shard, HOUSE);
    assert_eq!((left[0].count, left[0].oldest), (1, marked(2)));
}
