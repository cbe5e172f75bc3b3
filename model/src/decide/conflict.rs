//! Owns rules between flows: what waits while something else of the tenant is open, and what ends
//! because of it. What waits is asked again when something of the tenant ends, and at least once a day: a
//! rule may have gone meanwhile. Refuses to hold back what is urgent, and what has a legal reason.

use super::cap::is_exempt;
use super::way::Way;
use super::{MOST_AT_ONCE, Turn};
use crate::event::{Cause, Event, HeldBack};
use crate::ids::NotificationId;
use crate::state::{Open, Phase};
use crate::steering::Conflict;
use crate::time::{DAY, Timestamp};

/// How long it waits before it is asked again, when nothing ends meanwhile.
const AGAIN_MS: i64 = DAY;

/// What keeps a message from being sent.
pub(super) struct Conflicting<'a> {
    rule: &'a Conflict,
    /// Whether the message ends.
    drops: bool,
    /// What is open; none: it holds on after a message that left.
    by: Option<NotificationId>,
    until: Timestamp,
}

impl<'a> Turn<'a> {
    /// The rule that keeps a notification from being sent: one that ends it, or else the one that holds
    /// it the longest.
    pub(super) fn conflict(&self, id: NotificationId) -> Option<Conflicting<'a>> {
        let rules = &self.steering()?.conflicts;
        let (open, _, step) = self.at_step(id)?;
        if is_exempt(open, step.kind.message()?) {
            return None;
        }
        let found = rules.iter().filter_map(|rule| {
            let drops = rule.drops(&open.category)?;
            self.held_by(rule, drops, open)
        });
        found.max_by_key(|found| (found.drops, found.until))
    }

    fn held_by(&self, rule: &'a Conflict, drops: bool, open: &Open) -> Option<Conflicting<'a>> {
        let others = self.tenant.open.iter();
        let mut others = others.filter(|other| {
            other.id != open.id && other.entered && rule.is_during(&other.category)
        });
        let now = self.now();
        if let Some(other) = others.next() {
            return Some(Conflicting {
                rule,
                drops,
                by: Some(other.id),
                until: now.plus(AGAIN_MS),
            });
        }
        let history = self.tenant.history().filter(|_| rule.after_ms > 0)?;
        let mut left = history.after(now.plus(-rule.after_ms)).rev();
        let last = left.find(|contact| rule.counts(contact))?;
        Some(Conflicting {
            rule,
            drops,
            by: None,
            until: last.at.plus(rule.after_ms),
        })
    }

    /// Ends it, or lets it wait.
    pub(super) fn give_way(&mut self, id: NotificationId, way: &Way, found: Conflicting<'a>) {
        let (rule, by, until) = (found.rule.name.clone(), found.by, found.until);
        if found.drops {
            return self.end(id, "superseded", Cause::Superseded { rule, by });
        }
        let held = Box::new(HeldBack::Conflict { rule, by, until });
        self.emit(Event::HeldBack { id, held });
        self.emit_ready(id, way, until);
    }

    /// Asks again what waited for something that has ended with this input.
    pub(super) fn ask_the_waiting(&mut self) {
        if self.ended.is_empty() {
            return;
        }
        let Some(steering) = self.steering() else {
            return;
        };
        let mut seen = 0;
        while let Some(ended) = self.ended.get(seen) {
            let category = ended.category.clone();
            seen += 1;
            let of = steering
                .conflicts
                .iter()
                .filter(|rule| rule.is_during(&category));
            for rule in of {
                for id in self.waiting_for(rule) {
                    self.seek_permit(id);
                }
            }
        }
    }

    /// What the rule holds back, up to a bound: what is left out is asked again within a day.
    fn waiting_for(&self, rule: &Conflict) -> Vec<NotificationId> {
        let now = self.now();
        let waits = |open: &&Open| match &open.phase {
            // What a provider has put off waits for that, too.
            Phase::Ready {
                pinned: None,
                not_before,
                ..
            } => *not_before > now && open.tries().retried == 0 && open.tries().withdrawn == 0,
            Phase::Ready {
                pinned: Some(_), ..
            }
            | Phase::Waiting { .. }
            | Phase::Started { .. }
            | Phase::InDoubt { .. }
            | Phase::Sent { .. }
            | Phase::Held { .. }
            | Phase::Task { .. } => false,
        };
        let open = self.tenant.open.iter().filter(waits);
        let held = open.filter(|open| rule.drops(&open.category) == Some(false));
        held.map(|open| open.id).take(MOST_AT_ONCE).collect()
    }
}
