//! Owns what a router and one supervisor share: permits coming back, how many may be in use,
//! whether the circuit breaker lets anything through. Refuses to decide any of it: the supervisor
//! judges, the router obeys.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};

use parking_lot::Mutex;
use sluis_model::{Timestamp, Why};

use crate::wake::Waker;

/// Atomics between one provider's supervisor and its router, and the router's waker.
#[derive(Debug)]
pub struct Gate {
    finished: AtomicU64,
    allowed: AtomicU32,
    shut_until: AtomicI64,
    /// Until when the rate limit lets nothing through, as the router last met it: for explanations.
    limited_until: AtomicI64,
    /// What the provider said when it took nothing from our account, and since when, while the
    /// breaker is open for that.
    barred: Mutex<Option<(Why, Timestamp)>>,
    router: Arc<Waker>,
}

/// Stands for a breaker that is closed, so that current flows.
const CLOSED: i64 = i64::MIN;

/// What the circuit breaker lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// This many permits may be in use.
    Free(u32),
    /// The breaker is half open: at most one permit may be in use. A probe that a shard could not
    /// use comes back as any permit does and the next one is the probe, so no probe is ever lost.
    Probe,
    /// Nothing before this instant.
    Shut(Timestamp),
}

impl Gate {
    /// A gate that lets `concurrency` permits be in use and wakes `router` when something changes.
    #[must_use]
    pub fn new(concurrency: NonZeroU32, router: Arc<Waker>) -> Arc<Self> {
        Arc::new(Self {
            finished: AtomicU64::new(0),
            allowed: AtomicU32::new(concurrency.get()),
            shut_until: AtomicI64::new(CLOSED),
            limited_until: AtomicI64::new(CLOSED),
            barred: Mutex::new(None),
            router,
        })
    }

    /// An attempt ended, whatever its outcome: its permit comes back. Exactly once per permit used,
    /// and only after the outcome was reported; a supervisor's `offer` sees to both.
    pub fn finish(&self) {
        self.finished.fetch_add(1, Ordering::SeqCst);
        self.router.wake();
    }

    /// Permits that came back since the start.
    #[must_use]
    pub fn finished(&self) -> u64 {
        self.finished.load(Ordering::SeqCst)
    }

    /// The breaker opened: nothing before `until`, then one at a time. `barred`: what the provider
    /// said, and now, when it takes nothing from our account.
    pub fn shut(&self, until: Timestamp, barred: Option<(&Why, Timestamp)>) {
        let mut known = self.barred.lock();
        let since = known.as_ref().map(|(_, since)| *since);
        *known = barred.map(|(why, now)| (why.clone(), since.unwrap_or(now)));
        drop(known);
        self.shut_until
            .store(until.0.max(CLOSED + 1), Ordering::SeqCst);
        self.router.wake();
    }

    /// The breaker closed.
    pub fn open(&self) {
        *self.barred.lock() = None;
        self.shut_until.store(CLOSED, Ordering::SeqCst);
        self.router.wake();
    }

    /// From now on at most `permits` in use; those above it run out by themselves.
    pub fn allow(&self, permits: u32) {
        self.allowed.store(permits, Ordering::SeqCst);
        self.router.wake();
    }

    /// Why the provider takes nothing from our account, while the breaker is open for that.
    #[must_use]
    pub fn barred(&self) -> Option<Why> {
        self.barred.lock().as_ref().map(|(why, _)| why.clone())
    }

    /// The same, when it has been so since `since` or longer.
    pub(super) fn barred_since(&self, since: Timestamp) -> Option<Why> {
        let known = self.barred.lock();
        let long = known.as_ref().filter(|(_, began)| *began <= since);
        long.map(|(why, _)| why.clone())
    }

    /// The router met the rate limit.
    pub(super) fn limit(&self, until: Timestamp) {
        self.limited_until.store(until.0, Ordering::Relaxed);
    }

    /// Until when it holds, as the router last met it.
    pub(super) fn limited_until(&self) -> Timestamp {
        Timestamp(self.limited_until.load(Ordering::Relaxed))
    }

    /// What may pass at `now`.
    #[must_use]
    pub fn passage(&self, now: Timestamp) -> Passage {
        match self.shut_until.load(Ordering::SeqCst) {
            CLOSED => Passage::Free(self.allowed.load(Ordering::SeqCst)),
            until if Timestamp(until) > now => Passage::Shut(Timestamp(until)),
            _ => Passage::Probe,
        }
    }
}
