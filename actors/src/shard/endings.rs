//! Owns what ended durably: what is not in the keyed table yet, and the packs of the table that
//! were read last. The shard puts in, the table writer's thread writes many at once and takes out what is
//! old, readers beside the arbiters look in the table. Refuses to hold more than a bound, from there on the shard writes
//! itself; and to read the table on an arbiter.

use std::collections::{HashMap, VecDeque};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crossbeam::channel::Sender;
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use sluis_journal::{Journal, JournalError, Shard};
use sluis_model::{NotificationId, TenantKey};

use super::leaving::{self, Leaving};
use super::packs::{self, Pack, PackKey};
use super::table::Ended;

/// Most endings that wait for the table writer.
const MOST_WAITING: usize = 16_384;
/// From how many on the table writer is asked to write at once.
const HURRY: usize = 4_096;
/// Bytes of packs that are kept, per shard: what a second of a full burst is made of.
const CACHE_BYTES: usize = 512 * 1024;

/// What ended, until the keyed table has it, and the packs that were read last.
#[derive(Debug, Default)]
pub struct Endings {
    state: Mutex<State>,
    /// One writer at a time. It knows where the next sweep begins.
    writing: Mutex<PackKey>,
    /// Whether endings were read back from the log, and nobody has asked since.
    came_back: AtomicBool,
    /// Endings that were written since somebody asked.
    written: AtomicUsize,
    /// The table writer's waker.
    hurry: OnceLock<Sender<()>>,
}

#[derive(Debug, Default)]
struct State {
    waiting: FxHashMap<NotificationId, Ended>,
    /// Everything that ended up to this sequence was put in.
    upto: u64,
    cache: Cache,
}

/// Packs that were read, the oldest first. What stands in one stays true; what does not may have
/// come since. Emptied when something leaves the table.
#[derive(Debug, Default)]
struct Cache {
    packs: HashMap<PackKey, Pack>,
    order: VecDeque<PackKey>,
    bytes: usize,
}

impl Cache {
    fn find(&self, id: NotificationId) -> Option<Ended> {
        let mut key = PackKey::first(id);
        loop {
            let pack = self.packs.get(&key)?;
            match pack.find(id) {
                None => key = key.next(),
                found => return found,
            }
        }
    }

    fn keep(&mut self, key: PackKey, pack: Pack) {
        self.bytes += pack.bytes();
        match self.packs.insert(key, pack) {
            Some(before) => self.bytes -= before.bytes(),
            None => self.order.push_back(key),
        }
        while self.bytes > CACHE_BYTES {
            let Some(oldest) = self.order.pop_front() else {
                return;
            };
            self.bytes -= self.packs.remove(&oldest).map_or(0, |pack| pack.bytes());
        }
    }
}

impl Endings {
    /// Who is to be asked to write when much waits.
    pub(crate) fn on_much(&self, hurry: Sender<()>) {
        // There is one table writer.
        drop(self.hurry.set(hurry));
    }

    /// Puts in what became durable, everything up to `upto`. Says whether more wait now than may.
    pub(crate) fn add(
        &self,
        ended: impl IntoIterator<Item = (NotificationId, Ended)>,
        upto: u64,
    ) -> bool {
        let mut state = self.state.lock();
        state.waiting.extend(ended);
        state.upto = state.upto.max(upto);
        let waiting = state.waiting.len();
        drop(state);
        if waiting >= HURRY
            && let Some(hurry) = self.hurry.get()
            && hurry.try_send(()).is_err()
        {
            tracing::trace!("the keeper was asked already");
        }
        waiting >= MOST_WAITING
    }

    /// How a notification ended, if that is at hand without reading the table.
    pub(super) fn at_hand(&self, id: NotificationId) -> Option<Ended> {
        let state = self.state.lock();
        state
            .waiting
            .get(&id)
            .cloned()
            .or_else(|| state.cache.find(id))
    }

    /// How a notification ended, from what waits and from the table: one short read. Not for an
    /// arbiter.
    ///
    /// # Errors
    /// The table cannot be read.
    pub(crate) fn find(
        &self,
        journal: &dyn Journal,
        shard: Shard,
        id: NotificationId,
    ) -> Result<Option<Ended>, JournalError> {
        // In this order: what leaves the one is in the other before.
        if let Some(ended) = self.at_hand(id) {
            return Ok(Some(ended));
        }
        let mut key = PackKey::first(id);
        while let Some(pack) = Pack::get(journal, shard, key)? {
            let found = pack.find(id);
            self.state.lock().cache.keep(key, pack);
            if found.is_some() {
                return Ok(found);
            }
            key = key.next();
        }
        Ok(None)
    }

    /// Writes what waits. Gives the sequence up to which the table is complete then.
    ///
    /// # Errors
    /// The journal refused; everything waits on.
    pub fn write(&self, journal: &dyn Journal, shard: Shard) -> Result<u64, JournalError> {
        let _alone = self.writing.lock();
        let (ended, upto) = {
            let state = self.state.lock();
            let ended: Vec<_> = state
                .waiting
                .iter()
                .map(|(id, ended)| (*id, ended.clone()))
                .collect();
            (ended, state.upto)
        };
        packs::put(journal, shard, &ended)?;
        self.written.fetch_add(ended.len(), Ordering::Relaxed);
        // They are in the table before they leave here.
        let mut state = self.state.lock();
        ended
            .iter()
            .for_each(|(id, _)| drop(state.waiting.remove(id)));
        Ok(upto)
    }

