//! Owns which thread serves a connection: the arbiters' own, in turn. What comes in is read,
//! decided and answered on one thread when its tenant's shard stands there, and by one wake of
//! another thread when not: waking a thread costs more than most requests. Refuses what takes long:
//! that belongs on the runtime beside the arbiters.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::Handle;

/// Hands out the arbiters' threads in turn. A clone hands out the same ones.
#[derive(Clone, Debug)]
pub struct Threads {
    threads: Arc<[Handle]>,
    next: Arc<AtomicUsize>,
}

impl Threads {
    /// These runtimes, each a single thread.
    #[must_use]
    pub fn new(threads: impl Into<Arc<[Handle]>>) -> Self {
        Self {
            threads: threads.into(),
            next: Arc::default(),
        }
    }

    /// All of them, in the order of the arbiters.
    #[must_use]
    pub const fn all(&self) -> &Arc<[Handle]> {
        &self.threads
    }

    /// The thread of the next connection.
    ///
    /// # Panics
    /// There are none.
    #[must_use]
    pub fn next(&self) -> &Handle {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        &self.threads[turn % self.threads.len()]
    }
}
