//! Owns the reading of the whole file at a start: whose each key is, what was destroyed, what is
//! damaged. Refuses to start without a corporation's key that is needed: what was sealed could not be
//! read, and would be found out much later.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};

use parking_lot::{Mutex, RwLock};
use sluis_model::CorporationId;

use super::{KeyStore, StoreOptions, offset};
use crate::at_hand::AtHand;
use crate::cache::Cache;
use crate::error::KeyError;
use crate::figures::Counts;
use crate::file::KeyFile;
use crate::header::{HEADER_BYTES, Header};
use crate::id::KeyId;
use crate::names::Names;
use crate::pool::Pools;
use crate::slot::{Owner, SLOT_BYTES, Slot, Wrapped};
use crate::wrapping::WrappingKeys;

/// Places that are read at once.
const PIECE: usize = 8_192;

/// What the file holds.
#[derive(Default)]
struct Content {
    names: Names,
    /// Keys that are nobody's, as far as the file knows.
    left: Vec<(CorporationId, KeyId)>,
    erased: u64,
    damaged: u64,
    /// By corporation and name of its key: how many are wrapped by it.
    under: BTreeMap<(u16, u64), u64>,
}

impl KeyStore {
    /// On any file.
    ///
    /// # Errors
    /// See [`KeyStore::open`].
    pub fn on(
        file: Box<dyn KeyFile>,
        wrapping: WrappingKeys,
        options: StoreOptions,
    ) -> Result<Self, KeyError> {
        let header = Header::open(&*file)?;
        let length = file.length().map_err(KeyError::file("see its length"))?;
        // A part of a place at the end was never synced, so it was never given out.
        let places = (length - HEADER_BYTES as u64) / SLOT_BYTES as u64;
        let next = u32::try_from(places + 1).map_err(|_| KeyError::Full)?;
        let content = read(&*file, next)?;
        let stale = content.check(&wrapping)?;
        let known = content.erased + content.names.owned();
        Ok(Self {
            file,
            header,
            wrapping,
            options,
            names: RwLock::new(content.names),
            cache: Cache::new(options.cached_keys),
            ready: AtHand::new(options.ready_keys),
            in_flight: AtHand::new(options.ready_keys),
            pools: Mutex::new(Pools::default()),
            making: Mutex::new(()),
            next: AtomicU32::new(next),
            places: Mutex::new(()),
            unwritten: Mutex::default(),
            left: Mutex::new(content.left),
            wake: OnceLock::new(),
            broken: AtomicBool::new(false),
            counts: Counts {
                gone: content.erased,
                known,
                given: AtomicU64::new(0),
                erased: AtomicU64::new(content.erased),
                damaged: AtomicU64::new(content.damaged),
                stale: AtomicU64::new(stale),
                waited: AtomicU64::new(0),
            },
        })
    }
}

/// Reads all places before `next`.
fn read(file: &dyn KeyFile, next: u32) -> Result<Content, KeyError> {
    let mut content = Content::default();
    let mut bytes = vec![0; PIECE * SLOT_BYTES];
    for begin in (1..next).step_by(PIECE) {
        let count = PIECE.min((next - begin) as usize);
        let piece = &mut bytes[..count * SLOT_BYTES];
        file.read_at(piece, offset(KeyId(begin)))
            .map_err(KeyError::file("read"))?;
        let (places, _) = piece.as_chunks::<SLOT_BYTES>();
        for (place, id) in places.iter().zip((begin..).map(KeyId)) {
            content.take(id, Slot::decode(place));
        }
    }
    Ok(content)
}

impl Content {
    fn take(&mut self, id: KeyId, slot: Slot) {
        match slot {
            Slot::Key(wrapped, owner) => self.take_key(id, &wrapped, owner),
            Slot::Gone { .. } => self.erased += 1,
            // Torn while it was made, or damaged later: the number is never given again.
            Slot::Damaged => self.damaged += 1,
        }
    }

    fn take_key(&mut self, id: KeyId, wrapped: &Wrapped, owner: Owner) {
        let name = (wrapped.corporation.0, wrapped.fingerprint);
        *self.under.entry(name).or_default() += 1;
        match owner {
            Owner::Tenant(tag) => self.names.add(tag, id),
            Owner::Nobody => self.left.push((wrapped.corporation, id)),
            // Whose it is will be learned when something is opened with it; never given again.
            Owner::Unknown => self.damaged += 1,
        }
    }

    /// Whether every key can be unwrapped; gives how many are not under the current key.
    fn check(&self, wrapping: &WrappingKeys) -> Result<u64, KeyError> {
        let mut stale = 0;
        for ((corporation, fingerprint), count) in &self.under {
            let corporation = CorporationId(*corporation);
            if !wrapping.knows(corporation, *fingerprint) {
                return Err(KeyError::Unwrappable {
                    corporation,
                    fingerprint: *fingerprint,
                    count: *count,
                });
            }
            if !wrapping.is_current(corporation, *fingerprint) {
                stale += count;
            }
        }
        Ok(stale)
    }
}
