//! Owns what a step asks people, or the tenant: on which list and which team, what they may answer, which fields an
//! answer asks for, where it leads, and what happens when nobody answers. Refuses to be answered: `decide` is.

use super::message::After;
use super::page::Page;
use crate::fact_type::FactField;
use crate::flow::class::ClassTable;
use crate::flow::condition::{Operand, Scope};
use crate::flow::duration::Span;
use crate::flow::input::Value;
use crate::flow::rule::Go;
use crate::time::Timestamp;

/// What a step asks people, or the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The list it stands on; empty for the tenant's.
    pub list: Box<str>,
    /// What it says to them; empty: the answers say it.
    pub asks: Box<str>,
    /// What they may answer.
    pub replies: Vec<Reply>,
    /// Whose it is; none: whoever works on the list.
    pub team: Option<Team>,
    /// After how long somebody is reminded.
    pub remind: Option<Span>,
    /// After how long the flow goes on without an answer, and where.
    pub deadline: Option<After>,
    /// Where the tenant answers it; none: people do.
    pub page: Option<Box<Page>>,
}

/// Whose a task is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// What names the team.
    pub of: Operand,
    /// As it stands in the file.
    pub text: Box<str>,
    /// The team where nothing names one.
    pub otherwise: Option<Box<str>>,
}

impl Team {
    /// The team, by what is known now.
    pub(crate) fn name(
        &self,
        scope: &dyn Scope,
        classes: &[ClassTable],
        now: Timestamp,
    ) -> Option<Box<str>> {
        match self.of.value(scope, classes, now) {
            Value::Text(name) if !name.trim().is_empty() => Some(name.trim().into()),
            Value::Text(_) | Value::Missing | Value::Integer(_) | Value::Boolean(_) => {
                self.otherwise.clone()
            }
        }
    }
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

    /// Whether its task has a team, a reminder or a deadline.
    #[must_use]
    pub const fn is_planned(&self) -> bool {
        self.team.is_some() || self.remind.is_some() || self.deadline.is_some()
    }

    /// Index of the step under which its answers are kept, where the step at `index` asks it.
    #[must_use]
    pub fn kept_by(&self, index: u8) -> u8 {
        self.page.as_deref().map_or(index, |page| page.asked_by)
    }

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
