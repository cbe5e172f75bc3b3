//! The only reads of the operating system's clock in this crate. Refuses to be used by a verdict:
//! what a sink decides depends on the profile, the address, the seed and the try, never on the
//! time.
#![allow(clippy::disallowed_methods)] // a load test measures real time; every read goes through here

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Milliseconds since the Unix epoch, UTC.
#[must_use]
pub fn wall_ms() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    since_epoch.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

/// The monotonic clock, for durations and for arrival schedules.
#[must_use]
pub fn mono() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

/// Waits for `ms` milliseconds of real time; zero returns at once without yielding.
pub async fn wait_ms(ms: u64) {
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}
