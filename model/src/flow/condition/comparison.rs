//! Owns one comparison: what is looked at, and what it is asked. Refuses to compare values of
//! different kinds: that is never known.

use super::against::Against;
use super::operand::Operand;
use super::seen::{Gathered, Observed};
use crate::flow::input::Value;
use crate::instant;

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

/// What is asked of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// How it stands to another one.
    To(Compare, Operand),
    /// `in`: whether it is one of these.
    In(Box<[Value]>),
    /// `has(…)`: whether it is known, and fresh. It is the one question that is never unknown.
    Known,
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// What is looked at.
    pub left: Operand,
    /// What is asked of it.
    pub test: Test,
}

impl Comparison {
    pub(super) fn answer(&self, against: Against<'_>, gathered: &mut Gathered) -> Option<bool> {
        let observed = self.observe(against);
        let is_fresh = match (observed.as_of, against.fresh_within_ms) {
            (Some(at), Some(limit)) => instant::is_fresh(at, against.now, limit),
            // What is no fact does not age.
            (None, _) | (_, None) => true,
        };
        let said = match &self.test {
            Test::To(compare, _) => compare.answer(&observed.left, &observed.right),
            Test::In(values) => is_in(values, &observed.left),
            Test::Known => {
                let is_fresh = is_fresh || self.left.is_whole();
                Some(is_fresh && observed.left != Value::Missing)
            }
        };
        gathered.add(observed);
        said.filter(|_| is_fresh || matches!(self.test, Test::Known))
    }

    fn observe(&self, against: Against<'_>) -> Observed {
        let (left, left_at) = self.left.read(against);
        let (right, right_at) = match &self.test {
            Test::To(_, right) => right.read(against),
            Test::In(_) | Test::Known => (Value::Missing, None),
        };
        Observed {
            left,
            right,
            as_of: left_at.into_iter().chain(right_at).min(),
        }
    }

    /// Whether it counts messages.
    pub(super) fn counts_messages(&self) -> bool {
        let right = match &self.test {
            Test::To(_, right) => right.counts_messages(),
            Test::In(_) | Test::Known => false,
        };
        right || self.left.counts_messages()
    }

    /// What it looks at, with the value that it saw there.
    pub fn looked_at<'a>(
        &'a self,
        observed: &'a Observed,
    ) -> impl Iterator<Item = (&'a Operand, &'a Value)> {
        let right = match &self.test {
            Test::To(_, right) => Some((right, &observed.right)),
            Test::In(_) | Test::Known => None,
        };
        std::iter::once((&self.left, &observed.left)).chain(right)
    }
}

impl Compare {
    fn answer(self, left: &Value, right: &Value) -> Option<bool> {
        let order = match (left, right) {
            (Value::Text(a), Value::Text(b)) => a.cmp(b),
            (Value::Integer(a), Value::Integer(b)) => a.cmp(b),
            (Value::Boolean(a), Value::Boolean(b)) => a.cmp(b),
            (Value::Missing | Value::Text(_) | Value::Integer(_) | Value::Boolean(_), _) => {
                return None;
            }
        };
        Some(self.fits(order))
    }

    /// Whether two values stand so to each other.
    #[must_use]
    pub fn holds<T: Ord>(self, left: &T, right: &T) -> bool {
        self.fits(left.cmp(right))
    }

    fn fits(self, order: std::cmp::Ordering) -> bool {
        match self {
            Compare::Equal => order.is_eq(),
            Compare::NotEqual => order.is_ne(),
            Compare::Less => order.is_lt(),
            Compare::LessOrEqual => order.is_le(),
            Compare::Greater => order.is_gt(),
            Compare::GreaterOrEqual => order.is_ge(),
        }
    }
}

fn is_in(values: &[Value], value: &Value) -> Option<bool> {
    match value {
        Value::Missing => None,
        Value::Text(_) | Value::Integer(_) | Value::Boolean(_) => Some(values.contains(value)),
    }
}