    /// Writes what a start finds in the log.
    ///
    /// # Errors
    /// The journal refused.
    pub(super) fn put(
        &self,
        journal: &dyn Journal,
        shard: Shard,
        ended: &[(NotificationId, Ended)],
    ) -> Result<(), JournalError> {
        // A pack is read, changed and written: never by two at once.
        let mut from = self.writing.lock();
        *from = PackKey::FIRST;
        self.came_back.store(true, Ordering::SeqCst);
        packs::put(journal, shard, ended)
    }

    /// Destroys the key of a tenant while nobody writes the table: whoever had read an ending of his
    /// and wrote it afterwards would seal it with a new key. Those that wait to be written are let go.
    /// Not for an arbiter.
    ///
    /// # Errors
    /// What `destroy` says.
    pub fn erase<T, E>(
        &self,
        tenant: &TenantKey,
        destroy: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let _alone = self.writing.lock();
        let destroyed = destroy()?;
        let mut state = self.state.lock();
        state.waiting.retain(|_, ended| ended.tenant != *tenant);
        state.cache = Cache::default();
        Ok(destroyed)
    }

    /// Endings that were written since this was asked last.
    pub(crate) fn written_since(&self) -> usize {
        self.written.swap(0, Ordering::Relaxed)
    }

    /// Whether endings came back from the log since this was asked last: old ones may be among them.
    pub(crate) fn came_back(&self) -> bool {
        self.came_back.swap(false, Ordering::SeqCst)
    }

    /// Takes some endings out of the table that leave, of at most `most` packs behind those of the
    /// last time. Gives how many, and whether it came to the end: then it begins anew.
    ///
    /// # Errors
    /// The journal refused; what leaves, leaves the next time.
    pub(crate) fn sweep(
        &self,
        journal: &dyn Journal,
        shard: Shard,
        leaving: Leaving,
        most: usize,
    ) -> Result<(u64, bool), JournalError> {
        let mut from = self.writing.lock();
        let swept = leaving::sweep(journal, shard, *from, leaving, most)?;
        *from = swept.next.unwrap_or(PackKey::FIRST);
        if swept.endings > 0 {
            self.state.lock().cache = Cache::default();
        }
        Ok((swept.endings, swept.next.is_none()))
    }
}

#[cfg(test)]
mod tests {
    use sluis_journal::MemoryJournal;
    use sluis_model::{CorporationId, ShardId, Timestamp};

    use super::*;

    const SHARD: Shard = Shard(0);

    fn ended(number: u64) -> (NotificationId, Ended) {
        let id = NotificationId::new(ShardId(0), 1_000_000 + number as i64 * 7, number);
        let tenant = TenantKey::new(CorporationId(1), format!("H-{number}"));
        (
            id,
            Ended {
                tenant,
                end: "sent".into(),
                at: Timestamp(number as i64),
                sequence: number,
                accepted: 1,
            },
        )
    }

    fn find(endings: &Endings, journal: &MemoryJournal, number: u64) -> Option<Ended> {
        endings.find(journal, SHARD, ended(number).0).expect("read")
    }

    #[test]
    fn an_ending_is_found_before_and_after_it_is_written() {
        let journal = MemoryJournal::new(1, 8);
        let endings = Endings::default();
        endings.add((1..2_000).map(ended), 1_999);
        let all_there =
            || (1..2_000).all(|number| find(&endings, &journal, number) == Some(ended(number).1));
        assert!(all_there());
        assert_eq!(endings.write(&journal, SHARD).expect("written"), 1_999);
        assert!(endings.state.lock().waiting.is_empty());
        assert_eq!(endings.at_hand(ended(1).0), None, "nothing was read yet");
        assert!(all_there());
        assert_eq!(find(&endings, &journal, 2_000), None);
        assert_eq!(
            endings.at_hand(ended(1_999).0),
            Some(ended(1_999).1),
            "its pack was read"
        );
    }

    #[test]
    fn what_is_written_into_a_pack_that_was_read_before_is_found() {
        let journal = MemoryJournal::new(1, 8);
        let endings = Endings::default();
        for number in 1..40 {
            endings.add([ended(number)], number);
            endings.write(&journal, SHARD).expect("written");
            assert_eq!(find(&endings, &journal, number), Some(ended(number).1));
            assert_eq!(find(&endings, &journal, 1), Some(ended(1).1));
        }
    }

    #[test]
    fn the_packs_that_are_kept_stay_within_their_bound() {
        let journal = MemoryJournal::new(1, 8);
        let endings = Endings::default();
        endings.add((1..20_000).map(ended), 1);
        endings.write(&journal, SHARD).expect("written");
        for number in 1..20_000 {
            assert!(find(&endings, &journal, number).is_some());
            let state = endings.state.lock();
            assert!(state.cache.bytes <= CACHE_BYTES);
            assert_eq!(
                state.cache.bytes,
                state.cache.packs.values().map(Pack::bytes).sum::<usize>()
            );
            assert_eq!(state.cache.order.len(), state.cache.packs.len());
        }
        assert_eq!(endings.at_hand(ended(1).0), None, "the oldest went");
    }

    #[test]
    fn it_says_when_the_keeper_should_and_when_the_shard_must_write() {
        let endings = Endings::default();
        let (hurry, asked) = crossbeam::channel::bounded(1);
        endings.on_much(hurry);
        assert!(!endings.add((0..HURRY as u64 - 1).map(ended), 5));
        assert!(asked.try_recv().is_err());
        assert!(!endings.add((HURRY as u64..MOST_WAITING as u64).map(ended), 5));
        assert!(asked.try_recv().is_ok());
        assert!(endings.add([ended(u64::from(u32::MAX))], 6));
    }
}
