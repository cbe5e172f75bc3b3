//! Owns the unwrapped keys that are at hand, up to a bound: those that were not asked for longest go.
//! Refuses to read the file.

use std::collections::HashMap;

use parking_lot::Mutex;

use crate::data_key::KEY_BYTES;
use crate::id::KeyId;

/// Parts with a lock each, so that shards do not wait for each other.
const STRIPES: usize = 16;

/// Keys at hand.
pub(crate) struct Cache {
    stripes: [Mutex<Stripe>; STRIPES],
    /// Keys of one half of one part.
    half: usize,
}

/// Two halves: when the young one is full it becomes the old one, and what was old goes. A key that is
/// asked for moves to the young half.
#[derive(Default)]
struct Stripe {
    young: HashMap<u32, [u8; KEY_BYTES]>,
    old: HashMap<u32, [u8; KEY_BYTES]>,
}

impl Cache {
    /// Holds at most `most` keys, or a few where that is fewer.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            stripes: Default::default(),
            half: (most / STRIPES / 2).max(1),
        }
    }

    fn stripe(&self, id: KeyId) -> &Mutex<Stripe> {
        &self.stripes[id.0 as usize % STRIPES]
    }

    pub(crate) fn get(&self, id: KeyId) -> Option<[u8; KEY_BYTES]> {
        let mut stripe = self.stripe(id).lock();
        if let Some(key) = stripe.young.get(&id.0) {
            return Some(*key);
        }
        let key = stripe.old.remove(&id.0)?;
        stripe.put(id, key, self.half);
        Some(key)
    }

    pub(crate) fn put(&self, id: KeyId, key: [u8; KEY_BYTES]) {
        self.stripe(id).lock().put(id, key, self.half);
    }

    pub(crate) fn remove(&self, id: KeyId) {
        let mut stripe = self.stripe(id).lock();
        stripe.young.remove(&id.0);
        stripe.old.remove(&id.0);
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        let of = |stripe: &Mutex<Stripe>| {
            let stripe = stripe.lock();
            stripe.young.len() + stripe.old.len()
        };
        self.stripes.iter().map(of).sum()
    }
}

impl Stripe {
    fn put(&mut self, id: KeyId, key: [u8; KEY_BYTES], half: usize) {
        if self.young.len() >= half {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(id.0, key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_what_is_asked_for_and_never_more_than_its_bound() {
        let cache = Cache::new(320);
        for id in 0..10_000 {
            cache.put(KeyId(id), [id as u8; KEY_BYTES]);
            assert_eq!(
                cache.get(KeyId(id % 8)),
                Some([(id % 8) as u8; KEY_BYTES]).filter(|_| id >= id % 8)
            );
            assert!(cache.len() <= 320);
        }
        assert_eq!(cache.get(KeyId(5_000)), None);
        cache.remove(KeyId(3));
        assert_eq!(cache.get(KeyId(3)), None);
    }
}
