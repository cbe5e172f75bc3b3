//! Owns the word for how notifications arrive.

/// How notifications arrive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// A fixed schedule, so many a second.
    PerSecond(f64),
    /// As fast as the connections allow: a closed loop, no honest latency under overload.
    Max,
}
