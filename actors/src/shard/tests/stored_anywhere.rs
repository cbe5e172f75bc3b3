//! Stored tenants between the records change nothing: a replay with some of them anywhere, or of the
//! newest records alone with all of them behind, gives what all records give.

use proptest::prelude::*;
use sluis_journal::{Sequence, Shard};
use sluis_model::{
    Assembly, Fact, FactKind, Input, Open, Record, StoredTenant, Tenant, TenantRecord,
};

use super::super::tenants::Tenants;
use super::*;

/// Sequences between two records: room for what is stored in between.
const APART: u64 = 10;

/// What a shard writes while these things happen to three tenants.
fn lived(world: &World, happens: &[(u8, u8)]) -> Vec<TenantRecord> {
    let mut shard = world.start();
    for (number, (what, who)) in (1..).zip(happens) {
        let tenant = format!("H-{}", who % 3);
        match what % 5 {
            0 | 1 => drop(world.notify(&tenant, number)),
            2 => send_one(world, &mut shard),
            3 => input(world, &tenant, Input::PutProfile(Box::default())),
            _ => input(world, &tenant, Input::Fact(payment(number, who / 3))),
        }
        settle(world, &mut shard);
    }
    let mut records = Vec::new();
    let read = world
        .journal
        .replay(Shard(0), Sequence::FIRST, &mut |_, bytes| {
            match Record::decode(bytes).expect("a record") {
                Record::Tenant(record) => records.push(record),
                other => panic!("{other:?}"),
            }
            std::ops::ControlFlow::Continue(())
        });
    read.expect("a log in memory can be read");
    records
}

fn send_one(world: &World, shard: &mut ShardCore) {
    world.grant(1);
    settle(world, shard);
    let provider_id = "x".into();
    for dispatch in world.sent.lock().drain(..) {
        let verdict = Verdict::Accepted {
            provider_id: Box::clone(&provider_id),
        };
        assert!(world.inbox.outcome(dispatch.attempt, verdict));
    }
}

fn input(world: &World, tenant: &str, input: Input) {
    let tenant = World::key(tenant);
    world.business(
        |reply| ShardRequest::Input {
            tenant,
            input,
            reply,
            claim: None,
        },
        0,
    );
}

/// A payment on what one of the first notifications is about.
fn payment(number: u64, about: u8) -> Fact {
    Fact {
        fact_id: format!("f-{number}").into(),
        body: number,
        kind: FactKind::Payment,
        subject: Some(subject(u64::from(about % 8))),
        amount_cents: Some(1 + number as i64 % 9),
        occurred_at: Timestamp(1_000_000),
        environment: Environment::Production,
    }
}

fn subject(number: u64) -> Subject {
    Subject {
        kind: "invoice".into(),
        id: format!("F-{number}").into(),
    }
}

/// Applies the records, each at its sequence; where `stores` says so, its tenant is stored behind it.
fn replayed(
    world: &World,
    records: &[TenantRecord],
    from: usize,
    stores: impl Fn(usize) -> bool,
) -> Tenants {
    let mut tenants = Tenants::default();
    for (place, record) in records.iter().enumerate().skip(from) {
        let sequence = (place as u64 + 1) * APART;
        tenants.replay(sequence, record, &*world.book, |_, _, _| ());
        if stores(place) {
            let state = state_of(&tenants, &record.tenant).cloned();
            let state = state.expect("it has a record");
            store(&mut tenants, &record.tenant, &state, sequence + 1);
        }
    }
    tenants
}

/// Writes a tenant, reads it back, and puts it in.
fn store(tenants: &mut Tenants, key: &TenantKey, state: &Tenant, first: u64) {
    let mut assembly = Assembly::default();
    let pieces = StoredTenant::pieces(key, state, Vec::new(), Timestamp(0), first);
    assert!(pieces.len() < APART as usize);
    for (piece, sequence) in pieces.iter().zip(first..) {
        let mut bytes = Vec::new();
        piece.encode(&mut bytes).expect("it fits");
        let Ok(Record::Stored(read)) = Record::decode(&bytes) else {
            panic!("it is read as it was written")
        };
        if let Some(whole) = assembly.take(sequence, *read) {
            tenants.put_stored(whole);
        }
    }
}

/// Of a tenant that is there: a replay leaves everybody active.
fn state_of<'a>(tenants: &'a Tenants, key: &TenantKey) -> Option<&'a Tenant> {
    let awake = tenants.find(key).expect("everybody is active")?;
    Some(tenants.state(awake))
}

/// What is known, but for where the newest record stands; blank tenants are nobody.
fn known(tenants: &Tenants) -> impl PartialEq + std::fmt::Debug {
    let of = |number: u8| {
        let tenant = state_of(tenants, &World::key(&format!("H-{number}")))?;
        let open: Vec<Open> = tenant.open.iter().cloned().collect();
        let known = (tenant.profile.clone(), tenant.told.clone(), open);
        (!tenant.is_blank()).then_some(known)
    };
    let about = |number: u64| {
        let slots = tenants.about(HOUSE, &subject(number)).into_iter();
        let awake = slots.map(|slot| tenants.awake(slot).expect("everybody is active"));
        let mut who: Vec<_> = awake.map(|tenant| tenants.key(tenant).clone()).collect();
        who.sort();
        who
    };
    let open: Vec<NotificationId> = tenants
        .iter_open(None)
        .map(|located| located.id())
        .collect();
    let counted = |all: Vec<(CorporationId, i64)>| -> i64 { all.iter().map(|(_, n)| n).sum() };
    (
        [0, 1, 2].map(of),
        (0..40).map(about).collect::<Vec<_>>(),
        open,
        counted(tenants.counts().collect()),
        counted(tenants.unknown().collect()),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_replay_with_stored_tenants_anywhere_gives_what_a_replay_without_gives(
        happens in prop::collection::vec((any::<u8>(), any::<u8>()), 1..40),
        stores in any::<u64>(), from in any::<prop::sample::Index>(),
    ) {
        let world = World {
            most_of_a_tenant: 1_000,
            ..World::new()
        };
        let records = lived(&world, &happens);
        let plain = replayed(&world, &records, 0, |_| false);
        let with_stored = replayed(&world, &records, 0, |place| stores >> (place % 64) & 1 == 1);
        prop_assert_eq!(known(&with_stored), known(&plain));

        // Only the newest records, with everybody stored behind them.
        let from = if records.is_empty() { 0 } else { from.index(records.len()) };
        let mut newest = replayed(&world, &records, from, |_| false);
        let behind = (records.len() as u64 + 1) * APART;
        for (number, key) in (0..).zip(["H-0", "H-1", "H-2"].map(World::key)) {
            if let Some(state) = state_of(&plain, &key) {
                store(&mut newest, &key, state, behind + number * APART);
            }
        }
        prop_assert_eq!(known(&newest), known(&plain));
    }
}
