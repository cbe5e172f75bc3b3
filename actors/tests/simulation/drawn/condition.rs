//! Owns conditions as the generator draws them, how they are written in a flow file, and what they are by a
//! reckoning of its own: three answers, from what was told outside. Refuses the engine's parser and evaluator.

use std::fmt;

use sluis_model::HOUR;
use sluis_model::flow::Value;

use super::sight::Sight;

/// How two numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Leaf {
    /// What the tenant owes.
    Balance(Sign, i64),
    BalanceBetween(i64, i64),
    HasBalance,
    /// What is open on the subject.
    Open(Sign, i64),
    /// A number of the data, which may be left out.
    Number(Sign, i64),
    /// A truth of the data, which may be left out.
    Urgent,
    /// A code of the data.
    Code(&'static [&'static str]),
    /// The class of that code.
    Class(&'static str),
    HasException,
    ExceptionIs(&'static str),
    /// The sum of what complaints counted.
    Complaints(Sign, i64),
    /// So many days behind the day of the data, which may be left out, are over.
    DueAgo(u16),
    /// What people answered at a step, by its name.
    Answer(usize, &'static str),
    /// The count that they gave there.
    Count(usize, Sign, i64),
    /// Whether they were sure; it may be left out.
    Sure(usize),
    /// It was accepted more hours ago.
    OlderThan(i64),
    Category(&'static [&'static str]),
}

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Is(Leaf),
}

/// A rule: a condition, and how old the facts may be that it reads, in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) when: Condition,
    pub(crate) fresh_within: Option<i64>,
}

impl Sign {
    pub(crate) const ALL: [Self; 6] = [
        Self::Equal,
        Self::NotEqual,
        Self::Less,
        Self::LessOrEqual,
        Self::Greater,
        Self::GreaterOrEqual,
    ];

    const fn word(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    fn holds(self, left: i64, right: i64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}

fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    quoted.join(", ")
}

impl fmt::Display for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Balance(sign, cents) => write!(f, "facts.balance_cents {} {cents}", sign.word()),
            Self::BalanceBetween(low, high) => {
                write!(f, "between(facts.balance_cents, {low}, {high})")
            }
            Self::HasBalance => f.write_str("has(facts.balance_cents)"),
            Self::Open(sign, cents) => {
                write!(f, "subject.open_amount_cents {} {cents}", sign.word())
            }
            Self::Number(sign, number) => write!(f, "data.number {} {number}", sign.word()),
            Self::Urgent => f.write_str("data.urgent"),
            Self::Code(codes) => write!(f, "data.code in [{}]", list(codes)),
            Self::Class(class) => write!(f, "codes(data.code) == '{class}'"),
            Self::HasException => f.write_str("has(facts.exception)"),
            Self::ExceptionIs(kind) => write!(f, "facts.exception.kind == '{kind}'"),
            Self::Complaints(sign, count) => {
                write!(f, "facts.complaint.count {} {count}", sign.word())
            }
            Self::DueAgo(days) => write!(f, "data.due + {days} days < today"),
            Self::Answer(step, answer) => write!(f, "task.s{step}.answer == '{answer}'"),
            Self::Count(step, sign, count) => {
                write!(f, "task.s{step}.count {} {count}", sign.word())
            }
            Self::Sure(step) => write!(f, "task.s{step}.sure"),
            Self::OlderThan(hours) => write!(f, "now > notification.accepted_at + {hours} hours"),
            Self::Category(categories) => {
                write!(f, "notification.category in [{}]", list(categories))
            }
        }
    }
}

/// Whatever has parts stands in parentheses.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |parts: &[Self], sign: &str| {
            let parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
            parts.join(sign)
        };
        match self {
            Self::All(parts) => write!(f, "({})", joined(parts, " && ")),
            Self::Any(parts) => write!(f, "({})", joined(parts, " || ")),
            Self::Not(part) => write!(f, "!({part})"),
            Self::Is(leaf) => write!(f, "{leaf}"),
        }
    }
}

