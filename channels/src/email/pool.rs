//! Owns the parked sessions of one relay: taken newest first, closed when idle too long.
//! Refuses to bound sends (the semaphore in `send` does) and to probe: a session found dead costs nothing, because the
//! send that finds it goes on with a fresh one.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;

use super::session::Session;

/// Parked sessions.
pub(super) struct Pool {
    parked: Mutex<VecDeque<(u64, Session)>>,
    /// Rounds of the janitor; a session parked in an earlier round than the last is idle.
    round: AtomicU64,
    janitor: AtomicBool,
    closed: AtomicBool,
    idle: Duration,
}

impl Pool {
    pub(super) fn new(idle: Duration) -> Arc<Self> {
        Arc::new(Self {
            parked: Mutex::default(),
            round: AtomicU64::new(0),
            janitor: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            idle,
        })
    }

    /// The session parked last, which is the one least likely to be dead.
    pub(super) fn take(&self) -> Option<Session> {
        self.parked.lock().pop_back().map(|(_, session)| session)
    }

    /// Parks a session for the next send.
    pub(super) fn park(self: &Arc<Self>, session: Session) {
        if self.closed.load(Ordering::Relaxed) {
            tokio::spawn(session.quit());
            return;
        }
        self.parked.lock().push_back((self.round.load(Ordering::Relaxed), session));
        if !self.janitor.swap(true, Ordering::Relaxed) {
            tokio::spawn(keep_clean(Arc::downgrade(self), self.idle));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.parked.lock().len()
    }

    /// Takes no more sessions in and gives out those it has.
    pub(super) fn close(&self) -> Vec<Session> {
        self.closed.store(true, Ordering::Relaxed);
        self.parked.lock().drain(..).map(|(_, session)| session).collect()
    }

    /// Ends a round: what was parked before it began is idle.
    fn end_round(&self) -> Vec<Session> {
        let ended = self.round.fetch_add(1, Ordering::Relaxed);
        let mut parked = self.parked.lock();
        let idle = parked.iter().take_while(|(round, _)| *round < ended).count();
        parked.drain(..idle).map(|(_, session)| session).collect()
    }
}

/// Counts rounds of `idle` on the runtime's timer: no clock is read, and a session lives unused for one to two rounds.
async fn keep_clean(pool: Weak<Pool>, idle: Duration) {
    loop {
        tokio::time::sleep(idle).await;
        let Some(pool) = pool.upgrade() else { return };
        for session in pool.end_round() {
            tokio::spawn(session.quit());
        }
    }
}
