//! Owns what is waited for a follower with: whoever needs it to be further asks for a turn. Refuses to wait
//! for ever.

use std::sync::atomic::{AtomicBool, Ordering};
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
}

impl Waiting {
    pub(super) fn new(ask: SyncSender<Asked>) -> Self {
        Self {
            ask,
            is_asked: AtomicBool::new(false),
            turns: Turns::default(),
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

    pub(super) fn turned(&self) {
        self.turns.one_more();
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
