//! Owns the housekeeping that blocks on the disk: it writes what ended to the keyed tables, tells the
//! journal how far each is complete, so that a restart rebuilds only the rest, and has old records
//! and old endings forgotten. Refuses to run on an arbiter.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, bounded, tick};
use crossbeam::select;
use parking_lot::Mutex;
use sluis_journal::{Journal, JournalError, Sequence, Shard};

use crate::retention::Retention;
use crate::shard::Endings;

/// How often the table writer looks.
const EVERY: Duration = Duration::from_millis(500);
/// Every how many looks it marks the tables.
const MARK_EVERY: u64 = 20;
/// Every how many looks old records are forgotten, where that is due.
const FORGET_EVERY: u64 = 2;
/// Records after which it is worth two syncs.
const WORTH: u64 = 5_000;

/// The table writer's thread.
pub(crate) struct TableWriter {
    stop: Mutex<Option<(Sender<()>, JoinHandle<()>)>>,
}

impl TableWriter {
    /// Starts the thread. `endings`: those of each shard; `retention`: what it has forgotten.
    pub(crate) fn start(
        journal: Arc<dyn Journal>,
        endings: Vec<Arc<Endings>>,
        retention: Arc<Mutex<Retention>>,
    ) -> io::Result<Self> {
        let (stop, stopped) = bounded::<()>(0);
        let (hurry, hurried) = bounded(1);
        endings
            .iter()
            .for_each(|endings| endings.on_much(hurry.clone()));
        let run = move || run(&*journal, &endings, &retention, &stopped, &hurried);
        let thread = std::thread::Builder::new()
            .name("keeper".into())
            .spawn(run)?;
        Ok(Self {
            stop: Mutex::new(Some((stop, thread))),
        })
    }

    /// Ends the thread.
    pub(crate) fn stop(&self) {
        if let Some((stop, thread)) = self.stop.lock().take() {
            drop(stop);
            drop(thread.join());
        }
    }
}

/// Writes every so often, and when much waits, until `stopped` ends.
fn run(
    journal: &dyn Journal,
    endings: &[Arc<Endings>],
    retention: &Mutex<Retention>,
    stopped: &Receiver<()>,
    hurried: &Receiver<()>,
) {
    let (timer, mut looks) = (tick(EVERY), 0_u64);
    loop {
        let mark = select! {
            recv(stopped) -> _ => return,
            recv(timer) -> _ => {
                looks += 1;
                if looks.is_multiple_of(FORGET_EVERY) {
                    forget(retention);
                }
                sweep(retention);
                looks.is_multiple_of(MARK_EVERY)
            }
            recv(hurried) -> _ => false,
        };
        for (endings, shard) in endings.iter().zip((0..).map(Shard)) {
            if let Err(error) = keep(journal, shard, endings, mark) {
                // Only the next start takes longer; the log has everything.
                tracing::warn!(shard = shard.0, %error, "could not write the table of a shard");
            }
        }
    }
}

fn forget(retention: &Mutex<Retention>) {
    if let Err(error) = retention.lock().step() {
        // Nothing is lost: the disk only fills on.
        tracing::warn!(%error, "old records could not be forgotten");
    }
}

fn sweep(retention: &Mutex<Retention>) {
    if let Err(error) = retention.lock().sweep() {
        // Nothing is lost: the table only grows on.
        tracing::warn!(%error, "what ended long ago could not leave the table");
    }
}

fn keep(
    journal: &dyn Journal,
    shard: Shard,
    endings: &Endings,
    mark: bool,
) -> Result<(), JournalError> {
    let upto = endings.write(journal, shard)?;
    if mark && upto >= journal.table_applied(shard).0 + WORTH {
        journal.set_table_applied(shard, Sequence(upto))?;
    }
    Ok(())
}
