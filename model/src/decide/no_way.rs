//! Owns what becomes of a message that waits for a permit nobody will grant: the corporation has no
//! such provider any more, or the provider has refused its account for too long. Another channel
//! that the step allows is taken only when the corporation lost this one; else people get it.
//! Refuses to send what a guard or a stop rule holds, and to fail over an attempt in doubt.

use super::Turn;
use super::rules::Guarded;
use crate::answer::Answer;
use crate::event::{Cause, Event};
use crate::ids::NotificationId;
use crate::input::NoWay;
use crate::state::Phase;

impl Turn<'_> {
    pub(super) fn no_way(&mut self, no_way: &NoWay) -> Answer {
        let id = no_way.id;
        if !self.waits_for(no_way) {
            return Answer::Done;
        }
        let now = self.now();
        let expired = |at: crate::time::Timestamp| at <= now;
        if self
            .open(id)
            .and_then(|open| open.expires_at)
            .is_some_and(expired)
        {
            self.end(id, "expired", Cause::Expired);
        } else if !self.stopped(id)
            && let Guarded::Passed(_) = self.guarded(id)
            && !self.other_way(no_way)
        {
            self.cannot_go(id, no_way);
        }
        Answer::Done
    }

    /// Whether it still waits where nothing takes it.
    fn waits_for(&self, no_way: &NoWay) -> bool {
        match self.open(no_way.id).map(|open| &open.phase) {
            Some(Phase::Ready {
                channel, pinned, ..
            }) => *channel == no_way.channel && *pinned == no_way.pinned,
            _ => false,
        }
    }

    /// Lines it up for another channel of the step, where the corporation has lost this one and
    /// nothing is in doubt.
    fn other_way(&mut self, no_way: &NoWay) -> bool {
        if no_way.pinned.is_some() {
            return false;
        }
        let (id, not_before) = (no_way.id, self.now());
        let Some(way) = self.way(id).filter(|way| way.channel != no_way.channel) else {
            return false;
        };
        self.emit(Event::Ready {
            id,
            channel: way.channel,
            choice: way.choice,
            pinned: None,
            not_before,
        });
        true
    }

    fn cannot_go(&mut self, id: NotificationId, no_way: &NoWay) {
        let Some((_, flow)) = self.running(id) else {
            return;
        };
        let why = no_way.why.clone();
        self.open_task(id, &flow.fallback_list, Cause::CannotSend { why });
    }
}
