//! Owns what people and senders do to a running flow: cancel it, answer its task, use its link.
//! Refuses answers that lead nowhere, naming those that do.

use super::{MOST_AT_ONCE, Turn};
use crate::answer::{Answer, Cancelled, LinkAnswer, Stopped, TaskAnswer};
use crate::event::{Cause, Event};
use crate::flow::{Go, StepKind};
use crate::ids::NotificationId;
use crate::input::CancelTarget;
use crate::state::{Open, Phase};

/// The answer every task knows: end it by hand.
const CLOSE: &str = "close";
/// The answer every task knows that stands at a send: try the step again.
const RETRY: &str = "retry";

impl Turn<'_> {
    pub(super) fn cancel(&mut self, target: &CancelTarget, note: &str) -> Answer {
        let mut cancelled = Cancelled::default();
        for id in self.targets(target) {
            match self.open(id) {
                Some(open) => {
                    let already_gone = open.sent().iter().map(|sent| sent.channel).collect();
                    cancelled.stopped.push(Stopped {
                        id,
                        state: open.phase.name(),
                        already_gone,
                    });
                    self.emit(Event::LinkClosed {
                        id,
                        end: "cancelled".into(),
                    });
                    self.end(id, "cancelled", Cause::Cancelled { note: note.into() });
                }
                None => cancelled.not_open.push(id),
            }
        }
        Answer::Cancelled(cancelled)
    }

    fn targets(&self, target: &CancelTarget) -> Vec<NotificationId> {
        match target {
            CancelTarget::Notification(id) => vec![*id],
            CancelTarget::Subject(subject) => {
                let about = |open: &&Open| open.subject.as_deref() == Some(subject);
                self.tenant
                    .open
                    .iter()
                    .filter(about)
                    .map(|open| open.id)
                    .take(MOST_AT_ONCE)
                    .collect()
            }
        }
    }

    pub(super) fn answer(
        &mut self,
        id: NotificationId,
        task: u16,
        answer: &str,
        by: &str,
    ) -> Answer {
        let Some((open, flow)) = self.running(id) else {
            return Answer::Task(TaskAnswer::NotOpen);
        };
        let step = &flow.steps[usize::from(open.step)];
        match open.phase {
            Phase::Task { task: number, .. } if number == task => {}
            _ => return Answer::Task(TaskAnswer::NotOpen),
        }
        let cause = Cause::Task {
            answer: answer.into(),
            by: by.into(),
        };
        let at = open.step;
        match (&step.kind, answer) {
            (StepKind::Task { answers, .. }, _)
                if answers.iter().any(|(known, _)| **known == *answer) =>
            {
                let go = answers
                    .iter()
                    .find(|(known, _)| **known == *answer)
                    .map(|(_, go)| go.clone());
                self.go(id, &go.unwrap_or(Go::End(CLOSE.into())), cause);
            }
            (_, CLOSE) => {
                self.emit(Event::LinkClosed {
                    id,
                    end: "closed by hand".into(),
                });
                self.end(id, "closed by hand", cause);
            }
            (StepKind::Send { .. }, RETRY) => self.enter(id, at, cause),
            (kind, _) => return Answer::Task(TaskAnswer::Unknown(known_answers(kind))),
        }
        Answer::Task(TaskAnswer::Taken)
    }

    pub(super) fn link(&mut self, id: NotificationId, pressed: bool) -> Answer {
        let language: Box<str> = self
            .tenant
            .profile
            .as_deref()
            .map(|p| p.language.clone())
            .unwrap_or_default();
        let Some(open) = self.open(id) else {
            return Answer::Link(LinkAnswer::Unknown);
        };
        if open.link_closed {
            return Answer::Link(LinkAnswer::Closed {
                end: "closed".into(),
                language,
            });
        }
        if open.expires_at.is_some_and(|at| at <= self.now()) {
            return Answer::Link(LinkAnswer::Closed {
                end: "expired".into(),
                language,
            });
        }
        let (body, subject) = (open.body, open.subject.as_deref().cloned());
        self.emit(Event::LinkUsed { id, pressed });
        if pressed {
            self.mark_only_used(id);
            self.answered(id);
        }
        Answer::Link(LinkAnswer::Open {
            body,
            language,
            subject,
        })
    }
}

/// The answers that lead somewhere from a task at this kind of step.
pub fn known_answers(kind: &StepKind) -> Vec<Box<str>> {
    match kind {
        StepKind::Task { answers, .. } => answers
            .iter()
            .map(|(answer, _)| answer.clone())
            .chain([CLOSE.into()])
            .collect(),
        StepKind::Send { .. } => vec![RETRY.into(), CLOSE.into()],
        StepKind::Wait { .. } => vec![CLOSE.into()],
    }
}
