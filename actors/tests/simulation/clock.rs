//! Owns the time of the simulation. It moves when the driver says so; a restless one also moves a
//! little while it is read, sometimes backwards, as the clock of a machine does that is being
//! corrected. A jump of hours is the driver's. Refuses the operating system's.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use sluis_model::{Clock, HOUR, Timestamp};

/// Reads between two movements of a restless clock.
const READS: u64 = 17;

/// The simulated clock, in milliseconds since the epoch.
#[derive(Debug)]
pub(crate) struct SimClock {
    now: AtomicI64,
    reads: AtomicU64,
    restless: bool,
}

impl SimClock {
    pub(crate) fn starting_at(start: Timestamp, restless: bool) -> Self {
        Self {
            now: AtomicI64::new(start.0),
            reads: AtomicU64::new(0),
            restless,
        }
    }

    /// The time, without being noticed.
    pub(crate) fn peek(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::SeqCst))
    }

    pub(crate) fn set(&self, to: Timestamp) {
        self.now.store(to.0, Ordering::SeqCst);
    }
}

/// A clock that never goes back, as a planted bug has it: it keeps the latest instant it has shown.
#[derive(Debug)]
pub(crate) struct LatestClock {
    clock: Arc<SimClock>,
    latest: AtomicI64,
}

impl LatestClock {
    pub(crate) fn over(clock: Arc<SimClock>) -> Self {
        Self {
            clock,
            latest: AtomicI64::new(i64::MIN),
        }
    }
}

impl Clock for LatestClock {
    fn now(&self) -> Timestamp {
        let now = self.clock.now().0;
        Timestamp(self.latest.fetch_max(now, Ordering::SeqCst).max(now))
    }
}

/// A clock that is an hour ahead, as a planted bug has it: local time is taken for UTC.
#[derive(Debug)]
pub(crate) struct AheadClock(pub(crate) Arc<SimClock>);

impl Clock for AheadClock {
    fn now(&self) -> Timestamp {
        self.0.now().plus(HOUR)
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        let reads = self.reads.fetch_add(1, Ordering::SeqCst);
        if self.restless && reads.is_multiple_of(READS) {
            // Two steps forward, one back: it moves on in the long run.
            let step = if (reads / READS).is_multiple_of(3) {
                -2
            } else {
                3
            };
            self.now.fetch_add(step, Ordering::SeqCst);
        }
        self.peek()
    }
}
