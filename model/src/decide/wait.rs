//! Owns a wait: what ends it at its beginning, and what a fact does to it. A day that a fact tells moves
//! the end with it. What cannot be judged goes on waiting. Refuses to say when it is over: `timer` does.

use super::Turn;
use crate::event::{Cause, Event};
use crate::flow::{Finding, Flow, Go, Until};
use crate::ids::NotificationId;
use crate::state::{Open, Phase};
use crate::time::Timestamp;

impl Turn<'_> {
    /// Begins a wait for a time.
    pub(super) fn wait(&mut self, id: NotificationId, until: Timestamp) {
        if !self.came(id) {
            self.emit(Event::Waiting { id, until });
        }
    }

    /// Begins a wait until a day.
    pub(super) fn wait_until(&mut self, id: NotificationId, until: &Until) {
        if !self.came(id) {
            self.wait_for_day(id, until, None);
        }
    }

    /// After a fact, for what waits at a step.
    pub(super) fn wait_again(&mut self, id: NotificationId) {
        let Some((open, _, step)) = self.at_step(id) else {
            return;
        };
        let Phase::Waiting { until: known } = open.phase else {
            return;
        };
        if !open.entered || self.came(id) {
            return;
        }
        if let Some(until) = step.kind.until().filter(|until| until.day.is_told()) {
            self.wait_for_day(id, until, Some(known));
        }
    }

    /// The time of the wait is over. What it looks out for is asked once more: no fact need have come since.
    pub(super) fn wait_is_over(&mut self, id: NotificationId) {
        if self.came(id) {
            return;
        }
        let Some((_, flow, step)) = self.at_step(id) else {
            return;
        };
        match step.kind.waited() {
            Some(go) => self.go(id, go, Cause::Waited),
            // No kind of step waits without saying where it leads then. People see one that did.
            None => self.open_task(id, &flow.fallback_list, Cause::Waited),
        }
    }

    /// Waits until the day, as far as it is known and lies ahead. Nothing happens where that is the
    /// instant that it waits for already.
    fn wait_for_day(&mut self, id: NotificationId, until: &Until, known: Option<Timestamp>) {
        let Some((open, flow, step)) = self.at_step(id) else {
            return;
        };
        match self.day_comes(open, flow, until) {
            // A fact that is over, or says no day, does not take back the day that was told.
            None if known.is_some() => {}
            None => self.no_day(id, flow, open.step, until),
            Some(at) if Some(at) == known => {}
            Some(at) if at > self.now() => self.emit(Event::Waiting { id, until: at }),
            Some(at) => {
                let go = until.past.as_ref().or(step.kind.waited());
                if let Some(go) = go {
                    self.go(id, go, Cause::DayOver { at });
                }
            }
        }
    }

    fn day_comes(&self, open: &Open, flow: &Flow, until: &Until) -> Option<Timestamp> {
        until.instant(&self.view(open, flow), &flow.classes, self.now())
    }

    fn no_day(&mut self, id: NotificationId, flow: &Flow, step: u8, until: &Until) {
        let people = || Go::Human(flow.fallback_list.clone());
        let go = until.unknown.clone().unwrap_or_else(people);
        self.go(id, &go, Cause::NoDay { step });
    }

    /// Whether what the wait of the step looks out for is true: then it went on.
    pub(super) fn came(&mut self, id: NotificationId) -> bool {
        let Some((open, flow, step)) = self.at_step(id) else {
            return true;
        };
        let Some(awaited) = step.kind.awaited() else {
            return false;
        };
        let (now, fresh) = (self.now(), awaited.fresh_within_ms);
        let view = self.view(open, flow);
        let finding = awaited.when.evaluate(&view, &flow.classes, now, fresh);
        let step = open.step;
        match finding {
            Finding::Holds(observed) => {
                self.go(id, &awaited.go, Cause::FactCame { step, observed });
                true
            }
            Finding::Fails(_) | Finding::Unknown(_) => false,
        }
    }
}
