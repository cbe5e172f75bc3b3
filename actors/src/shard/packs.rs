//! Owns how endings lie in the keyed table: what was accepted within one 64 ms stands together, so
//! that one short read finds an ending, and a sender that repeats a file reads each pack once.
//! Refuses to read packs that cannot hold the id.
//!
//! A pack is a value: version (1), count (4), the ids in order (16 each), where each body ends (4
//! each), the bodies. Its key is `p`, the span (6 bytes) and a number (2), big-endian. When a pack is
//! full the next one is begun; a reader goes on until there is none. What is written again after a restart replaces itself.
//! Whoever seals bodies in front of the journal gives the pack another version, and takes that away
//! again: see [`EndingsPack`].

use std::collections::BTreeMap;

use sluis_journal::{Journal, JournalError, Shard};
use sluis_model::codec::{decode_plain, encode_plain};
use sluis_model::{NotificationId, TenantKey, Timestamp};

use super::table::Ended;

/// Milliseconds of a pack's span, as a power of two: some hundred endings at a hundred thousand
/// accepted a second.
const SPAN_BITS: u32 = 6;
/// Endings in one pack: together far below what a value may hold.
const MOST_IN_PACK: usize = 1_024;
const VERSION: u8 = 1;
/// Of a pack whose bodies are sealed.
const SEALED: u8 = 2;
const HEAD_BYTES: usize = 5;
const ID_BYTES: usize = 16;
const END_BYTES: usize = 4;
const KEY_BYTES: usize = 9;
/// What sealing adds to a body, about: no more than room is made ready for.
const MOST_MORE: usize = 48;

/// Which pack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct PackKey {
    span: u64,
    number: u16,
}

impl PackKey {
    /// The very first.
    pub(super) const FIRST: Self = Self { span: 0, number: 0 };

    /// The last pack in which what was made until then may be.
    pub(super) fn last_of(at: Timestamp) -> Self {
        Self {
            span: at.0.max(0) as u64 >> SPAN_BITS,
            number: u16::MAX,
        }
    }

    /// The first pack of the span behind this one's.
    pub(super) const fn next_span(self) -> Self {
        Self {
            span: self.span + 1,
            number: 0,
        }
    }

    pub(super) fn is_of_span(&self, other: &Self) -> bool {
        self.span == other.span
    }

    /// The first pack in which the id may be.
    pub(super) const fn first(id: NotificationId) -> Self {
        Self {
            span: millis(id) >> SPAN_BITS,
            number: 0,
        }
    }

    /// The pack behind this one.
    pub(super) const fn next(self) -> Self {
        Self {
            number: self.number + 1,
            ..self
        }
    }

    /// The pack of a key of the table.
    pub(super) fn of(key: &[u8]) -> Option<Self> {
        let [b'p', s0, s1, s2, s3, s4, s5, n0, n1] = *key else {
            return None;
        };
        Some(Self {
            span: u64::from_be_bytes([0, 0, s0, s1, s2, s3, s4, s5]),
            number: u16::from_be_bytes([n0, n1]),
        })
    }

    pub(super) fn bytes(self) -> [u8; KEY_BYTES] {
        let mut key = [b'p'; KEY_BYTES];
        key[1..7].copy_from_slice(&self.span.to_be_bytes()[2..]);
        key[7..].copy_from_slice(&self.number.to_be_bytes());
        key
    }
}

/// When the id was made, in milliseconds.
const fn millis(id: NotificationId) -> u64 {
    (id.0 >> 64) as u64 % (1 << 48)
}

/// The bytes of a pack.
#[derive(Clone, Debug)]
pub(super) struct Pack(Vec<u8>);

impl Pack {
    pub(super) fn get(
        journal: &dyn Journal,
        shard: Shard,
        key: PackKey,
    ) -> Result<Option<Self>, JournalError> {
        Ok(journal.get(shard, &key.bytes())?.map(Self))
    }

