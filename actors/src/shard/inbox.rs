//! Owns a shard's bounded inbox: four lines and what readers bring back, so that intake can never
//! take the room that outcomes and receipts need, and urgent notifications never wait behind others. Refuses to grow: a full line says so to its
//! sender. No line is ever waited for inside the engine.

use std::sync::Arc;

use crossbeam::queue::{ArrayQueue, SegQueue};
use sluis_model::{AttemptRef, TenantKey, Verdict};

use super::brought::Brought;
use super::request::ShardRequest;
use crate::dispatch::Outcome;
use crate::outbox::Grant;
use crate::wake::{Activity, Waker};

/// How much each line holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InboxBounds {
    /// Notifications and profiles: intake.
    pub intake: usize,
    /// Facts, receipts, cancellations, questions.
    pub business: usize,
    /// Permits and outcomes: at least the sum of all providers' concurrency, so that it never
    /// fills.
    pub internal: usize,
}

/// The part of intake's room that there is for urgent notifications beside it.
const URGENT_PART: usize = 16;

impl InboxBounds {
    /// Urgent notifications, in a line of their own. What is over it stands in intake's.
    #[must_use]
    pub const fn urgent(&self) -> usize {
        self.intake.div_ceil(URGENT_PART)
    }
}

impl Default for InboxBounds {
    fn default() -> Self {
        Self {
            intake: 4_096,
            business: 1_756,
            internal: 4_096,
        }
    }
}

/// The line is full: the request comes back.
#[derive(Debug)]
pub struct Refused(pub Box<ShardRequest>);

/// What the engine itself puts in.
#[derive(Debug)]
pub(super) enum Internal {
    Grant(Grant),
    Outcome(Outcome),
}

/// The lines in front of one shard.
#[derive(Debug)]
pub struct Inbox {
    intake: ArrayQueue<ShardRequest>,
    business: ArrayQueue<ShardRequest>,
    internal: ArrayQueue<Internal>,
    urgent: ArrayQueue<ShardRequest>,
    /// What readers bring: never more than they may have waiting.
    brought: SegQueue<Brought>,
    waker: Arc<Waker>,
    activity: Arc<Activity>,
}

impl Inbox {
    /// An empty inbox whose arrivals wake `waker`'s actor.
    #[must_use]
    pub fn new(bounds: InboxBounds, waker: Arc<Waker>, activity: Arc<Activity>) -> Arc<Self> {
        Arc::new(Self {
            intake: ArrayQueue::new(bounds.intake),
            business: ArrayQueue::new(bounds.business),
            internal: ArrayQueue::new(bounds.internal),
            urgent: ArrayQueue::new(bounds.urgent()),
            brought: SegQueue::new(),
            waker,
            activity,
        })
    }

    /// Puts a request of intake in.
    ///
    /// # Errors
    /// The line is full.
    pub fn offer_intake(&self, request: ShardRequest) -> Result<(), Refused> {
        if !request.is_urgent() {
            return self.offer(&self.intake, request);
        }
        let offered = self.offer(&self.urgent, request);
        offered.or_else(|Refused(request)| self.offer(&self.intake, *request))
    }

    /// Puts any other request in.
    ///
    /// # Errors
    /// The line is full.
    pub fn offer(
        &self,
        line: &ArrayQueue<ShardRequest>,
        request: ShardRequest,
    ) -> Result<(), Refused> {
        self.activity.begin(1);
        match line.push(request) {
            Ok(()) => {
                self.waker.wake();
                Ok(())
            }
            Err(request) => {
                self.activity.end(1);
                Err(Refused(Box::new(request)))
            }
        }
    }

    /// Puts a fact, a receipt, a cancellation or a question in.
    ///
    /// # Errors
    /// The line is full.
    pub fn offer_business(&self, request: ShardRequest) -> Result<(), Refused> {
        self.offer(&self.business, request)
    }

    /// Permits for this shard. `false` when the line is full, which the permits' own bound rules
    /// out: the router keeps them then.
    pub fn grant(&self, grant: Grant) -> bool {
        self.push_internal(Internal::Grant(grant))
    }

