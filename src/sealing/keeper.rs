//! Owns the thread that makes keys before they are needed, writes down whose they are, and counts.
//! Refuses to go on when the file of keys fails.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;
use sluis_keys::{Figures, KeyError, KeyStore};

use crate::telemetry::names;

/// How often it looks although nobody rang.
const EVERY: Duration = Duration::from_secs(1);

/// What the thread is asked.
enum Asked {
    /// Few keys are left.
    Tend,
    /// To end.
    End,
}

/// The thread.
#[derive(Debug)]
pub(super) struct Keeper {
    ask: SyncSender<Asked>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Keeper {
    /// Starts the thread; `on_fatal` is told when the file of keys fails.
    pub(super) fn start(
        store: Arc<KeyStore>,
        on_fatal: impl Fn(String) + Send + 'static,
    ) -> io::Result<Self> {
        let (ask, asked) = sync_channel(1);
        let ring = ask.clone();
        store.on_low(move || {
            // It was asked already, or it has ended.
            drop(ring.try_send(Asked::Tend));
        });
        let run = move || {
            if let Err(error) = run(&store, &asked) {
                on_fatal(format!("the file of keys failed: {error}"));
            }
        };
        let thread = std::thread::Builder::new().name("keys".into()).spawn(run)?;
        Ok(Self {
            ask,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Ends the thread.
    pub(super) fn stop(&self) {
        if let Some(thread) = self.thread.lock().take() {
            drop(self.ask.send(Asked::End));
            drop(thread.join());
        }
    }
}

fn run(store: &KeyStore, asked: &Receiver<Asked>) -> Result<(), KeyError> {
    rewrap(store)?;
    let mut waited = 0;
    loop {
        store.tend()?;
        waited = tell(&store.figures(), waited);
        match asked.recv_timeout(EVERY) {
            Ok(Asked::Tend) | Err(RecvTimeoutError::Timeout) => {}
            Ok(Asked::End) | Err(RecvTimeoutError::Disconnected) => return store.sync(),
        }
    }
}

/// After a change of a corporation's key.
fn rewrap(store: &KeyStore) -> Result<(), KeyError> {
    let stale = store.figures().stale;
    if stale > 0 {
        tracing::info!(keys = stale, "tenants' keys are wrapped anew");
        let done = store.rewrap()?.done;
        tracing::info!(
            keys = done,
            "no tenant's key needs an older key of its corporation any more"
        );
    }
    Ok(())
}

/// Sets the metrics; gives how often somebody has waited.
fn tell(figures: &Figures, waited: u64) -> u64 {
    names::KEYS_TENANTS.of(()).set(figures.tenants as f64);
    names::KEYS_READY.of(()).set(figures.ready as f64);
    names::KEYS_ERASED.of(()).set(figures.erased as f64);
    names::KEYS_DAMAGED.of(()).set(figures.damaged as f64);
    names::KEYS_WAITED
        .of(())
        .increment(figures.waited.saturating_sub(waited));
    figures.waited
}
