//! Owns what facts of declared types told of a tenant, and the reading of it. Each carries how long
//! it holds and whether it is added up, as its type said when it came in. Refuses to take a fact:
//! `evolve` does.

use bincode::{Decode, Encode};

use crate::fact::Counts;
use crate::flow::Value;
use crate::notification::Subject;
use crate::time::Timestamp;

/// What facts of one declared type told of the tenant, or of one subject.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Declared {
    /// The name of the type.
    pub kind: Box<str>,
    /// What they were about, where the type is about a subject.
    pub subject: Option<Box<Subject>>,
    /// Which of them count.
    pub counts: Counts,
    /// What they said, in the order in which they happened: the newest alone, or, where they are added
    /// up, at most [`Declared::MOST_ADDED`].
    pub told: Vec<Saying>,
}

/// What one fact said. Where facts are added up, it may stand for several.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Saying {
    /// When it was true at its source, and never later than it came in.
    pub at: Timestamp,
    /// Whether it came dated ahead of our clock, and so stands at its arrival.
    pub ahead: bool,
    /// From when on it holds no more.
    pub until: Timestamp,
    /// What its fields said, by name.
    pub says: Box<[(Box<str>, Value)]>,
}

impl Saying {
    /// Whether it holds at an instant.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        now < self.until
    }

    /// What a field said.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Value> {
        let said = self.says.iter().find(|(known, _)| **known == *name);
        said.map(|(_, value)| value)
    }
}

impl Declared {
    /// Most types and subjects of one tenant of which it is remembered what facts told.
    pub const MOST: usize = 48;
    /// Most bytes of all that is remembered of one tenant, as it is stored.
    pub const MOST_BYTES: usize = 16 << 10;
    /// Most facts that are added up one by one; of more, the two oldest count as one.
    pub const MOST_ADDED: usize = 16;

    /// The newest that was told, whether it still holds or not.
    fn newest(&self) -> Option<&Saying> {
        self.told.last()
    }

    /// What is said at `now` of a field, and when that was true. None: nothing holds. A newer fact that
    /// is over takes the place of an older one all the same.
    pub(super) fn field(&self, name: &str, now: Timestamp) -> Option<(Value, Timestamp)> {
        match self.counts {
            Counts::Newest => {
                let newest = self.newest().filter(|saying| saying.holds(now))?;
                let value = newest.field(name).cloned();
                Some((value.unwrap_or(Value::Missing), newest.at))
            }
            Counts::Sum => self.sum(name, now),
        }
    }

    fn sum(&self, name: &str, now: Timestamp) -> Option<(Value, Timestamp)> {
        let holding = || self.told.iter().filter(|saying| saying.holds(now));
        let newest = holding().next_back()?;
        let numbers = holding().filter_map(|saying| match saying.field(name) {
            Some(Value::Integer(number)) => Some(*number),
            Some(Value::Missing | Value::Text(_) | Value::Boolean(_)) | None => None,
        });
        let sum = numbers.reduce(i64::saturating_add).map(Value::Integer);
        let value = sum.or_else(|| newest.field(name).cloned());
        Some((value.unwrap_or(Value::Missing), newest.at))
    }
}
