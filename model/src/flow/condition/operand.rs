//! Owns what a comparison may look at, and the reading of it. Refuses to compare.

use std::fmt;

use super::against::Against;
use super::kind::Kind;
use super::person::Person;
use super::scope::{ContactedBy, Dated, Scope};
use super::time::{self, Shift};
use crate::fact_type::About;
use crate::flow::class::ClassTable;
use crate::flow::input::Value;
use crate::time::Timestamp;

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// A literal.
    Literal(Value),
    /// The data field with this index in `Flow::fields`.
    Field(usize),
    /// The class that table `.0` gives to a code.
    Class(usize, Box<Operand>),
    /// The tenant's balance, euro cents: what is owed in all.
    Balance,
    /// What is still open on the subject, euro cents.
    SubjectOpenAmount,
    /// The notification's environment.
    NotificationEnvironment,
    /// The engine's environment.
    EngineEnvironment,
    /// The notification's category.
    Category,
    /// When the notification was accepted.
    AcceptedAt,
    /// The day, by the clock in Amsterdam.
    Today,
    /// The instant.
    Now,
    /// A day or an instant, so much later.
    Shifted(Box<Shifted>),
    /// Days from the first to the second.
    DaysBetween(Box<[Operand; 2]>),
    /// What facts of a declared type told.
    Told(Box<ToldBy>),
    /// How many messages went to the tenant.
    Contacted(Box<ContactedBy>),
    /// What people answered: the value with this index in `Flow::fields`, unknown until they do.
    Answered(usize),
    /// The notification of the same flow that ended for the same subject before, as its id.
    Follows,
    /// Which round of the flow it is for the subject, from 1.
    Round,
    /// What is known of the tenant himself.
    Person(Person),
}

/// What is read of the facts of a declared type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldBy {
    /// The name of the type.
    pub kind: Box<str>,
    /// Of whom.
    pub about: About,
    /// What of it.
    pub what: Asked,
}

/// What of a fact is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Whether one holds.
    Whether,
    /// When it was true at its source.
    At,
    /// What this field says.
    Field(Box<str>),
}

/// A day or an instant, so much later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shifted {
    /// Than what.
    pub of: Operand,
    /// By how much.
    pub by: Shift,
}

/// Those that are named by one path.
const BY_PATH: [(&str, Operand, Kind); 10] = [
    ("facts.balance_cents", Operand::Balance, Kind::Number),
    (
        "subject.open_amount_cents",
        Operand::SubjectOpenAmount,
        Kind::Number,
    ),
    (
        "notification.environment",
        Operand::NotificationEnvironment,
        Kind::Text,
    ),
    ("notification.category", Operand::Category, Kind::Text),
    (
        "notification.accepted_at",
        Operand::AcceptedAt,
        Kind::Moment,
    ),
    ("notification.follows", Operand::Follows, Kind::Text),
    ("notification.round", Operand::Round, Kind::Number),
    ("engine.environment", Operand::EngineEnvironment, Kind::Text),
    ("today", Operand::Today, Kind::Day),
    ("now", Operand::Now, Kind::Moment),
];

impl Operand {
    /// What a path such as `facts.balance_cents` names, but for fields of the data.
    pub(super) fn by_path(path: &str) -> Option<(Self, Kind)> {
        let named = BY_PATH.into_iter().find(|(known, ..)| *known == path);
        named.map(|(_, operand, kind)| (operand, kind))
    }

    /// Every path, for errors.
    pub(super) fn paths() -> String {
        BY_PATH.map(|(path, ..)| path).join(", ")
    }

    /// Whether a fact tells it, which may be too old.
    #[must_use]
    pub fn is_told(&self) -> bool {
        match self {
            Operand::Balance | Operand::SubjectOpenAmount | Operand::Told(_) => true,
            Operand::Class(_, code) => code.is_told(),
            Operand::Shifted(shifted) => shifted.of.is_told(),
            Operand::DaysBetween(days) => days.iter().any(Operand::is_told),
            Operand::Literal(_)
            | Operand::Field(_)
            | Operand::NotificationEnvironment
            | Operand::EngineEnvironment
            | Operand::Category
            | Operand::AcceptedAt
            | Operand::Today
            | Operand::Now
            | Operand::Contacted(_)
            | Operand::Answered(_)
            | Operand::Follows
            | Operand::Round
            | Operand::Person(_) => false,
        }
    }

