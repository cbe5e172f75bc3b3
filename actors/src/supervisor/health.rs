//! Owns what an outcome says about the provider: breaker and pace, and their effect on the gate.
//! Refuses to judge the message.

use std::sync::Arc;

use parking_lot::Mutex;
use sluis_channels::{BUSY, LoadSign};
use sluis_model::{Barred, Clock, Timestamp, Verdict, Why};

use super::breaker::Breaker;
use super::metric::Meters;
use super::pace::Pace;
use crate::router::Gate;

/// A provider's health, shared by its sends. The lock is held for a few comparisons.
pub(super) struct Health {
    state: Mutex<(Breaker, Pace)>,
    gate: Arc<Gate>,
    clock: Arc<dyn Clock>,
    load: LoadSign,
}

/// What an outcome says about the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    /// It took the message or refused it in good order.
    Well,
    /// It wants less at once.
    Throttled,
    /// It answered "later" about this message: the connection works, the pace stays.
    Later,
    /// It could not be reached, or broke off.
    Failed,
    /// It takes nothing from our account.
    Barred,
}

/// `load`: which answers "later" the provider's kind takes for a sign of load.
fn sign(verdict: &Verdict, load: LoadSign) -> Sign {
    match verdict {
        Verdict::Accepted { .. } | Verdict::Delivered { .. } | Verdict::Refused { .. } => {
            Sign::Well
        }
        Verdict::Retry { after_ms, why } if load(*after_ms, why) => Sign::Throttled,
        Verdict::Retry { .. } => Sign::Later,
        // One corporation's sender: the others' messages pass.
        Verdict::Barred {
            what: Barred::Sender,
            ..
        } => Sign::Later,
        Verdict::Barred {
            what: Barred::Account,
            ..
        } => Sign::Barred,
        // All our connections were taken: less at once, but nothing failed.
        Verdict::Withdrawn { why } if &*why.code == BUSY => Sign::Throttled,
        Verdict::Withdrawn { .. } | Verdict::InDoubt { .. } => Sign::Failed,
    }
}

/// What the provider said, when it takes nothing from our account.
const fn barred_by(verdict: &Verdict) -> Option<&Why> {
    match verdict {
        Verdict::Barred {
            what: Barred::Account,
            why,
        } => Some(why),
        Verdict::Barred { .. }
        | Verdict::Accepted { .. }
        | Verdict::Delivered { .. }
        | Verdict::Retry { .. }
        | Verdict::Refused { .. }
        | Verdict::InDoubt { .. }
        | Verdict::Withdrawn { .. } => None,
    }
}

impl Health {
    pub(super) fn new(
        breaker: Breaker,
        pace: Pace,
        gate: Arc<Gate>,
        clock: Arc<dyn Clock>,
        load: LoadSign,
    ) -> Self {
        Self {
            state: Mutex::new((breaker, pace)),
            gate,
            clock,
            load,
        }
    }

    /// Whether the breaker is open, so that nothing should even be tried.
    pub(super) fn is_open(&self) -> bool {
        self.state.lock().0.is_open(self.clock.now())
    }

    /// From here on at most so many attempts at once.
    pub(super) fn heal_to(&self, most: u32, meters: &Meters) {
        let mut state = self.state.lock();
        if let Some(allowed) = state.1.heal_to(most) {
            self.gate.allow(allowed);
            meters.allowed.set(allowed);
        }
    }

    /// Learns from the outcome of a send that began at `started`.
    pub(super) fn learn(&self, verdict: &Verdict, started: Timestamp, meters: &Meters) {
        if verdict.is_unsendable() {
            // The provider was never asked: this says nothing of it.
            return;
        }
        let now = self.clock.now();
        let mut state = self.state.lock();
        let (breaker, pace) = &mut *state;
        let sign = sign(verdict, self.load);
        let opened = match sign {
            Sign::Failed => breaker.failed(now),
            Sign::Barred => breaker.barred(now),
            Sign::Well | Sign::Throttled | Sign::Later => None,
        };
        if let Some(until) = opened {
            let said = barred_by(verdict);
            self.gate.shut(until, said.map(|why| (why, now)));
            meters.breaker_opened(until, said);
        }
        if matches!(sign, Sign::Failed | Sign::Barred) {
            return;
        }
        if breaker.succeeded() {
            self.gate.open();
            meters.breaker_closed();
        }
        let allowed = match sign {
            Sign::Throttled => pace.throttled(started, now),
            Sign::Well => pace.succeeded(),
            Sign::Later | Sign::Failed | Sign::Barred => None,
        };
        if let Some(allowed) = allowed {
            self.gate.allow(allowed);
            meters.allowed.set(allowed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a kind says that knows of mailboxes: only one of its codes is about load.
    fn of_load(after_ms: Option<u64>, why: &Why) -> bool {
        after_ms.is_some() || &*why.code == "load"
    }

    #[test]
    fn load_slows_a_full_mailbox_does_not_and_a_lost_connection_fails() {
        let sign = |verdict: &Verdict| sign(verdict, of_load);
        let retry = |code: &str, after_ms| {
            sign(&Verdict::Retry {
                after_ms,
                why: Why::new(code, ""),
            })
        };
        assert_eq!(retry("load", None), Sign::Throttled);
        assert_eq!(retry("mailbox", None), Sign::Later);
        assert_eq!(retry("mailbox", Some(1_000)), Sign::Throttled);
        let withdrawn = |code: &str| {
            sign(&Verdict::Withdrawn {
                why: Why::new(code, ""),
            })
        };
        assert_eq!(
            (withdrawn(BUSY), withdrawn("connect")),
            (Sign::Throttled, Sign::Failed)
        );
        let barred = |what| {
            let why = Why::new("535", "");
            sign(&Verdict::Barred { what, why })
        };
        assert_eq!(
            [Barred::Account, Barred::Sender].map(barred),
            [Sign::Barred, Sign::Later]
        );
    }
}
