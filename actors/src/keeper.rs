//! Owns the housekeeping that blocks on the disk: it tells the journal how far each shard's keyed table is complete, so
//! that a restart rebuilds only the rest. Refuses to run on an arbiter.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam::channel::{RecvTimeoutError, Sender, bounded};
use parking_lot::Mutex;
use sluis_journal::{Journal, Sequence, Shard};

/// How often the keeper looks.
const EVERY: Duration = Duration::from_secs(10);
/// Records after which it is worth two syncs.
const WORTH: u64 = 5_000;

/// The keeper's thread.
pub(crate) struct Keeper {
    stop: Mutex<Option<(Sender<()>, JoinHandle<()>)>>,
}

impl Keeper {
    /// Starts the thread. `tabled`: per shard, up to where its table is complete.
    pub(crate) fn start(journal: Arc<dyn Journal>, tabled: Vec<Arc<AtomicU64>>) -> io::Result<Self> {
        let (stop, stopped) = bounded::<()>(0);
        let run = move || {
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(EVERY) {
                tabled.iter().zip(0..).for_each(|(upto, shard)| keep(&*journal, Shard(shard), upto.load(Ordering::Acquire)));
            }
        };
        let thread = std::thread::Builder::new().name("keeper".into()).spawn(run)?;
        Ok(Self { stop: Mutex::new(Some((stop, thread))) })
    }

    /// Ends the thread.
    pub(crate) fn stop(&self) {
        if let Some((stop, thread)) = self.stop.lock().take() {
            drop(stop);
            drop(thread.join());
        }
    }
}

fn keep(journal: &dyn Journal, shard: Shard, upto: u64) {
    if upto < journal.table_applied(shard).0 + WORTH {
        return;
    }
    if let Err(error) = journal.set_table_applied(shard, Sequence(upto)) {
        // Only the next start takes longer; the log has everything.
        tracing::warn!(shard = shard.0, %error, "could not mark the table of a shard");
    }
}
