//! Owns the way from a key to a place in a list: a hash table of places, which are compared with
//! what stands there, so that no key is kept twice. It consists of many small tables: each grows by
//! itself, and one insertion never moves more than one of them. Refuses to be walked through: its
//! order is another in every data directory.

use std::hash::{BuildHasher, Hash, RandomState};

use hashbrown::HashTable;
use siphasher::sip::SipHasher13;

/// The bits of a hash by which its part is chosen.
const PART_SHIFT: u32 = 32;
const PART_BITS: u32 = 16;

/// Finds the place of a key in a list that the caller keeps.
#[derive(Debug)]
pub(crate) struct HashIndex {
    parts: Box<[HashTable<u32>]>,
    random: Seeds,
}

/// What keys are hashed with: random, so that nobody chooses keys that meet. Stored where hashes
/// are: the same seeds give the same hashes in every process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seeds(pub(crate) [u64; 2]);

impl Seeds {
    fn random() -> Self {
        let random = RandomState::new();
        Self([0_u8, 1].map(|number| random.hash_one(number)))
    }
}

impl BuildHasher for Seeds {
    type Hasher = SipHasher13;

    fn build_hasher(&self) -> SipHasher13 {
        let Self([first, second]) = *self;
        SipHasher13::new_with_keys(first, second)
    }
}

/// The hash of a key, by the table that is asked with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyHash(pub(crate) u64);

/// What is known of the key at a place.
pub(crate) enum Known<K> {
    /// The key.
    Key(K),
    /// Its hash alone.
    Hash(KeyHash),
}

impl HashIndex {
    /// An empty one of this many parts, a power of two: as many as leave some thousands of places
    /// in each.
    pub(crate) fn new(parts: usize) -> Self {
        Self::seeded(parts, Seeds::random())
    }

    /// The same, with seeds of before.
    pub(crate) fn seeded(parts: usize, random: Seeds) -> Self {
        Self {
            parts: (0..parts.next_power_of_two())
                .map(|_| HashTable::new())
                .collect(),
            random,
        }
    }

    pub(crate) const fn seeds(&self) -> Seeds {
        self.random
    }

    pub(crate) fn hash(&self, key: &impl Hash) -> KeyHash {
        KeyHash(self.random.hash_one(key))
    }

    /// The place for which `is` says yes.
    pub(crate) fn find(&self, hash: KeyHash, mut is: impl FnMut(u32) -> bool) -> Option<u32> {
        self.parts[self.part(hash)]
            .find(hash.0, |place| is(*place))
            .copied()
    }

    /// Adds a place that is not there yet. `key` gives the key that stands at a place, for those
    /// that move.
    pub(crate) fn insert<K: Hash>(&mut self, hash: KeyHash, place: u32, key: impl Fn(u32) -> K) {
        self.insert_known(hash, place, |place| Known::Key(key(place)));
    }

    /// The same, where of some keys the hash alone is kept.
    pub(crate) fn insert_known<K: Hash>(
        &mut self,
        hash: KeyHash,
        place: u32,
        known: impl Fn(u32) -> Known<K>,
    ) {
        let (part, random) = (self.part(hash), &self.random);
        self.parts[part].insert_unique(hash.0, place, |place| match known(*place) {
            Known::Key(key) => random.hash_one(key),
            Known::Hash(hash) => hash.0,
        });
    }

    pub(crate) fn remove(&mut self, hash: KeyHash, place: u32) {
        let part = self.part(hash);
        if let Ok(entry) = self.parts[part].find_entry(hash.0, |other| *other == place) {
            entry.remove();
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.parts.iter().map(HashTable::len).sum()
    }

    /// Unequal shares on purpose: from the first part to the last they double, evenly (`u (4 - u) /
    /// 3` of all parts, for a number `u` below one). A table doubles when it is full; parts of one
    /// size would do so together, and the memory of all in a step. A part's table uses the lowest
    /// bits and the highest seven.
    fn part(&self, hash: KeyHash) -> usize {
        let u = (hash.0 >> PART_SHIFT) % (1 << PART_BITS);
        let of_all = u * ((4 << PART_BITS) - u) / 3;
        ((of_all * self.parts.len() as u64) >> (2 * PART_BITS)) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_while_the_parts_grow_and_shrink() {
        let keys: Vec<String> = (0..20_000).map(|n| format!("H-{n}")).collect();
        let mut positions = HashIndex::new(16);
        let find = |positions: &HashIndex, key: &String| {
            positions.find(positions.hash(key), |at| keys[at as usize] == *key)
        };
        for (at, key) in (0..).zip(&keys) {
            assert_eq!(find(&positions, key), None);
            positions.insert(positions.hash(key), at, |at| &keys[at as usize]);
        }
        for (at, key) in (0..).zip(&keys).filter(|(at, _)| at % 3 == 0) {
            positions.remove(positions.hash(key), at);
        }
        for (at, key) in (0..).zip(&keys) {
            assert_eq!(find(&positions, key), Some(at).filter(|at| at % 3 != 0));
        }
        assert_eq!(positions.len(), 20_000 - 6_667);
        let largest = positions.parts.iter().map(HashTable::len).max();
        assert!(
            largest < Some(20_000 / 16 * 2),
            "{largest:?} in one of 16 parts"
        );
    }

    #[test]
    fn its_memory_grows_as_evenly_as_what_it_holds() {
        let mut positions = HashIndex::new(64);
        let room = |positions: &HashIndex| {
            positions
                .parts
                .iter()
                .map(HashTable::capacity)
                .sum::<usize>()
        };
        let (mut before, mut next) = (0, 20_000);
        for place in 0..200_000 {
            positions.insert(positions.hash(&place), place, |place| place);
            if place == next {
                let now = room(&positions);
                assert!(
                    before == 0 || now <= before + before / 4,
                    "room for {before}, an eighth more, {now}"
                );
                (before, next) = (now, next + next / 8);
            }
        }
        assert!(
            room(&positions) < 200_000 * 2,
            "room for {}",
            room(&positions)
        );
    }
}
