//! Owns the wait for a turn of a thread that follows the log. Refuses to wait for ever.

use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// Turns that somebody waits for. Each takes milliseconds; whoever needs more of them has to come back.
const MOST_TURNS: usize = 64;

/// Turns so far, and who waits for the next.
#[derive(Default)]
pub(super) struct Turns {
    count: Mutex<u64>,
    turned: Condvar,
}

impl Turns {
    /// A turn has ended.
    pub(super) fn one_more(&self) {
        *self.count.lock() += 1;
        self.turned.notify_all();
    }

    /// Asks for a turn and waits for its end; whether it came within `most`.
    pub(super) fn wait_for_one(&self, ask: impl Fn(), most: Duration) -> bool {
        let mut count = self.count.lock();
        ask();
        !self.turned.wait_for(&mut count, most).timed_out()
    }

    /// Waits until it is so, and asks before each turn; whether it is. Gives up when no turn comes
    /// within `most`, and after [`MOST_TURNS`].
    pub(super) fn wait_until(
        &self,
        is_so: impl Fn() -> bool,
        ask: impl Fn(),
        most: Duration,
    ) -> bool {
        let mut count = self.count.lock();
        for _ in 0..MOST_TURNS {
            if is_so() {
                return true;
            }
            ask();
            if self.turned.wait_for(&mut count, most).timed_out() {
                break;
            }
        }
        is_so()
    }
}