    /// The outcome of an attempt; there is room for it since its permit was granted.
    pub fn outcome(&self, attempt: AttemptRef, verdict: Verdict) -> bool {
        self.take_outcome(Outcome {
            attempt,
            verdict,
            left: None,
        })
    }

    /// The same, with which bytes left.
    pub fn take_outcome(&self, outcome: Outcome) -> bool {
        self.push_internal(Internal::Outcome(outcome))
    }

    fn push_internal(&self, item: Internal) -> bool {
        self.activity.begin(1);
        let taken = self.internal.push(item).is_ok();
        if taken {
            self.waker.wake();
        } else {
            self.activity.end(1);
        }
        taken
    }

    /// The key of an erased tenant is gone: what waits for him may be taken.
    pub fn end_erasure(&self, tenant: TenantKey) {
        self.bring(Brought::Erased(tenant));
    }

    /// Puts in what a reader brings.
    pub(super) fn bring(&self, brought: Brought) {
        self.activity.begin(1);
        self.brought.push(brought);
        self.waker.wake();
    }

    pub(super) fn next_brought(&self) -> Option<Brought> {
        if self.brought.is_empty() {
            None
        } else {
            self.brought.pop()
        }
    }

    pub(super) fn next_internal(&self) -> Option<Internal> {
        next(&self.internal)
    }

    pub(super) fn next_business(&self) -> Option<ShardRequest> {
        next(&self.business)
    }

    pub(super) fn next_intake(&self) -> Option<ShardRequest> {
        next(&self.intake)
    }

    pub(super) fn next_urgent(&self) -> Option<ShardRequest> {
        next(&self.urgent)
    }

    pub(super) fn has_urgent(&self) -> bool {
        !self.urgent.is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.is_empty_inside()
            && self.urgent.is_empty()
            && self.business.is_empty()
            && self.intake.is_empty()
    }

    /// Whether nothing stands in it but what came from outside.
    pub(super) fn is_empty_inside(&self) -> bool {
        self.internal.is_empty() && self.brought.is_empty()
    }

    /// Begins the counting of items that are taken out and done with.
    pub(super) fn done(&self) -> Done<'_> {
        Done {
            activity: &self.activity,
            items: 0,
        }
    }

    /// How full each line is: (name, items, bound).
    #[must_use]
    pub fn depths(&self) -> [(&'static str, usize, usize); 4] {
        [
            ("intake", self.intake.len(), self.intake.capacity()),
            ("business", self.business.len(), self.business.capacity()),
            ("internal", self.internal.len(), self.internal.capacity()),
            ("urgent", self.urgent.len(), self.urgent.capacity()),
        ]
    }
}

/// The oldest item of a line. Most looks find nothing, and to pop nothing costs a barrier.
fn next<T>(line: &ArrayQueue<T>) -> Option<T> {
    if line.is_empty() { None } else { line.pop() }
}

/// Items taken out and done with. Their activity ends together when this is dropped, at a panic
/// too: every thread counts on the same number.
pub(super) struct Done<'a> {
    activity: &'a Activity,
    items: i64,
}

impl Done<'_> {
    /// One more.
    pub(super) fn one(&mut self) {
        self.items += 1;
    }
}

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.activity.end(self.items);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::super::request::{Query, Reply};
    use super::*;

    #[test]
    fn what_was_done_is_no_activity_any_more_at_a_panic_too() {
        let activity = Arc::new(Activity::default());
        let inbox = Inbox::new(
            InboxBounds::default(),
            Waker::new(activity.clone()),
            activity.clone(),
        );
        let woken = 1;
        for _ in 0..3 {
            assert!(
                inbox
                    .offer_intake(ShardRequest::Query {
                        query: Query::Echo,
                        reply: Reply::nobody()
                    })
                    .is_ok()
            );
        }
        assert_eq!(activity.count(), 3 + woken);
        let turn = || {
            let mut done = inbox.done();
            for n in 0..3 {
                assert!(inbox.next_intake().is_some());
                assert!(n < 2, "the third one fails");
                done.one();
                assert_eq!(activity.count(), 3 + woken, "together");
            }
        };
        assert!(catch_unwind(AssertUnwindSafe(turn)).is_err());
        assert_eq!(activity.count(), 1 + woken);
        assert!(inbox.is_empty() && inbox.next_intake().is_none());
    }
}
