//! A checkpoint: what a start makes of it and of what came since is what it makes of the whole log,
//! wherever it was taken; and one that cannot be used costs nothing but time.

use proptest::prelude::*;
use sluis_journal::{Journal, Sequence};
use sluis_model::checkpoint::Part;

use super::passive::resting;
use super::*;
use crate::checkpointer::{CheckpointSettings, Checkpointed, Checkpointer};

/// Stores what the shard has taken.
fn store(world: &World) -> bool {
    let Some(taken) = world.desk.take() else {
        return false;
    };
    let complete = world.endings.write(&*world.journal, passive::SHARD);
    let complete = Sequence(complete.expect("written"));
    let journal = &world.journal;
    journal
        .set_table_applied(passive::SHARD, complete)
        .expect("it is durable");
    assert!(complete >= taken.end, "the table is past the end");
    journal
        .checkpoint(passive::SHARD, taken.upto, &mut taken.chunks.into_iter())
        .expect("stored");
    true
}

fn told_twice(world: &World) -> (u64, String, String) {
    crate::shard::told::told_twice(&world.settings(), &[HOUSE]).expect("it can be read")
}

fn is_as_the_log_says(world: &World) -> u64 {
    let (upto, with, without) = told_twice(world);
    let differs = |(with, without): &(&str, &str)| with != without;
    let first = with.lines().zip(without.lines()).find(differs);
    assert_eq!(first, None);
    assert_eq!(with, without);
    upto
}

/// Takes a checkpoint with nothing else going on.
fn take(world: &World, shard: &mut ShardCore) {
    world.desk.ask();
    settle(world, shard);
    assert!(store(world), "it was taken");
}

#[test]
fn a_start_from_a_checkpoint_knows_what_the_log_knows() {
    let world = resting();
    let (mut shard, _) = passive::at_rest(&world, 5);
    passive::tell_balance(&world, "H-2", 90);
    passive::tell_balance(&world, "H-99", 91);
    while passive::run_one(&world) {
        settle(&world, &mut shard);
    }
    settle(&world, &mut shard);
    take(&world, &mut shard);
    assert!(is_as_the_log_says(&world) > 0);
    for number in [3, 77] {
        passive::tell_balance(&world, &format!("H-{number}"), 100 + number);
        settle(&world, &mut shard);
        while passive::run_one(&world) {
            settle(&world, &mut shard);
        }
    }
    assert!(is_as_the_log_says(&world) > 0, "with what came since");
    drop(shard);
    let shard = world.start();
    assert!(passive::is_passive(&shard, "H-1"), "it came back at rest");
    assert_eq!(world.desk.stored(), Sequence(is_as_the_log_says(&world)));
}

#[test]
fn a_timer_of_a_tenant_at_rest_fires_after_a_start_from_a_checkpoint() {
    let world = resting();
    let (mut shard, ids) = passive::at_rest(&world, 3);
    take(&world, &mut shard);
    drop(shard);
    let mut shard = world.start();
    assert_eq!(shard.tenants.host.active(), 0);
    world.clock.advance(2 * 3_600_000);
    settle(&world, &mut shard);
    let mut activated = 0;
    while passive::run_one(&world) {
        activated += 1;
        settle(&world, &mut shard);
    }
    assert_eq!(activated, ids.len());
}

#[test]
fn a_checkpoint_that_cannot_be_used_is_passed_over() {
    let world = resting();
    let (mut shard, _) = passive::at_rest(&world, 3);
    world.desk.ask();
    settle(&world, &mut shard);
    let taken = world.desk.take().expect("taken");
    let whole = taken.chunks.clone();
    let used = |chunks: Vec<Vec<u8>>| {
        world
            .journal
            .checkpoint(passive::SHARD, taken.upto, &mut chunks.into_iter())
            .expect("stored");
        is_as_the_log_says(&world)
    };
    assert_eq!(used(whole.clone()), 0, "the table is behind it");
    world
        .endings
        .write(&*world.journal, passive::SHARD)
        .expect("written");
    world
        .journal
        .set_table_applied(passive::SHARD, taken.end)
        .expect("durable");
    assert_eq!(used(whole.clone()), taken.upto.0);
    let parts: Vec<Part> = whole
        .iter()
        .flat_map(|chunk| Part::of(chunk))
        .map(|part| part.expect("a part"))
        .collect();
    let with = |change: &dyn Fn(&mut Vec<Part>)| {
        let (mut parts, mut chunk) = (parts.clone(), Vec::new());
        change(&mut parts);
        parts.iter().for_each(|part| part.append(&mut chunk));
        used(vec![chunk])
    };
    assert_eq!(with(&|_| ()), taken.upto.0, "the control");
    assert_eq!(with(&|parts| drop(parts.pop())), 0, "no end");
    assert_eq!(with(&|parts| drop(parts.remove(0))), 0, "no beginning");
    assert_eq!(
        with(&|parts| parts.push(Part::End(taken.end.0 + 1))),
        0,
        "the log has less"
    );
    for change in 0..4 {
        let foreign = with(&|parts| {
            let Some(Part::Begin(begin)) = parts.first_mut() else {
                panic!("it begins")
            };
            match change {
                0 => begin.version += 1,
                1 => begin.shard += 1,
                2 => begin.shards += 1,
                _ => begin.proof ^= 1,
            }
        });
        assert_eq!(foreign, 0, "change {change}");
    }
    assert_eq!(used(vec![vec![9; 40]]), 0, "nonsense");
}