    /// Whether facts, messages, people or time may change it. What is known from the start stays as it is.
    #[must_use]
    pub fn changes(&self) -> bool {
        match self {
            Operand::Balance
            | Operand::SubjectOpenAmount
            | Operand::Told(_)
            | Operand::Contacted(_)
            | Operand::Answered(_)
            | Operand::Person(_)
            | Operand::Today
            | Operand::Now => true,
            Operand::Class(_, code) => code.changes(),
            Operand::Shifted(shifted) => shifted.of.changes(),
            Operand::DaysBetween(days) => days.iter().any(Operand::changes),
            Operand::Literal(_)
            | Operand::Field(_)
            | Operand::NotificationEnvironment
            | Operand::EngineEnvironment
            | Operand::Category
            | Operand::Follows
            | Operand::Round
            | Operand::AcceptedAt => false,
        }
    }

    /// Whether it counts messages. Nothing is reckoned from a count.
    pub(in crate::flow) fn counts_messages(&self) -> bool {
        matches!(self, Operand::Contacted(_))
    }

    /// Whether it asks for a fact as a whole. How long one holds is said by its type alone: a rule that
    /// wants fresh facts does not forget an exception for its age.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self, Operand::Told(told) if told.what == Asked::Whether)
    }

    /// Its value at an instant, however old the fact behind it.
    pub(crate) fn value(&self, scope: &dyn Scope, classes: &[ClassTable], now: Timestamp) -> Value {
        let against = Against {
            scope,
            classes,
            now,
            fresh_within_ms: None,
        };
        self.read(against).0
    }

    /// Its value, and when the fact behind it was true.
    pub(super) fn read(&self, against: Against<'_>) -> (Value, Option<Timestamp>) {
        let Against { scope, classes, .. } = against;
        let text = |text: &str| Value::Text(text.into());
        let value = match self {
            Operand::Balance => return dated(scope.balance()),
            Operand::SubjectOpenAmount => return dated(scope.subject_open_amount()),
            Operand::Literal(value) => value.clone(),
            Operand::Field(index) | Operand::Answered(index) => scope.field(*index).clone(),
            Operand::Class(table, code) => {
                let (code, at) = code.read(against);
                return (class_value(&classes[*table], &code), at);
            }
            Operand::Told(told) => return told.read(against),
            Operand::Contacted(by) => {
                let count = scope.contacted(by, against.now);
                Value::Integer(i64::try_from(count).unwrap_or(i64::MAX))
            }
            Operand::NotificationEnvironment => text(scope.notification_environment()),
            Operand::EngineEnvironment => text(scope.engine_environment()),
            Operand::Category => text(scope.category()),
            Operand::Follows => scope.follows().map_or(Value::Missing, |(id, _)| text(&id)),
            Operand::Round => Value::Integer(scope.follows().map_or(1, |(_, round)| round)),
            Operand::Person(person) => scope.person(*person),
            Operand::AcceptedAt => time::instant(scope.accepted_at()),
            Operand::Today => time::today(against.now),
            Operand::Now => time::instant(against.now),
            Operand::Shifted(shifted) => {
                let (value, at) = shifted.of.read(against);
                return (time::shifted(&value, &shifted.by), at);
            }
            Operand::DaysBetween(days) => {
                let [(from, from_at), (to, to_at)] = [days[0].read(against), days[1].read(against)];
                let at = from_at.into_iter().chain(to_at).min();
                return (time::days_between(&from, &to), at);
            }
        };
        (value, None)
    }
}

impl ToldBy {
    /// Its value, and when the fact was true.
    fn read(&self, against: Against<'_>) -> (Value, Option<Timestamp>) {
        let field = match &self.what {
            Asked::Field(field) => &**field,
            Asked::Whether | Asked::At => "",
        };
        let Against { scope, now, .. } = against;
        let Some((value, at)) = scope.said((&self.kind, field), self.about, now) else {
            return (Value::Missing, None);
        };
        let value = match &self.what {
            Asked::Field(_) => value,
            Asked::Whether => Value::Boolean(true),
            Asked::At => time::instant(at),
        };
        (value, Some(at))
    }
}

impl fmt::Display for ToldBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "facts.{}", self.kind)?;
        match &self.what {
            Asked::Whether => Ok(()),
            Asked::At => f.write_str(".told_at"),
            Asked::Field(field) => write!(f, ".{field}"),
        }
    }
}

/// A fact as an operand's value, with the moment it was true.
fn dated(fact: Option<Dated>) -> (Value, Option<Timestamp>) {
    match fact {
        Some((cents, at)) => (Value::Integer(cents), Some(at)),
        None => (Value::Missing, None),
    }
}

fn class_value(table: &ClassTable, code: &Value) -> Value {
    match code {
        Value::Text(code) => Value::Text(table.class_of(code).into()),
        Value::Missing | Value::Integer(_) | Value::Boolean(_) => Value::Missing,
    }
}
