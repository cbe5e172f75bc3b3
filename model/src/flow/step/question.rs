//! Owns what a step asks people: on which list, what they may answer, which fields an answer asks for,
//! and where it leads. Refuses to be answered: `decide` is.

use crate::fact_type::FactField;
use crate::flow::input::Value;
use crate::flow::rule::Go;

/// What a step asks people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The list it stands on.
    pub list: Box<str>,
    /// What it says to them; empty: the answers say it.
    pub asks: Box<str>,
    /// What they may answer.
    pub replies: Vec<Reply>,
}

/// One answer that people may give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What it is called.
    pub name: Box<str>,
    /// What it asks for.
    pub fields: Vec<FactField>,
    /// Where it leads.
    pub go: Go,
}

impl Question {
    /// The longest that [`Question::asks`] may be, in bytes.
    pub const MOST_ASKED: usize = 500;

    /// The answer of this name; `None` when the question does not know it.
    #[must_use]
    pub fn reply(&self, name: &str) -> Option<&Reply> {
        self.replies.iter().find(|known| *known.name == *name)
    }
}

impl Reply {
    /// The fields that it asks for and that are not among those given.
    #[must_use]
    pub fn lacks(&self, says: &[(Box<str>, Value)]) -> Vec<Box<str>> {
        let wanted = self.fields.iter().map(|known| &known.field);
        let wanted = wanted.filter(|field| !field.optional);
        let missing = wanted.filter(|field| !says.iter().any(|(name, _)| *name == field.name));
        missing.map(|field| field.name.clone()).collect()
    }
}
