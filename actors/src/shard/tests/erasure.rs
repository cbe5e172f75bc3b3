//! The erasure of a tenant in his shard.

use sluis_journal::Shard;
use sluis_model::{Erased, FactKind, Unfinished};

use super::world::state;
use super::*;
use crate::shard::brought::{Activated, Brought, LostState};

/// An order to erase a tenant whose newest record is `seen`.
fn order(world: &World, tenant: &str, seen: u64, number: u64) {
    let record = Erased {
        corporation: HOUSE,
        tenant: [7; 16],
        by: "desk".into(),
        why: "request".into(),
        records: 1,
        notifications: 0,
    };
    let order = Box::new(EraseOrder {
        tenant: World::key(tenant),
        seen,
        record,
        notifications: Vec::new(),
    });
    world.business(|reply| ShardRequest::Erase { order, reply }, number);
}

/// A balance of a tenant.
fn balance(world: &World, tenant: &str, cents: i64, number: u64) {
    let fact = sluis_model::Fact {
        fact_id: format!("balance-{number}").into(),
        body: number,
        kind: FactKind::Balance,
        subject: None,
        amount_cents: Some(cents),
        occurred_at: world.clock.now(),
        environment: Environment::Production,
    };
    let tenant = World::key(tenant);
    world.business(
        |reply| ShardRequest::Input {
            tenant,
            input: Input::Fact(fact),
            reply,
            claim: None,
        },
        number,
    );
}

/// What was answered to this number.
fn answer(world: &World, number: u64) -> Option<ShardAnswer> {
    let answers = world.answers();
    let mut answers = answers.into_iter().filter(|(to, _)| *to == number);
    answers.next().map(|(_, answer)| answer)
}

#[test]
fn messages_of_an_erased_tenant_wait_until_his_key_is_gone_and_others_go_on() {
    let world = World::new();
    let mut shard = world.start();
    balance(&world, "H-1", 0, 1);
    settle(&world, &mut shard);
    let seen = state(&shard, "H-1").last;
    drop(world.answers());

    order(&world, "H-1", seen, 2);
    balance(&world, "H-1", 700, 3);
    balance(&world, "H-2", 800, 4);
    settle(&world, &mut shard);
    let answers: Vec<u64> = world.answers().into_iter().map(|(to, _)| to).collect();
    assert_eq!(answers, [2, 4], "his own message waits");

    world.inbox.end_erasure(World::key("H-1"));
    settle(&world, &mut shard);
    assert!(matches!(
        answer(&world, 3),
        Some(ShardAnswer::Decided { .. })
    ));
    let anew = state(&shard, "H-1");
    assert_eq!(anew.balance().map(|(cents, _)| cents), Some(700));
    let told = anew.told.as_deref().expect("facts");
    assert_eq!(told.facts.len(), 1, "nothing of before is left");
}

#[test]
fn of_an_erased_tenant_nothing_is_known() {
    let world = World::new();
    let mut shard = world.start();
    balance(&world, "H-1", 0, 1);
    settle(&world, &mut shard);
    order(&world, "H-1", state(&shard, "H-1").last, 2);
    settle(&world, &mut shard);
    let written = answer(&world, 2);
    assert!(
        matches!(written, Some(ShardAnswer::Erasure(Erasure::Written { .. }))),
        "{written:?}"
    );
    world.inbox.end_erasure(World::key("H-1"));
    let query = Query::Tenant(World::key("H-1"));
    world.business(|reply| ShardRequest::Query { query, reply }, 3);
    settle(&world, &mut shard);
    assert!(matches!(answer(&world, 3), Some(ShardAnswer::NotFound)));
    assert_eq!(shard.tenants.unknown().map(|(_, n)| n).sum::<i64>(), 0);
}

