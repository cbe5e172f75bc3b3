//! Owns the closing of what a flow has opened at machines: before it ends, whatever ends it, the step that
//! closes is carried out like any other. The end waits in the state, so that no crash and no machine that
//! is away loses a close. Refuses to ask guards and stop rules meanwhile: they are why it ends.

use super::Turn;
use crate::channel::Channel;
use crate::event::{Cause, Event};
use crate::ids::NotificationId;
use crate::state::{Open, Phase};

impl Turn<'_> {
    /// The end that waits until everything is closed.
    pub(super) fn closing(&self, open: &Open) -> Option<Box<str>> {
        let end = self.flow(open.flow)?.waiting_end(&open.fields)?;
        Some(end.into())
    }

    /// Whether a notification closes what it opened, or is about to.
    pub(super) fn is_closing(&self, id: NotificationId) -> bool {
        self.open(id)
            .is_some_and(|open| self.closing(open).is_some())
    }

    /// Before it ends: `true` where something is to be closed first.
    pub(super) fn closes_first(&mut self, id: NotificationId, end: &str, cause: &Cause) -> bool {
        let Some((open, flow)) = self.running(id) else {
            return false;
        };
        if flow.close.is_none() || self.closing(open).is_some() {
            return false;
        }
        // What was refused on the spot opened nothing.
        let asked = |open: &Open| {
            open.sent()
                .iter()
                .any(|sent| sent.channel == Channel::Machine)
        };
        if !asked(open) {
            return false;
        }
        self.emit(Event::Closing {
            id,
            end: end.into(),
            cause: cause.clone(),
        });
        let is_under_way = self.open(id).is_some_and(|open| {
            matches!(
                open.phase,
                Phase::Started {
                    channel: Channel::Machine,
                    ..
                }
            )
        });
        // A close must not overtake what it closes.
        if !is_under_way {
            self.begin_closing(id);
        }
        true
    }

    /// After the outcome of what was under way when it was to end: `true` when it closes now.
    pub(super) fn closes_now(&mut self, id: NotificationId) -> bool {
        let Some((open, flow)) = self.running(id) else {
            return false;
        };
        let is_there = |step: u8| flow.is_closing_step(step);
        if self.closing(open).is_none() || is_there(open.step) {
            return false;
        }
        self.begin_closing(id);
        true
    }

    fn begin_closing(&mut self, id: NotificationId) {
        let Some((open, flow)) = self.running(id) else {
            return;
        };
        if let (Some(close), Some(end)) = (flow.close, self.closing(open)) {
            self.enter(id, close.step, Cause::Closing { end });
        }
    }
}
