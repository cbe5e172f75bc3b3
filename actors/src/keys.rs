//! Owns which idempotency keys were used, by which notification and for which body: in memory,
//! within a window of age and count, rebuilt from the journal. Refuses to say what a key that was
//! used means: its caller does.

use parking_lot::Mutex;
use sluis_model::{CorporationId, Idempotency, NotificationId, ShardId, Timestamp};

use crate::chunked_deque::ChunkedDeque;
use crate::hash_index::HashIndex;
use crate::roster::Roster;

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
    corporations: Roster<Vec<Mutex<Keys>>>,
}

/// How far the uses of all corporations were gone through.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyCursor {
    corporation: CorporationId,
    stripe: usize,
    /// The number of the next use; none: the first.
    number: Option<u32>,
}

impl KeyCursor {
    /// Before all of them.
    pub(crate) const FIRST: Self = Self::at(CorporationId(0));

    const fn at(corporation: CorporationId) -> Self {
        Self {
            corporation,
            stripe: 0,
            number: None,
        }
    }
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

/// Marks the body of a use whose notification was not handed to the journal yet: of the hash of a
/// body 63 bits are compared.
const PENDING: u64 = 1 << 63;

/// The id of a use that does not count any more: given back, or over and used again. It leaves with
/// its neighbours. RFC 9562's Max UUID, which no clock gives out; the Nil UUID is what the first id
/// of a clock at its beginning is.
const VOID: [u64; 2] = [u64::MAX, u64::MAX];

impl Used {
    fn new(key: Idempotency, id: NotificationId) -> Self {
        Self {
            key: halves(key.key),
            id: halves(id.0),
            body: key.body & !PENDING,
        }
    }