    pub(super) fn bytes(&self) -> usize {
        self.0.len()
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether what stands in it can be read here.
    pub(super) fn is_readable(&self) -> bool {
        self.0.first() == Some(&VERSION)
    }

    fn count(&self) -> usize {
        match self.0.first_chunk::<HEAD_BYTES>() {
            Some([VERSION | SEALED, c0, c1, c2, c3]) => {
                u32::from_le_bytes([*c0, *c1, *c2, *c3]) as usize
            }
            _ => 0,
        }
    }

    fn id(&self, at: usize) -> Option<NotificationId> {
        let from = HEAD_BYTES + at * ID_BYTES;
        let bytes: [u8; ID_BYTES] = self.0.get(from..from + ID_BYTES)?.try_into().ok()?;
        Some(NotificationId(u128::from_be_bytes(bytes)))
    }

    fn body(&self, at: usize) -> Option<&[u8]> {
        let ends = HEAD_BYTES + self.count() * ID_BYTES;
        let end = |at: usize| -> Option<usize> {
            let from = ends + at * END_BYTES;
            Some(u32::from_le_bytes(self.0.get(from..from + END_BYTES)?.try_into().ok()?) as usize)
        };
        let bodies = self.0.get(ends + self.count() * END_BYTES..)?;
        let from = at.checked_sub(1).map_or(Some(0), end)?;
        bodies.get(from..end(at)?)
    }

    /// How this one ended, if it stands here. One body is read, whatever the pack holds.
    pub(super) fn find(&self, id: NotificationId) -> Option<Ended> {
        if !self.is_readable() {
            return None;
        }
        let (mut low, mut high) = (0, self.count());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.id(middle)?.cmp(&id) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return decode_plain(self.body(middle)?).ok(),
            }
        }
        None
    }

    /// The bodies by id.
    pub(super) fn entries(&self) -> BTreeMap<NotificationId, Vec<u8>> {
        (0..self.count())
            .filter_map(|at| Some((self.id(at)?, self.body(at)?.to_vec())))
            .collect()
    }

    pub(super) fn of(entries: &BTreeMap<NotificationId, Vec<u8>>) -> Self {
        Self::with(VERSION, entries)
    }

    fn with(version: u8, entries: &BTreeMap<NotificationId, Vec<u8>>) -> Self {
        let mut bodies = Vec::with_capacity(entries.values().map(Vec::len).sum());
        let mut ends = Vec::with_capacity(entries.len());
        for (id, body) in entries {
            bodies.extend_from_slice(body);
            ends.push((*id, bodies.len() as u32));
        }
        Self::put(version, &ends, &bodies)
    }

    /// Of ids in order, each with where its body ends.
    fn put(version: u8, ends: &[(NotificationId, u32)], bodies: &[u8]) -> Self {
        let head = HEAD_BYTES + ends.len() * (ID_BYTES + END_BYTES);
        let mut pack = Vec::with_capacity(head + bodies.len());
        pack.push(version);
        pack.extend_from_slice(&(ends.len() as u32).to_le_bytes());
        for (id, _) in ends {
            pack.extend_from_slice(&id.0.to_be_bytes());
        }
        for (_, end) in ends {
            pack.extend_from_slice(&end.to_le_bytes());
        }
        pack.extend_from_slice(bodies);
        Self(pack)
    }
}

/// A value of the keyed table as whoever seals sees it: a body for each ending, each about one tenant.
#[derive(Debug)]
pub struct EndingsPack(Pack);

impl EndingsPack {
    /// A value of the table.
    ///
    /// # Errors
    /// It is no pack: the value comes back.
    pub fn of(value: Vec<u8>) -> Result<Self, Vec<u8>> {
        match value.first() {
            Some(&(VERSION | SEALED)) => Ok(Self(Pack(value))),
            Some(_) | None => Err(value),
        }
    }

    /// The first and the last key under which the table may have one.
    #[must_use]
    pub fn keys() -> ([u8; KEY_BYTES], [u8; KEY_BYTES]) {
        let (mut first, mut last) = ([0; KEY_BYTES], [u8::MAX; KEY_BYTES]);
        (first[0], last[0]) = (b'p', b'p');
        (first, last)
    }

    /// Whether its bodies are sealed.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.0.0.first() == Some(&SEALED)
    }

    /// The bodies.
    #[must_use]
    pub fn bodies(&self) -> BTreeMap<NotificationId, Vec<u8>> {
        self.0.entries()
    }

    /// Whose a body that is not sealed is.
    #[must_use]
    pub fn tenant(body: &[u8]) -> Option<TenantKey> {
        decode_plain(body).ok().map(|ended: Ended| ended.tenant)
    }

    /// The value with each body as `change` puts it behind the bytes that it is given; one of which it says no is
    /// left out.
    ///
    /// # Errors
    /// That of `change`.
    pub fn changed<E>(
        &self,
        sealed: bool,
        mut change: impl FnMut(NotificationId, &[u8], &mut Vec<u8>) -> Result<bool, E>,
    ) -> Result<Vec<u8>, E> {
        let count = self.0.count().min(self.0.bytes() / (ID_BYTES + END_BYTES));
        let mut bodies = Vec::with_capacity(self.0.bytes() + count * MOST_MORE);
        let mut kept = Vec::with_capacity(count);
        for at in 0..count {
            let (Some(id), Some(body)) = (self.0.id(at), self.0.body(at)) else {
                continue;
            };
            let begin = bodies.len();
            if change(id, body, &mut bodies)? {
                kept.push((id, bodies.len() as u32));
            } else {
                bodies.truncate(begin);
            }
        }
        let version = if sealed { SEALED } else { VERSION };
        Ok(Pack::put(version, &kept, &bodies).0)
    }

    /// The value as it is.
    #[must_use]
    pub fn into_value(self) -> Vec<u8> {
        self.0.0
    }
}

