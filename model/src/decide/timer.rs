//! Owns what a due timer does. A timer that fell due while nobody ran fires at once; one that came
//! early, or for a phase that is over, does nothing. Refuses to move a flow whose guards want
//! fresher facts: that is `step`'s work.

use super::Turn;
use crate::answer::Answer;
use crate::event::Cause;
use crate::flow::{Go, Handlers};
use crate::ids::NotificationId;
use crate::state::Phase;

impl Turn<'_> {
    pub(super) fn timer(&mut self, id: NotificationId) -> Answer {
        if self.tenant.household().is_some() {
            return self.group_timer(id);
        }
        let Some((open, flow, step)) = self.at_step(id) else {
            return Answer::Done;
        };
        let now = self.now();
        if open.due().is_none_or(|due| due > now) {
            return Answer::Done;
        }
        let entered = open.entered;
        let expired = open.expires_at.is_some_and(|at| at <= now);
        match &open.phase {
            // What left, or may have, cannot expire any more.
            Phase::Started { .. } => {}
            Phase::InDoubt { .. } => self.open_task(id, &flow.fallback_list, Cause::DoubtTooLong),
            Phase::Sent { .. } => self.listened(id, step.on()),
            Phase::Waiting { .. }
            | Phase::Ready { .. }
            | Phase::Held { .. }
            | Phase::Task { .. }
                if expired =>
            {
                self.end(id, "expired", Cause::Expired);
            }
            Phase::Held { .. } => self.open_task(id, &flow.fallback_list, Cause::HeldTooLong),
            Phase::Waiting { .. } if entered => self.wait_is_over(id),
            Phase::Waiting { .. } if self.waits_for_group(id) => {
                self.enter(id, 0, Cause::Accepted);
            }
            Phase::Waiting { .. } => self.enter(id, 0, Cause::SendAfterReached),
            Phase::Task { task, .. } => self.task_is_due(id, *task),
            // The shard puts it back in line by itself.
            Phase::Ready { .. } => {}
        }
        Answer::Done
    }

    /// The time to listen for what becomes of a message is over.
    fn listened(&mut self, id: NotificationId, on: &Handlers) {
        match (&on.unanswered, &on.settled) {
            (Some(after), _) => self.go(id, &after.go, Cause::Unanswered),
            (None, Some(after)) => self.go(id, &after.go, Cause::Settled),
            (None, None) => self.go(id, &Go::End("sent".into()), Cause::HandedOver),
        }
    }
}