    fn is_for(&self, body: u64) -> bool {
        self.body | PENDING == body | PENDING
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

    /// Whether it counts and its notification was handed to the journal.
    fn is_kept(&self) -> bool {
        self.counts() && self.body & PENDING == 0
    }

    fn idempotency(&self) -> Idempotency {
        Idempotency {
            key: self.key(),
            body: self.body,
        }
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
    /// Not used before. The number of the use, by which it is kept.
    New(u32),
    /// Used for the same body: this is its notification.
    Same(NotificationId),
    /// Used for another body.
    Other(NotificationId),
}

fn stripes() -> Vec<Mutex<Keys>> {
    (0..STRIPES).map(|_| Mutex::new(Keys::new())).collect()
}

impl KeyIndex {
    /// An empty index.
    #[must_use]
    pub fn new(window: KeyWindow, corporations: impl IntoIterator<Item = CorporationId>) -> Self {
        Self {
            window,
            corporations: corporations.into_iter().map(|c| (c, stripes())).collect(),
        }
    }

    /// Remembers the keys of these corporations too from here on.
    pub fn add(&self, corporations: impl IntoIterator<Item = CorporationId>) {
        let fresh = corporations.into_iter().map(|c| (c, stripes()));
        self.corporations.add(fresh);
    }

    fn keys(&self, corporation: CorporationId, key: u128) -> Option<&Mutex<Keys>> {
        self.corporations
            .get(corporation)?
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
            return room().map(|()| KeyUse::New(0));
        };
        let mut keys = keys.lock();
        keys.forget(now, self.window.age_ms, self.window.count / STRIPES);
        match keys.find(key.key) {
            Some((_, used)) if used.is_for(key.body) => Ok(KeyUse::Same(used.id())),
            Some((_, used)) => Ok(KeyUse::Other(used.id())),
            None => {
                room()?;
                let mut used = Used::new(key, id);
                used.body |= PENDING;
                Ok(KeyUse::New(keys.push(used)))
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

    /// The notification of a use was handed to the journal.
    pub(crate) fn keep(&self, corporation: CorporationId, key: u128, number: u32) {
        if let Some(keys) = self.keys(corporation, key) {
            keys.lock().keep(number, key);
        }
    }

    /// Uses that stand behind the cursor, of one shard's notifications that were handed to the journal;
    /// `most` are looked at. None: there are no more.
    pub(crate) fn uses_of(
        &self,
        shard: ShardId,
        cursor: &mut KeyCursor,
        most: usize,
    ) -> Option<Vec<(CorporationId, Idempotency, NotificationId)>> {
        let (corporation, stripe) = loop {
            let (corporation, stripes) = self.corporations.from(cursor.corporation)?;
            if corporation != cursor.corporation {
                *cursor = KeyCursor::at(corporation);
            }
            match stripes.get(cursor.stripe) {
                Some(stripe) => break (corporation, stripe),
                None => *cursor = KeyCursor::at(CorporationId(corporation.0.checked_add(1)?)),
            }
        };
        let keys = stripe.lock();
        let from = cursor.number.map_or(0, |next| keys.place_from(next));
        let upto = keys.uses.len().min(from + most);
        let theirs = (from..upto).map(|place| &keys.uses[place]);
        let theirs = theirs.filter(|used| used.is_kept() && used.id().shard() == shard);
        let found = theirs.map(|used| (corporation, used.idempotency(), used.id()));
        let found = found.collect();
        if upto == keys.uses.len() {
            (cursor.stripe, cursor.number) = (cursor.stripe + 1, None);
        } else {
            cursor.number = Some(keys.first.wrapping_add(upto as u32));
        }
        Some(found)
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
            .iter()
            .flat_map(|(_, stripes)| stripes)
            .map(|keys| keys.lock().uses.len())
            .sum()
    }

    /// Keys remembered, per corporation.
    pub fn len(&self) -> impl Iterator<Item = (CorporationId, usize)> {
        self.corporations.iter().map(|(c, stripes)| {
            (
                c,
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

    /// The place of the use with this number, or of the first behind it that is left.
    fn place_from(&self, number: u32) -> usize {
        let place = number.wrapping_sub(self.first);
        // A number before the first wraps to a very large place.
        if place > u32::MAX / 2 {
            0
        } else {
            (place as usize).min(self.uses.len())
        }
    }

    /// Lets a use count as handed over. It may be over already.
    fn keep(&mut self, number: u32, key: u128) {
        let place = number.wrapping_sub(self.first) as usize;
        if place < self.uses.len() && self.uses[place].key() == key {
            self.uses[place].body &= !PENDING;
        }
    }

    /// Puts a use behind the others; gives its number.
    fn push(&mut self, used: Used) -> u32 {
        let number = self.first.wrapping_add(self.uses.len() as u32);
        self.uses.push_back(used);
        let (uses, first) = (&self.uses, self.first);
        let key = |number: u32| uses[number.wrapping_sub(first) as usize].key();
        self.numbers
            .insert(self.numbers.hash(&used.key()), number, key);
        number
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
    fn only_uses_that_were_handed_over_are_gone_through_and_only_of_their_shard() {
        const HOUSES: [CorporationId; 2] = [CorporationId(1), CorporationId(9)];
        let index = KeyIndex::new(KeyWindow::default(), HOUSES);
        let mut kept = Vec::new();
        for number in 0..900_u64 {
            let (house, shard) = (HOUSES[number as usize % 2], ShardId((number % 3) as u16));
            let id = NotificationId::new(shard, 1_000, number);
            let key = Idempotency {
                key: u128::from(number),
                body: number | PENDING,
            };
            let now = Timestamp(1_000);
            let used = index.use_key::<()>(house, key, id, now, || Ok(()));
            let Ok(KeyUse::New(place)) = used else {
                panic!("{used:?}")
            };
            match number % 5 {
                0 => {}
                1 => index.release(house, key.key, id),
                _ => {
                    index.keep(house, key.key, place);
                    kept.extend((shard == ShardId(1)).then_some((house, key.key, id)));
                }
            }
            let again = index.use_key::<()>(house, key, id, now, || Err(()));
            assert_eq!(again.is_err(), number % 5 == 1, "{number}");
        }
        let (mut found, mut cursor) = (Vec::new(), KeyCursor::FIRST);
        while let Some(some) = index.uses_of(ShardId(1), &mut cursor, 7) {
            found.extend(
                some.into_iter()
                    .map(|(house, key, id)| (house, key.key, id)),
            );
        }
        found.sort_unstable();
        kept.sort_unstable();
        assert_eq!(found, kept);
    }

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
