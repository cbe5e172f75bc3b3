//! Owns caps: how many messages a tenant gets in a span of time. What is over a cap waits until it may
//! go, or goes where its step says. Refuses to hold back what is urgent, and what has a legal reason.

use super::Turn;
use super::way::Way;
use crate::channel::Channel;
use crate::event::{Capped, Cause, Event};
use crate::flow::Message;
use crate::ids::NotificationId;
use crate::notification::Lane;
use crate::state::{Open, Phase, Tenant};
use crate::steering::Cap;
use crate::time::Timestamp;

impl Turn<'_> {
    /// Puts it in line for `way`: now, or when rules between flows, caps and its bundle let it go.
    pub(super) fn line_up(&mut self, id: NotificationId, way: &Way) {
        if let Some(found) = self.conflict(id) {
            return self.give_way(id, way, found);
        }
        match self.over_cap(id) {
            Some(capped) => self.hold_back(id, way, capped),
            None => self.emit_gathered(id, way, self.now()),
        }
    }

    /// The cap that holds a notification back the longest.
    pub(super) fn over_cap(&self, id: NotificationId) -> Option<Capped> {
        let caps = &self.steering()?.caps;
        let (open, _, step) = self.at_step(id)?;
        if is_exempt(open, step.kind.message()?) {
            return None;
        }
        let now = self.now();
        let over = caps.of(&open.category);
        let over = over.filter_map(|cap| {
            let until = free_at(self.tenant, cap, now)?;
            Some(Capped {
                cap: cap.name.clone(),
                most: cap.most,
                within_ms: cap.within_ms,
                until,
            })
        });
        over.max_by_key(|capped| capped.until)
    }

    /// Lets it wait, or go where its step says.
    pub(super) fn hold_back(&mut self, id: NotificationId, way: &Way, capped: Capped) {
        let Some((_, _, step)) = self.at_step(id) else {
            return;
        };
        let (go, until, cap) = (&step.on().capped, capped.until, capped.cap.clone());
        let capped = Box::new(capped);
        self.emit(Event::Capped { id, capped });
        match go {
            Some(go) => self.go(id, go, Cause::Capped { cap }),
            None => self.emit_gathered(id, way, until),
        }
    }

    /// Puts it in line from `at` on, or from the time of its bundle on.
    fn emit_gathered(&mut self, id: NotificationId, way: &Way, at: Timestamp) {
        let not_before = self.gathered(id, at);
        self.emit_ready(id, way, not_before);
    }

    pub(super) fn emit_ready(&mut self, id: NotificationId, way: &Way, not_before: Timestamp) {
        self.emit(Event::Ready {
            id,
            channel: way.channel,
            choice: way.choice,
            pinned: None,
            not_before,
        });
    }

    /// Has the attempt that has just started count, where a rule counts it.
    pub(super) fn count_contact(&mut self, id: NotificationId) {
        // A machine is not told anything.
        let to_machine = self.open(id).is_some_and(|open| {
            let machine = Channel::Machine;
            matches!(&open.phase, Phase::Started { channel, .. } if *channel == machine)
        });
        if to_machine {
            return;
        }
        let category = self.open(id).map(|open| &*open.category);
        let is_counted = self
            .steering()
            .zip(category)
            .is_some_and(|(steering, category)| steering.remembers(category));
        if is_counted {
            self.emit(Event::Contacted { id });
        }
    }
}

/// Whether nothing holds it back but rules of its flow: it is urgent, has a legal reason, or asks a machine, so
/// that nobody is told anything.
pub(super) fn is_exempt(open: &Open, message: &Message) -> bool {
    open.lane == Lane::Urgent || message.legal.is_some() || message.is_for_machine()
}

/// When the cap allows another message; none: it does now.
fn free_at(tenant: &Tenant, cap: &Cap, now: Timestamp) -> Option<Timestamp> {
    let since = now.plus(-cap.within_ms);
    let left = tenant.history()?.after(since);
    let left = left.filter(|contact| cap.counts_contact(contact));
    let left: Vec<Timestamp> = left.map(|contact| contact.at).collect();
    let first = left.len().checked_sub(usize::from(cap.most))?;
    Some(left.get(first)?.plus(cap.within_ms))
}
