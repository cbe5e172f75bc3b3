//! Owns the reading of small things in a flow file, and the list of mistakes found so far. Refuses
//! to stop at the first one.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::class::ClassTable;
use super::condition::{Condition, Operand};
use super::definition::Problem;
use super::duration::{Span, parse_duration, parse_working_days};
use super::input::{FieldKind, InputField, Value};
use super::rule::Go;
use crate::calendar::Calendar;

/// Reads, and remembers what was wrong.
#[derive(Default)]
pub(super) struct Reader {
    /// Mistakes, in the order they were found.
    pub problems: Vec<Problem>,
    /// Index of each step by its id.
    pub steps: BTreeMap<String, u8>,
    /// Declared fields of the data.
    pub input: Vec<InputField>,
    /// Declared class tables.
    pub classes: Vec<ClassTable>,
    /// The calendar in which working days are counted.
    pub calendar: Option<Arc<Calendar>>,
    /// Whether the flow names one.
    pub names_calendar: bool,
    /// Names of the fields that conditions read, in the order of their indexes.
    pub fields: Vec<Box<str>>,
}

impl Reader {
    /// One more mistake.
    pub(in crate::flow) fn problem(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.problems.push(Problem {
            path: path.into(),
            message: message.into(),
        });
    }

    /// What stands under a key, in the shape that is expected there.
    pub(in crate::flow) fn read<T: DeserializeOwned>(
        &mut self,
        path: &str,
        value: &toml::Value,
    ) -> Option<T> {
        let read = value.clone().try_into();
        read.map_err(|error| self.problem(path, error.to_string().trim_end()))
            .ok()
    }

    /// Milliseconds in a duration; 0 after a mistake.
    pub(in crate::flow) fn duration(&mut self, path: &str, text: &str) -> i64 {
        parse_duration(text).unwrap_or_else(|problem| {
            self.problem(path, format!("{text:?}: {problem}"));
            0
        })
    }

    /// How long a wait lasts; nothing after a mistake.
    pub(in crate::flow) fn span(&mut self, path: &str, text: &str) -> Span {
        let days = match parse_working_days(text) {
            None => return Span::Milliseconds(self.duration(path, text)),
            Some(Ok(days)) => days,
            Some(Err(expected)) => {
                self.problem(path, format!("{text:?}: {expected}"));
                return Span::Milliseconds(0);
            }
        };
        if let Some(calendar) = &self.calendar {
            return Span::WorkingDays(days, Arc::clone(calendar));
        }
        // A calendar that was named and is wrong has its own problem.
        if !self.names_calendar {
            let message = format!(
                "{text:?} needs a calendar: expected one at the top of the flow, such as calendar = \"nl\""
            );
            self.problem(path, message);
        }
        Span::Milliseconds(0)
    }

    /// Where a rule leads.
    pub(in crate::flow) fn go(&mut self, path: &str, text: &str) -> Option<Go> {
        match text.split_once(':').map(|(kind, name)| (kind, name.trim())) {
            Some(("end", name)) if !name.is_empty() => return Some(Go::End(name.into())),
            Some(("human", name)) if !name.is_empty() => return Some(Go::Human(name.into())),
            _ => {}
        }
        let step = self.steps.get(text).copied();
        if step.is_none() {
            let message = format!(
                "{text:?} leads nowhere: expected a step's id, `end: <name>` or `human: <list>`"
            );
            self.problem(path, message);
        }
        step.map(Go::Step)
    }

    /// A comparison of two values of one kind.
    pub(in crate::flow) fn condition(&mut self, path: &str, text: &str) -> Option<Condition> {
        match self.parse_condition(text) {
            Ok(condition) => Some(condition),
            Err(message) => {
                self.problem(path, message);
                None
            }
        }
    }

    fn parse_condition(&mut self, text: &str) -> Result<Condition, String> {
        let Self {
            input,
            fields,
            classes,
            ..
        } = self;
        let mut field = |name: &str| match input.iter().find(|field| *field.name == *name) {
            Some(_) => Ok(field_index(fields, name)),
            None => Err(format!("data.{name} is not declared under [input]")),
        };
        let class = |name: &str| classes.iter().position(|table| *table.name == *name);
        let condition = Condition::parse(text, &mut field, &class)?;
        let (left, right) = (
            self.kind_of(&condition.left),
            self.kind_of(&condition.right),
        );
        if left != right {
            return Err(format!(
                "{text:?} compares {left} with {right}, which is never known: expected one kind"
            ));
        }
        Ok(condition)
    }

    /// What an operand's values are, as far as comparing goes.
    fn kind_of(&self, operand: &Operand) -> &'static str {
        match operand {
            Operand::Literal(Value::Integer(_)) | Operand::Balance | Operand::SubjectOpenAmount => {
                "a number"
            }
            Operand::Literal(Value::Boolean(_)) => "true or false",
            Operand::Field(index) => self.kind_of_field(*index),
            Operand::Literal(Value::Text(_) | Value::Missing)
            | Operand::Class(..)
            | Operand::NotificationEnvironment
            | Operand::EngineEnvironment
            | Operand::Category => "text",
        }
    }

    fn kind_of_field(&self, index: usize) -> &'static str {
        let name = &self.fields[index];
        let field = self.input.iter().find(|field| field.name == *name);
        match field.map(|field| field.kind) {
            Some(FieldKind::Money | FieldKind::Integer) => "a number",
            Some(FieldKind::Boolean) => "true or false",
            Some(FieldKind::Line | FieldKind::Text | FieldKind::Date | FieldKind::Url) | None => {
                "text"
            }
        }
    }

    /// The index of the data field `name`, for conditions.
    pub(in crate::flow) fn field(&mut self, name: &str) -> usize {
        field_index(&mut self.fields, name)
    }
}

fn field_index(fields: &mut Vec<Box<str>>, name: &str) -> usize {
    fields.iter().position(|f| &**f == name).unwrap_or_else(|| {
        fields.push(name.into());
        fields.len() - 1
    })
}
