//! Owns the rules that are asked before every send: stop rules and guards, and what their conditions
//! see. Unknown stops nothing and passes nothing. Refuses to move a flow but as a rule says.

use super::Turn;
use crate::event::{Cause, Event};
use crate::evolve::FlowBook;
use crate::fact_type::About;
use crate::flow::{ContactedBy, Dated, Finding, Flow, Person, Scope, Seen, Value};
use crate::history::Contact;
use crate::ids::NotificationId;
use crate::policy::Policy;
use crate::state::{Open, Phase, Tenant};
use crate::time::Timestamp;

/// Whether the guards let a send pass.
pub(super) enum Guarded {
    /// Every guard holds; what each saw.
    Passed(Vec<Seen>),
    /// The notification left this place: ended, held, or with people.
    Gone,
}

/// What the guards said, up to the first that does not hold.
enum Asked {
    AllHold(Vec<Seen>),
    Fails(u8, Seen),
    Unknown(u8, Seen),
}

impl Turn<'_> {
    /// Ends the notification if a stop rule is true, closes what it opened before it does, or has people look;
    /// `true` when it did one of these. Unknown stops nothing.
    pub(super) fn stopped(&mut self, id: NotificationId) -> bool {
        self.stopped_but_for(id, None)
    }

    /// The same with a fact: people who look already are not asked once more by the rule that had them look.
    pub(super) fn stopped_by_fact(&mut self, id: NotificationId) -> bool {
        let asked = self.open(id).and_then(asked_by);
        self.stopped_but_for(id, asked)
    }

    fn stopped_but_for(&mut self, id: NotificationId, asked: Option<usize>) -> bool {
        let Some((open, flow)) = self.running(id) else {
            return true;
        };
        if self.closing(open).is_some() {
            return false;
        }
        let Some((index, observed)) = self.first_stop(open, flow) else {
            return false;
        };
        if asked == Some(index) {
            return false;
        }
        let stop = &flow.stops[index];
        if stop.close_link {
            let end = stop.ends_as().into();
            self.emit(Event::LinkClosed { id, end });
        }
        let cause = Cause::Stop {
            stop: index as u8,
            observed,
        };
        self.go(id, &stop.go, cause);
        true
    }

    /// The first stop rule that is true, and what it saw.
    fn first_stop(&self, open: &Open, flow: &Flow) -> Option<(usize, Seen)> {
        let view = self.view(open, flow);
        let mut stops = flow.stops.iter().enumerate();
        stops.find_map(|(index, stop)| {
            let finding = stop.when.evaluate(&view, &flow.classes, self.now(), None);
            match finding {
                Finding::Holds(observed) => Some((index, observed)),
                Finding::Fails(_) | Finding::Unknown(_) => None,
            }
        })
    }

    /// Runs the guards in order; the first that does not hold decides.
    pub(super) fn guarded(&mut self, id: NotificationId) -> Guarded {
        let Some((open, flow)) = self.running(id) else {
            return Guarded::Gone;
        };
        if self.closing(open).is_some() {
            return Guarded::Passed(Vec::new());
        }
        match self.ask_guards(id) {
            Asked::AllHold(passed) => return Guarded::Passed(passed),
            Asked::Fails(guard, observed) => {
                let go = &flow.guards[usize::from(guard)].otherwise;
                self.go(id, go, Cause::Guard { guard, observed });
            }
            Asked::Unknown(guard, observed) => {
                self.hold(id, flow, guard, observed);
            }
        }
        Guarded::Gone
    }

    /// Holds it by the rule with this number, until facts decide.
    pub(super) fn hold(&mut self, id: NotificationId, flow: &Flow, guard: u8, observed: Seen) {
        let until = self.now().plus(flow.hold_for_ms);
        self.emit(Event::Held {
            id,
            guard,
            observed,
            until,
        });
    }

    /// Whether the guard that holds the notification would hold it again.
    pub(super) fn guard_holds(&self, id: NotificationId, by: u8) -> bool {
        matches!(self.ask_guards(id), Asked::Unknown(guard, _) if guard == by)
    }

    fn ask_guards(&self, id: NotificationId) -> Asked {
        let Some((open, flow)) = self.running(id) else {
            return Asked::AllHold(Vec::new());
        };
        let view = self.view(open, flow);
        let mut passed = Vec::with_capacity(flow.guards.len());
        for (index, guard) in flow.guards.iter().enumerate() {
            let (now, fresh) = (self.now(), guard.fresh_within_ms);
            let finding = guard.when.evaluate(&view, &flow.classes, now, fresh);
            match finding {
                Finding::Holds(observed) => passed.push(observed),
                Finding::Fails(observed) => return Asked::Fails(index as u8, observed),
                Finding::Unknown(observed) => return Asked::Unknown(index as u8, observed),
            }
        }
        Asked::AllHold(passed)
    }

    /// What the conditions of `flow` see of `open`.
    pub(super) fn view<'a>(&'a self, open: &'a Open, flow: &'a Flow) -> View<'a> {
        View {
            open,
            flow,
            tenant: self.tenant,
            policy: self.situation.policy,
            flows: self.situation.flows,
        }
    }
}

/// The stop rule that has people look already.
fn asked_by(open: &Open) -> Option<usize> {
    match &open.phase {
        Phase::Task { asked, .. } => match asked.cause {
            Cause::Stop { stop, .. } => Some(usize::from(stop)),
            _ => None,
        },
        _ => None,
    }
}

/// What conditions see.
pub(super) struct View<'a> {
    open: &'a Open,
    flow: &'a Flow,
    tenant: &'a Tenant,
    policy: &'a Policy,
    flows: &'a dyn FlowBook,
}

impl View<'_> {
    /// Messages of counted flows that are under way, besides the notification's own.
    fn under_way(&self, is_counted: impl Fn(&Open, &Flow) -> bool) -> usize {
        let open = self.tenant.open.iter();
        let others = open.filter(|open| open.id != self.open.id);
        let started = others.filter(|open| matches!(open.phase, Phase::Started { .. }));
        let counted = started.filter(|open| {
            let flow = self.flows.flow(open.flow);
            flow.is_some_and(|flow| flow.counted && is_counted(open, flow))
        });
        counted.count()
    }
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

    fn contacted(&self, by: &ContactedBy, now: Timestamp) -> usize {
        let purpose = by.purpose.as_deref().map(Contact::purpose_hash);
        let subject = self.open.subject.as_deref();
        let about = by.about_subject.then(|| Contact::subject_hash(subject));
        let left = self.tenant.contacts(now, by.within_ms).filter(|contact| {
            purpose.is_none_or(|purpose| contact.purpose == purpose)
                && about.is_none_or(|about| contact.about == about)
        });
        let under_way = self.under_way(|open, flow| {
            by.purpose
                .as_deref()
                .is_none_or(|purpose| *flow.purpose == *purpose)
                && (!by.about_subject || open.subject.as_deref() == subject)
        });
        left.count() + under_way
    }

    fn accepted_at(&self) -> Timestamp {
        self.open.accepted_at
    }

    fn said(
        &self,
        field: (&str, &str),
        about: About,
        now: Timestamp,
    ) -> Option<(Value, Timestamp)> {
        let subject = match about {
            About::Tenant => None,
            About::Subject => Some(self.open.subject.as_deref()?),
        };
        self.tenant.said(field, subject, now)
    }

    fn follows(&self) -> Option<(String, i64)> {
        let round = self.tenant.followed(self.open, self.flow)?;
        Some((round.last.to_string(), i64::from(round.number) + 1))
    }

    fn person(&self, what: Person) -> Value {
        self.tenant.person(what, &self.open.category)
    }
}
