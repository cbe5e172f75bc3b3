//! Owns the reading of small things in a flow file, and the list of mistakes found so far. Refuses
//! to stop at the first one.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::asking::{self, Asked, field_index};
use super::class::ClassTable;
use super::condition::{
    Answered, Condition, Day, Declared, Operand, Valued, parse_text, parse_value,
};
use super::definition::Problem;
use super::duration::{Span, parse_duration, parse_working_days};
use super::input::{FieldKind, InputField};
use super::kept::Kept;
use super::rule::Go;
use super::source::FlowSource;
use super::words::{WORDS, plain};
use crate::calendar::Calendar;
use crate::fact_type::{FactField, FactType};
use crate::reading::{self, MADE_UP, Mistake, join, nearest};

/// Most characters of a legal reason.
const MAX_REASON: usize = 200;

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
    /// Declared types of facts.
    pub facts: Vec<FactType>,
    /// Whether every notification has a subject.
    pub has_subject: bool,
    /// Whether a condition counts messages.
    pub counts: bool,
    /// The calendar in which working days are counted.
    pub calendar: Option<Arc<Calendar>>,
    /// Whether the flow names one.
    pub names_calendar: bool,
    /// The legal reason of the flow, for every step that names none of its own.
    pub legal: Option<Box<str>>,
    /// Whether a condition reads what facts told of the subject.
    pub reads_subject: bool,
    /// Whether a condition reads what is known of the tenant himself.
    pub reads_person: bool,
    /// Whether a condition reads which round it is.
    pub reads_rounds: bool,
    /// What rules may say of names whose own declaration is wrong: no mistakes of theirs.
    pub follows: Vec<String>,
    /// Names of the fields that conditions read, in the order of their indexes.
    pub fields: Vec<Box<str>>,
    /// What steps ask people or the tenant for, by their ids.
    pub asked: BTreeMap<String, Asked>,
    /// Steps that ask the tenant, as they stand in the file, by their ids.
    pub asks: BTreeMap<String, toml::Value>,
    /// What is kept of answers, for rules and templates.
    pub kept: Vec<Kept>,
}

impl Reader {
    /// One more mistake.
    pub(in crate::flow) fn problem(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.problems.push(Problem {
            path: path.into(),
            message: message.into(),
        });
    }

    /// One more mistake, in a file of its own or at its path in the flow.
    pub(in crate::flow) fn mistake(&mut self, file: &str, found: &Mistake) {
        self.problem(join(file, &found.path), found.to_string());
    }

    /// What stands under a key, in the shape that is expected there. After a mistake there is
    /// something only where nothing had to be made up.
    pub(in crate::flow) fn read<T: DeserializeOwned>(
        &mut self,
        path: &str,
        value: &toml::Value,
    ) -> Option<T> {
        let mut mistakes = Vec::new();
        let read = reading::read(path, value, &[], WORDS, &mut mistakes);
        mistakes.iter().for_each(|found| self.mistake("", found));
        read.filter(|_| mistakes.iter().all(|found| found.is_unknown_key))
    }

    /// The shape of a flow file. What had to be made up in it is only good for finding further
    /// mistakes.
    pub(in crate::flow) fn source(&mut self, table: toml::Table) -> Option<FlowSource> {
        let mut mistakes = Vec::new();
        let read = reading::read("", &table.into(), &[], WORDS, &mut mistakes);
        mistakes.iter().for_each(|found| self.mistake("", found));
        read
    }

    /// Forgets what was told of made-up values: they stand where there was another mistake.
    pub(in crate::flow) fn forget_made_up(&mut self, shape: usize) {
        let told: Vec<String> = self.problems[..shape]
            .iter()
            .map(|found| plain(&found.path))
            .collect();
        // Only then a step has an id that was made up.
        let has_made_up = told.iter().any(|path| path.ends_with("].id"));
        let made_up = join("step", MADE_UP);
        let is_of = |path: &str, above: &str| {
            let rest = path.strip_prefix(above);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let is_below = |path: &str| {
            let of_made_up = has_made_up && is_of(path, &made_up);
            of_made_up || told.iter().any(|above| is_of(path, above))
        };
        let later = self.problems.split_off(shape);
        let kept = later
            .into_iter()
            .filter(|found| !is_below(&plain(&found.path)));
        self.problems.extend(kept);
    }

    /// Forgets what only follows from a declaration that is wrong, and is told there.
    pub(in crate::flow) fn forget_what_follows(&mut self) {
        let follows = std::mem::take(&mut self.follows);
        let is_own = |found: &Problem| !follows.iter().any(|of| found.message.contains(of));
        self.problems.retain(is_own);
    }

    /// A legal reason: what an explanation says of it.
    pub(in crate::flow) fn reason(&mut self, path: &str, text: &str) -> Option<Box<str>> {
        let text = text.trim();
        let is_one = (1..=MAX_REASON).contains(&text.chars().count());
        if !is_one || text.contains(char::is_control) {
            let message = format!(
                "{text:?}: expected a reason of 1 to {MAX_REASON} characters, such as \"BW 7:271: opzegging per aangetekende brief\""
            );
            self.problem(path, message);
            return None;
        }
        Some(text.into())
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
            let hint = self.near_target(text);
            let message = format!(
                "{text:?} leads nowhere: expected a step's id, `end: <name>` or `human: <list>`{hint}"
            );
            self.problem(path, message);
        }
        step.map(Go::Step)
    }

