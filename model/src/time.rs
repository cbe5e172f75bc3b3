//! Owns time as the model sees it: a UTC instant in milliseconds and the `Clock` that is injected
//! everywhere. Refuses to read the operating system's clock: the real one lives in `src/clock.rs`.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Milliseconds in one second, minute, hour and day, for readable arithmetic on [`Timestamp`].
pub const SECOND: i64 = 1_000;
/// Milliseconds in a minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Milliseconds in an hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Milliseconds in a day of 24 hours.
pub const DAY: i64 = 24 * HOUR;

/// An instant in UTC, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Encode,
    Decode,
    Serialize,
    Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Later than every instant the engine ever computes; "never due".
    pub const NEVER: Timestamp = Timestamp(i64::MAX);

    /// This instant moved by `millis` (negative: earlier), saturating at the ends of the range.
    #[must_use]
    pub const fn plus(self, millis: i64) -> Timestamp {
        Timestamp(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this instant; negative when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

/// The one source of "now". Live code holds the operating system's clock, simulation and the demo a
/// stepped one.
pub trait Clock: Send + Sync {
    /// The present instant. May stand still; callers must bear a step backwards.
    fn now(&self) -> Timestamp;
}

/// A clock that moves only when told to: for tests, simulation and the demo.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock standing at `start`.
    #[must_use]
    pub fn starting_at(start: Timestamp) -> Self {
        Self(AtomicI64::new(start.0))
    }

    /// Moves the clock to `to`, forwards or backwards.
    pub fn set(&self, to: Timestamp) {
        self.0.store(to.0, Ordering::SeqCst);
    }

    /// Moves the clock by `millis`.
    pub fn advance(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}
