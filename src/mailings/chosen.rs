//! Owns what is said of a selection: by what tenants are chosen, how far that is, and what came of it. Refuses
//! to choose.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use sluis_model::Timestamp;

/// By what the rows of a mailing were chosen, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selected {
    /// The condition.
    pub when: String,
    /// The instant that counted.
    pub at: Timestamp,
    /// Tenants that were looked at.
    pub looked_at: u64,
    /// Those whom nobody loaded: they are known from facts alone.
    pub not_loaded: u64,
    /// Those for whom the condition is unknown.
    pub undecided: u64,
}

/// One that is under way, or did not come to its end.
#[derive(Debug)]
pub(super) struct Selecting {
    pub(super) when: String,
    /// Places of the shards, of all corporations, and those that were looked at.
    pub(super) places: AtomicU64,
    pub(super) passed: AtomicU64,
    pub(super) looked_at: AtomicU64,
    pub(super) chosen: AtomicU64,
    pub(super) undecided: AtomicU64,
    pub(super) failed: Mutex<Option<String>>,
}

/// How far a selection is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HowFar {
    /// The condition.
    pub when: String,
    /// Parts of a hundred.
    pub percent: u64,
    /// Tenants that were looked at.
    pub looked_at: u64,
    /// Those chosen so far.
    pub chosen: u64,
    /// Those for whom it is unknown.
    pub undecided: u64,
    /// Why it did not come to its end.
    pub failed: Option<String>,
}

impl Selecting {
    pub(super) fn new(when: &str) -> Self {
        Self {
            when: when.to_owned(),
            places: AtomicU64::new(0),
            passed: AtomicU64::new(0),
            looked_at: AtomicU64::new(0),
            chosen: AtomicU64::new(0),
            undecided: AtomicU64::new(0),
            failed: Mutex::new(None),
        }
    }

    pub(super) fn is_under_way(&self) -> bool {
        self.failed.lock().is_none()
    }

    pub(super) fn how_far(&self) -> HowFar {
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
        let places = count(&self.places).max(1);
        HowFar {
            when: self.when.clone(),
            percent: (count(&self.passed) * 100 / places).min(100),
            looked_at: count(&self.looked_at),
            chosen: count(&self.chosen),
            undecided: count(&self.undecided),
            failed: self.failed.lock().clone(),
        }
    }
}
