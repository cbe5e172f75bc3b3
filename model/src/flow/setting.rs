//! Owns what a step tells: a fact of a declared type, with what stands in each of its fields. The values
//! are reckoned for one tenant at one instant. Refuses to guess: where a value is not known, or is none that
//! the type takes, nothing is told.

use super::class::ClassTable;
use super::condition::{Operand, Scope, is_day};
use super::input::{FieldKind, Value};
use super::rule::Go;
use crate::fact_type::{About, FactField, FactType};
use crate::time::Timestamp;

/// A fact that a step tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its type, as it was declared when the definition was made.
    pub fact: FactType,
    /// What stands in its fields, by name.
    pub fields: Box<[SetField]>,
    /// Whether the other fields keep what is known of them.
    pub keep: bool,
    /// Where it leads.
    pub then: Go,
    /// Where it leads when a value is not known. None: people are asked.
    pub unknown: Option<Go>,
}

/// One field of a fact that a step tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetField {
    /// Its name.
    pub name: Box<str>,
    /// As it stands in the file.
    pub text: Box<str>,
    /// What it says.
    pub value: Operand,
}

/// What the fields of a fact say.
type Says = Box<[(Box<str>, Value)]>;

impl Setting {
    /// What the fact says at an instant, in the order of the names.
    ///
    /// # Errors
    /// The names of the fields whose values are not known, or are none that the type takes.
    pub fn says(
        &self,
        scope: &dyn Scope,
        classes: &[ClassTable],
        now: Timestamp,
    ) -> Result<Says, Box<[Box<str>]>> {
        let (mut says, mut lacks) = (Vec::new(), Vec::new());
        for field in &self.fact.fields {
            let name = &field.field.name;
            match self.value(field, scope, classes, now) {
                None => {}
                Some(value) if takes(field, &value) => says.push((name.clone(), value)),
                Some(_) => lacks.push(name.clone()),
            }
        }
        if lacks.is_empty() {
            Ok(says.into())
        } else {
            Err(lacks.into())
        }
    }

    /// What a field says. None: it is left out.
    fn value(
        &self,
        field: &FactField,
        scope: &dyn Scope,
        classes: &[ClassTable],
        now: Timestamp,
    ) -> Option<Value> {
        let name = &field.field.name;
        if let Some(set) = self.fields.iter().find(|set| set.name == *name) {
            return Some(set.value.value(scope, classes, now));
        }
        let is_kept = self.keep.then(|| self.known(name, scope, now)).flatten();
        match is_kept {
            // Nothing was ever told of it: there is nothing to keep.
            None if field.field.optional => None,
            None => Some(Value::Missing),
            Some(value) => Some(value),
        }
    }

    /// What is known of a field now.
    fn known(&self, name: &str, scope: &dyn Scope, now: Timestamp) -> Option<Value> {
        let (value, _) = scope.said((&self.fact.name, name), self.fact.about, now)?;
        Some(value).filter(|value| *value != Value::Missing)
    }

    /// Whether it is told of the subject of the notification.
    #[must_use]
    pub fn is_about_subject(&self) -> bool {
        self.fact.about == About::Subject
    }
}

/// Whether a field takes a value. What a source may not tell, a flow may not tell either.
fn takes(field: &FactField, value: &Value) -> bool {
    match (field.field.kind, value) {
        (_, Value::Missing) => false,
        (FieldKind::Boolean, Value::Boolean(_)) => true,
        (FieldKind::Money | FieldKind::Integer, Value::Integer(number)) => field
            .within
            .is_none_or(|(least, most)| (least..=most).contains(number)),
        (FieldKind::Date, Value::Text(day)) => is_day(day),
        (FieldKind::Line, Value::Text(line)) => {
            let is_break =
                |letter: char| letter.is_control() || "\u{2028}\u{2029}".contains(letter);
            let is_line = !line.trim().is_empty() && !line.contains(is_break);
            let is_word = field.one_of.is_empty() || field.one_of.contains(line);
            is_line && is_word && line.len() <= field.field.most
        }
        (
            FieldKind::Boolean
            | FieldKind::Money
            | FieldKind::Integer
            | FieldKind::Date
            | FieldKind::Line
            | FieldKind::Text
            | FieldKind::Url,
            Value::Text(_) | Value::Integer(_) | Value::Boolean(_),
        ) => false,
    }
}
