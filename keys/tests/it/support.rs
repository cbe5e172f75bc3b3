//! Owns a file in memory that loses and tears what was not synced, and short ways to a store.

use std::io;
use std::sync::Arc;

use parking_lot::Mutex;
use sluis_keys::{DataKey, Found, KeyFile, KeyId, KeyStore, Secret, StoreOptions, WrappingKeys};
use sluis_model::{CorporationId, TenantKey};

/// What a drive writes at once.
const SECTOR: usize = 512;

pub(crate) const ONE: CorporationId = CorporationId(1);

/// A file whose power can be cut.
#[derive(Clone, Default)]
pub(crate) struct CutFile(Arc<Mutex<Bytes>>);

#[derive(Default)]
struct Bytes {
    /// As a reader sees it.
    now: Vec<u8>,
    /// As it certainly is after a power cut.
    durable: Vec<u8>,
    /// Whether a sync does nothing: the control.
    lies: bool,
    /// Whether the next write or sync fails.
    fails: bool,
}

impl CutFile {
    /// A file whose syncs do nothing.
    pub(crate) fn lying() -> Self {
        let file = Self::default();
        file.0.lock().lies = true;
        file
    }

    pub(crate) fn fail(&self) {
        self.0.lock().fails = true;
    }

    /// What a power cut leaves: of every sector that was not synced, the old or the new content.
    pub(crate) fn cut(&self, mut is_written: impl FnMut() -> bool) -> Self {
        let bytes = self.0.lock();
        let mut left = bytes.durable.clone();
        let mut longest = left.len();
        for begin in (0..bytes.now.len()).step_by(SECTOR) {
            let end = (begin + SECTOR).min(bytes.now.len());
            let (now, old) = (&bytes.now[begin..end], bytes.durable.get(begin..end));
            if old == Some(now) || !is_written() {
                continue;
            }
            if left.len() < end {
                left.resize(end, 0);
            }
            left[begin..end].copy_from_slice(now);
            longest = longest.max(end);
        }
        left.truncate(longest);
        let cut = Bytes {
            now: left.clone(),
            durable: left,
            lies: bytes.lies,
            fails: false,
        };
        Self(Arc::new(Mutex::new(cut)))
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.lock().now.clone()
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = self.0.lock();
        change(&mut bytes.now);
        bytes.durable = bytes.now.clone();
    }

    pub(crate) fn open(&self, keys: &[Secret]) -> KeyStore {
        self.try_open(keys).expect("it opens")
    }

    pub(crate) fn try_open(&self, keys: &[Secret]) -> Result<KeyStore, sluis_keys::KeyError> {
        let wrapping = WrappingKeys::default().with(ONE, keys);
        let options = StoreOptions {
            cached_keys: 64,
            ready_keys: 32,
            least_made: 8,
            most_made: 64,
        };
        KeyStore::on(Box::new(self.clone()), wrapping, options)
    }
}

impl KeyFile for CutFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.0.lock().now.len() as u64)
    }

    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<()> {
        let bytes = self.0.lock();
        let from = bytes.now.get(at as usize..at as usize + into.len());
        into.copy_from_slice(from.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write_at(&self, from: &[u8], at: u64) -> io::Result<()> {
        let mut bytes = self.0.lock();
        if bytes.fails {
            return Err(io::Error::other("on purpose"));
        }
        let end = at as usize + from.len();
        if bytes.now.len() < end {
            bytes.now.resize(end, 0);
        }
        bytes.now[at as usize..end].copy_from_slice(from);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut bytes = self.0.lock();
        if bytes.fails {
            return Err(io::Error::other("on purpose"));
        }
        if !bytes.lies {
            bytes.durable = bytes.now.clone();
        }
        Ok(())
    }
}

pub(crate) fn secret(number: u8) -> Secret {
    Secret::new([number; 32])
}

pub(crate) fn tenant(number: u32) -> TenantKey {
    TenantKey::new(ONE, format!("H-{number}"))
}

/// Something sealed.
#[derive(Clone, Debug)]
pub(crate) struct Sealed {
    pub(crate) id: KeyId,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) fn seal(store: &KeyStore, tenant: &TenantKey, plain: &[u8]) -> Sealed {
    let (id, key) = store
        .sealing_key(tenant)
        .expect("a key")
        .expect("its corporation has one");
    let mut bytes = plain.to_vec();
    key.seal(b"here", &mut bytes, 0);
    Sealed { id, bytes }
}

/// What was sealed; none when its key was destroyed.
pub(crate) fn open(store: &KeyStore, sealed: &Sealed) -> Option<Vec<u8>> {
    match store.opening_key(sealed.id).expect("it can be read") {
        Found::Key(key) => Some(open_with(&key, sealed)),
        Found::Erased(_) => None,
    }
}

fn open_with(key: &DataKey, sealed: &Sealed) -> Vec<u8> {
    let mut bytes = sealed.bytes.clone();
    key.open(b"here", &mut bytes).expect("it opens").to_vec()
}
