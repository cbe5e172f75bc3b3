//! Owns what people and senders do to a running flow: cancel it, answer its task, use its link.
//! Refuses answers that lead nowhere, naming those that do, and answers without what they ask for.

use super::unexplained::{ARRIVED, BOUNCED};
use super::{MOST_AT_ONCE, Turn};
use crate::answer::{Answer, Cancelled, LinkAnswer, Stopped, TaskAnswer};
use crate::event::{Cause, Event};
use crate::flow::{Step, Value};
use crate::ids::NotificationId;
use crate::input::CancelTarget;
use crate::state::{Open, Phase};

/// The answer every task knows: end it by hand.
const CLOSE: &str = "close";
/// The answer every task knows that stands at a step which can begin again.
const RETRY: &str = "retry";

impl Turn<'_> {
    pub(super) fn cancel(&mut self, target: &CancelTarget, note: &str) -> Answer {
        let mut cancelled = Cancelled::default();
        for id in self.targets(target) {
            if let Some(stopped) = self.cancel_group(id, note) {
                cancelled.stopped.push(stopped);
                continue;
            }
            match self.open(id) {
                // Its end is on its way; what it opened must not stay open.
                Some(open) if self.is_closing(id) => {
                    let already_gone = open.sent().iter().map(|sent| sent.channel).collect();
                    let state = open.phase.name();
                    cancelled.stopped.push(Stopped {
                        id,
                        state,
                        already_gone,
                    });
                }
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
        (answer, says): (&str, &[(Box<str>, Value)]),
        by: &str,
    ) -> Answer {
        let Some((open, flow, step)) = self.at_step(id) else {
            return Answer::Task(TaskAnswer::NotOpen);
        };
        let unread = match &open.phase {
            Phase::Task {
                task: number,
                asked,
                ..
            } if *number == task => unread(&asked.cause),
            _ => return Answer::Task(TaskAnswer::NotOpen),
        };
        let cause = Cause::Task {
            answer: answer.into(),
            by: by.into(),
        };
        let at = open.step;
        let question = step.kind.question();
        if let Some(attempt) = unread.filter(|_| answer == ARRIVED) {
            self.read_as_arrived(id, attempt);
        } else if let Some(attempt) = unread.filter(|_| answer == BOUNCED) {
            self.read_as_bounced(id, attempt, by);
        } else if let Some(reply) = question.and_then(|question| question.reply(answer)) {
            let lacks = reply.lacks(says);
            if !lacks.is_empty() {
                return Answer::Task(TaskAnswer::Lacks(lacks));
            }
            let kept_by = question.map_or(at, |question| question.kept_by(at));
            if flow.kept_of(kept_by).next().is_some() {
                self.emit(Event::AnswerKept { id, step: kept_by });
            }
            self.go(id, &reply.go, cause);
        } else if answer == CLOSE {
            self.close(id, cause);
        } else if answer == RETRY && begins_again(step) {
            self.enter(id, at, cause);
        } else {
            return Answer::Task(TaskAnswer::Unknown(answers(step, unread)));
        }
        Answer::Task(TaskAnswer::Taken)
    }

    /// Ends it by hand.
    fn close(&mut self, id: NotificationId, cause: Cause) {
        let end = "closed by hand";
        self.emit(Event::LinkClosed {
            id,
            end: end.into(),
        });
        self.end(id, end, cause);
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
        if let Some(answer) = self.asked_page(id, &language) {
            return Answer::Link(answer);
        }
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

/// The attempt that a task asks about, when a message about it came that nobody could read.
const fn unread(cause: &Cause) -> Option<u16> {
    match cause {
        Cause::Unexplained { attempt, .. } => Some(*attempt),
        _ => None,
    }
}

/// The answers that lead somewhere from a task at this step, asked because of `cause`.
#[must_use]
pub fn known_answers(step: &Step, cause: &Cause) -> Vec<Box<str>> {
    answers(step, unread(cause))
}

/// Whether people may have the step begin again: one that sends, that chooses by what is known, that
/// waits for a day, or that tells a fact.
fn begins_again(step: &Step) -> bool {
    let kind = &step.kind;
    let asks_again = kind.branches().is_some() || kind.until().is_some();
    kind.message().is_some() || asks_again || step.sets().is_some()
}

fn answers(step: &Step, unread: Option<u16>) -> Vec<Box<str>> {
    let read = unread.map_or(&[][..], |_| &[ARRIVED, BOUNCED]);
    let read = read.iter().map(|answer| Box::from(*answer));
    let own = step
        .kind
        .question()
        .map_or(&[][..], |question| &question.replies);
    let own = own.iter().map(|reply| reply.name.clone());
    let again = begins_again(step).then(|| RETRY.into());
    read.chain(own).chain(again).chain([CLOSE.into()]).collect()
}
