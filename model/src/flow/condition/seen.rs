//! Owns what a condition saw, comparison by comparison, as records keep it for explanations.
//! Refuses to judge it.

use bincode::{Decode, Encode};

use crate::flow::input::Value;
use crate::time::Timestamp;

/// What one comparison saw.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Observed {
    /// The left operand's value.
    pub left: Value,
    /// The right operand's value. Missing for a test that has none.
    pub right: Value,
    /// When the oldest fact behind it was true at its source.
    pub as_of: Option<Timestamp>,
}

impl Observed {
    /// Nothing was looked at.
    const NOTHING: Self = Self {
        left: Value::Missing,
        right: Value::Missing,
        as_of: None,
    };
}

/// What a condition saw. How it is read from older records is in `before`.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct Seen {
    /// What its first comparison saw. Most conditions have no other.
    pub first: Observed,
    /// What the others saw, in the order of the text.
    pub others: Box<[Observed]>,
}

impl Seen {
    /// What each comparison saw, in the order of the text.
    pub fn each(&self) -> impl Iterator<Item = &Observed> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// When the oldest fact behind it was true at its source.
    #[must_use]
    pub fn as_of(&self) -> Option<Timestamp> {
        self.each().filter_map(|observed| observed.as_of).min()
    }
}

impl From<Observed> for Seen {
    fn from(first: Observed) -> Self {
        Self {
            first,
            others: Box::default(),
        }
    }
}

/// What comparisons have seen so far.
#[derive(Default)]
pub(super) struct Gathered {
    first: Option<Observed>,
    others: Vec<Observed>,
}

impl Gathered {
    pub(super) fn add(&mut self, observed: Observed) {
        match self.first {
            None => self.first = Some(observed),
            Some(_) => self.others.push(observed),
        }
    }

    pub(super) fn seen(self) -> Seen {
        Seen {
            first: self.first.unwrap_or(Observed::NOTHING),
            others: self.others.into(),
        }
    }
}
