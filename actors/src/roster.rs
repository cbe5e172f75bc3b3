//! Owns what the engine keeps for each corporation that it knows: those of the start, and in layers behind
//! them those that came while it runs. Nothing leaves, so whoever found something may keep it, and nobody
//! waits for a lock. Refuses to put another value in the place of one that is there.

use std::collections::BTreeMap;
use std::iter::successors;
use std::sync::OnceLock;

use sluis_model::CorporationId;

/// Values of corporations, in layers.
#[derive(Debug)]
pub struct Roster<T> {
    entries: BTreeMap<CorporationId, T>,
    later: OnceLock<Box<Self>>,
}

impl<T> Default for Roster<T> {
    fn default() -> Self {
        Self::from_iter([])
    }
}

impl<T> FromIterator<(CorporationId, T)> for Roster<T> {
    fn from_iter<I: IntoIterator<Item = (CorporationId, T)>>(entries: I) -> Self {
        Self {
            entries: entries.into_iter().collect(),
            later: OnceLock::new(),
        }
    }
}

impl<T> Roster<T> {
    /// What is kept for a corporation. One that came later costs one more look for each time that some came.
    pub fn get(&self, corporation: CorporationId) -> Option<&T> {
        self.layers()
            .find_map(|layer| layer.entries.get(&corporation))
    }

    /// What is kept for the one that may be changed before anybody else has the roster.
    pub(crate) fn get_mut(&mut self, corporation: CorporationId) -> Option<&mut T> {
        self.entries.get_mut(&corporation)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (CorporationId, &T)> {
        self.layers()
            .flat_map(|layer| layer.entries.iter().map(|(id, value)| (*id, value)))
    }

    /// The first of this number or a later one.
    pub(crate) fn from(&self, corporation: CorporationId) -> Option<(CorporationId, &T)> {
        let first = self
            .layers()
            .filter_map(|layer| layer.entries.range(corporation..).next());
        first
            .min_by_key(|(id, _)| **id)
            .map(|(id, value)| (*id, value))
    }

    /// Puts those behind the others that are not there yet.
    pub fn add(&self, entries: impl IntoIterator<Item = (CorporationId, T)>) {
        let entries = entries.into_iter();
        let fresh: Self = entries.filter(|(id, _)| self.get(*id).is_none()).collect();
        if fresh.entries.is_empty() {
            return;
        }
        let (mut layer, mut last) = (Box::new(fresh), self);
        // Somebody else may have put a layer there meanwhile: then this one goes behind it.
        while let Err(back) = last.later.set(layer) {
            layer = back;
            match last.later.get() {
                Some(next) => last = next,
                None => return,
            }
        }
    }

    fn layers(&self) -> impl Iterator<Item = &Self> {
        successors(Some(self), |layer| layer.later.get().map(|next| &**next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_later_is_found_and_who_is_there_stays_what_he_is() {
        let id = CorporationId;
        let roster: Roster<u32> = [(id(2), 20), (id(4), 40)].into_iter().collect();
        let kept = roster.get(id(2));
        roster.add([(id(3), 30), (id(2), 99)]);
        roster.add([(id(1), 10)]);
        roster.add([(id(1), 11)]);
        assert_eq!(kept, Some(&20));
        assert_eq!(
            [1, 2, 3, 4, 5].map(|n| roster.get(id(n)).copied()),
            [Some(10), Some(20), Some(30), Some(40), None]
        );
        let in_order = std::iter::successors(roster.from(id(0)), |(known, _)| {
            roster.from(id(known.0 + 1))
        });
        assert_eq!(
            in_order.map(|(_, value)| *value).collect::<Vec<_>>(),
            [10, 20, 30, 40]
        );
        assert_eq!(roster.iter().count(), 4);
    }
}
