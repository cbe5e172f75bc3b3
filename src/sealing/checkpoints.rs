//! Owns how a shard's checkpoint is sealed. It holds many tenants, and without a part of them it is of
//! no use; so it is sealed as a whole, with a key of its own. That key is sealed with a key of each
//! corporation in turn, so that it needs all of them. When a tenant is erased, the key of his
//! corporation goes: no checkpoint of his shard from before can be read, wherever a copy of it is.
//! Refuses to seal one that was begun before the newest erasure.
//!
//! A start that reads a checkpoint does not open what stands before it, so it does not learn there whose
//! keys are. Therefore a checkpoint says how many owners were known and durable when it was stored. A
//! file of keys that knows fewer was put back from an older copy, and the log is read instead.
//!
//! The first chunk: `SLCK1`; how many owners were known (8); how many corporations (2); for each its
//! number (2) and the number of its key (4); the checkpoint's own key, sealed with these keys in this
//! order. Big-endian. The other chunks are sealed with that key.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use sluis_journal::{Sequence, Shard};
use sluis_keys::{DataKey, Found, KeyError, KeyId, KeyStore};
use sluis_model::{CorporationId, TenantKey, Timestamp};

const MAGIC: &[u8] = b"SLCK1";
/// What the context of a checkpoint's bytes begins with, so that nothing else opens in their place.
const DOMAIN: u8 = 4;
/// Instead of the number of a chunk, in the context of the checkpoint's own key.
const HEAD: u64 = u64::MAX;
/// Nobody asks when the key of a checkpoint was destroyed that no erasure ended.
const NO_INSTANT: Timestamp = Timestamp(0);

/// Which checkpoint: its shard, and up to which record it has everything.
pub(super) type Place = (Shard, Sequence);

/// The keys of checkpoints.
#[derive(Debug)]
pub struct SealedCheckpoints {
    store: Arc<KeyStore>,
    /// By shard the record of its newest erasure. Held while a key is destroyed, and while one is
    /// given to a checkpoint: none that was begun before gets a new one.
    erased: Mutex<BTreeMap<u16, Sequence>>,
}

/// The key of a corporation for the checkpoints of a shard.
type Layer = (CorporationId, KeyId, Arc<DataKey>);

/// Seals the chunks of one checkpoint.
pub(super) struct ChunkSealer {
    place: Place,
    key: DataKey,
    pub(super) head: Vec<u8>,
}

/// Opens the chunks of one checkpoint.
pub(super) struct ChunkOpener {
    place: Place,
    key: DataKey,
}

/// Whose key it is with which the checkpoints of a shard are sealed for a corporation: no tenant may
/// have such a number.
fn owner(corporation: CorporationId, shard: Shard) -> TenantKey {
    TenantKey::new(corporation, format!("\0checkpoint/{}", shard.0))
}

impl SealedCheckpoints {
    /// With the keys of `store`.
    #[must_use]
    pub fn new(store: Arc<KeyStore>) -> Arc<Self> {
        Arc::new(Self {
            store,
            erased: Mutex::default(),
        })
    }

