//! Power cuts at any moment: what is not synced is lost or torn sector by sector. Whatever is sealed
//! before the cut opens after it; what was destroyed durably stays destroyed; two tenants never have
//! one key.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sluis_keys::KeyStore;
use sluis_model::Timestamp;

use super::support::{CutFile, Sealed, open, seal, secret, tenant};

/// What is done with a store.
#[derive(Clone, Debug)]
enum Act {
    Seal(u32),
    Erase(u32),
    Tend,
    Sync,
    Settle,
    Rewrap,
    Cut(u64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        12 => (0_u32..40).prop_map(Act::Seal),
        2 => (0_u32..40).prop_map(Act::Erase),
        2 => Just(Act::Tend),
        1 => Just(Act::Sync),
        1 => Just(Act::Settle),
        1 => Just(Act::Rewrap),
        3 => any::<u64>().prop_map(Act::Cut),
    ]
}

/// What a log would hold, and what must hold.
#[derive(Default)]
struct Book {
    /// Everything sealed that no erasure has passed, by tenant.
    live: BTreeMap<u32, Vec<Sealed>>,
    gone: Vec<Sealed>,
}

impl Book {
    /// After a start: the log is read, as an engine reads it.
    fn replay(&self, store: &KeyStore) {
        for (number, sealed) in &self.live {
            for sealed in sealed {
                assert_eq!(open(store, sealed), Some(number.to_be_bytes().to_vec()));
                store.learn(sealed.id, &tenant(*number));
            }
        }
        for sealed in &self.gone {
            assert_eq!(open(store, sealed), None);
        }
        store.settle().expect("settled");
    }

    fn nobody_shares(&self) {
        let mut whose = BTreeMap::new();
        for (number, sealed) in &self.live {
            for sealed in sealed {
                let before = whose.insert(sealed.id, number);
                assert!(before.is_none_or(|other| other == number), "{}", sealed.id);
            }
        }
    }
}

fn coin(mut state: u64) -> impl FnMut() -> bool {
    move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state >> 63 == 1
    }
}

fn run(file: CutFile, acts: &[Act]) {
    let (mut keys, mut rewraps) = (vec![secret(1)], 2..=u8::MAX);
    let (mut file, mut book) = (file, Book::default());
    let mut store = file.open(&keys);
    for act in acts {
        match act {
            Act::Seal(number) => {
                let sealed = seal(&store, &tenant(*number), &number.to_be_bytes());
                book.live.entry(*number).or_default().push(sealed);
            }
            Act::Erase(number) => {
                store
                    .erase(&tenant(*number), Timestamp(1))
                    .expect("destroyed");
                book.gone
                    .extend(book.live.remove(number).unwrap_or_default());
            }
            Act::Tend => store.tend().expect("tended"),
            Act::Sync => store.sync().expect("synced"),
            Act::Settle => {
                book.replay(&store);
            }
            Act::Rewrap => {
                let next = rewraps.next().expect("a few");
                keys.insert(0, secret(next));
                drop(store);
                store = file.open(&keys);
                book.replay(&store);
                store.rewrap().expect("wrapped anew");
                keys.truncate(1);
            }
            Act::Cut(seed) => {
                file = file.cut(coin(*seed));
                store = file.open(&keys);
                book.replay(&store);
            }
        }
        book.nobody_shares();
    }
    let store = file.cut(coin(7)).open(&keys);
    book.replay(&store);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_cut_loses_a_key_that_sealed_or_brings_back_one_that_was_destroyed(
        acts in prop::collection::vec(act(), 1..80),
    ) {
        run(CutFile::default(), &acts);
    }
}

/// The control: with syncs that do nothing, keys are lost.
#[test]
fn without_the_sync_a_cut_loses_keys() {
    let acts = [Act::Seal(1), Act::Seal(2), Act::Cut(3), Act::Seal(3)];
    let lost = std::panic::catch_unwind(|| run(CutFile::lying(), &acts));
    assert!(lost.is_err(), "the test would not notice");
}
