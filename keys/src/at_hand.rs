//! Owns the keys that are ready to seal and open with, found by a mark in one step: a key may stand in few
//! places only, which lie together, and a new one takes the place of one of those. So nothing moves when a key is
//! found, and a look touches little memory. Refuses to make a key ready.

use std::sync::Arc;

use parking_lot::Mutex;

/// Places of a set: one line of a processor's cache with their marks.
const WAYS: usize = 4;

/// Some keys, each of which has a mark.
pub(crate) struct AtHand<V> {
    /// As many as a power of two.
    sets: Box<[Line<V>]>,
}

/// A set with its lock.
#[repr(align(64))]
struct Line<V>(Mutex<Set<V>>);

/// The places that share the end of a mark.
struct Set<V> {
    marks: [u32; WAYS],
    values: [Option<Arc<V>>; WAYS],
    /// The place that is taken next.
    next: u8,
}

impl<V> Default for Set<V> {
    fn default() -> Self {
        Self {
            marks: [0; WAYS],
            values: Default::default(),
            next: 0,
        }
    }
}

impl<V> Set<V> {
    fn place(&self, mark: u32, is_it: impl Fn(&V) -> bool) -> Option<usize> {
        (0..WAYS).find(|place| {
            let value = self.values[*place].as_deref();
            self.marks[*place] == mark && value.is_some_and(&is_it)
        })
    }
}

impl<V> AtHand<V> {
    /// Holds at most `most`, or as few as one set has.
    pub(crate) fn new(most: usize) -> Self {
        let sets = (most / WAYS).max(1);
        let sets = if sets.is_power_of_two() {
            sets
        } else {
            sets.next_power_of_two() / 2
        };
        Self {
            sets: std::iter::repeat_with(|| Line(Mutex::default()))
                .take(sets)
                .collect(),
        }
    }

    fn set(&self, mark: u32) -> &Mutex<Set<V>> {
        &self.sets[mark as usize & (self.sets.len() - 1)].0
    }

    /// That with the mark for which it is so.
    pub(crate) fn find(&self, mark: u32, is_it: impl Fn(&V) -> bool) -> Option<Arc<V>> {
        let set = self.set(mark).lock();
        let place = set.place(mark, is_it)?;
        set.values[place].clone()
    }

    /// Puts it in the place of the one with the mark for which it is so, or else of another.
    pub(crate) fn put(&self, mark: u32, value: Arc<V>, is_it: impl Fn(&V) -> bool) {
        let mut set = self.set(mark).lock();
        let free = || set.values.iter().position(Option::is_none);
        let place = set.place(mark, is_it).or_else(free);
        let place = place.unwrap_or_else(|| {
            let next = usize::from(set.next);
            set.next = ((next + 1) % WAYS) as u8;
            next
        });
        set.marks[place] = mark;
        let before = set.values[place].replace(value);
        drop(set);
        drop(before);
    }

    /// Removes those with the mark.
    pub(crate) fn remove(&self, mark: u32) {
        let mut set = self.set(mark).lock();
        let Set { marks, values, .. } = &mut *set;
        for (place, value) in marks.iter().zip(values) {
            if *place == mark {
                *value = None;
            }
        }
    }

    /// Removes all for which it is so. Looks at every one: for what is done seldom.
    pub(crate) fn remove_where(&self, is_it: impl Fn(&V) -> bool) {
        for set in &self.sets {
            for value in &mut set.0.lock().values {
                if value.as_deref().is_some_and(&is_it) {
                    *value = None;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_set_and_its_lock_are_one_line_of_the_cache() {
        assert_eq!(size_of::<Line<u64>>(), 64);
    }

    #[test]
    fn it_holds_what_was_put_last_and_never_more_than_its_bound() {
        let keys = AtHand::<u32>::new(100);
        let get = |number: u32| {
            let found = keys.find(number, |value| *value == number);
            found.map(|value| *value)
        };
        for number in 0..10_000 {
            keys.put(number, Arc::new(number), |value| *value == number);
            assert_eq!(get(number), Some(number));
        }
        let held = (0..10_000).filter(|number| get(*number).is_some()).count();
        assert_eq!(held, 64, "the largest power of two of sets");
        keys.remove(9_999);
        assert_eq!((get(9_999), get(9_998)), (None, Some(9_998)));
        keys.remove_where(|value| *value == 9_998);
        assert_eq!((get(9_998), get(9_997)), (None, Some(9_997)));
    }

    proptest! {
        /// Two that have the same mark are told apart; what was removed does not come back.
        #[test]
        fn nothing_is_found_that_was_not_put(
            steps in prop::collection::vec((0..3_u8, 0..24_u32), 0..200),
        ) {
            let keys = AtHand::<u32>::new(16);
            let mark = |number: u32| number % 6;
            let mut there = std::collections::BTreeSet::new();
            for (what, number) in steps {
                match what {
                    0 => {
                        keys.put(mark(number), Arc::new(number), |value| *value == number);
                        there.insert(number);
                    }
                    1 => {
                        keys.remove(mark(number));
                        there.retain(|other| mark(*other) != mark(number));
                    }
                    _ => {
                        let found = keys.find(mark(number), |value| *value == number);
                        if let Some(found) = found {
                            prop_assert_eq!(*found, number);
                            prop_assert!(there.contains(&number));
                        }
                    }
                }
            }
        }
    }
}
