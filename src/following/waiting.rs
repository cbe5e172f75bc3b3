//! Owns what is waited for a follower with: whoever needs it to be further asks for a turn, and whoever
//! waits to forget old records says how much that costs. Refuses to wait for ever.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use super::turns::Turns;

/// The longest that somebody waits for a turn.
const MOST_WAIT: Duration = Duration::from_secs(5);

/// What the second thread is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// To take a turn: somebody waits for it.
    Turn,
    /// To follow to the end, and to end.
    End,
}

/// For those who wait for one follower.
pub(crate) struct Waiting {
    ask: SyncSender<Asked>,
    is_asked: AtomicBool,
    turns: Turns,
    /// Generations by which the log has grown while it held old records up: the bits of the number.
    holds_up: AtomicU64,
    /// Whether it lacks records and is at work on them.
    is_catching_up: AtomicBool,
}

impl Waiting {
    pub(super) fn new(ask: SyncSender<Asked>) -> Self {
        Self {
            ask,
            is_asked: AtomicBool::new(false),
            turns: Turns::default(),
            holds_up: AtomicU64::new(0),
            is_catching_up: AtomicBool::new(false),
        }
    }

    /// Asks for a turn soon, also on a busy machine, and also when it rests after a failure.
    pub(super) fn hurry(&self) {
        self.is_asked.store(true, Ordering::Release);
        // Full: it was asked already.
        let _ = self.ask.try_send(Asked::Turn);
    }

    pub(super) fn was_asked(&self) -> bool {
        self.is_asked.swap(false, Ordering::AcqRel)
    }

    /// A turn of it ended; whether it goes on with what it lacks.
    pub(super) fn turned(&self, is_catching_up: bool) {
        self.is_catching_up.store(is_catching_up, Ordering::Relaxed);
        self.turns.one_more();
    }

    /// Whether it lacks records and is at work on them. Who fails or rests is not.
    pub(crate) fn is_catching_up(&self) -> bool {
        self.is_catching_up.load(Ordering::Relaxed)
    }

    /// By how many generations the log has grown while this one held old records up.
    pub(crate) fn holds_up(&self, generations: f64) {
        let bits = generations.to_bits();
        self.holds_up.store(bits, Ordering::Relaxed);
    }

    fn held_up(&self) -> f64 {
        f64::from_bits(self.holds_up.load(Ordering::Relaxed))
    }

    /// Waits for the end of its next turn; whether it came.
    pub(crate) fn wait_for_one(&self) -> bool {
        self.turns.wait_for_one(|| self.hurry(), MOST_WAIT)
    }

    /// Waits until it is so; whether it is. Some turns are asked for, and no more.
    pub(crate) fn wait_until(&self, is_so: impl Fn() -> bool) -> bool {
        self.turns.wait_until(is_so, || self.hurry(), MOST_WAIT)
    }
}

/// How long somebody who held old records up is taken to do so still, in nanoseconds. Under a load that
/// goes on the next ones are to go a moment later.
const STILL_NANOS: u64 = 30_000_000_000;

/// How much everybody who follows holds up.
pub(super) struct Pressed {
    all: Vec<Arc<Waiting>>,
    /// Until when it is taken to be so, by the monotonic clock, in nanoseconds.
    until: AtomicU64,
}

impl Pressed {
    pub(super) fn by(all: impl Iterator<Item = Arc<Waiting>>) -> Self {
        Self {
            all: all.collect(),
            until: AtomicU64::new(0),
        }
    }

    /// Whether somebody holds old records up, or did so a moment ago.
    pub(super) fn is_pressed(&self, now_nanos: u64) -> bool {
        if self.all.iter().any(|waiting| waiting.held_up() > 0.0) {
            self.until.store(now_nanos + STILL_NANOS, Ordering::Relaxed);
        }
        now_nanos < self.until.load(Ordering::Relaxed)
    }

    /// Generations by which the log has grown for whoever holds it up and gets further with more time; 0
    /// when nobody does.
    pub(super) fn generations(&self) -> f64 {
        let working = self.all.iter().filter(|waiting| waiting.is_catching_up());
        let held_up = working.map(|waiting| waiting.held_up());
        held_up.fold(0.0, f64::max)
    }
}