impl Leaf {
    /// `None`: unknown.
    fn answer(&self, sight: &Sight<'_>, fresh_within: Option<i64>) -> Option<bool> {
        let fresh = |at: sluis_model::Timestamp| {
            fresh_within.is_none_or(|limit| sight.now.since(at) <= limit)
        };
        let balance = sight.balance.filter(|(_, at)| fresh(*at));
        let balance = balance.map(|(cents, _)| cents);
        match self {
            Self::Balance(sign, cents) => balance.map(|owed| sign.holds(owed, *cents)),
            Self::BalanceBetween(low, high) => balance.map(|owed| (*low..=*high).contains(&owed)),
            Self::HasBalance => Some(balance.is_some()),
            Self::Open(sign, cents) => sight.left.map(|left| sign.holds(left, *cents)),
            Self::Number(sign, number) => sight.data.number.map(|own| sign.holds(own, *number)),
            Self::Urgent => sight.data.urgent,
            Self::Code(codes) => Some(codes.contains(&sight.data.code)),
            Self::Class(class) => Some(super::class_of(sight.data.code) == *class),
            Self::HasException => Some(sight.exception.is_some()),
            Self::ExceptionIs(kind) => {
                let said = sight.exception.as_ref().filter(|said| fresh(said.at))?;
                said.kind.map(|said| said == *kind)
            }
            Self::Complaints(sign, count) => sight.complaints.map(|sum| sign.holds(sum, *count)),
            Self::DueAgo(days) => {
                let due = sight.data.due?;
                Some(due + i64::from(*days) < sight.today)
            }
            Self::Answer(step, answer) => {
                let given = sight.answers?.get(step)?;
                Some(*given.answer == **answer)
            }
            Self::Count(step, sign, count) => match said(sight, *step, "count")? {
                Value::Integer(given) => Some(sign.holds(*given, *count)),
                _ => None,
            },
            Self::Sure(step) => match said(sight, *step, "sure")? {
                Value::Boolean(sure) => Some(*sure),
                _ => None,
            },
            Self::OlderThan(hours) => Some(sight.now.0 > sight.accepted_at.0 + hours * HOUR),
            Self::Category(categories) => Some(categories.contains(&sight.category)),
        }
    }
}

/// What people said in a field of their newest answer at a step.
fn said<'a>(sight: &'a Sight<'_>, step: usize, field: &str) -> Option<&'a Value> {
    let says = &sight.answers?.get(&step)?.says;
    let mut own = says.iter().filter(|(name, _)| **name == *field);
    own.next().map(|(_, value)| value)
}

impl Condition {
    /// `None`: unknown, which is neither true nor false, and decides nothing.
    pub(crate) fn answer(&self, sight: &Sight<'_>, fresh_within: Option<i64>) -> Option<bool> {
        let all = |parts: &[Self], decisive: bool| {
            let answers: Vec<Option<bool>> = parts
                .iter()
                .map(|part| part.answer(sight, fresh_within))
                .collect();
            if answers.contains(&Some(decisive)) {
                Some(decisive)
            } else if answers.contains(&None) {
                None
            } else {
                Some(!decisive)
            }
        };
        match self {
            Self::All(parts) => all(parts, false),
            Self::Any(parts) => all(parts, true),
            Self::Not(part) => part.answer(sight, fresh_within).map(|answer| !answer),
            Self::Is(leaf) => leaf.answer(sight, fresh_within),
        }
    }

    /// Whether it asks this anywhere.
    pub(crate) fn asks(&self, is_it: &dyn Fn(&Leaf) -> bool) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.asks(is_it)),
            Self::Not(part) => part.asks(is_it),
            Self::Is(leaf) => is_it(leaf),
        }
    }

    /// The same, where what is unknown counts as false: what is planted.
    pub(crate) fn as_if_known(&self) -> Self {
        let each = |parts: &[Self]| parts.iter().map(Self::as_if_known).collect();
        match self {
            Self::All(parts) => Self::All(each(parts)),
            Self::Any(parts) => Self::Any(each(parts)),
            Self::Not(part) => Self::Not(Box::new(part.as_if_known())),
            Self::Is(leaf @ (Leaf::Balance(..) | Leaf::BalanceBetween(..))) => {
                Self::All(vec![Self::Is(Leaf::HasBalance), Self::Is(leaf.clone())])
            }
            Self::Is(leaf @ Leaf::ExceptionIs(_)) => {
                Self::All(vec![Self::Is(Leaf::HasException), Self::Is(leaf.clone())])
            }
            Self::Is(_) => self.clone(),
        }
    }
}

impl Rule {
    pub(crate) fn answer(&self, sight: &Sight<'_>) -> Option<bool> {
        self.when.answer(sight, self.fresh_within)
    }
}
