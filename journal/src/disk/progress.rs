//! How far each shard is durable, who wants to know, and whether the journal failed.
//! Refuses to wait for anyone: a number in an atomic, then a wake.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::{Failure, JournalError, OnFailure, Sequence, Shard, Wake};

/// Written by the committer, read by everyone.
pub(super) struct Progress {
    durable: Box<[AtomicU64]>,
    wakes: Box<[Mutex<Option<Wake>>]>,
    failure: Mutex<FailureState>,
    pub(super) groups: AtomicU64,
    pub(super) records: AtomicU64,
    pub(super) bytes: AtomicU64,
    pub(super) last_group_records: AtomicU64,
}

#[derive(Default)]
struct FailureState {
    failure: Option<Failure>,
    callback: Option<OnFailure>,
}

impl Progress {
    pub(super) fn new(lasts: &[u64]) -> Self {
        Self {
            durable: lasts.iter().map(|last| AtomicU64::new(*last)).collect(),
            wakes: lasts.iter().map(|_| Mutex::new(None)).collect(),
            failure: Mutex::new(FailureState::default()),
            groups: AtomicU64::new(0),
            records: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            last_group_records: AtomicU64::new(0),
        }
    }

    pub(super) fn durable(&self, shard: Shard) -> Sequence {
        Sequence(self.durable[usize::from(shard.0)].load(Ordering::Acquire))
    }

    pub(super) fn all_durable(&self) -> Vec<u64> {
        self.durable
            .iter()
            .map(|durable| durable.load(Ordering::Acquire))
            .collect()
    }

    pub(super) fn advance(&self, shard: usize, last: u64) {
        self.durable[shard].store(last, Ordering::Release);
    }

    pub(super) fn on_durable(&self, shard: Shard, wake: Wake) {
        *self.wakes[usize::from(shard.0)].lock() = Some(wake);
    }

    pub(super) fn wake(&self, shard: usize) {
        // Cloned out of the lock: the callee may register anew.
        let wake = self.wakes[shard].lock().clone();
        if let Some(wake) = wake {
            wake();
        }
    }

    pub(super) fn failure(&self) -> Option<Failure> {
        self.failure.lock().failure.clone()
    }

    /// Records the first failure and tells about it.
    pub(super) fn fail(&self, error: JournalError) {
        let failure = Failure(Arc::new(error));
        let mut state = self.failure.lock();
        if state.failure.is_some() {
            return;
        }
        tracing::error!(error = %failure, "journal stopped for good");
        state.failure = Some(failure.clone());
        let callback = state.callback.clone();
        drop(state);
        if let Some(callback) = callback {
            callback(&failure);
        }
    }

    pub(super) fn on_failure(&self, callback: OnFailure) {
        let mut state = self.failure.lock();
        state.callback = Some(Arc::clone(&callback));
        let happened = state.failure.clone();
        drop(state);
        if let Some(failure) = happened {
            callback(&failure);
        }
    }
}
