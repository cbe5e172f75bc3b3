//! Owns what the retention and a shard tell each other: up to where the shard's log is to be
//! forgotten, and that everything alive before it was written again. Refuses to trim: the retention
//! does, when everybody else is past it too.

use parking_lot::Mutex;
use sluis_journal::Sequence;

/// Up to where a shard's log is to be forgotten, and how far that is.
#[derive(Debug, Default)]
pub struct Horizon(Mutex<State>);

#[derive(Clone, Copy, Debug, Default)]
struct State {
    wanted: u64,
    carried: Option<Carried>,
    carried_bytes: u64,
    live: Live,
}

/// What was written again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carried {
    /// The log from here on has everything that is alive.
    pub horizon: Sequence,
    /// The last record that was written for it, durable. What ended until then must stand in the
    /// table before the log is trimmed.
    pub upto: Sequence,
}

/// What is alive in a shard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Live {
    /// Tenants in memory.
    pub tenants: u64,
    /// Open notifications.
    pub open: u64,
}

impl Horizon {
    /// Asks for everything alive before `horizon` to be written again. A later horizon replaces an
    /// earlier one.
    pub fn ask(&self, horizon: Sequence) {
        let mut state = self.0.lock();
        state.wanted = state.wanted.max(horizon.0);
    }

    /// What was written again last.
    #[must_use]
    pub fn carried(&self) -> Option<Carried> {
        self.0.lock().carried
    }

    /// Bytes of records that were written again since the start.
    #[must_use]
    pub fn carried_bytes(&self) -> u64 {
        self.0.lock().carried_bytes
    }

    /// So many bytes more were written again.
    pub(super) fn wrote(&self, bytes: usize) {
        self.0.lock().carried_bytes += bytes as u64;
    }

    /// What is alive, as the shard showed it last.
    #[must_use]
    pub fn live(&self) -> Live {
        self.0.lock().live
    }

    /// Up to where the log is forgotten, or will be.
    pub(super) fn asked(&self) -> u64 {
        self.0.lock().wanted
    }

    /// The horizon that is asked for and not reached yet.
    pub(crate) fn wanted(&self) -> Option<u64> {
        let state = *self.0.lock();
        let reached = state.carried.map_or(1, |carried| carried.horizon.0);
        Some(state.wanted).filter(|wanted| *wanted > reached)
    }

    /// Everything before `horizon` was written again, durably up to `upto`.
    pub(crate) fn reached(&self, horizon: u64, upto: u64) {
        self.0.lock().carried = Some(Carried {
            horizon: Sequence(horizon),
            upto: Sequence(upto),
        });
    }

    pub(crate) fn show(&self, live: Live) {
        self.0.lock().live = live;
    }
}
