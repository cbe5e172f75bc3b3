//! The phases of a start: what they are, and how long each took by the clock of the options. Refuses to
//! read a clock of its own.

use std::time::Duration;

use super::options::Monotonic;

/// A part of the opening of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The lock, the manifest, and the newest log, which is checked in full.
    Log,
    /// What of the table must outlive a power cut is made durable before sled opens it.
    TableKept,
    /// sled opens the table.
    TableOpened,
    /// Every value of the table is proven.
    TableProven,
}

impl Phase {
    /// All, in order.
    pub const ALL: [Self; 4] = [
        Self::Log,
        Self::TableKept,
        Self::TableOpened,
        Self::TableProven,
    ];

    /// Its name in the log and in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::TableKept => "table_kept",
            Self::TableOpened => "table_opened",
            Self::TableProven => "table_proven",
        }
    }
}

/// Times phases that follow one another.
pub(super) struct Stopwatch {
    clock: Monotonic,
    since: u64,
    took: Vec<(Phase, Duration)>,
}

impl Stopwatch {
    pub(super) fn start(clock: Monotonic) -> Self {
        Self {
            since: clock(),
            clock,
            took: Vec::new(),
        }
    }

    /// A phase ended; the next one begins. One that is done again counts for both.
    pub(super) fn ended(&mut self, phase: Phase) {
        let now = (self.clock)();
        let took = Duration::from_nanos(now.saturating_sub(self.since));
        self.since = now;
        match self.took.iter_mut().find(|(of, _)| *of == phase) {
            Some((_, before)) => *before += took,
            None => self.took.push((phase, took)),
        }
    }

    pub(super) fn into_took(self) -> Vec<(Phase, Duration)> {
        self.took
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn phases_follow_one_another_and_add_up() {
        let now = Arc::new(AtomicU64::new(5));
        let clock = now.clone();
        let mut watch = Stopwatch::start(Arc::new(move || clock.load(Ordering::Relaxed)));
        let mut ends_at = |at, phase| {
            now.store(at, Ordering::Relaxed);
            watch.ended(phase);
        };
        ends_at(7, Phase::Log);
        ends_at(10, Phase::TableOpened);
        ends_at(11, Phase::TableProven);
        ends_at(15, Phase::TableOpened);
        let nanos = |(phase, took): (Phase, Duration)| (phase, took.as_nanos());
        let took: Vec<_> = watch.into_took().into_iter().map(nanos).collect();
        assert_eq!(
            took,
            [
                (Phase::Log, 2),
                (Phase::TableOpened, 7),
                (Phase::TableProven, 1)
            ]
        );
    }
}