#[test]
fn who_changed_since_he_was_looked_at_or_owes_something_is_not_erased() {
    let world = World::new();
    let mut shard = world.start();
    balance(&world, "H-1", 0, 1);
    settle(&world, &mut shard);
    let seen = state(&shard, "H-1").last;
    balance(&world, "H-1", 700, 2);
    order(&world, "H-1", seen, 3);
    settle(&world, &mut shard);
    let changed = answer(&world, 3);
    assert!(
        matches!(changed, Some(ShardAnswer::Erasure(Erasure::Changed))),
        "{changed:?}"
    );
    order(&world, "H-1", state(&shard, "H-1").last, 4);
    settle(&world, &mut shard);
    let refused = answer(&world, 4);
    let Some(ShardAnswer::Erasure(Erasure::Refused(why))) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(why, Unfinished::Owes { cents: 700 });
    assert_eq!(state(&shard, "H-1").last, world.journal.last(Shard(0)).0);
}

/// A start from such a checkpoint would not read the record of the erasure, and the key would stay.
#[test]
fn no_checkpoint_is_taken_while_a_key_waits_to_be_destroyed() {
    let world = World::new();
    let mut shard = world.start();
    balance(&world, "H-1", 0, 1);
    settle(&world, &mut shard);
    order(&world, "H-1", state(&shard, "H-1").last, 2);
    settle(&world, &mut shard);
    world.desk.ask();
    settle(&world, &mut shard);
    assert!(world.desk.take().is_none());
    world.inbox.end_erasure(World::key("H-1"));
    settle(&world, &mut shard);
    let erased = world.journal.last(Shard(0));
    assert!(world.desk.take().is_some_and(|taken| taken.upto >= erased));
}

/// A shard that was rebuilt without an erased tenant has fewer places. What was read for the one before
/// may still come.
#[test]
fn what_was_read_for_a_place_that_is_not_there_any_more_is_let_go() {
    let world = World::new();
    let mut shard = world.start();
    let (slot, stored) = (7, 1);
    let missing = LostState::Missing { sequence: stored };
    world.inbox.bring(Brought::Lost(slot, stored, missing));
    world.inbox.bring(Brought::Activated(Box::new(Activated {
        slot,
        stored,
        key: World::key("H-1"),
        state: sluis_model::Tenant::default(),
    })));
    balance(&world, "H-1", 700, 1);
    settle(&world, &mut shard);
    assert!(matches!(
        answer(&world, 1),
        Some(ShardAnswer::Decided { .. })
    ));
}

/// Destroys the keys of everybody.
#[derive(Default)]
struct Keys {
    finished: Mutex<Vec<u64>>,
    left: std::sync::atomic::AtomicUsize,
}

impl Erasures for Keys {
    fn tag(&self, tenant: &TenantKey) -> [u8; 16] {
        match &*tenant.tenant {
            "H-1" => [7; 16],
            _ => [0; 16],
        }
    }

    fn finish(&self, found: &FoundErasure) -> Result<usize, String> {
        self.finished.lock().push(found.sequence);
        Ok(self.left.swap(0, std::sync::atomic::Ordering::SeqCst))
    }

    fn finished(&self, _: &FoundErasure) {}
}

#[test]
fn a_start_finishes_an_erasure_unless_something_newer_is_known_of_the_tenant() {
    let world = World::new();
    let mut shard = world.start();
    balance(&world, "H-1", 0, 1);
    settle(&world, &mut shard);
    order(&world, "H-1", state(&shard, "H-1").last, 2);
    settle(&world, &mut shard);
    let sequence = world.journal.last(Shard(0)).0;
    let again = |keys: &Arc<Keys>| {
        let settings = ShardSettings {
            erasures: Some(keys.clone()),
            ..world.settings()
        };
        ShardCore::start(settings, &world.keys).expect("it starts")
    };
    let keys = Arc::new(Keys::default());
    keys.left.store(1, std::sync::atomic::Ordering::SeqCst);
    drop(again(&keys));
    // The second time nothing is left to destroy.
    assert_eq!(*keys.finished.lock(), [sequence]);

    world.inbox.end_erasure(World::key("H-1"));
    balance(&world, "H-1", 5, 3);
    settle(&world, &mut shard);
    let keys = Arc::new(Keys::default());
    drop(again(&keys));
    assert!(keys.finished.lock().is_empty(), "his new key stays");
}
