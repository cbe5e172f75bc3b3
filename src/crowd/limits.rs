//! Owns how long a connection may keep us waiting, and the milliseconds in which that is counted.

use std::time::Duration;

/// How long a connection without a request may still take to end by itself, once it was told to.
pub(crate) const FAREWELL: Duration = Duration::from_secs(1);

/// How long a connection may keep us waiting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Without a request: from the first byte on, and between two.
    pub(crate) idle: Duration,
    /// In the middle of a request's body or of its answer, without a byte.
    pub(crate) stalled: Duration,
    /// For taking an answer.
    pub(crate) answer: Duration,
}

pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
