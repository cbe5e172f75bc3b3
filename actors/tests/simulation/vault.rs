//! Owns the keys of a simulated house and the file under them: a crash takes what was not synced, a place
//! at a time, and a sync can fail as when the process dies in it. Refuses to seal anything.

use std::io;
use std::sync::Arc;

use parking_lot::Mutex;
use sluis::sealing::{SealedCheckpoints, TenantErasures};
use sluis_keys::{KeyFile, KeyStore, Secret, StoreOptions, WrappingKeys};
use sluis_model::CorporationId;

use crate::rng::Rng;

/// Few, so that keys are made often and a restart finds some that are nobody's.
const OPTIONS: StoreOptions = StoreOptions {
    cached_keys: 64,
    ready_keys: 16,
    least_made: 2,
    most_made: 4,
};

/// The bytes of the file of keys.
#[derive(Default)]
struct Bytes {
    durable: Vec<u8>,
    now: Vec<u8>,
    /// What was written since the last sync.
    pending: Vec<(usize, Vec<u8>)>,
    /// The next sync fails.
    dies: bool,
}

/// A file that loses what was not synced.
#[derive(Clone, Default)]
struct File(Arc<Mutex<Bytes>>);

impl KeyFile for File {
    fn length(&self) -> io::Result<u64> {
        Ok(self.0.lock().now.len() as u64)
    }

    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        let file = self.0.lock();
        let part = file.now.get(at as usize..at as usize + bytes.len());
        bytes.copy_from_slice(part.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        let mut file = self.0.lock();
        put(&mut file.now, at as usize, bytes);
        file.pending.push((at as usize, bytes.to_vec()));
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut file = self.0.lock();
        if file.dies {
            return Err(io::Error::other("the process dies"));
        }
        file.durable = file.now.clone();
        file.pending.clear();
        Ok(())
    }
}

fn put(file: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    if file.len() < end {
        file.resize(end, 0);
    }
    file[at..end].copy_from_slice(bytes);
}

/// The keys of a house.
pub(crate) struct Vault {
    file: File,
    corporations: u16,
    pub(crate) store: Arc<KeyStore>,
    pub(crate) checkpoints: Arc<SealedCheckpoints>,
    pub(crate) erasures: Arc<TenantErasures>,
}

impl Vault {
    /// The first of the corporations have a key each.
    pub(crate) fn new(corporations: u16) -> Self {
        let file = File::default();
        let store = open(&file, corporations);
        let checkpoints = SealedCheckpoints::new(store.clone());
        Self {
            erasures: erasures(&store, &checkpoints),
            checkpoints,
            store,
            file,
            corporations,
        }
    }

    /// The process dies and starts again. `kept`: of what was not synced some survives.
    pub(crate) fn restart(&mut self, kept: Option<&mut Rng>) {
        let mut bytes = self.file.0.lock();
        let pending = std::mem::take(&mut bytes.pending);
        if let Some(rng) = kept {
            for (at, written) in pending {
                if rng.chance(50) {
                    put(&mut bytes.durable, at, &written);
                }
            }
        }
        bytes.now = bytes.durable.clone();
        drop(bytes);
        self.open_again();
    }

    /// Runs; `dies`: the first sync of the file in it fails, as when the process dies then.
    pub(crate) fn dying<T>(&self, dies: bool, run: impl FnOnce() -> T) -> T {
        self.file.0.lock().dies = dies;
        let done = run();
        self.file.0.lock().dies = false;
        done
    }

    /// Opens the file a second time: what was learned since the first is not known. For a planted bug.
    pub(crate) fn open_again(&mut self) {
        self.store = open(&self.file, self.corporations);
        self.checkpoints = SealedCheckpoints::new(self.store.clone());
        self.erasures = erasures(&self.store, &self.checkpoints);
    }
}

fn erasures(store: &Arc<KeyStore>, checkpoints: &Arc<SealedCheckpoints>) -> Arc<TenantErasures> {
    Arc::new(TenantErasures::new(store.clone(), checkpoints.clone()))
}

/// Opens the file as the engine does: keys are made where too few are left.
fn open(file: &File, corporations: u16) -> Arc<KeyStore> {
    let with = |keys: WrappingKeys, number: u16| {
        keys.with(CorporationId(number), &[Secret::new([number as u8; 32])])
    };
    let keys = (1..=corporations).fold(WrappingKeys::default(), with);
    let store = KeyStore::on(Box::new(file.clone()), keys, OPTIONS);
    let store = store.expect("a file without damage");
    store.tend().expect("it can be written");
    Arc::new(store)
}
