//! Owns what a flow file declares before its rules: the names of its steps, the fields of the data,
//! the class tables, the types of facts, the calendar. Refuses to read a rule.

use std::sync::Arc;

use super::class::ClassTable;
use super::compiled::Flow;
use super::definition::Definition;
use super::input::{FieldKind, InputField};
use super::reader::Reader;
use super::source::{ClassSource, FlowSource, InputSource, StepSource};
use crate::calendar::Calendar;
use crate::fact_type::FactType;
use crate::reading::join;

/// Most steps a flow may have.
const MAX_STEPS: usize = Flow::MOST_STEPS;

impl Reader {
    /// Declares everything that rules may name.
    pub(super) fn declare(&mut self, source: &FlowSource, definition: &Definition) {
        self.declare_steps(&source.step);
        self.declare_input(source);
        self.declare_classes(source, definition);
        self.declare_facts(source, definition);
        self.declare_calendar(source, definition);
        self.declare_answers(&source.step);
        self.check_apart();
    }

    /// What is read of answers has names of its own.
    fn check_apart(&mut self) {
        let taken: Vec<Box<str>> = self
            .input
            .iter()
            .map(|field| field.name.clone())
            .filter(|name| self.fields.contains(name))
            .collect();
        for name in taken {
            let message = "the name stands for an answer of people: expected another one";
            self.problem(format!("input.{name}"), message);
        }
    }

    fn declare_facts(&mut self, source: &FlowSource, definition: &Definition) {
        self.has_subject = source.subject.is_some();
        for (name, text) in &definition.facts {
            match FactType::parse(name, text) {
                Ok(known) => self.facts.push(known),
                Err(mistakes) => {
                    self.follows.push(format!("{name:?} is no type of fact"));
                    for mistake in mistakes {
                        let file = format!("facts/{name}.toml");
                        let within = Some(&*mistake.path).filter(|path| !path.is_empty());
                        let path = within.map_or_else(|| file.clone(), |path| join(&file, path));
                        self.problem(path, mistake.message);
                    }
                }
            }
        }
    }

    fn declare_calendar(&mut self, source: &FlowSource, definition: &Definition) {
        let Some(file) = &source.calendar else {
            return;
        };
        self.names_calendar = true;
        let Some(text) = definition.calendars.get(file) else {
            let message = format!(
                "calendar {file:?} is not there: expected a file calendars/{file}.toml beside the flow"
            );
            self.calendar = Calendar::parse("").ok().map(Arc::new);
            return self.problem("calendar", message);
        };
        match Calendar::parse(text) {
            Ok(calendar) => self.calendar = Some(Arc::new(calendar)),
            Err(mistakes) => {
                for mistake in mistakes {
                    self.mistake(&format!("calendars/{file}.toml"), &mistake);
                }
            }
        }
        // One to reckon with, so that what counts working days is not told to be wrong, too.
        if self.calendar.is_none() {
            self.calendar = Calendar::parse("").ok().map(Arc::new);
        }
    }

    fn declare_steps(&mut self, steps: &[StepSource]) {
        if steps.is_empty() || steps.len() > MAX_STEPS {
            let message = format!("{} steps: expected 1 to {MAX_STEPS}", steps.len());
            self.problem("step", message);
        }
        for (index, step) in steps.iter().enumerate().take(MAX_STEPS) {
            if self.steps.insert(step.id.clone(), index as u8).is_some() {
                self.problem(
                    format!("step.{}", step.id),
                    "the id is used twice: expected a name of its own",
                );
            }
        }
    }

    fn declare_input(&mut self, source: &FlowSource) {
        for (name, source) in &source.input {
            match self.field_of(name, source) {
                Some(field) => self.input.push(field),
                None => self.follows.push(format!("data.{name} is not declared")),
            }
        }
    }

    fn field_of(&mut self, name: &str, source: &InputSource) -> Option<InputField> {
        let (word, most, optional) = match source {
            InputSource::Word(word) => (word.as_str(), None, false),
            InputSource::Table(table) => (table.kind.as_str(), table.most, table.optional),
        };
        let (word, optional) = match word.strip_suffix('?') {
            Some(word) => (word, true),
            None => (word, optional),
        };
        let kind = self.kind_named(name, word)?;
        Some(InputField {
            name: name.into(),
            kind,
            optional,
            most: self.length(name, kind, most),
        })
    }

    fn kind_named(&mut self, name: &str, word: &str) -> Option<FieldKind> {
        let kind = FieldKind::ALL.into_iter().find(|kind| kind.name() == word);
        if kind.is_none() {
            let kinds = FieldKind::ALL.map(FieldKind::name).join(", ");
            let message = format!(
                "{word:?} is no kind: expected one of {kinds}, with ? when it may be left out"
            );
            self.problem(format!("input.{name}"), message);
        }
        kind
    }

    /// The longest that a field may be, in bytes.
    fn length(&mut self, name: &str, kind: FieldKind, most: Option<u64>) -> usize {
        let Some(most) = most else {
            return InputField::USUAL_LENGTH;
        };
        let path = format!("input.{name}.most");
        if !kind.has_length() {
            self.problem(path.clone(), no_length(kind));
        }
        let bound = InputField::MOST_LENGTH;
        match usize::try_from(most) {
            Ok(most) if (1..=bound).contains(&most) => most,
            _ => {
                let message =
                    format!("{most}: expected 1 to {bound} bytes; all of data has 64 KiB");
                self.problem(path, message);
                bound
            }
        }
    }

    fn declare_classes(&mut self, source: &FlowSource, definition: &Definition) {
        for (name, file) in &source.classes {
            let path = format!("classes.{name}");
            let before = self.classes.len();
            self.declare_class(name, file, definition, path);
            if self.classes.len() == before {
                self.follows.push(format!("{name:?} is not a class table"));
            }
        }
    }

    fn declare_class(&mut self, name: &str, file: &str, definition: &Definition, path: String) {
        let Some(text) = definition.classes.get(file) else {
            self.problem(
                    path,
                    format!("class table {file:?} is not there: expected a file classes/{file}.toml beside the flow"),
                );
            return;
        };
        if let Some(table) = self.class_source(file, text) {
            self.classes.push(ClassTable {
                name: name.into(),
                default: table.default.into(),
                codes: table.codes,
            });
        }
    }

    fn class_source(&mut self, file: &str, text: &str) -> Option<ClassSource> {
        let path = format!("classes/{file}.toml");
        match toml::from_str::<toml::Table>(text) {
            Ok(table) => self.read(&path, &table.into()),
            Err(error) => {
                self.problem(path, error.message());
                None
            }
        }
    }
}

fn no_length(kind: FieldKind) -> String {
    let with_length = FieldKind::ALL.into_iter().filter(|kind| kind.has_length());
    let with_length: Vec<&str> = with_length.map(FieldKind::name).collect();
    let (kind, others) = (kind.name(), with_length.join(", "));
    format!("a {kind} has no length: expected `most` at one of {others}")
}
