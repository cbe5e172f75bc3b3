//! Owns the reading of small things in a flow file, and the list of mistakes found so far. Refuses
//! to stop at the first one.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::class::ClassTable;
use super::condition::{Condition, Declared};
use super::definition::Problem;
use super::duration::{Span, parse_duration, parse_working_days};
use super::input::{FieldKind, InputField};
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

    /// Milliseconds in a wait that counts no days; 0 after a mistake.
    fn wait(&mut self, path: &str, text: &str) -> i64 {
        parse_duration(text).unwrap_or_else(|problem| {
            self.problem(path, format!("{text:?}: {problem}, or 2 working days"));
            0
        })
    }

    /// How long a wait lasts; nothing after a mistake.
    pub(in crate::flow) fn span(&mut self, path: &str, text: &str) -> Span {
        let days = match parse_working_days(text) {
            None => return Span::Milliseconds(self.wait(path, text)),
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

    /// What a rule asks.
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
        let mut names = Names {
            input: &self.input,
            fields: &mut self.fields,
            classes: &self.classes,
        };
        Condition::parse(text, &mut names)
    }

    /// The index of the data field `name`, for conditions.
    pub(in crate::flow) fn field(&mut self, name: &str) -> usize {
        field_index(&mut self.fields, name)
    }
}

/// The names that a condition may use.
struct Names<'a> {
    input: &'a [InputField],
    fields: &'a mut Vec<Box<str>>,
    classes: &'a [ClassTable],
}

impl Declared for Names<'_> {
    fn field(&mut self, name: &str) -> Option<(usize, FieldKind)> {
        let kind = self.input.iter().find(|field| *field.name == *name)?.kind;
        Some((field_index(self.fields, name), kind))
    }

    fn class(&self, name: &str) -> Option<usize> {
        self.classes.iter().position(|table| *table.name == *name)
    }
}

fn field_index(fields: &mut Vec<Box<str>>, name: &str) -> usize {
    fields.iter().position(|f| &**f == name).unwrap_or_else(|| {
        fields.push(name.into());
        fields.len() - 1
    })
}
