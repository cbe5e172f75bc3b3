//! Owns caps: how many messages a tenant gets in a span of time. What is over a cap waits until it may
//! go, or goes where its step says. Refuses to hold back what is urgent, and what has a legal reason.

use super::Turn;
use super::way::Way;
use crate::event::{Capped, Cause, Event};
use crate::flow::Message;
use crate::ids::NotificationId;
use crate::notification::Lane;
use crate::state::{Open, Tenant};
use crate::steering::Cap;
use crate::time::Timestamp;

impl Turn<'_> {
    /// Puts it in line for `way`, now or when the caps allow it.
    pub(super) fn line_up(&mut self, id: NotificationId, way: &Way) {
        match self.over_cap(id) {
            Some(capped) => self.hold_back(id, way, capped),
            None => self.emit_ready(id, way, self.now()),
        }
    }

    /// The cap that holds a notification back the longest.
    pub(super) fn over_cap(&self, id: NotificationId) -> Option<Capped> {
        let policy = self.situation.policy;
        let caps = &policy.steering.get(&self.situation.corporation)?.caps;
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
            None => self.emit_ready(id, way, until),
        }
    }

    fn emit_ready(&mut self, id: NotificationId, way: &Way, not_before: Timestamp) {
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
        let policy = self.situation.policy;
        let steering = policy.steering.get(&self.situation.corporation);
        let category = self.open(id).map(|open| &*open.category);
        let is_counted = steering
            .zip(category)
            .is_some_and(|(steering, category)| steering.caps.of(category).next().is_some());
        if is_counted {
            self.emit(Event::Contacted { id });
        }
    }
}

fn is_exempt(open: &Open, message: &Message) -> bool {
    open.lane == Lane::Urgent || message.legal.is_some()
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
