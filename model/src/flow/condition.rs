//! Owns typed comparisons over declared fields and facts: `storno_class(data.reason_code) ==
//! 'CHASE'`. Refuses to be a general expression language: one comparison, two operands, no nesting.

use bincode::{Decode, Encode};

use super::class::ClassTable;
use super::input::Value;
use crate::instant;
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

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// As it stands in the file.
    pub text: Box<str>,
    /// Left operand.
    pub left: Operand,
    /// Operator.
    pub compare: Compare,
    /// Right operand.
    pub right: Operand,
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

/// What was seen when a condition was evaluated; kept for the explanation.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Observed {
    /// The left operand's value.
    pub left: Value,
    /// The right operand's value.
    pub right: Value,
    /// When the fact behind it was true at its source.
    pub as_of: Option<Timestamp>,
}

/// The result of an evaluation. Unknown is never false.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It holds.
    Holds(Observed),
    /// It does not hold.
    Fails(Observed),
    /// A value is missing, or older than the rule allows.
    Unknown(Observed),
}

impl Condition {
    /// Evaluates in `scope`; facts older than `fresh_within_ms` at `now` count as unknown.
    pub fn evaluate(
        &self,
        scope: &dyn Scope,
        classes: &[ClassTable],
        now: Timestamp,
        fresh_within_ms: Option<i64>,
    ) -> Finding {
        let (left, left_at) = self.left.read(scope, classes);
        let (right, right_at) = self.right.read(scope, classes);
        let as_of = left_at.into_iter().chain(right_at).min();
        let is_fresh = match (as_of, fresh_within_ms) {
            (Some(at), Some(limit)) => instant::is_fresh(at, now, limit),
            // What is no fact does not age.
            (None, _) | (_, None) => true,
        };
        let verdict = self.compare.apply(&left, &right);
        let observed = Observed { left, right, as_of };
        match verdict {
            Some(true) if is_fresh => Finding::Holds(observed),
            Some(false) if is_fresh => Finding::Fails(observed),
            Some(_) | None => Finding::Unknown(observed),
        }
    }

    /// Reads the text form. `field` resolves a data field's name to its index (declaring it if need
    /// be), `class` a class table's name.
    ///
    /// # Errors
    /// A sentence saying what was expected.
    pub fn parse(
        text: &str,
        field: &mut dyn FnMut(&str) -> Result<usize, String>,
        class: &dyn Fn(&str) -> Option<usize>,
    ) -> Result<Self, String> {
        let (left, compare, right) = split(text)?;
        let left = Operand::parse(left, field, class)?;
        let right = Operand::parse(right, field, class)?;
        Ok(Self {
            text: text.into(),
            left,
            compare,
            right,
        })
    }
}

/// The longest operators stand first, so that `<=` is not read as `<`.
const OPERATORS: [(&str, Compare); 6] = [
    ("==", Compare::Equal),
    ("!=", Compare::NotEqual),
    ("<=", Compare::LessOrEqual),
    (">=", Compare::GreaterOrEqual),
    ("<", Compare::Less),
    (">", Compare::Greater),
];

fn split(text: &str) -> Result<(&str, Compare, &str), String> {
    for (sign, compare) in OPERATORS {
        if let Some((left, right)) = text.split_once(sign) {
            return Ok((left.trim(), compare, right.trim()));
        }
    }
    Err(format!(
        "{text:?} compares nothing: expected two values around ==, !=, <, <=, > or >="
    ))
}

impl Compare {
    fn apply(self, left: &Value, right: &Value) -> Option<bool> {
        let order = match (left, right) {
            (Value::Text(a), Value::Text(b)) => a.cmp(b),
            (Value::Integer(a), Value::Integer(b)) => a.cmp(b),
            (Value::Boolean(a), Value::Boolean(b)) => a.cmp(b),
            _ => return None,
        };
        Some(match self {
            Compare::Equal => order.is_eq(),
            Compare::NotEqual => order.is_ne(),
            Compare::Less => order.is_lt(),
            Compare::LessOrEqual => order.is_le(),
            Compare::Greater => order.is_gt(),
            Compare::GreaterOrEqual => order.is_ge(),
        })
    }
}

impl Operand {
    fn read(&self, scope: &dyn Scope, classes: &[ClassTable]) -> (Value, Option<Timestamp>) {
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

    fn parse(
        text: &str,
        field: &mut dyn FnMut(&str) -> Result<usize, String>,
        class: &dyn Fn(&str) -> Option<usize>,
    ) -> Result<Self, String> {
        if let Some(literal) = literal(text) {
            return Ok(Operand::Literal(literal));
        }
        let call = text.strip_suffix(')').and_then(|call| call.split_once('('));
        if let Some((table, argument)) = call {
            return Self::parse_class(table.trim(), argument.trim(), field, class);
        }
        match text {
            "facts.balance_cents" => Ok(Operand::Balance),
            "subject.open_amount_cents" => Ok(Operand::SubjectOpenAmount),
            "notification.environment" => Ok(Operand::NotificationEnvironment),
            "notification.category" => Ok(Operand::Category),
            "engine.environment" => Ok(Operand::EngineEnvironment),
            _ => match text.strip_prefix("data.") {
                Some(name) => field(name).map(Operand::Field),
                None => Err(format!(
                    "{text:?} is not a value: expected 'text', a whole number, true, false, data.<field>, <class>(data.<field>), \
                     facts.balance_cents, subject.open_amount_cents, notification.environment, notification.category or \
                     engine.environment"
                )),
            },
        }
    }

    fn parse_class(
        table: &str,
        argument: &str,
        field: &mut dyn FnMut(&str) -> Result<usize, String>,
        class: &dyn Fn(&str) -> Option<usize>,
    ) -> Result<Self, String> {
        let index = class(table)
            .ok_or_else(|| format!("{table:?} is not a class table: declare it under [classes]"))?;
        let name = argument
            .strip_prefix("data.")
            .ok_or_else(|| format!("{argument:?} cannot be classed: expected data.<field>"))?;
        Ok(Operand::Class(index, field(name)?))
    }
}

/// `'text'`, a whole number, true or false.
fn literal(text: &str) -> Option<Value> {
    let quoted = text
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''));
    if let Some(quoted) = quoted {
        return Some(Value::Text(quoted.into()));
    }
    if let Ok(number) = text.parse() {
        return Some(Value::Integer(number));
    }
    text.parse().ok().map(Value::Boolean)
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
        _ => Value::Missing,
    }
}
