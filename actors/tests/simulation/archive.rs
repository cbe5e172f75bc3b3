//! Owns what follows the log outside of the engine: a copy of every durable record, made a few at a
//! time, that no crash takes away. Nothing may be forgotten before it is here. Where the house has keys,
//! records are read first and stored later, sealed with the key of their tenant; a crash takes what was
//! only read. Refuses to be read by the engine.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use parking_lot::Mutex;
use sluis_actors::Follower;
use sluis_journal::{Journal, Sequence, Shard};
use sluis_keys::{Found, KeyId, KeyStore};
use sluis_model::{Record, TenantKey};

/// A copy of the log.
pub(crate) struct Archive(Mutex<Copied>);

/// Where a record stands.
type Place = (Shard, Sequence);

#[derive(Default)]
struct Copied {
    /// Up to where everything is stored, by shard.
    passed: Vec<u64>,
    /// Up to where it was read.
    read: Vec<u64>,
    /// What was read and is not stored.
    held: Vec<(Place, Vec<u8>)>,
    /// With the number of the key; 0: as it is.
    stored: BTreeMap<Place, (KeyId, Vec<u8>)>,
    keys: Option<Arc<KeyStore>>,
}

impl Archive {
    pub(crate) fn new(shards: u16) -> Arc<Self> {
        let none = vec![0; usize::from(shards)];
        Arc::new(Self(Mutex::new(Copied {
            passed: none.clone(),
            read: none,
            ..Copied::default()
        })))
    }

    /// The process starts again, with these keys.
    pub(crate) fn restart(&self, keys: Option<Arc<KeyStore>>) {
        let mut copied = self.0.lock();
        copied.read = copied.passed.clone();
        copied.held.clear();
        copied.keys = keys;
    }

    /// Reads at most so many durable records of a shard, and stores them at once where there are no
    /// keys.
    pub(crate) fn follow(&self, journal: &dyn Journal, shard: Shard, most: usize) {
        let mut copied = self.0.lock();
        let Copied { read, held, .. } = &mut *copied;
        let upto = &mut read[usize::from(shard.0)];
        let mut left = most;
        let visited = journal.replay(shard, Sequence(*upto + 1), &mut |sequence, record| {
            if left == 0 {
                return ControlFlow::Break(());
            }
            left -= 1;
            *upto = sequence.0;
            held.push(((shard, sequence), record.to_vec()));
            ControlFlow::Continue(())
        });
        visited.expect("a log in memory can be read");
        if copied.keys.is_none() {
            copied.store();
        }
    }

    /// Stores what was read.
    pub(crate) fn store(&self) {
        self.0.lock().store();
    }

    /// Reads and stores everything durable of a shard.
    pub(crate) fn catch_up(&self, journal: &dyn Journal, shard: Shard) {
        self.follow(journal, shard, usize::MAX);
        self.store();
    }

    /// A record, if it was copied and can be opened.
    pub(crate) fn record(&self, shard: Shard, sequence: Sequence) -> Option<Vec<u8>> {
        self.0.lock().open((shard, sequence))
    }

    /// Every place at which something is stored, with what opens of it.
    pub(crate) fn all(&self) -> Vec<(Place, KeyId, Option<Vec<u8>>)> {
        let copied = self.0.lock();
        let places = copied.stored.iter();
        let all = places.map(|(place, (key, _))| (*place, *key, copied.open(*place)));
        all.collect()
    }
}

/// Whose key seals it.
fn owner(record: &[u8]) -> Option<TenantKey> {
    match Record::decode(record) {
        Ok(Record::Tenant(record)) => Some(record.tenant),
        Ok(Record::Stored(piece)) => Some(piece.tenant),
        _ => None,
    }
}

/// What is bound to sealed bytes.
fn context((shard, sequence): Place) -> Vec<u8> {
    let shard = shard.0.to_be_bytes();
    [&shard[..], &sequence.0.to_be_bytes()].concat()
}

impl Copied {
    fn store(&mut self) {
        let held = std::mem::take(&mut self.held);
        let sealed: Vec<_> = held
            .into_iter()
            .map(|(place, record)| (place, self.seal(place, record)))
            .collect();
        if let Some(keys) = &self.keys {
            keys.sync().expect("it can be written");
        }
        self.stored.extend(sealed);
        self.passed = self.read.clone();
    }

    fn seal(&self, place: Place, mut record: Vec<u8>) -> (KeyId, Vec<u8>) {
        let keys = self.keys.as_ref().zip(owner(&record));
        let key = keys.and_then(|(keys, owner)| keys.sealing_key(&owner).expect("keys are made"));
        let Some((id, key)) = key else {
            return (KeyId(0), record);
        };
        key.seal(&context(place), &mut record, 0);
        (id, record)
    }

    fn open(&self, place: Place) -> Option<Vec<u8>> {
        let (id, bytes) = self.stored.get(&place)?;
        let mut bytes = bytes.clone();
        let keys = self.keys.as_ref().filter(|_| *id != KeyId(0));
        let Some(keys) = keys else {
            return Some(bytes);
        };
        match keys.opening_key(*id).expect("the file has this key") {
            Found::Key(key) => {
                let opened = key.open(&context(place), &mut bytes);
                let length = opened.expect("sealed with this key").len();
                bytes.truncate(length);
                Some(bytes)
            }
            Found::Erased(_) => None,
        }
    }
}

impl Follower for Archive {
    fn passed(&self, shard: Shard) -> Sequence {
        Sequence(self.0.lock().passed[usize::from(shard.0)])
    }
}
