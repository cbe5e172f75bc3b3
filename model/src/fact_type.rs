//! Owns the declared types of facts: what each is about, which fields it has, how long one holds, and
//! whether the newest counts or their sum. A type is a file of the flows, as text. Refuses to take a
//! fact: admission checks it, and the state keeps it.

pub(crate) mod fields;
mod source;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::calendar;
use crate::fact::{Counts, FactKind};
use crate::flow::{InputField, Value};
use crate::time::Timestamp;

/// What a fact of a type is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The tenant.
    Tenant,
    /// A subject of the tenant, such as an invoice or an appointment.
    Subject,
}

/// How long a fact of a type holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Until a newer one comes.
    ForEver,
    /// So many milliseconds from when it happened.
    For(i64),
    /// Until the end of the day in this field, or so many days later, by the clock in Amsterdam. For ever
    /// when the field is left out.
    UntilEndOf(Box<str>, u16),
}

/// One field of a type, or of an answer of people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactField {
    /// Its name, its kind and its length.
    pub field: InputField,
    /// The words that it may hold; empty: any text of its kind.
    pub one_of: Box<[Box<str>]>,
    /// The least and the most that a number may be; none: any.
    pub within: Option<(i64, i64)>,
}

/// A declared type of fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactType {
    /// Its name, as senders and conditions write it.
    pub name: Box<str>,
    /// What its facts are about.
    pub about: About,
    /// How long one holds.
    pub holds: Holds,
    /// Which of them count.
    pub counts: Counts,
    /// Its fields, by name.
    pub fields: Vec<FactField>,
}

impl FactType {
    /// Most fields of a type.
    pub const MOST_FIELDS: usize = 16;
    /// Longest that a line of a fact may be, in bytes: a fact holds what rules compare, no letters.
    pub const MOST_LINE: usize = 200;
    /// Most days that a fact may hold longer than the day it says.
    pub const MOST_DAYS: u16 = 366;
    /// Most words that a field may be one of.
    pub const MOST_WORDS: usize = 50;
    /// The names of the types that are built in.
    pub const BUILT_IN: [&str; 11] = [
        "acceptance",
        "appointment",
        "arrangement",
        "balance",
        "complex",
        "consent",
        "exception",
        "open_amount",
        "payment",
        "risk",
        "segment",
    ];
    /// Keys of a fact that belong to every type.
    pub const COMMON: [&str; 7] = [
        "fact_id",
        "type",
        "tenant_id",
        "tenant_ids",
        "subject",
        "occurred_at",
        "environment",
    ];

    /// The field with this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&FactField> {
        self.fields.iter().find(|known| *known.field.name == *name)
    }

    /// The names of its fields.
    pub fn field_names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|known| &*known.field.name)
    }

    /// The kind of money that the engine reckons with by rules of its own, if it is one.
    #[must_use]
    pub fn own_kind(&self) -> Option<FactKind> {
        let kind: FactKind = self.name.parse().ok()?;
        kind.needs_amount().then_some(kind)
    }

    /// From when on a fact of this type holds no more that happened at `occurred_at` and says this.
    #[must_use]
    pub fn holds_until(&self, occurred_at: Timestamp, says: &[(Box<str>, Value)]) -> Timestamp {
        match &self.holds {
            Holds::ForEver => Timestamp::NEVER,
            Holds::For(millis) => occurred_at.plus(*millis),
            Holds::UntilEndOf(field, more) => {
                let said = says.iter().find(|(name, _)| name == field);
                let day: Option<Date> = match said {
                    Some((_, Value::Text(day))) => day.parse().ok(),
                    Some(_) | None => None,
                };
                let day = day.and_then(|day| day.checked_add(i64::from(*more).days()).ok());
                day.and_then(calendar::end_of).unwrap_or(Timestamp::NEVER)
            }
        }
    }
}

#[cfg(test)]
mod tests;
