//! A step that chooses, in a shard: what it holds is counted under its name, outlives the process,
//! and goes on with the fact that decides.

use sluis_model::{Fact, FactKind};

use super::*;

const BY_BALANCE: &str = r#"
name = "ping"
version = 1
purpose = "test"
subject = "invoice"
amount = "cents"
[input]
cents = "money"
[[stop]]
name = "paid"
when = "subject.open_amount_cents <= 0"
end = "paid"
[[step]]
id = "how much"
branch.cases = [
    { when = "facts.balance_cents >= 50000", go = "human: callers" },
    { when = "facts.balance_cents > 0", go = "ping" },
]
branch.otherwise = "end: nothing owed"
[[step]]
id = "ping"
send = { template = { null = "ping" }, via = ["null"] }
"#;

fn balance(world: &World, number: u64, cents: i64) {
    let fact = Fact {
        fact_id: format!("balance-{number}").into(),
        body: number,
        kind: FactKind::Balance,
        subject: None,
        amount_cents: Some(cents),
        occurred_at: world.clock.now(),
        environment: Environment::Production,
    };
    let (tenant, input) = (World::key("H-1"), Input::Fact(fact));
    world.business(
        |reply| ShardRequest::Input {
            tenant,
            input,
            reply,
            claim: None,
        },
        number,
    );
}

/// What is held, by which rule.
fn held(shard: &mut ShardCore) -> Vec<(Box<str>, u64)> {
    let ShardAnswer::Census(census) = shard.census() else {
        panic!("no census")
    };
    let held = census
        .standing
        .into_iter()
        .filter_map(|group| match group.why {
            Standing::Held { guard, .. } => Some((guard, group.count)),
            Standing::Task { .. } | Standing::InDoubt => None,
        });
    held.filter(|(_, count)| *count > 0).collect()
}

#[test]
fn what_a_step_holds_is_counted_by_its_name_and_goes_on_after_a_restart_with_the_fact() {
    let world = World::running(BY_BALANCE);
    let mut shard = world.start();
    let id = world.notify("H-1", 1);
    settle(&world, &mut shard);
    assert_eq!(held(&mut shard), [("how much".into(), 1)]);

    let (world, mut shard) = restarted(world, Readers::inline());
    settle(&world, &mut shard);
    assert_eq!(held(&mut shard), [("how much".into(), 1)], "restarted");

    balance(&world, 2, 100);
    settle(&world, &mut shard);
    assert_eq!(held(&mut shard), []);
    world.grant(1);
    settle(&world, &mut shard);
    let sent = world.sent.lock().pop().expect("a dispatch");
    assert_eq!(sent.attempt.id, id);
}

#[test]
fn what_nothing_decides_goes_to_people_in_time() {
    let world = World::running(BY_BALANCE);
    let mut shard = world.start();
    let id = world.notify("H-1", 1);
    settle(&world, &mut shard);
    world.clock.advance(72 * 3_600_000);
    settle(&world, &mut shard);
    let phase = &shard.tenants.open(id).expect("it is open").phase;
    assert!(
        matches!(phase, sluis_model::Phase::Task { list, .. } if &**list == "delivery"),
        "{phase:?}"
    );
}
