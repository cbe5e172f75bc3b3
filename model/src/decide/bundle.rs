//! Owns bundles: what is due the same day waits for one time of it, and leaves together. Each message
//! stays an attempt of its own. Refuses to hold back what is urgent, what has a legal reason, and what
//! would be worthless by then.

use super::Turn;
use super::cap::is_exempt;
use crate::event::{Event, HeldBack};
use crate::ids::NotificationId;
use crate::time::Timestamp;

impl Turn<'_> {
    /// From when on a notification that may go at `at` does go: the time of its bundle, or `at`.
    pub(super) fn gathered(&mut self, id: NotificationId, at: Timestamp) -> Timestamp {
        let Some(held) = self.bundle(id, at) else {
            return at;
        };
        let until = held.until();
        let held = Box::new(held);
        self.emit(Event::HeldBack { id, held });
        until
    }

    fn bundle(&self, id: NotificationId, at: Timestamp) -> Option<HeldBack> {
        let bundles = &self.steering()?.bundles;
        let (open, _, step) = self.at_step(id)?;
        if is_exempt(open, step.kind.message()?) {
            return None;
        }
        let bundle = bundles.of(&open.category)?;
        let until = bundle.next(at)?;
        let is_in_time = open.expires_at.is_none_or(|expires| until < expires);
        is_in_time.then(|| HeldBack::Bundle {
            bundle: bundle.name.clone(),
            until,
        })
    }
}
