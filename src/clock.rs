//! Owns the only reads of the operating system's clocks in the engine. Refuses everything else to
//! do with time.
#![allow(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the clocks"
)]

use std::sync::{Arc, OnceLock};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use sluis_model::{Clock, Timestamp};

/// The system's wall clock, UTC.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Timestamp(since.map_or(0, |elapsed| {
            i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
        }))
    }
}

/// Nanoseconds of the monotonic clock since the first call: for measuring durations only.
#[must_use]
pub fn nanos() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    u64::try_from(START.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// [`nanos`], to be handed on.
#[must_use]
pub fn monotonic() -> Arc<dyn Fn() -> u64 + Send + Sync> {
    Arc::new(nanos)
}
