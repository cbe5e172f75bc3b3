//! Owns the connections of one provider: how many there may be, and those that are parked, taken
//! newest first and closed when idle too long. A connection stays with the runtime that opened it,
//! whose reactor drives it: used from another one, each of its events would wake that other thread.
//! Refuses to probe: a connection found dead costs nothing, because the send that finds it goes on
//! with a fresh one.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use sluis_model::{Verdict, Why};
use tokio::runtime::{Handle, Id};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::provider::Connections;

/// What can be parked.
pub(crate) trait Parked: Send + 'static {
    /// The runtime that opened it.
    fn home(&self) -> Id;

    /// Ends it as its protocol wishes.
    fn leave(self) -> impl Future<Output = ()> + Send;
}

/// The connections of one provider, at most `most`.
pub(crate) struct Pool<C> {
    most: usize,
    /// A slot for each send that has a connection, or is about to.
    slots: Semaphore,
    parked: Mutex<VecDeque<Place<C>>>,
    /// Rounds of the janitor; what was parked in an earlier round than the last is idle.
    round: AtomicU64,
    janitor: AtomicBool,
    closed: AtomicBool,
    idle: Duration,
    opened: AtomicU64,
}

/// Code of the reason when every connection was in use for as long as a send waits for one.
pub const BUSY: &str = "busy";

/// The verdict on a send that got no connection.
pub(crate) fn all_in_use() -> Verdict {
    Verdict::Withdrawn {
        why: Why::new(BUSY, "no connection slot within the limit"),
    }
}

/// One parked connection.
struct Place<C> {
    /// In which round it was parked.
    round: u64,
    connection: C,
}

impl<C: Parked> Pool<C> {
    /// At most `most` connections, each parked for at least `idle` before it is closed.
    pub(crate) fn new(most: usize, idle: Duration) -> Arc<Self> {
        Arc::new(Self {
            most,
            slots: Semaphore::new(most),
            parked: Mutex::default(),
            round: AtomicU64::new(0),
            janitor: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            idle,
            opened: AtomicU64::new(0),
        })
    }

    /// The most connections.
    pub(crate) const fn most(&self) -> usize {
        self.most
    }

    /// Leave to use one connection; none within `wait` when all are in use.
    pub(crate) async fn slot(&self, wait: Duration) -> Option<SemaphorePermit<'_>> {
        timeout(wait, self.slots.acquire()).await.ok()?.ok()
    }

    /// For a send that has its slot: the one parked last, which is the one least likely to be dead.
    /// One that another runtime opened only when no more may be opened.
    pub(crate) fn take(&self) -> Option<C> {
        let here = Handle::current().id();
        let mut parked = self.parked.lock();
        let own = parked
            .iter()
            .rposition(|place| place.connection.home() == here);
        // Sends that have no connection yet count as if they had: so there are never more than
        // `most`.
        let full = self.busy() + parked.len() > self.most;
        let at = own.or_else(|| full.then(|| parked.len().checked_sub(1)).flatten())?;
        parked.remove(at).map(|place| place.connection)
    }

    /// Parks one for the next send.
    pub(crate) fn park(self: &Arc<Self>, connection: C) {
        if self.closed.load(Ordering::Relaxed) {
            tokio::spawn(connection.leave());
            return;
        }
        let round = self.round.load(Ordering::Relaxed);
        self.parked.lock().push_back(Place { round, connection });
        if !self.janitor.swap(true, Ordering::Relaxed) {
            tokio::spawn(keep_clean(Arc::downgrade(self), self.idle));
        }
    }

    /// Counts one that was opened.
    pub(crate) fn count_opened(&self) {
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    /// How many there are, for metrics.
    pub(crate) fn connections(&self) -> Connections {
        Connections {
            busy: self.busy(),
            idle: self.len(),
            opened: self.opened.load(Ordering::Relaxed),
        }
    }

    /// Sends that have a connection, or are about to.
    pub(crate) fn busy(&self) -> usize {
        self.most.saturating_sub(self.slots.available_permits())
    }

    /// Parked ones.
    pub(crate) fn len(&self) -> usize {
        self.parked.lock().len()
    }

    /// Takes no more in and gives out those it has.
    pub(crate) fn close(&self) -> Vec<C> {
        self.closed.store(true, Ordering::Relaxed);
        self.parked
            .lock()
            .drain(..)
            .map(|place| place.connection)
            .collect()
    }

    /// Ends a round: what was parked before it began is idle.
    fn end_round(&self) -> Vec<C> {
        let ended = self.round.fetch_add(1, Ordering::Relaxed);
        let mut parked = self.parked.lock();
        let idle = parked
            .iter()
            .take_while(|place| place.round < ended)
            .count();
        parked.drain(..idle).map(|place| place.connection).collect()
    }
}

/// Counts rounds of `idle` on the runtime's timer: no clock is read, and a connection lives unused
/// for one to two rounds.
async fn keep_clean<C: Parked>(pool: Weak<Pool<C>>, idle: Duration) {
    loop {
        tokio::time::sleep(idle).await;
        let Some(pool) = pool.upgrade() else { return };
        for connection in pool.end_round() {
            tokio::spawn(connection.leave());
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::runtime::{Builder, Runtime};

    use super::*;

    struct Plain(&'static str, Id);

    impl Parked for Plain {
        fn home(&self) -> Id {
            self.1
        }

        async fn leave(self) {}
    }

    fn runtime() -> Runtime {
        Builder::new_current_thread().enable_time().build().unwrap()
    }

    #[test]
    fn a_connection_stays_with_its_runtime_until_no_more_may_be_opened() {
        const IDLE: Duration = Duration::from_secs(60);
        let (one, other) = (runtime(), runtime());
        let pool = Pool::new(2, IDLE);
        let slot = |on: &Runtime| on.block_on(pool.slot(IDLE)).unwrap();
        let took = |on: &Runtime| {
            on.block_on(async { pool.take() })
                .map(|plain: Plain| plain.0)
        };
        let park =
            |on: &Runtime| on.block_on(async { pool.park(Plain("of one", one.handle().id())) });
        let first = slot(&one);
        park(&one);
        assert_eq!(
            took(&other),
            None,
            "there is room for one more: it is opened"
        );
        assert_eq!(took(&one), Some("of one"));
        park(&one);
        drop(first);
        let (both, _slot) = (slot(&one), slot(&other));
        assert_eq!(took(&other), Some("of one"), "a third one is not opened");
        assert_eq!((took(&other), pool.len(), pool.busy()), (None, 0, 2));
        park(&other);
        drop(both);
        assert_eq!(
            took(&other),
            None,
            "whoever used it last, it is still of one"
        );
        assert_eq!(took(&one), Some("of one"));
    }
}
