//! Owns what a comparison may look at, and the reading of it. Refuses to compare.

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
}

/// Those that are named by one path.
const BY_PATH: [(&str, Operand); 5] = [
    ("facts.balance_cents", Operand::Balance),
    ("subject.open_amount_cents", Operand::SubjectOpenAmount),
    ("notification.environment", Operand::NotificationEnvironment),
    ("notification.category", Operand::Category),
    ("engine.environment", Operand::EngineEnvironment),
];

impl Operand {
    /// What a path such as `facts.balance_cents` names, but for fields of the data.
    pub(super) fn by_path(path: &str) -> Option<Self> {
        let named = BY_PATH.into_iter().find(|(known, _)| *known == path);
        named.map(|(_, operand)| operand)
    }

    /// Every path, for errors.
    pub(super) fn paths() -> String {
        BY_PATH.map(|(path, _)| path).join(", ")
    }

    /// Its value, and when the fact behind it was true.
    pub(super) fn read(
        &self,
        scope: &dyn Scope,
        classes: &[ClassTable],
    ) -> (Value, Option<Timestamp>) {
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
