//! Owns the parked connections of one provider: taken newest first, closed when idle too long.
//! Refuses to bound sends (the semaphore in `send` does) and to probe: a connection found dead costs nothing, because the
//! send that finds it goes on with a fresh one.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;

/// What can be parked.
pub(crate) trait Parked: Send + 'static {
    /// Ends it as its protocol wishes.
    fn leave(self) -> impl Future<Output = ()> + Send;
}

/// Parked connections.
pub(crate) struct Pool<C> {
    parked: Mutex<VecDeque<(u64, C)>>,
    /// Rounds of the janitor; what was parked in an earlier round than the last is idle.
    round: AtomicU64,
    janitor: AtomicBool,
    closed: AtomicBool,
    idle: Duration,
}

impl<C: Parked> Pool<C> {
    pub(crate) fn new(idle: Duration) -> Arc<Self> {
        Arc::new(Self {
            parked: Mutex::default(),
            round: AtomicU64::new(0),
            janitor: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            idle,
        })
    }

    /// The one parked last, which is the one least likely to be dead.
    pub(crate) fn take(&self) -> Option<C> {
        self.parked.lock().pop_back().map(|(_, connection)| connection)
    }

    /// Parks one for the next send.
    pub(crate) fn park(self: &Arc<Self>, connection: C) {
        if self.closed.load(Ordering::Relaxed) {
            tokio::spawn(connection.leave());
            return;
        }
        self.parked.lock().push_back((self.round.load(Ordering::Relaxed), connection));
        if !self.janitor.swap(true, Ordering::Relaxed) {
            tokio::spawn(keep_clean(Arc::downgrade(self), self.idle));
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.parked.lock().len()
    }

    /// Takes no more in and gives out those it has.
    pub(crate) fn close(&self) -> Vec<C> {
        self.closed.store(true, Ordering::Relaxed);
        self.parked.lock().drain(..).map(|(_, connection)| connection).collect()
    }

    /// Ends a round: what was parked before it began is idle.
    fn end_round(&self) -> Vec<C> {
        let ended = self.round.fetch_add(1, Ordering::Relaxed);
        let mut parked = self.parked.lock();
        let idle = parked.iter().take_while(|(round, _)| *round < ended).count();
        parked.drain(..idle).map(|(_, connection)| connection).collect()
    }
}

/// Counts rounds of `idle` on the runtime's timer: no clock is read, and a connection lives unused for one to two rounds.
async fn keep_clean<C: Parked>(pool: Weak<Pool<C>>, idle: Duration) {
    loop {
        tokio::time::sleep(idle).await;
        let Some(pool) = pool.upgrade() else { return };
        for connection in pool.end_round() {
            tokio::spawn(connection.leave());
        }
    }
}
