//! Owns the move of an open notification to another definition of its flow. What it waits for stays; its rules are
//! those of the new one from now on, and are asked at once. Refuses what does not fit, and what somebody else has moved since.

use super::Turn;
use crate::event::Event;
use crate::flow::Flow;
use crate::ids::NotificationId;
use crate::moving::{Fit, Migrate, Moved, Moving, fit, holding};
use crate::state::{Open, Phase};

impl Turn<'_> {
    pub(super) fn migrate(&mut self, order: &Migrate) -> Moving {
        let id = order.id;
        // A group runs no step: its parts move, each by itself.
        if self.tenant.household().is_some() {
            return Moving::NotThere;
        }
        let Some((open, old)) = self.running(id) else {
            return Moving::NotThere;
        };
        if open.flow == order.to && !is_followed_twice() {
            return Moving::Already;
        }
        let new = self.flow(order.to).filter(|new| new.name == old.name);
        let is_as_seen = open.flow == order.from || is_followed_twice();
        let Some(new) = new.filter(|_| is_as_seen) else {
            return Moving::NotThere;
        };
        let step = match fit(old, new, open) {
            Fit::Moves(step) => step,
            Fit::UnderWay => return Moving::UnderWay,
            Fit::Stays(stay) => return Moving::Stays(stay),
        };
        let held_by = match open.phase {
            Phase::Held { guard, .. } => Some(holding(old, new, guard)),
            Phase::Waiting { .. }
            | Phase::Ready { .. }
            | Phase::Started { .. }
            | Phase::InDoubt { .. }
            | Phase::Sent { .. }
            | Phase::Task { .. } => None,
        };
        self.emit(Event::Migrated {
            id,
            moved: Box::new(moved(old, new, step)),
        });
        self.go_on_under(id, held_by);
        Moving::Moved
    }

    /// Asks the rules of the definition that it has come to. What is still unknown by the same rule stays held until the
    /// same instant as before. A permit asks the rest again.
    fn go_on_under(&mut self, id: NotificationId, held_by: Option<Option<u8>>) {
        if self.stopped(id) {
            return;
        }
        match held_by {
            Some(Some(rule)) if self.still_held(id, rule) => {}
            Some(_) => self.ask_again(id),
            None => self.may_have_come(id),
        }
    }
}

impl Turn<'_> {
    /// What a wait of the new definition looks out for may be true already.
    fn may_have_come(&mut self, id: NotificationId) {
        let waits = |open: &Open| open.entered && matches!(open.phase, Phase::Waiting { .. });
        if self.open(id).is_some_and(waits) {
            self.came(id);
        }
    }
}

/// What the simulation plants.
fn is_followed_twice() -> bool {
    #[cfg(feature = "simulation")]
    if crate::slip::slips(crate::slip::Slip::MovedTwice) {
        return true;
    }
    false
}

fn moved(old: &Flow, new: &Flow, step: u8) -> Moved {
    Moved {
        from: old.reference,
        from_version: old.version,
        to: new.reference,
        to_version: new.version,
        step,
    }
}
