//! Owns what is kept at hand of keys, up to a bound: what was not asked for longest goes.
//! Refuses to read the file, and to make a key ready.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};

use parking_lot::Mutex;
use rustc_hash::FxBuildHasher;

use crate::id::KeyId;

/// Parts with a lock each, so that shards do not wait for each other.
const STRIPES: usize = 16;

/// What something is found by.
pub(crate) trait Place: Eq + Hash {
    /// A number by which they are spread over the parts.
    fn spread(&self) -> usize;
}

impl Place for KeyId {
    fn spread(&self) -> usize {
        self.0 as usize
    }
}

/// What is at hand. The numbers of keys are ours, so they are found by a quick hash.
pub(crate) struct Cache<K, V, S = FxBuildHasher> {
    stripes: [Mutex<Stripe<K, V, S>>; STRIPES],
    /// Entries of one half of one part.
    half: usize,
}

/// Two halves: when the young one is full it becomes the old one, and what was old goes. What is asked
/// for moves to the young half.
struct Stripe<K, V, S> {
    young: HashMap<K, V, S>,
    old: HashMap<K, V, S>,
}

impl<K, V, S: Default> Default for Stripe<K, V, S> {
    fn default() -> Self {
        Self {
            young: HashMap::default(),
            old: HashMap::default(),
        }
    }
}

impl<K: Place, V, S: BuildHasher + Default> Cache<K, V, S> {
    /// Holds at most `most`, or a few where that is fewer.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            stripes: Default::default(),
            half: (most / STRIPES / 2).max(1),
        }
    }

    fn stripe(&self, place: &K) -> &Mutex<Stripe<K, V, S>> {
        &self.stripes[place.spread() % STRIPES]
    }

    /// What `then` makes of it; none when it is not there. Whoever removes it waits for that.
    pub(crate) fn find<R>(&self, place: &K, then: impl FnOnce(&V) -> R) -> Option<R> {
        let mut stripe = self.stripe(place).lock();
        if let Some(value) = stripe.young.get(place) {
            return Some(then(value));
        }
        let (place, value) = stripe.old.remove_entry(place)?;
        let result = then(&value);
        stripe.put(place, value, self.half);
        Some(result)
    }

    pub(crate) fn put(&self, place: K, value: V) {
        self.stripe(&place).lock().put(place, value, self.half);
    }

    pub(crate) fn remove(&self, place: &K) {
        let mut stripe = self.stripe(place).lock();
        stripe.young.remove(place);
        stripe.old.remove(place);
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        let of = |stripe: &Mutex<Stripe<K, V, S>>| {
            let stripe = stripe.lock();
            stripe.young.len() + stripe.old.len()
        };
        self.stripes.iter().map(of).sum()
    }
}

impl<K: Place, V, S: BuildHasher + Default> Stripe<K, V, S> {
    fn put(&mut self, place: K, value: V, half: usize) {
        if self.young.len() >= half {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(place, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_what_is_asked_for_and_never_more_than_its_bound() {
        let cache = Cache::<KeyId, u32>::new(320);
        let get = |id: u32| cache.find(&KeyId(id), |value| *value);
        for id in 0..10_000 {
            cache.put(KeyId(id), id);
            let often = id % 8;
            assert_eq!(get(often), Some(often).filter(|_| id >= often));
            assert!(cache.len() <= 320);
        }
        assert_eq!(get(5_000), None);
        cache.remove(&KeyId(3));
        assert_eq!(get(3), None);
        assert_eq!(get(7), Some(7));
    }
}
