//! Owns a shard's bounded inbox: three lines, so that intake can never take the room that outcomes and receipts need.
//! Refuses to grow: a full line says so to its sender. No line is ever waited for inside the engine.

use std::sync::Arc;

use crossbeam::queue::ArrayQueue;
use sluis_model::{AttemptRef, Verdict};

use super::letter::Letter;
use crate::board::Grant;
use crate::wake::{Activity, Bell};

/// How much each line holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InboxBounds {
    /// Notifications and profiles: intake.
    pub intake: usize,
    /// Facts, receipts, cancellations, questions.
    pub business: usize,
    /// Permits and outcomes: at least the sum of all providers' concurrency, so that it never fills.
    pub internal: usize,
}

impl Default for InboxBounds {
    fn default() -> Self {
        Self { intake: 4_096, business: 1_756, internal: 4_096 }
    }
}

/// The line is full: the letter comes back.
#[derive(Debug)]
pub struct Refused(pub Box<Letter>);

/// What the engine itself puts in.
#[derive(Debug)]
pub(super) enum Internal {
    Grant(Grant),
    Outcome(AttemptRef, Verdict),
}

/// See the module.
#[derive(Debug)]
pub struct Inbox {
    intake: ArrayQueue<Letter>,
    business: ArrayQueue<Letter>,
    internal: ArrayQueue<Internal>,
    bell: Arc<Bell>,
    activity: Arc<Activity>,
}

impl Inbox {
    /// An empty inbox whose arrivals ring `bell`.
    #[must_use]
    pub fn new(bounds: InboxBounds, bell: Arc<Bell>, activity: Arc<Activity>) -> Arc<Self> {
        Arc::new(Self {
            intake: ArrayQueue::new(bounds.intake),
            business: ArrayQueue::new(bounds.business),
            internal: ArrayQueue::new(bounds.internal),
            bell,
            activity,
        })
    }

    /// Puts a letter of intake in.
    ///
    /// # Errors
    /// The line is full.
    pub fn offer_intake(&self, letter: Letter) -> Result<(), Refused> {
        self.offer(&self.intake, letter)
    }

    /// Puts any other letter in.
    ///
    /// # Errors
    /// The line is full.
    pub fn offer(&self, line: &ArrayQueue<Letter>, letter: Letter) -> Result<(), Refused> {
        self.activity.begin(1);
        match line.push(letter) {
            Ok(()) => {
                self.bell.ring();
                Ok(())
            }
            Err(letter) => {
                self.activity.end(1);
                Err(Refused(Box::new(letter)))
            }
        }
    }

    /// Puts a fact, a receipt, a cancellation or a question in.
    ///
    /// # Errors
    /// The line is full.
    pub fn offer_business(&self, letter: Letter) -> Result<(), Refused> {
        self.offer(&self.business, letter)
    }

    /// Permits for this shard. `false` when the line is full, which the permits' own bound rules out: the router keeps
    /// them then.
    pub fn grant(&self, grant: Grant) -> bool {
        self.push_internal(Internal::Grant(grant))
    }

    /// The outcome of an attempt; there is room for it since its permit was granted.
    pub fn outcome(&self, attempt: AttemptRef, verdict: Verdict) -> bool {
        self.push_internal(Internal::Outcome(attempt, verdict))
    }

    fn push_internal(&self, item: Internal) -> bool {
        self.activity.begin(1);
        let taken = self.internal.push(item).is_ok();
        if taken {
            self.bell.ring();
        } else {
            self.activity.end(1);
        }
        taken
    }

    pub(super) fn next_internal(&self) -> Option<Internal> {
        self.internal.pop()
    }

    pub(super) fn next_business(&self) -> Option<Letter> {
        self.business.pop()
    }

    pub(super) fn next_intake(&self) -> Option<Letter> {
        self.intake.pop()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.internal.is_empty() && self.business.is_empty() && self.intake.is_empty()
    }

    /// Ends the activity of one item taken out.
    pub(super) fn taken(&self) {
        self.activity.end(1);
    }

    /// How full each line is: (name, items, bound).
    #[must_use]
    pub fn depths(&self) -> [(&'static str, usize, usize); 3] {
        [
            ("intake", self.intake.len(), self.intake.capacity()),
            ("business", self.business.len(), self.business.capacity()),
            ("internal", self.internal.len(), self.internal.capacity()),
        ]
    }
}