/// Writes endings into their packs, beside what stands there. Each write holds all that its pack
/// held before: what is half done at a crash has lost nothing.
///
/// # Errors
/// The journal refused.
pub(super) fn put(
    journal: &dyn Journal,
    shard: Shard,
    ended: &[(NotificationId, Ended)],
) -> Result<(), JournalError> {
    let mut spans: BTreeMap<PackKey, BTreeMap<NotificationId, Vec<u8>>> = BTreeMap::new();
    for (id, ended) in ended {
        spans
            .entry(PackKey::first(*id))
            .or_default()
            .insert(*id, encode_plain(ended));
    }
    for (first, mut new) in spans {
        let mut key = first;
        while !new.is_empty() {
            put_in(journal, shard, key, &mut new)?;
            key = key.next();
        }
    }
    Ok(())
}

/// Writes into one pack what stands there already or finds room; leaves the rest in `new`.
fn put_in(
    journal: &dyn Journal,
    shard: Shard,
    key: PackKey,
    new: &mut BTreeMap<NotificationId, Vec<u8>>,
) -> Result<(), JournalError> {
    let stored = Pack::get(journal, shard, key)?;
    let mut entries = stored.as_ref().map(Pack::entries).unwrap_or_default();
    let mut changed = false;
    new.retain(|id, body| {
        let here = entries.contains_key(id) || entries.len() < MOST_IN_PACK;
        if here {
            changed |= entries.get(id) != Some(body);
            entries.insert(*id, std::mem::take(body));
        }
        !here
    });
    if changed {
        journal.put(shard, &key.bytes(), &Pack::of(&entries).0)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sluis_journal::MemoryJournal;
    use sluis_model::{CorporationId, ShardId, TenantKey};

    use super::*;

    const SHARD: Shard = Shard(0);

    fn ended(at: i64, number: u64) -> (NotificationId, Ended) {
        let tenant = TenantKey::new(CorporationId(1), format!("H-{number}"));
        let ended = Ended {
            tenant,
            end: "sent".into(),
            at: Timestamp(at),
            sequence: number,
            accepted: 1,
        };
        (NotificationId::new(ShardId(0), at, number), ended)
    }

    fn find(journal: &MemoryJournal, id: NotificationId) -> Option<Ended> {
        let mut key = PackKey::first(id);
        loop {
            let pack = Pack::get(journal, SHARD, key).expect("read")?;
            match pack.find(id) {
                None => key = key.next(),
                found => return found,
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_was_put_in_whatever_parts_is_found(parts in prop::collection::vec(prop::collection::vec((0..300i64, 0..40u64), 0..60), 1..8)) {
            let journal = MemoryJournal::new(1, 8);
            for part in &parts {
                let part: Vec<_> = part.iter().map(|(at, number)| ended(*at, *number)).collect();
                put(&journal, SHARD, &part).expect("put");
            }
            for (at, number) in parts.into_iter().flatten() {
                let (id, one) = ended(at, number);
                prop_assert_eq!(find(&journal, id), Some(one));
                prop_assert_eq!(find(&journal, NotificationId(id.0 ^ 1 << 63)), None);
            }
        }
    }

    #[test]
    fn more_than_a_pack_holds_goes_on_in_the_next_one_and_stays_where_it_is() {
        let journal = MemoryJournal::new(1, 8);
        let all: Vec<_> = (0..3_000).rev().map(|number| ended(7, number)).collect();
        all.chunks(700)
            .for_each(|part| put(&journal, SHARD, part).expect("put"));
        put(&journal, SHARD, &all).expect("put again, as after a restart");
        let sizes: Vec<usize> = (0..4)
            .map(|number| {
                let key = PackKey { span: 0, number };
                Pack::get(&journal, SHARD, key)
                    .expect("read")
                    .map_or(0, |pack| pack.count())
            })
            .collect();
        assert_eq!(sizes, [1_024, 1_024, 952, 0]);
        assert!(
            all.into_iter()
                .all(|(id, one)| find(&journal, id) == Some(one))
        );
    }

    #[test]
    fn a_pack_that_is_cut_anywhere_finds_nothing_and_does_not_fail() {
        let entries = (0..20)
            .map(|number| ended(7, number))
            .map(|(id, one)| (id, encode_plain(&one)))
            .collect();
        let whole = Pack::of(&entries);
        for cut in 0..whole.0.len() {
            let pack = Pack(whole.0[..cut].to_vec());
            entries.keys().for_each(|id| drop(pack.find(*id)));
        }
    }
}
