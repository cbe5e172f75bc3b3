//! Owns which idempotency keys were used, by which notification and for which body: in memory,
//! within a window of age and count, rebuilt from the journal. Refuses to say what a key that was
//! used means: its caller does.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use sluis_model::{CorporationId, Idempotency, NotificationId, Timestamp};

use crate::chunked_deque::ChunkedDeque;
use crate::hash_index::HashIndex;

/// How long a key is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyWindow {
    /// At most this long, in milliseconds.
    pub age_ms: i64,
    /// At most this many per corporation; the oldest go first.
    pub count: usize,
}

impl Default for KeyWindow {
    fn default() -> Self {
        Self {
            age_ms: sluis_model::DAY,
            count: 2_000_000,
        }
    }
}

/// Which keys were used, per corporation, across shards. In memory; rebuilt from the journal.
#[derive(Debug)]
pub struct KeyIndex {
    window: KeyWindow,
    corporations: BTreeMap<CorporationId, Vec<Mutex<Keys>>>,
}

/// Locks per corporation, so that intake does not queue for one.
const STRIPES: usize = 16;
/// Parts of a stripe's table: two thousand keys each when a corporation's window of two million is
/// full.
const PARTS: usize = 64;

/// The keys of one stripe: 40 bytes a use in order of use, and some eight to find it by its key.
#[derive(Debug)]
struct Keys {
    uses: ChunkedDeque<Used>,
    /// The number of the first of them since the start, which wraps.
    first: u32,
    /// By key: the numbers of those that count.
    numbers: HashIndex,
}

/// A use. When it happened stands in its id; both long numbers in halves, without the alignment of
/// a `u128`.
#[derive(Clone, Copy, Debug)]
struct Used {
    key: [u64; 2],
    id: [u64; 2],
    body: u64,
}

/// The id of a use that does not count any more: given back, or over and used again. It leaves with
/// its neighbours. RFC 9562's Max UUID, which no clock gives out; the Nil UUID is what the first id
/// of a clock at its beginning is.
const VOID: [u64; 2] = [u64::MAX, u64::MAX];

impl Used {
    fn new(key: Idempotency, id: NotificationId) -> Self {
        Self {
            key: halves(key.key),
            id: halves(id.0),
            body: key.body,
        }
    }

    fn id(&self) -> NotificationId {
        NotificationId(whole(self.id))
    }

    fn at(&self) -> Timestamp {
        self.id().made_at()
    }

    fn key(&self) -> u128 {
        whole(self.key)
    }

    fn counts(&self) -> bool {
        self.id != VOID
    }
}

fn halves(number: u128) -> [u64; 2] {
    [(number >> 64) as u64, number as u64]
}

fn whole([high, low]: [u64; 2]) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

/// What a key turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// Not used before.
    New,
    /// Used for the same body: this is its notification.
    Same(NotificationId),
    /// Used for another body.
    Other(NotificationId),
}

impl KeyIndex {
    /// An empty index.
    #[must_use]
    pub fn new(window: KeyWindow, corporations: impl IntoIterator<Item = CorporationId>) -> Self {
        let stripes = || (0..STRIPES).map(|_| Mutex::new(Keys::new())).collect();
        Self {
            window,
            corporations: corporations.into_iter().map(|c| (c, stripes())).collect(),
        }
    }

    fn keys(&self, corporation: CorporationId, key: u128) -> Option<&Mutex<Keys>> {
        self.corporations
            .get(&corporation)?
            .get(key as usize % STRIPES)
    }

    /// Looks the key up; a new one is remembered, from when `id` was made, only if `room` says that
    /// there is room for its notification.
    pub(crate) fn use_key<E>(
        &self,
        corporation: CorporationId,
        key: Idempotency,
        id: NotificationId,
        now: Timestamp,
        room: impl FnOnce() -> Result<(), E>,
    ) -> Result<KeyUse, E> {
        let Some(keys) = self.keys(corporation, key.key) else {
            return room().map(|()| KeyUse::New);
        };
        let mut keys = keys.lock();
        keys.forget(now, self.window.age_ms, self.window.count / STRIPES);
        match keys.find(key.key) {
            Some((_, used)) if used.body == key.body => Ok(KeyUse::Same(used.id())),
            Some((_, used)) => Ok(KeyUse::Other(used.id())),
            None => {
                room()?;
                keys.push(Used::new(key, id));
                Ok(KeyUse::New)
            }
        }
    }

