//! Owns the rules that are asked before every send: stop rules and guards, and what their conditions
//! see. Unknown stops nothing and passes nothing. Refuses to move a flow but as a rule says.

use super::Turn;
use crate::event::{Cause, Event};
use crate::flow::{Dated, Finding, Flow, Observed, Scope, Value};
use crate::ids::NotificationId;
use crate::policy::Policy;
use crate::state::{Open, Tenant};

/// Whether the guards let a send pass.
pub(super) enum Guarded {
    /// Every guard holds; what each saw.
    Passed(Vec<Observed>),
    /// The notification left this place: ended, held, or with people.
    Gone,
}

/// What the guards said, up to the first that does not hold.
enum Asked {
    AllHold(Vec<Observed>),
    Fails(u8, Observed),
    Unknown(u8, Observed),
}

impl Turn<'_> {
    /// Ends the notification if a stop rule is true; `true` when it ended. Unknown stops nothing.
    pub(super) fn stopped(&mut self, id: NotificationId) -> bool {
        let Some((open, flow)) = self.running(id) else {
            return true;
        };
        let scope = View {
            open,
            flow,
            tenant: self.tenant,
            policy: self.situation.policy,
        };
        let now = self.situation.now;
        let hit = flow.stops.iter().enumerate().find_map(|(index, stop)| {
            match stop.when.evaluate(&scope, &flow.classes, now, None) {
                Finding::Holds(observed) => Some((index, stop, observed)),
                Finding::Fails(_) | Finding::Unknown(_) => None,
            }
        });
        let Some((index, stop, observed)) = hit else {
            return false;
        };
        if stop.close_link {
            self.emit(Event::LinkClosed {
                id,
                end: stop.end.clone(),
            });
        }
        self.end(
            id,
            &stop.end,
            Cause::Stop {
                stop: index as u8,
                observed,
            },
        );
        true
    }

    /// Runs the guards in order; the first that does not hold decides.
    pub(super) fn guarded(&mut self, id: NotificationId) -> Guarded {
        let Some((_, flow)) = self.running(id) else {
            return Guarded::Gone;
        };
        match self.ask_guards(id) {
            Asked::AllHold(passed) => return Guarded::Passed(passed),
            Asked::Fails(guard, observed) => {
                let go = &flow.guards[usize::from(guard)].otherwise;
                self.go(id, go, Cause::Guard { guard, observed });
            }
            Asked::Unknown(guard, observed) => {
                let until = self.now().plus(flow.hold_for_ms);
                self.emit(Event::Held {
                    id,
                    guard,
                    observed,
                    until,
                });
            }
        }
        Guarded::Gone
    }

    /// Whether the guard that holds the notification would hold it again.
    pub(super) fn still_held(&self, id: NotificationId, by: u8) -> bool {
        matches!(self.ask_guards(id), Asked::Unknown(guard, _) if guard == by)
    }

    fn ask_guards(&self, id: NotificationId) -> Asked {
        let Some((open, flow)) = self.running(id) else {
            return Asked::AllHold(Vec::new());
        };
        let scope = View {
            open,
            flow,
            tenant: self.tenant,
            policy: self.situation.policy,
        };
        let mut passed = Vec::with_capacity(flow.guards.len());
        for (index, guard) in flow.guards.iter().enumerate() {
            match guard.when.evaluate(
                &scope,
                &flow.classes,
                self.situation.now,
                guard.fresh_within_ms,
            ) {
                Finding::Holds(observed) => passed.push(observed),
                Finding::Fails(observed) => return Asked::Fails(index as u8, observed),
                Finding::Unknown(observed) => return Asked::Unknown(index as u8, observed),
            }
        }
        Asked::AllHold(passed)
    }
}

/// What conditions see.
struct View<'a> {
    open: &'a Open,
    flow: &'a Flow,
    tenant: &'a Tenant,
    policy: &'a Policy,
}

impl Scope for View<'_> {
    fn field(&self, index: usize) -> &Value {
        self.open.fields.get(index).unwrap_or(&Value::Missing)
    }

    fn balance(&self) -> Option<Dated> {
        self.tenant.balance()
    }

    fn subject_open_amount(&self) -> Option<Dated> {
        let subject = self.open.subject.as_deref()?;
        let accepted = match self.flow.amount.map(|index| self.field(index)) {
            Some(Value::Integer(cents)) => Some((*cents, self.open.accepted_at)),
            _ => None,
        };
        self.tenant.open_amount(subject, accepted)
    }

    fn notification_environment(&self) -> &'static str {
        self.open.environment.name()
    }

    fn engine_environment(&self) -> &'static str {
        self.policy.environment.name()
    }

    fn category(&self) -> &str {
        &self.open.category
    }
}
