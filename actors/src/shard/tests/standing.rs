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
