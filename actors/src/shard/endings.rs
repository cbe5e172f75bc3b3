//! Owns what ended durably and is not in the keyed table yet. The shard puts in, the keeper's thread writes many at once,
//! and both can be asked meanwhile. Refuses to hold more than a bound: from there on the shard writes itself.
//!
//! A value of the table is a pack: endings of one second of acceptance, for what was accepted together mostly ends
//! together. Its key is `e`, the second (6 bytes), the newest sequence in it (8) and its number among those (2), all
//! big-endian. A restart writes packs again that nobody claimed: the same ending may stand in two, and says the same.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use parking_lot::Mutex;
use sluis_journal::{Journal, JournalError, Shard};
use sluis_model::NotificationId;
use sluis_model::codec::{decode_plain, encode_plain};

use super::table::Ended;

/// Endings in one pack: far below what a value may hold.
const PACK: usize = 256;
/// Most endings that wait for the keeper.
const MOST_WAITING: usize = 16_384;
/// Milliseconds of a pack's second, as a power of two.
const SECOND_BITS: u32 = 10;
const KEY_BYTES: usize = 17;

/// See the module.
#[derive(Debug, Default)]
pub struct Endings {
    state: Mutex<State>,
    /// One writer at a time.
    writing: Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    waiting: HashMap<NotificationId, Ended>,
    /// Everything that ended up to this sequence was put in.
    upto: u64,
}

impl Endings {
    /// Puts in what became durable, everything up to `upto`. Says whether more wait now than should.
    pub(super) fn add(&self, ended: impl IntoIterator<Item = (NotificationId, Ended)>, upto: u64) -> bool {
        let mut state = self.state.lock();
        state.waiting.extend(ended);
        state.upto = state.upto.max(upto);
        state.waiting.len() >= MOST_WAITING
    }

    /// How a notification ended, from what waits and from the table.
    pub(super) fn find(&self, journal: &dyn Journal, shard: Shard, id: NotificationId) -> Option<Ended> {
        // In this order: what leaves the one is in the other before.
        let waiting = self.state.lock().waiting.get(&id).cloned();
        waiting.or_else(|| find_pack(journal, shard, id))
    }

    /// Writes what waits. Gives the sequence up to which the table is complete then.
    ///
    /// # Errors
    /// The journal refused; everything waits on.
    pub fn write(&self, journal: &dyn Journal, shard: Shard) -> Result<u64, JournalError> {
        let _alone = self.writing.lock();
        let (ended, upto) = {
            let state = self.state.lock();
            let ended: Vec<_> = state.waiting.iter().map(|(id, ended)| (*id, ended.clone())).collect();
            (ended, state.upto)
        };
        put_packs(journal, shard, &ended)?;
        let mut state = self.state.lock();
        ended.iter().for_each(|(id, _)| drop(state.waiting.remove(id)));
        Ok(upto)
    }
}

/// Writes endings as packs.
pub(super) fn put_packs(journal: &dyn Journal, shard: Shard, ended: &[(NotificationId, Ended)]) -> Result<(), JournalError> {
    let Some(newest) = ended.iter().map(|(_, ended)| ended.sequence).max() else { return Ok(()) };
    let mut seconds: BTreeMap<u64, Vec<&(NotificationId, Ended)>> = BTreeMap::new();
    ended.iter().for_each(|one| seconds.entry(second(one.0)).or_default().push(one));
    for (second, ended) in seconds {
        for (number, pack) in (0..).zip(ended.chunks(PACK)) {
            journal.put(shard, &key(second, newest, number), &encode_plain(&pack.to_vec()))?;
        }
    }
    Ok(())
}

fn find_pack(journal: &dyn Journal, shard: Shard, id: NotificationId) -> Option<Ended> {
    let second = second(id);
    let mut found = None;
    let mut look = |pack: &[u8]| {
        let pack: Vec<(NotificationId, Ended)> = decode_plain(pack).unwrap_or_default();
        found = pack.into_iter().find(|(of, _)| *of == id).map(|(_, ended)| ended);
        if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    journal.visit(shard, &key(second, 0, 0), &key(second, u64::MAX, u16::MAX), &mut look).ok()?;
    found
}

/// The second in which an id was made, or nearly.
const fn second(id: NotificationId) -> u64 {
    ((id.0 >> 64) as u64 % (1 << 48)) >> SECOND_BITS
}

fn key(second: u64, newest: u64, number: u16) -> [u8; KEY_BYTES] {
    let mut key = [b'e'; KEY_BYTES];
    key[1..7].copy_from_slice(&second.to_be_bytes()[2..]);
    key[7..15].copy_from_slice(&newest.to_be_bytes());
    key[15..].copy_from_slice(&number.to_be_bytes());
    key
}

#[cfg(test)]
mod tests {
    use sluis_journal::MemoryJournal;
    use sluis_model::{CorporationId, ShardId, TenantKey, Timestamp};

    use super::*;

    const SHARD: Shard = Shard(0);

    fn ended(number: u64) -> (NotificationId, Ended) {
        let id = NotificationId::new(ShardId(0), 1_000_000 + number as i64 * 7, number);
        let tenant = TenantKey::new(CorporationId(1), format!("H-{number}"));
        (id, Ended { tenant, end: "sent".into(), at: Timestamp(number as i64), sequence: number, accepted: 1 })
    }

    #[test]
    fn an_ending_is_found_before_and_after_it_is_written() {
        let journal = MemoryJournal::new(1, 8);
        let endings = Endings::default();
        endings.add((1..2_000).map(ended), 1_999);
        let all_there = || (1..2_000).map(ended).all(|(id, one)| endings.find(&journal, SHARD, id) == Some(one));
        assert!(all_there());
        assert_eq!(endings.write(&journal, SHARD).expect("written"), 1_999);
        assert!(endings.state.lock().waiting.is_empty());
        assert!(all_there());
        assert_eq!(endings.find(&journal, SHARD, ended(2_000).0), None);
    }

    #[test]
    fn packs_that_are_written_again_in_other_parts_lose_nothing() {
        let journal = MemoryJournal::new(1, 8);
        let all: Vec<_> = (1..=600).map(ended).collect();
        put_packs(&journal, SHARD, &all[80..]).expect("written");
        all.chunks(97).for_each(|part| put_packs(&journal, SHARD, part).expect("written again"));
        for (id, one) in all {
            assert_eq!(find_pack(&journal, SHARD, id), Some(one));
        }
    }

    #[test]
    fn it_says_when_the_shard_must_write_itself() {
        let endings = Endings::default();
        assert!(!endings.add((0..MOST_WAITING as u64 - 1).map(ended), 5));
        assert!(endings.add([ended(u64::from(u32::MAX))], 6));
    }
}
