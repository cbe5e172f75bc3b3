//! Owns what a comparison may look at, and the reading of it. Refuses to compare.

use super::against::Against;
use super::kind::Kind;
use super::time::{self, Shift};
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
    /// The class that table `.0` gives to the data field `.1`.
    Class(usize, usize),
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
}

/// A day or an instant, so much later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shifted {
    /// Than what.
    pub of: Operand,
    /// By how much.
    pub by: Shift,
}

/// A value that came from a fact, with the moment it was true at the source.
pub type Dated = (i64, Timestamp);

/// What a condition may look at.
pub trait Scope {
    /// The data field with this index in `Flow::fields`.
    fn field(&self, index: usize) -> &Value;
    /// The tenant's balance, if a fact told it.
    fn balance(&self) -> Option<Dated>;
    /// The open amount of the notification's subject.
    fn subject_open_amount(&self) -> Option<Dated>;
    /// The notification's environment.
    fn notification_environment(&self) -> &'static str;
    /// The engine's environment.
    fn engine_environment(&self) -> &'static str;
    /// The notification's category.
    fn category(&self) -> &str;
    /// When the notification was accepted.
    fn accepted_at(&self) -> Timestamp;
}

/// Those that are named by one path.
const BY_PATH: [(&str, Operand, Kind); 8] = [
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
        Kind::Instant,
    ),
    ("engine.environment", Operand::EngineEnvironment, Kind::Text),
    ("today", Operand::Today, Kind::Day),
    ("now", Operand::Now, Kind::Instant),
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
            Operand::Balance | Operand::SubjectOpenAmount => true,
            Operand::Shifted(shifted) => shifted.of.is_told(),
            Operand::DaysBetween(days) => days.iter().any(Operand::is_told),
            Operand::Literal(_)
            | Operand::Field(_)
            | Operand::Class(..)
            | Operand::NotificationEnvironment
            | Operand::EngineEnvironment
            | Operand::Category
            | Operand::AcceptedAt
            | Operand::Today
            | Operand::Now => false,
        }
    }

    /// Its value, and when the fact behind it was true.
    pub(super) fn read(&self, against: Against<'_>) -> (Value, Option<Timestamp>) {
        let Against { scope, classes, .. } = against;
        let text = |text: &str| Value::Text(text.into());
        let value = match self {
            Operand::Balance => return dated(scope.balance()),
            Operand::SubjectOpenAmount => return dated(scope.subject_open_amount()),
            Operand::Literal(value) => value.clone(),
            Operand::Field(index) => scope.field(*index).clone(),
            Operand::Class(table, index) => class_value(&classes[*table], scope.field(*index)),
            Operand::NotificationEnvironment => text(scope.notification_environment()),
            Operand::EngineEnvironment => text(scope.engine_environment()),
            Operand::Category => text(scope.category()),
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
