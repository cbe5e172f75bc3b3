//! Owns selections: a condition in the language of rules over what is known of a tenant, by which the
//! audience of a mailing is chosen. It has three answers, as every condition: whoever is unknown is not
//! chosen, and is told apart. Refuses what only a notification has: data, a subject, answers of people.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::condition::{
    Answered, Asked, Condition, ContactedBy, Dated, Declared, Finding, Operand, Person, Scope,
    Test, ToldBy,
};
use super::input::{FieldKind, Value};
use crate::calendar::Calendar;
use crate::evolve::FlowBook;
use crate::fact_type::{About, FactType};
use crate::history::Contact;
use crate::notification::Environment;
use crate::reading::nearest;
use crate::state::{Open, Phase, Tenant};
use crate::time::Timestamp;

/// What is read of a tenant himself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Read {
    /// `tenant.id`: the corporation's number.
    Number,
    /// What rules of flows read, too.
    Person(Person),
}

impl Read {
    fn all() -> impl Iterator<Item = (String, Self)> {
        let persons = Person::all().map(|(name, person)| (name, Self::Person(person)));
        [("id".to_owned(), Self::Number)].into_iter().chain(persons)
    }

    const fn kind(self) -> FieldKind {
        match self {
            Self::Number => FieldKind::Line,
            Self::Person(person) => person.kind(),
        }
    }

    fn of(self, number: &str, tenant: &Tenant, category: &str) -> Value {
        match self {
            Self::Number => Value::Text(number.into()),
            Self::Person(person) => tenant.person(person, category),
        }
    }
}

/// A condition by which tenants are chosen.
#[derive(Clone, Debug)]
pub struct Selection {
    condition: Condition,
    reads: Vec<Read>,
}

/// For what tenants are chosen, and when.
#[derive(Clone, Copy)]
pub struct Chosen<'a> {
    /// The category of the mailing.
    pub category: &'a str,
    /// The world that its notifications are of.
    pub environment: Environment,
    /// That of the engine.
    pub engine: Environment,
    /// Flows, for messages that are under way.
    pub flows: &'a dyn FlowBook,
    /// The instant that counts.
    pub now: Timestamp,
}

impl std::fmt::Debug for Chosen<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chosen").finish_non_exhaustive()
    }
}

impl Selection {
    /// Reads a condition, with the types of facts of the corporation and the calendar in which it counts
    /// working days.
    ///
    /// # Errors
    /// A sentence that says what was expected, and where.
    pub fn parse(
        text: &str,
        facts: &BTreeMap<Box<str>, FactType>,
        calendar: Option<Arc<Calendar>>,
    ) -> Result<Self, String> {
        let mut words = Words {
            facts,
            calendar,
            names: Read::all().map(|(name, _)| name).collect(),
            reads: Vec::new(),
        };
        let condition = Condition::parse(text, &mut words)?;
        let reads = words.reads;
        for comparison in condition.says.comparisons() {
            check(&comparison.left)?;
            if let Test::To(_, right) = &comparison.test {
                check(right)?;
            }
        }
        Ok(Self { condition, reads })
    }

    /// The purposes of which it counts messages; none: it counts those of all.
    pub fn counts(&self) -> impl Iterator<Item = Option<&str>> {
        let comparisons = self.condition.says.comparisons().into_iter();
        let operands = comparisons.flat_map(|comparison| {
            let right = match &comparison.test {
                Test::To(_, right) => Some(right),
                Test::In(_) | Test::Known => None,
            };
            [Some(&comparison.left), right].into_iter().flatten()
        });
        operands.filter_map(|operand| match operand {
            Operand::Contacted(by) => Some(by.purpose.as_deref()),
            Operand::Literal(_)
            | Operand::Field(_)
            | Operand::Class(..)
            | Operand::Balance
            | Operand::SubjectOpenAmount
            | Operand::NotificationEnvironment
            | Operand::EngineEnvironment
            | Operand::Category
            | Operand::AcceptedAt
            | Operand::Today
            | Operand::Now
            | Operand::Shifted(_)
            | Operand::DaysBetween(_)
            | Operand::Told(_)
            | Operand::Answered(_)
            | Operand::Follows
            | Operand::Round
            | Operand::Person(_) => None,
        })
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.condition.text
    }

    /// Whether the tenant with this number is chosen.
    #[must_use]
    pub fn ask(&self, number: &str, tenant: &Tenant, chosen: Chosen<'_>) -> Finding {
        let of = |read: &Read| read.of(number, tenant, chosen.category);
        let view = View {
            values: self.reads.iter().map(of).collect(),
            tenant,
            chosen,
        };
        self.condition.evaluate(&view, &[], chosen.now, None)
    }

    /// What is not known of a tenant whom it could not judge.
    #[must_use]
    pub fn lacks(&self, finding: &Finding) -> Vec<String> {
        let (Finding::Holds(seen) | Finding::Fails(seen) | Finding::Unknown(seen)) = finding;
        let mut lacks = Vec::new();
        for (comparison, observed) in self.condition.says.comparisons().iter().zip(seen.each()) {
            let right = match &comparison.test {
                Test::To(_, right) => Some((right, &observed.right)),
                Test::In(_) => None,
                // It is never unknown.
                Test::Known => continue,
            };
            for (operand, value) in [(&comparison.left, &observed.left)]
                .into_iter()
                .chain(right)
            {
                if *value == Value::Missing {
                    self.named(operand, &mut lacks);
                }
            }
        }
        lacks.dedup();
        lacks
    }

