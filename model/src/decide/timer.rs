//! Owns what a due timer does. A timer that fell due while nobody ran fires at once; one that came
//! early, or for a phase that is over, does nothing. Refuses to move a flow whose guards want
//! fresher facts: that is `step`'s work.

use super::Turn;
use crate::answer::Answer;
use crate::event::Cause;
use crate::flow::{After, Go, StepKind};
use crate::ids::NotificationId;
use crate::state::Phase;

impl Turn<'_> {
    pub(super) fn timer(&mut self, id: NotificationId) -> Answer {
        let Some((open, flow)) = self.running(id) else {
            return Answer::Done;
        };
        let now = self.now();
        if open.due().is_none_or(|due| due > now) {
            return Answer::Done;
        }
        let step = &flow.steps[usize::from(open.step)];
        match &open.phase {
            Phase::Started { .. } => {}
            Phase::InDoubt { .. } => self.open_task(id, &flow.fallback_list, Cause::DoubtTooLong),
            Phase::Sent { .. } => {
                self.wait_over(id, step.on.unanswered.as_ref(), step.on.settled.as_ref())
            }
            _ if open.expires_at.is_some_and(|at| at <= now) => {
                self.end(id, "expired", Cause::Expired)
            }
            Phase::Held { .. } => self.open_task(id, &flow.fallback_list, Cause::HeldTooLong),
            Phase::Waiting { .. } => match &step.kind {
                StepKind::Wait { then, .. } if open.entered => self.go(id, then, Cause::Waited),
                _ => self.enter(id, 0, Cause::SendAfterReached),
            },
            // The shard puts it back in line by itself.
            Phase::Ready { .. } | Phase::Task { .. } => {}
        }
        Answer::Done
    }

    fn wait_over(
        &mut self,
        id: NotificationId,
        unanswered: Option<&After>,
        settled: Option<&After>,
    ) {
        match (unanswered, settled) {
            (Some(After { go, .. }), _) => self.go(id, go, Cause::Unanswered),
            (None, Some(After { go, .. })) => self.go(id, go, Cause::Settled),
            (None, None) => self.go(id, &Go::End("sent".into()), Cause::HandedOver),
        }
    }
}