    /// What was perhaps meant by a target that leads nowhere.
    fn near_target(&self, text: &str) -> String {
        let steps = || self.steps.keys().map(String::as_str);
        let (kind, name) = text.split_once(':').unwrap_or(("", ""));
        let (kind, name) = (kind.trim().to_lowercase(), name.trim());
        let near = match &*kind {
            "end" | "human" if !name.is_empty() => Some(format!("{kind}: {name}")),
            _ => steps()
                .find(|id| id.eq_ignore_ascii_case(text.trim()))
                .or_else(|| nearest(text, steps()))
                .map(str::to_owned),
        };
        near.map_or_else(String::new, |near| format!(": did you mean {near:?}?"))
    }

    /// What a rule asks.
    pub(in crate::flow) fn condition(&mut self, path: &str, text: &str) -> Option<Condition> {
        self.note_reads(text);
        match self.parse_condition(text) {
            Ok(condition) => {
                self.counts |= condition.says.counts_messages();
                Some(condition)
            }
            Err(message) => {
                self.problem(path, message);
                None
            }
        }
    }

    /// Remembers what a text reads, for what must be declared with it.
    fn note_reads(&mut self, text: &str) {
        self.reads_subject |= text.contains("subject.");
        self.reads_person |= text.contains("tenant.");
        let rounds = ["notification.follows", "notification.round"];
        self.reads_rounds |= rounds.iter().any(|path| text.contains(path));
    }

    /// A day that is reckoned with, such as `data.due_date - 3 days`.
    pub(in crate::flow) fn day(&mut self, path: &str, text: &str) -> Option<Day> {
        self.note_reads(text);
        let read = Day::parse(text, &mut self.names());
        match read {
            Ok(day) => Some(day),
            Err(message) => {
                self.problem(path, message);
                None
            }
        }
    }

    /// What names a text, such as a team.
    pub(in crate::flow) fn text_of(&mut self, path: &str, text: &str) -> Option<Operand> {
        self.note_reads(text);
        let read = parse_text(text, &mut self.names());
        match read {
            Ok(operand) => Some(operand),
            Err(message) => {
                self.problem(path, message);
                None
            }
        }
    }

    /// A value that a step tells, such as `today + 14 days`.
    ///
    /// # Errors
    /// What was expected.
    pub(in crate::flow) fn value(&mut self, text: &str) -> Result<Valued, String> {
        self.note_reads(text);
        let valued = parse_value(text, &mut self.names())?;
        self.counts |= valued.operand.counts_messages();
        Ok(valued)
    }

    fn parse_condition(&mut self, text: &str) -> Result<Condition, String> {
        Condition::parse(text, &mut self.names())
    }

    fn names(&mut self) -> Names<'_> {
        Names {
            input: &self.input,
            fields: &mut self.fields,
            classes: &self.classes,
            facts: &self.facts,
            has_subject: self.has_subject,
            calendar: self.calendar.as_ref(),
            asked: &self.asked,
            kept: &mut self.kept,
        }
    }

    /// The fields of an answer to the step that stands at a path.
    pub(in crate::flow) fn asked_by(&self, path: &str, answer: &str) -> Vec<FactField> {
        let id = path.strip_prefix("step.").unwrap_or(path);
        let asked = self
            .asked
            .get(id)
            .and_then(|asked| asked.answers.get(answer));
        asked.cloned().unwrap_or_default()
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
    facts: &'a [FactType],
    has_subject: bool,
    calendar: Option<&'a Arc<Calendar>>,
    asked: &'a BTreeMap<String, Asked>,
    kept: &'a mut Vec<Kept>,
}

impl Declared for Names<'_> {
    fn field(&mut self, name: &str) -> Option<(usize, FieldKind)> {
        let kind = self.input.iter().find(|field| *field.name == *name)?.kind;
        Some((field_index(self.fields, name), kind))
    }

    fn near(&self, name: &str) -> Option<&str> {
        nearest(name, self.input.iter().map(|field| &*field.name))
    }

    fn class(&self, name: &str) -> Option<usize> {
        self.classes.iter().position(|table| *table.name == *name)
    }

    fn fact(&self, name: &str) -> Option<&FactType> {
        self.facts.iter().find(|known| *known.name == *name)
    }

    fn has_subject(&self) -> bool {
        self.has_subject
    }

    fn calendar(&self) -> Option<Arc<Calendar>> {
        self.calendar.cloned()
    }

    fn answered(&mut self, word: &str) -> Result<Answered, String> {
        asking::read(word, self.asked, self.fields, self.kept)
    }
}