#[test]
fn one_is_taken_when_enough_came_and_the_one_before_is_old() {
    let world = resting();
    let (mut shard, _) = passive::at_rest(&world, 3);
    let settings = CheckpointSettings {
        every_ms: 1_000,
        least: 4,
        at_once: 40,
    };
    let checkpointed = Checkpointed {
        desk: world.desk.clone(),
        endings: world.endings.clone(),
        horizon: world.horizon.clone(),
        waker: world.waker.clone(),
    };
    let (journal, clock) = (world.journal.clone(), world.clock.clone());
    let mut checkpointer = Checkpointer::new(journal, clock, settings, vec![checkpointed]);
    let mut step = |shard: &mut ShardCore| {
        checkpointer.step(&mut || ()).expect("a step");
        settle(&world, shard);
        checkpointer.step(&mut || ()).expect("a step");
        world.desk.stored().0
    };
    assert_eq!(step(&mut shard), 0, "the start is too young");
    world.clock.advance(1_000);
    let first = step(&mut shard);
    assert_eq!(first, world.journal.durable(passive::SHARD).0);
    assert_eq!(is_as_the_log_says(&world), first);
    world.clock.advance(1_000);
    assert_eq!(step(&mut shard), first, "nothing came since");
    for number in 4..40 {
        world.notify(&format!("H-{number}"), number);
        settle(&world, &mut shard);
    }
    let second = step(&mut shard);
    assert!(second > first, "much came at once");
}

/// What happens while a checkpoint is taken.
#[derive(Clone, Copy, Debug)]
enum Act {
    Notify(u8),
    Balance(u8),
    Pay(u8),
    State(u8),
    Pause(bool),
    Turn,
    Read,
    Commit,
    Ask,
    Store,
    Advance(u8),
    Dismiss(u8),
    Grant,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..8_u8).prop_map(Act::Notify),
        3 => (0..10_u8).prop_map(Act::Balance),
        2 => (0..8_u8).prop_map(Act::Pay),
        1 => (0..8_u8).prop_map(Act::State),
        1 => any::<bool>().prop_map(Act::Pause),
        8 => Just(Act::Turn),
        4 => Just(Act::Read),
        5 => Just(Act::Commit),
        3 => Just(Act::Ask),
        2 => Just(Act::Store),
        1 => (0..40_u8).prop_map(Act::Advance),
        1 => (0..40_u8).prop_map(Act::Dismiss),
        1 => Just(Act::Grant),
    ]
}

fn perform(world: &mut World, shard: &mut ShardCore, act: Act, number: u64) {
    let room = world.inbox.is_empty();
    let tenant = |n: u8| format!("H-{n}");
    match act {
        Act::Notify(n) if room => {
            // Some stand still at once: what they need is not there.
            world.send_after = (n % 2 == 0).then(|| world.clock.now().plus(3_600_000));
            world.notify(&tenant(n), number);
        }
        Act::Balance(n) if room => passive::tell_balance(world, &tenant(n), number),
        Act::Pay(n) if room => passive::pay(world, &tenant(n), u64::from(n), number),
        Act::State(n) if room => passive::ask_state(world, &tenant(n), number),
        Act::Pause(begin) if room => {
            let scope = sluis_model::PauseScope::EVERYTHING;
            let control = match begin {
                true => Control::Pause(scope),
                false => Control::Resume(scope),
            };
            world.business(|reply| ShardRequest::Control { control, reply }, number);
        }
        Act::Dismiss(n) if room => {
            let control = Control::StrayDismissed {
                corporation: HOUSE,
                fact: u64::from(n),
                by: "test".into(),
            };
            world.business(|reply| ShardRequest::Control { control, reply }, number);
        }
        Act::Grant if room => world.grant(1),
        Act::Read => {
            passive::run_one(world);
        }
        Act::Commit => {
            world.journal.commit();
        }
        Act::Ask => world.desk.ask(),
        Act::Store => {
            store(world);
        }
        Act::Advance(minutes) => world.clock.advance(i64::from(minutes) * 60_000),
        _ => {
            shard.turn();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn wherever_it_is_taken_it_is_as_the_log_says(
        acts in prop::collection::vec(act(), 1..160),
        most_active in 0..3_usize,
    ) {
        let mut world = resting();
        world.rest.most_active = most_active;
        let mut shard = world.start();
        for (number, act) in (1..).zip(acts) {
            perform(&mut world, &mut shard, act, number);
            if number % 16 == 0 {
                is_as_the_log_says(&world);
            }
        }
        world.desk.ask();
        settle(&world, &mut shard);
        while passive::run_one(&world) {
            settle(&world, &mut shard);
        }
        store(&world);
        is_as_the_log_says(&world);
    }
}