    /// What an operand reads, as it is written.
    fn named(&self, operand: &Operand, into: &mut Vec<String>) {
        match operand {
            Operand::Field(place) => {
                let read = self.reads.get(*place);
                let name = read.and_then(|read| Read::all().find(|(_, known)| known == read));
                into.extend(name.map(|(name, _)| format!("tenant.{name}")));
            }
            Operand::Balance => into.push("facts.balance_cents".to_owned()),
            Operand::Told(told) => {
                let ToldBy { kind, what, .. } = &**told;
                into.push(match what {
                    Asked::Field(field) => format!("facts.{kind}.{field}"),
                    Asked::At => format!("facts.{kind}.told_at"),
                    Asked::Whether => format!("facts.{kind}"),
                });
            }
            Operand::Class(_, of) => self.named(of, into),
            Operand::Shifted(shifted) => self.named(&shifted.of, into),
            Operand::DaysBetween(days) => days.iter().for_each(|day| self.named(day, into)),
            Operand::Literal(_)
            | Operand::SubjectOpenAmount
            | Operand::NotificationEnvironment
            | Operand::EngineEnvironment
            | Operand::Category
            | Operand::AcceptedAt
            | Operand::Today
            | Operand::Now
            | Operand::Contacted(_)
            | Operand::Follows
            | Operand::Round
            | Operand::Person(_)
            | Operand::Answered(_) => {}
        }
    }
}

/// Refuses what only a notification has.
fn check(operand: &Operand) -> Result<(), String> {
    let refused = match operand {
        Operand::SubjectOpenAmount => "subject.open_amount_cents",
        Operand::AcceptedAt => "notification.accepted_at",
        Operand::Follows => "notification.follows",
        Operand::Round => "notification.round",
        Operand::Class(_, of) => return check(of),
        Operand::Shifted(shifted) => return check(&shifted.of),
        Operand::DaysBetween(days) => return days.iter().try_for_each(check),
        Operand::Literal(_)
        | Operand::Field(_)
        | Operand::Balance
        | Operand::NotificationEnvironment
        | Operand::EngineEnvironment
        | Operand::Category
        | Operand::Today
        | Operand::Now
        | Operand::Told(_)
        | Operand::Contacted(_)
        | Operand::Person(_)
        | Operand::Answered(_) => return Ok(()),
    };
    Err(format!(
        "{refused} belongs to a notification, and there is none yet: expected tenant.…, facts.…, contacted(…), today or now"
    ))
}

/// What a selection may name.
struct Words<'a> {
    facts: &'a BTreeMap<Box<str>, FactType>,
    calendar: Option<Arc<Calendar>>,
    names: Vec<String>,
    reads: Vec<Read>,
}

impl Declared for Words<'_> {
    fn root(&self) -> &'static str {
        "tenant"
    }

    fn field(&mut self, name: &str) -> Option<(usize, FieldKind)> {
        let (_, read) = Read::all().find(|(known, _)| known == name)?;
        let known = self.reads.iter().position(|known| *known == read);
        let place = known.unwrap_or_else(|| {
            self.reads.push(read);
            self.reads.len() - 1
        });
        Some((place, read.kind()))
    }

    fn near(&self, name: &str) -> Option<&str> {
        nearest(name, self.names.iter().map(String::as_str))
    }

    fn class(&self, _: &str) -> Option<usize> {
        None
    }

    fn fact(&self, name: &str) -> Option<&FactType> {
        self.facts.get(name)
    }

    fn has_subject(&self) -> bool {
        false
    }

    fn calendar(&self) -> Option<Arc<Calendar>> {
        self.calendar.clone()
    }

    fn answered(&mut self, path: &str) -> Result<Answered, String> {
        Err(format!(
            "{path}: people and tenants answer questions of flows: a selection cannot ask for it"
        ))
    }
}

/// What the condition sees of a tenant.
struct View<'a> {
    values: Vec<Value>,
    tenant: &'a Tenant,
    chosen: Chosen<'a>,
}

impl View<'_> {
    /// Messages of counted flows that are under way.
    fn under_way(&self, purpose: Option<&str>) -> usize {
        let is_counted = |open: &&Open| {
            let is_started = matches!(open.phase, Phase::Started { .. });
            let flow = self
                .chosen
                .flows
                .flow(open.flow)
                .filter(|flow| flow.counted);
            is_started
                && flow.is_some_and(|flow| purpose.is_none_or(|purpose| *flow.purpose == *purpose))
        };
        self.tenant.open.iter().filter(is_counted).count()
    }
}

impl Scope for View<'_> {
    fn field(&self, index: usize) -> &Value {
        self.values.get(index).unwrap_or(&Value::Missing)
    }

    fn balance(&self) -> Option<Dated> {
        self.tenant.balance()
    }

    fn subject_open_amount(&self) -> Option<Dated> {
        None
    }

    fn notification_environment(&self) -> &'static str {
        self.chosen.environment.name()
    }

    fn engine_environment(&self) -> &'static str {
        self.chosen.engine.name()
    }

    fn category(&self) -> &str {
        self.chosen.category
    }

    fn accepted_at(&self) -> Timestamp {
        self.chosen.now
    }

    fn contacted(&self, by: &ContactedBy, now: Timestamp) -> usize {
        let purpose = by.purpose.as_deref().map(Contact::purpose_hash);
        let left = self.tenant.contacts(now, by.within_ms);
        let left = left.filter(|contact| purpose.is_none_or(|purpose| contact.purpose == purpose));
        left.count() + self.under_way(by.purpose.as_deref())
    }

    fn said(
        &self,
        field: (&str, &str),
        about: About,
        now: Timestamp,
    ) -> Option<(Value, Timestamp)> {
        match about {
            About::Tenant => self.tenant.said(field, None, now),
            About::Subject => None,
        }
    }

    fn follows(&self) -> Option<(String, i64)> {
        None
    }

    fn person(&self, what: Person) -> Value {
        self.tenant.person(what, self.chosen.category)
    }
}