    /// A tenant of this corporation and shard is erased, by the record `erased`, which is durable. On
    /// return nothing can open a checkpoint that has something of him: those that are stored have lost
    /// their key, and one that was begun before will not be stored. May be repeated. Blocks for the disk.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn forget(
        &self,
        corporation: CorporationId,
        shard: Shard,
        erased: Sequence,
        at: Timestamp,
    ) -> Result<(), KeyError> {
        let mut newest = self.erased.lock();
        let known = newest.entry(shard.0).or_insert(erased);
        *known = erased.max(*known);
        self.store.erase(&owner(corporation, shard), at).map(drop)
    }

    /// What seals a checkpoint; none when somebody was erased since it was begun. Whose its keys are, and
    /// all that were given before, is durable then: nobody else gets them after a power cut. Blocks for
    /// the disk.
    pub(super) fn sealer(&self, place: Place) -> Result<Option<ChunkSealer>, KeyError> {
        let Some(layers) = self.layers(place)? else {
            return Ok(None);
        };
        let owners = self.store.owners();
        self.store.sync()?;
        let (key, bytes) = DataKey::random()?;
        let (mut listed, mut sealed) = (Vec::new(), bytes.to_vec());
        for (corporation, id, key) in &layers {
            listed.extend_from_slice(&corporation.0.to_be_bytes());
            listed.extend_from_slice(&id.0.to_be_bytes());
            key.seal(&context(place, HEAD, *id), &mut sealed, 0);
        }
        let count = layers.len() as u16;
        let head = [
            MAGIC,
            &owners.to_be_bytes(),
            &count.to_be_bytes(),
            &listed,
            &sealed,
        ];
        let head = head.concat();
        Ok(Some(ChunkSealer { place, key, head }))
    }

    /// A key of each corporation that has one; none when somebody was erased since the checkpoint was
    /// begun.
    fn layers(&self, (shard, upto): Place) -> Result<Option<Vec<Layer>>, KeyError> {
        let erased = self.erased.lock();
        if erased.get(&shard.0).is_some_and(|erased| upto < *erased) {
            return Ok(None);
        }
        let mut layers = Vec::new();
        for corporation in self.store.corporations() {
            let key = self.store.sealing_key(&owner(corporation, shard))?;
            layers.extend(key.map(|(id, key)| (corporation, id, key)));
        }
        Ok(Some(layers))
    }

    /// What opens a checkpoint with this first chunk; none when it lost its key, or when it is of no use
    /// with this file of keys.
    pub(super) fn opener(
        &self,
        place: Place,
        head: &[u8],
    ) -> Result<Option<ChunkOpener>, KeyError> {
        let head = Head::of(head).ok_or(KeyError::NotAuthentic)?;
        if self.store.owners_in_file() < head.owners {
            return Ok(None);
        }
        let mut bytes = head.sealed.to_vec();
        for (corporation, id) in head.layers.into_iter().rev() {
            let Found::Key(key) = self.store.opening_key(id)? else {
                return Ok(None);
            };
            let length = key.open(&context(place, HEAD, id), &mut bytes)?.len();
            bytes.truncate(length);
            self.store.learn(id, &owner(corporation, place.0));
        }
        let key = bytes.try_into().map_err(|_| KeyError::NotAuthentic)?;
        let key = DataKey::new(&key);
        Ok(Some(ChunkOpener { place, key }))
    }

    /// Whether a checkpoint with this first chunk is sealed for every corporation that has a key now.
    pub(super) fn covers(&self, head: &[u8]) -> bool {
        let Some(Head { layers, .. }) = Head::of(head) else {
            return false;
        };
        let mut corporations = self.store.corporations().into_iter();
        corporations.all(|corporation| layers.iter().any(|(of, _)| *of == corporation))
    }

    /// Destroys the keys of a shard's checkpoints: a corporation has a key now for which they are not
    /// sealed, and an erasure there would not make them unreadable.
    pub(super) fn renew(&self, shard: Shard) -> Result<(), KeyError> {
        for corporation in self.store.corporations() {
            self.store.erase(&owner(corporation, shard), NO_INSTANT)?;
        }
        Ok(())
    }
}

impl ChunkSealer {
    /// The chunk with this number, from 0, sealed.
    pub(super) fn seal(&self, number: u64, mut chunk: Vec<u8>) -> Vec<u8> {
        self.key
            .seal(&context(self.place, number, KeyId(0)), &mut chunk, 0);
        chunk
    }
}

impl ChunkOpener {
    /// The chunk with this number, from 0, as it was.
    pub(super) fn open(&self, number: u64, mut chunk: Vec<u8>) -> Result<Vec<u8>, KeyError> {
        let context = context(self.place, number, KeyId(0));
        let length = self.key.open(&context, &mut chunk)?.len();
        chunk.truncate(length);
        Ok(chunk)
    }
}

/// What stands in a first chunk.
struct Head<'a> {
    /// Of how many keys it was known whose they are.
    owners: u64,
    /// The keys in the order in which they sealed.
    layers: Vec<(CorporationId, KeyId)>,
    sealed: &'a [u8],
}

impl<'a> Head<'a> {
    /// None when it is no such chunk.
    fn of(chunk: &'a [u8]) -> Option<Self> {
        let (owners, rest) = chunk.strip_prefix(MAGIC)?.split_first_chunk()?;
        let (count, mut sealed) = rest.split_first_chunk()?;
        let mut layers = Vec::new();
        for _ in 0..u16::from_be_bytes(*count) {
            let (corporation, rest) = sealed.split_first_chunk()?;
            let (id, rest) = rest.split_first_chunk()?;
            let corporation = CorporationId(u16::from_be_bytes(*corporation));
            layers.push((corporation, KeyId(u32::from_be_bytes(*id))));
            sealed = rest;
        }
        Some(Self {
            owners: u64::from_be_bytes(*owners),
            layers,
            sealed,
        })
    }
}

/// Binds bytes to their checkpoint, to their place in it, and to a key.
fn context((shard, upto): Place, number: u64, id: KeyId) -> [u8; 23] {
    let mut context = [0; 23];
    context[0] = DOMAIN;
    context[1..3].copy_from_slice(&shard.0.to_be_bytes());
    context[3..11].copy_from_slice(&upto.0.to_be_bytes());
    context[11..19].copy_from_slice(&number.to_be_bytes());
    context[19..].copy_from_slice(&id.0.to_be_bytes());
    context
}
