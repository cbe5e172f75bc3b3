//! Owns the walk through a flow: where a rule leads, entering a step, what begins with it. Refuses to
//! start an attempt: only a permit does.

use super::Turn;
use super::rules::Guarded;
use crate::attempt::{Refusal, Why};
use crate::channel::Channel;
use crate::event::{Cause, Event};
use crate::flow::{Begin, Go};
use crate::ids::NotificationId;

/// Most moves one input may cause for one notification: a flow whose guards send it in circles ends
/// up with people.
const MAX_MOVES: usize = 16;

impl Turn<'_> {
    pub(super) fn go(&mut self, id: NotificationId, go: &Go, cause: Cause) {
        match go {
            Go::Step(step) => self.enter(id, *step, cause),
            Go::End(end) => self.end(id, end, cause),
            Go::Human(list) => self.open_task(id, list, cause),
        }
    }

    pub(super) fn enter(&mut self, id: NotificationId, step: u8, cause: Cause) {
        let Some((_, flow)) = self.running(id) else {
            return;
        };
        let Some(entered) = flow.step(step) else {
            return;
        };
        // One notification after the other: only of the one at hand are the moves counted.
        let moves = if self.moves.0 == id { self.moves.1 } else { 0 };
        self.moves = (id, moves + 1);
        if moves >= MAX_MOVES {
            return self.open_task(id, &flow.fallback_list, cause);
        }
        self.emit(Event::StepEntered {
            id,
            step,
            cause: cause.clone(),
        });
        match entered.kind.enter(self.now()) {
            Begin::Send => self.seek_permit(id),
            Begin::Wait(until) => self.wait(id, until),
            Begin::WaitUntil(until) => self.wait_until(id, until),
            Begin::GoOn(go) => self.go(id, go, cause),
            Begin::Ask(question) => {
                self.ask(id, &question.list, cause);
                self.plan_task(id, question);
            }
            Begin::Choose => self.choose(id),
            Begin::Set(setting) => self.set(id, setting),
        }
    }

    /// Puts the notification in line for a permit, unless a rule says otherwise.
    pub(super) fn seek_permit(&mut self, id: NotificationId) {
        if self.stopped(id) || matches!(self.guarded(id), Guarded::Gone) {
            return;
        }
        if self.people_first(id) {
            return;
        }
        let not_before = self.now();
        if let Some((channel, pinned)) = self.in_doubt_by(id) {
            let choice = self.choice_of(id, channel);
            return self.emit(Event::Ready {
                id,
                channel,
                choice,
                pinned: Some(pinned),
                not_before,
            });
        }
        match self.way(id) {
            Some(way) => self.line_up(id, &way),
            None => self.unreachable(id),
        }
    }

    /// Channel and provider of the step's attempt in doubt: it is sent again as itself or not at
    /// all.
    fn in_doubt_by(&self, id: NotificationId) -> Option<(Channel, Box<str>)> {
        let open = self.open(id)?;
        Some((open.sent().last()?.channel, open.doubt()?.into()))
    }

    /// No way of the step reaches the tenant. Where the last way was lost a moment ago because the
    /// message could not be made for it, that is the cause: whoever is asked can mend it.
    pub(super) fn unreachable(&mut self, id: NotificationId) {
        let cause = match self.not_made(id) {
            Some(why) => Cause::CannotSend { why },
            None if self.all_are_off(id) => Cause::AllOff,
            None if self.all_are_late(id) => Cause::TooLate,
            None => Cause::Unreachable,
        };
        self.tell_steering(id, None);
        self.bounced(id, cause);
    }

    /// Why this very input took a channel away from the notification, if the reason is ours.
    fn not_made(&self, id: NotificationId) -> Option<Why> {
        self.events.iter().rev().find_map(|event| match event {
            Event::AttemptFailed {
                id: of,
                class: Refusal::Ours | Refusal::Unsendable,
                why,
                ..
            } if *of == id => Some(why.clone()),
            _ => None,
        })
    }

    /// Follows the step's `bounced` handler; without one the flow ends. It does not end where a
    /// channel failed for a reason of ours: then the tenant might have been reached, and people are
    /// asked.
    pub(super) fn bounced(&mut self, id: NotificationId, cause: Cause) {
        let Some((open, flow, step)) = self.at_step(id) else {
            return;
        };
        let ours = open.tried.as_deref().is_some_and(|tried| tried.ours);
        match &step.on().bounced {
            Some(Go::End(_)) | None if ours => self.open_task(id, &flow.fallback_list, cause),
            Some(go) => self.go(id, go, cause),
            None => self.end(id, "undeliverable", cause),
        }
    }

    /// Has people asked, whose team is that of the tenant's segment.
    pub(super) fn open_task(&mut self, id: NotificationId, list: &str, cause: Cause) {
        self.ask(id, list, cause);
        self.plan_for_team(id);
    }

    fn ask(&mut self, id: NotificationId, list: &str, cause: Cause) {
        let Some(open) = self.open(id) else { return };
        let task = open.tasks.saturating_add(1);
        self.emit(Event::TaskOpened {
            id,
            task,
            list: list.into(),
            cause,
        });
    }
}
