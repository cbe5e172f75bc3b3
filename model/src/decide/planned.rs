//! Owns what is planned for tasks: whose one is, by the flow or the tenant's segment, when somebody is
//! reminded of it, and where the flow goes when nobody answers in time. Refuses to remind of what the
//! engine itself asks.

use super::Turn;
use crate::event::{Cause, Event};
use crate::flow::Question;
use crate::ids::NotificationId;
use crate::state::{Phase, Plan};

impl Turn<'_> {
    /// Plans the task that has just opened, where its step says something of it.
    pub(super) fn plan_task(&mut self, id: NotificationId, question: &Question) {
        if !question.is_planned() {
            return self.plan_for_team(id);
        }
        let Some((open, flow)) = self.running(id) else {
            return;
        };
        let now = self.now();
        let team = question.team.as_ref();
        let team = team.and_then(|team| team.name(&self.view(open, flow), &flow.classes, now));
        let team = team.or_else(|| self.team());
        let plan = Plan {
            team,
            remind_at: question.remind.as_ref().map(|span| span.after(now)),
            due: question.deadline.as_ref().map(|by| by.span.after(now)),
            reminded_at: None,
        };
        let plan = Box::new(plan);
        self.emit(Event::TaskPlanned { id, plan });
    }

    /// The task that has just opened is that of the team of the tenant's segment.
    pub(super) fn plan_for_team(&mut self, id: NotificationId) {
        let is_open = self
            .open(id)
            .is_some_and(|open| matches!(open.phase, Phase::Task { .. }));
        if let (Some(team), true) = (self.team(), is_open) {
            let plan = Box::new(Plan {
                team: Some(team),
                ..Plan::default()
            });
            self.emit(Event::TaskPlanned { id, plan });
        }
    }

    /// Time has come for a task: the flow goes on without an answer, or somebody is reminded. Where both
    /// are over, the engine was away, and a reminder would come too late.
    pub(super) fn task_is_due(&mut self, id: NotificationId, task: u16) {
        let Some((open, _, step)) = self.at_step(id) else {
            return;
        };
        let Phase::Task { asked, .. } = &open.phase else {
            return;
        };
        let Some(plan) = asked.plan.as_deref() else {
            return;
        };
        let now = self.now();
        let deadline = step.kind.question().and_then(|of| of.deadline.as_ref());
        match deadline.filter(|_| plan.due.is_some_and(|due| due <= now)) {
            Some(deadline) => self.go(id, &deadline.go, Cause::TaskOverdue { task }),
            None => self.emit(Event::TaskReminded { id, task }),
        }
    }
}
