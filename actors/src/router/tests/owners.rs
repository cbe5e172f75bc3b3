//! Nothing of a corporation goes over another's account, whatever waits, is pinned, is full or
//! cannot be reached.

use proptest::prelude::*;

use super::*;

/// Providers of three corporations and of the street, in any order.
fn owners() -> impl Strategy<Value = Vec<Owner>> {
    let one = prop_oneof![
        Just(Owner::Street),
        (1..4_u16).prop_map(|one| Owner::of([CorporationId(one)])),
        Just(Owner::of([CorporationId(1), CorporationId(2)])),
    ];
    proptest::collection::vec(one, 1..5)
}

/// What may happen: something comes in, a provider is shut or opens, time passes.
#[derive(Clone, Debug)]
enum Act {
    Add(u16, usize, Option<usize>, u32),
    Shut(usize),
    Open(usize),
    Pass(i64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let pinned = proptest::option::weighted(0.3, 0..5_usize);
    let one = prop_oneof![
        4 => (1..5_u16, 0..3_usize, pinned, 1..20_u32)
            .prop_map(|(of, lane, pinned, count)| Act::Add(of, lane, pinned, count)),
        1 => (0..5_usize).prop_map(Act::Shut),
        1 => (0..5_usize).prop_map(Act::Open),
        1 => (1..5_000_i64).prop_map(Act::Pass),
    ];
    proptest::collection::vec(one, 1..25)
}

/// Runs the acts on a router that takes the providers to be `told`; what began.
fn run(told: &[Owner], acts: &[Act]) -> Vec<(QueueKey, usize)> {
    let name = |provider: usize| format!("p{provider}");
    let slots = told.iter().enumerate().map(|(number, owner)| ProviderSlot {
        owner: owner.clone(),
        ..provider(&name(number), 3)
    });
    let mut world = World::new(settings(), slots.collect(), 2);
    for act in acts {
        match act {
            Act::Add(of, lane, to, count) => {
                let key = match to {
                    Some(to) => pinned(Lane::ALL[*lane], *of, &name(*to)),
                    None => key(Lane::ALL[*lane], *of),
                };
                world.add(*of % 2, key, *count);
            }
            Act::Shut(provider) => {
                let until = world.now().plus(1_000);
                if let Some(gate) = world.gates.get(*provider) {
                    gate.shut(until, None);
                }
            }
            Act::Open(provider) => {
                if let Some(gate) = world.gates.get(*provider) {
                    gate.open();
                }
            }
            Act::Pass(millis) => world.clock.advance(*millis),
        }
        world.rounds(3);
    }
    world.begun
}

/// What went over an account that is not its corporation's.
fn astray(owners: &[Owner], begun: &[(QueueKey, usize)]) -> usize {
    let wrong =
        |(queue, provider): &&(QueueKey, usize)| !owners[*provider].serves(queue.corporation);
    begun.iter().filter(wrong).count()
}

proptest! {
    #[test]
    fn nothing_goes_over_anothers_account(owners in owners(), acts in acts()) {
        let begun = run(&owners, &acts);
        prop_assert_eq!(astray(&owners, &begun), 0);
    }
}

#[test]
fn a_router_that_forgets_whose_a_provider_is_is_noticed() {
    let owners = [Owner::of([CorporationId(1)])];
    let acts = [Act::Add(2, 1, None, 5)];
    assert_eq!(astray(&owners, &run(&owners, &acts)), 0);
    assert_eq!(astray(&owners, &run(&[Owner::Street], &acts)), 5);
}

#[test]
fn ones_own_provider_comes_first_and_the_streets_takes_what_is_over() {
    let slots = vec![
        provider("street", 10),
        ProviderSlot {
            owner: Owner::of([CorporationId(1)]),
            ..provider("own", 4)
        },
    ];
    let mut world = World::new(settings(), slots, 1);
    world.add(0, key(Lane::Urgent, 1), 6);
    world.add(0, key(Lane::Urgent, 2), 6);
    world.round();
    let through = |of: u16, provider: usize| {
        let wanted = |(queue, at): &&(QueueKey, usize)| {
            queue.corporation == CorporationId(of) && *at == provider
        };
        world.begun.iter().filter(wanted).count()
    };
    assert_eq!(
        (through(1, 1), through(1, 0)),
        (4, 2),
        "four of its own, then the street's"
    );
    assert_eq!((through(2, 1), through(2, 0)), (0, 6));
}

#[test]
fn a_corporation_with_an_account_of_its_own_has_no_more_of_the_streets_than_others() {
    let slots = vec![
        provider("street", 10),
        ProviderSlot {
            owner: Owner::of([CorporationId(1)]),
            ..provider("own", 1)
        },
    ];
    let mut world = World::new(settings(), slots, 1);
    for of in 1..=4 {
        world.add(0, key(Lane::Urgent, of), 1_000);
    }
    world.rounds(40);
    let of = |of: u16| {
        let wanted =
            |(queue, at): &&(QueueKey, usize)| queue.corporation == CorporationId(of) && *at == 0;
        world.begun.iter().filter(wanted).count()
    };
    let shares = [1, 2, 3, 4].map(of);
    assert_eq!(shares.iter().sum::<usize>(), 400);
    // What its own account takes counts as its turn.
    assert!(shares[0] >= 60, "{shares:?}");
    let others = &shares[1..];
    assert!(
        others.iter().all(|share| share.abs_diff(others[0]) <= 1),
        "{shares:?}"
    );
    assert!(others[0] >= shares[0], "{shares:?}");
}