    /// Takes over a key from the journal; keys out of the window are passed over. Of a key that was
    /// used again, its window over, the newest use counts: its own window is the longer one.
    pub fn recover(
        &self,
        corporation: CorporationId,
        key: Idempotency,
        id: NotificationId,
        now: Timestamp,
    ) {
        let at = id.made_at();
        let Some(keys) = self
            .keys(corporation, key.key)
            .filter(|_| now.since(at) <= self.window.age_ms)
        else {
            return;
        };
        let mut keys = keys.lock();
        keys.forget(at, self.window.age_ms, self.window.count / STRIPES);
        match keys.find(key.key) {
            Some((_, used)) if used.at() > at => return,
            Some((number, _)) => keys.void(number, key.key),
            None => {}
        }
        keys.push(Used::new(key, id));
    }

    /// Gives a key back that was taken for `id`.
    pub(crate) fn release(&self, corporation: CorporationId, key: u128, id: NotificationId) {
        if let Some(keys) = self.keys(corporation, key) {
            let mut keys = keys.lock();
            if let Some((number, _)) = keys.find(key).filter(|(_, used)| used.id() == id) {
                keys.void(number, key);
                keys.drop_void_ends();
            }
        }
    }

    /// Uses that are kept, of whatever count.
    #[cfg(test)]
    pub(crate) fn uses(&self) -> usize {
        self.corporations
            .values()
            .flatten()
            .map(|keys| keys.lock().uses.len())
            .sum()
    }

    /// Keys remembered, per corporation.
    pub fn len(&self) -> impl Iterator<Item = (CorporationId, usize)> {
        self.corporations.iter().map(|(c, stripes)| {
            (
                *c,
                stripes.iter().map(|keys| keys.lock().numbers.len()).sum(),
            )
        })
    }
}

impl Keys {
    fn new() -> Self {
        Self {
            uses: ChunkedDeque::default(),
            first: 0,
            numbers: HashIndex::new(PARTS),
        }
    }

    /// The use of the key that counts, and its number.
    fn find(&self, key: u128) -> Option<(u32, Used)> {
        let number = self.numbers.find(self.numbers.hash(&key), |number| {
            self.used(number).key() == key
        })?;
        Some((number, *self.used(number)))
    }

    fn used(&self, number: u32) -> &Used {
        &self.uses[number.wrapping_sub(self.first) as usize]
    }

    fn push(&mut self, used: Used) {
        let number = self.first.wrapping_add(self.uses.len() as u32);
        self.uses.push_back(used);
        let (uses, first) = (&self.uses, self.first);
        let key = |number: u32| uses[number.wrapping_sub(first) as usize].key();
        self.numbers
            .insert(self.numbers.hash(&used.key()), number, key);
    }

    /// Lets a use count no more.
    fn void(&mut self, number: u32, key: u128) {
        self.numbers.remove(self.numbers.hash(&key), number);
        self.uses[number.wrapping_sub(self.first) as usize].id = VOID;
    }

    fn drop_void_ends(&mut self) {
        while self.uses.back().is_some_and(|used| !used.counts()) {
            self.uses.pop_back();
        }
    }

    fn forget(&mut self, now: Timestamp, age_ms: i64, count: usize) {
        while let Some(used) = self.uses.front().copied() {
            if used.counts() && now.since(used.at()) <= age_ms && self.uses.len() <= count {
                return;
            }
            self.uses.pop_front();
            if used.counts() {
                self.numbers
                    .remove(self.numbers.hash(&used.key()), self.first);
            }
            self.first = self.first.wrapping_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_very_first_id_of_a_clock_is_forgotten_like_any_other() {
        let mut keys = Keys::new();
        let use_of = |number: u64| {
            let idempotency = Idempotency {
                key: u128::from(number),
                body: 0,
            };
            Used::new(idempotency, NotificationId(u128::from(number)))
        };
        for number in 0..3 {
            keys.push(use_of(number));
        }
        keys.forget(Timestamp(0), 0, 0);
        assert_eq!((keys.uses.len(), keys.numbers.len()), (0, 0));
    }

    /// Two million are remembered for a corporation: a field more is 16 MB.
    #[test]
    fn a_remembered_key_stays_small() {
        assert_eq!(size_of::<Used>(), 40);
    }
}
