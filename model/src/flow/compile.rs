//! Owns the step from a definition's texts to a compiled flow, reporting every mistake with its
//! path. Refuses to stop at the first mistake, and to compile templates: `channels` does that.

use std::collections::{BTreeMap, HashSet};

use super::condition::{Condition, Operand};
use super::definition::{Definition, Problem};
use super::source::{
    AfterSource, ClassSource, FlowSource, HandlersSource, InputSource, SendSource, StepSource,
};
use super::{
    After, ClassTable, Except, FieldKind, Flow, Go, Guard, Handlers, InputField, Step, StepKind,
    Stop, Value, Via, parse_duration,
};
use crate::attempt::Channel;

/// Most steps a flow may have; a step's index is a byte.
const MAX_STEPS: usize = 64;

impl Flow {
    /// Compiles a definition.
    ///
    /// # Errors
    /// Every mistake found, each with its path.
    pub fn compile(definition: &Definition) -> Result<Flow, Vec<Problem>> {
        let source: FlowSource = toml::from_str(&definition.flow).map_err(|error| {
            vec![Problem {
                path: "flow".into(),
                message: error.to_string().trim_end().to_owned(),
            }]
        })?;
        let mut compiler = Compiler::new(&source, definition);
        let flow = compiler.flow(&source, definition);
        if compiler.problems.is_empty() {
            Ok(flow)
        } else {
            Err(compiler.problems)
        }
    }
}

struct Compiler {
    problems: Vec<Problem>,
    steps: BTreeMap<String, u8>,
    input: Vec<InputField>,
    classes: Vec<ClassTable>,
    fields: Vec<Box<str>>,
}

impl Compiler {
    fn new(source: &FlowSource, definition: &Definition) -> Self {
        let mut compiler = Self {
            problems: Vec::new(),
            steps: BTreeMap::new(),
            input: Vec::new(),
            classes: Vec::new(),
            fields: Vec::new(),
        };
        compiler.declare_steps(source);
        compiler.declare_input(source);
        compiler.declare_classes(source, definition);
        compiler
    }

    fn problem(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.problems.push(Problem {
            path: path.into(),
            message: message.into(),
        });
    }

    fn declare_steps(&mut self, source: &FlowSource) {
        if source.step.is_empty() || source.step.len() > MAX_STEPS {
            self.problem(
                "step",
                format!("{} steps: expected 1 to {MAX_STEPS}", source.step.len()),
            );
        }
        for (index, step) in source.step.iter().enumerate().take(MAX_STEPS) {
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
            let (word, most, optional) = match source {
                InputSource::Word(word) => (word, None, false),
                InputSource::Table(table) => (&table.kind, table.most, table.optional),
            };
            let (word, optional) = word
                .strip_suffix('?')
                .map_or((word.as_str(), optional), |word| (word, true));
            let Some(kind) = FieldKind::ALL.into_iter().find(|k| k.name() == word) else {
                let kinds = FieldKind::ALL.map(FieldKind::name).join(", ");
                let message = format!(
                    "{word:?} is no kind: expected one of {kinds}, with ? when it may be left out"
                );
                self.problem(format!("input.{name}"), message);
                continue;
            };
            let most = self.length(name, kind, most);
            self.input.push(InputField {
                name: name.as_str().into(),
                kind,
                optional,
                most,
            });
        }
    }

    fn length(&mut self, name: &str, kind: FieldKind, most: Option<u64>) -> usize {
        let Some(most) = most else {
            return InputField::USUAL_LENGTH;
        };
        let bound = InputField::MOST_LENGTH;
        if !kind.has_length() {
            let kinds: Vec<&str> = FieldKind::ALL
                .into_iter()
                .filter(|kind| kind.has_length())
                .map(FieldKind::name)
                .collect();
            let message = format!(
                "a {} has no length: expected `most` at one of {}",
                kind.name(),
                kinds.join(", ")
            );
            self.problem(format!("input.{name}.most"), message);
        }
        usize::try_from(most)
            .ok()
            .filter(|most| (1..=bound).contains(most))
            .unwrap_or_else(|| {
                self.problem(
                    format!("input.{name}.most"),
                    format!("{most}: expected 1 to {bound} bytes; all of data has 64 KiB"),
                );
                bound
            })
    }

    fn declare_classes(&mut self, source: &FlowSource, definition: &Definition) {
        for (name, file) in &source.classes {
            let path = format!("classes.{name}");
            let Some(text) = definition.classes.get(file) else {
                self.problem(
                    path,
                    format!("class table {file:?} is not there: expected a file classes/{file}.toml beside the flow"),
                );
                continue;
            };
            match toml::from_str::<ClassSource>(text) {
                Ok(table) => self.classes.push(ClassTable {
                    name: name.as_str().into(),
                    default: table.default.into(),
                    codes: table.codes,
                }),
                Err(error) => self.problem(path, error.to_string().trim_end().to_owned()),
            }
        }
    }

    fn flow(&mut self, source: &FlowSource, definition: &Definition) -> Flow {
        let amount = source.amount.as_deref().and_then(|name| self.amount(name));
        let guards = source
            .guard
            .iter()
            .enumerate()
            .map(|(n, g)| self.guard(n, g))
            .collect::<Vec<_>>();
        let stops = source
            .stop
            .iter()
            .enumerate()
            .map(|(n, s)| self.stop(n, s))
            .collect::<Vec<_>>();
        let steps = source.step.iter().map(|s| self.step(s)).collect::<Vec<_>>();
        self.check_names(source);
        Flow {
            reference: definition.reference(),
            name: source.name.as_str().into(),
            version: source.version,
            purpose: source.purpose.as_str().into(),
            subject: source.subject.as_deref().map(Into::into),
            amount,
            process: source.process.as_str().into(),
            hold_for_ms: self.duration("hold_for", &source.hold_for),
            input: std::mem::take(&mut self.input),
            fields: std::mem::take(&mut self.fields),
            classes: std::mem::take(&mut self.classes),
            guards: guards.into_iter().flatten().collect(),
            stops: stops.into_iter().flatten().collect(),
            steps: steps.into_iter().flatten().collect(),
            fallback_list: source.fallback_list.as_str().into(),
        }
    }

    fn check_names(&mut self, source: &FlowSource) {
        let word = |text: &str| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if !word(&source.name) {
            self.problem(
                "name",
                format!(
                    "{:?}: expected lower-case letters, digits and hyphens",
                    source.name
                ),
            );
        }
        let reads_subject = source
            .stop
            .iter()
            .map(|s| &s.when)
            .chain(source.guard.iter().map(|g| &g.when))
            .any(|w| w.contains("subject."));
        if reads_subject && (source.subject.is_none() || source.amount.is_none()) {
            self.problem("subject", "a rule reads the subject's open amount: expected `subject` and `amount` to be declared");
        }
    }

    fn amount(&mut self, name: &str) -> Option<usize> {
        let money = self
            .input
            .iter()
            .any(|f| &*f.name == name && f.kind == FieldKind::Money);
        if !money {
            self.problem(
                "amount",
                format!("{name:?}: expected the name of an input field of kind money"),
            );
            return None;
        }
        Some(field_index(&mut self.fields, name))
    }

    fn guard(&mut self, number: usize, source: &super::source::GuardSource) -> Option<Guard> {
        let path = format!("guard[{number}] {:?}", source.name);
        let when = self.condition(&format!("{path}.when"), &source.when);
        let fresh_within_ms = source
            .fresh_within
            .as_ref()
            .map(|text| self.duration(&format!("{path}.fresh_within"), text));
        let otherwise = self.go(&format!("{path}.otherwise"), &source.otherwise);
        Some(Guard {
            name: source.name.as_str().into(),
            when: when?,
            fresh_within_ms,
            otherwise: otherwise?,
        })
    }

    fn stop(&mut self, number: usize, source: &super::source::StopSource) -> Option<Stop> {
        let path = format!("stop[{number}] {:?}.when", source.name);
        let when = self.condition(&path, &source.when)?;
        Some(Stop {
            name: source.name.as_str().into(),
            when,
            close_link: source.close_link,
            end: source.end.as_str().into(),
        })
    }

    fn condition(&mut self, path: &str, text: &str) -> Option<Condition> {
        let input: HashSet<&str> = self.input.iter().map(|f| &*f.name).collect();
        let fields = &mut self.fields;
        let mut field = |name: &str| {
            if input.contains(name) {
                Ok(field_index(fields, name))
            } else {
                Err(format!("data.{name} is not declared under [input]"))
            }
        };
        let classes = &self.classes;
        let class = |name: &str| classes.iter().position(|t| &*t.name == name);
        let parsed = Condition::parse(text, &mut field, &class).and_then(|condition| {
            let kinds = [&condition.left, &condition.right].map(|operand| self.kind_of(operand));
            match kinds {
                [left, right] if left == right => Ok(condition),
                [left, right] => Err(format!(
                    "{text:?} compares {left} with {right}, which is never known: expected one kind"
                )),
            }
        });
        parsed.map_err(|message| self.problem(path, message)).ok()
    }

    /// What an operand's values are, as far as comparing goes.
    fn kind_of(&self, operand: &Operand) -> &'static str {
        let field = |index: &usize| {
            self.input
                .iter()
                .find(|field| field.name == self.fields[*index])
                .map(|field| field.kind)
        };
        match operand {
            Operand::Literal(Value::Integer(_)) | Operand::Balance | Operand::SubjectOpenAmount => {
                "a number"
            }
            Operand::Literal(Value::Boolean(_)) => "true or false",
            Operand::Field(index) => match field(index) {
                Some(FieldKind::Money | FieldKind::Integer) => "a number",
                Some(FieldKind::Boolean) => "true or false",
                Some(FieldKind::Line | FieldKind::Text | FieldKind::Date | FieldKind::Url)
                | None => "text",
            },
            Operand::Literal(Value::Text(_) | Value::Missing)
            | Operand::Class(..)
            | Operand::NotificationEnvironment
            | Operand::EngineEnvironment
            | Operand::Category => "text",
        }
    }

    fn duration(&mut self, path: &str, text: &str) -> i64 {
        parse_duration(text).unwrap_or_else(|problem| {
            self.problem(path, format!("{text:?}: {problem}"));
            0
        })
    }

    fn go(&mut self, path: &str, text: &str) -> Option<Go> {
        match text.split_once(':').map(|(kind, name)| (kind, name.trim())) {
            Some(("end", name)) if !name.is_empty() => return Some(Go::End(name.into())),
            Some(("human", name)) if !name.is_empty() => return Some(Go::Human(name.into())),
            _ => {}
        }
        let step = self.steps.get(text).copied();
        if step.is_none() {
            self.problem(
                path,
                format!(
                    "{text:?} leads nowhere: expected a step's id, `end: <name>` or `human: <list>`"
                ),
            );
        }
        step.map(Go::Step)
    }

    fn step(&mut self, source: &StepSource) -> Option<Step> {
        let path = format!("step.{}", source.id);
        let kind = match (&source.send, &source.wait, &source.task) {
            (Some(send), None, None) => self.send(&path, send),
            (None, Some(wait), None) => {
                let for_ms = self.duration(&format!("{path}.wait.for"), &wait.duration);
                self.go(&format!("{path}.wait.then"), &wait.then)
                    .map(|then| StepKind::Wait { for_ms, then })
            }
            (None, None, Some(task)) => {
                let answers = task.answers.iter().filter_map(|(answer, go)| {
                    self.go(&format!("{path}.task.answers.{answer}"), go)
                        .map(|go| (answer.as_str().into(), go))
                });
                Some(StepKind::Task {
                    list: task.list.as_str().into(),
                    answers: answers.collect(),
                })
            }
            _ => {
                self.problem(&path, "expected exactly one of send, wait and task");
                None
            }
        };
        let on = self.handlers(&path, &source.on);
        if on != Handlers::default() && source.send.is_none() {
            self.problem(
                format!("{path}.on"),
                "only a step that sends listens: expected no handlers here",
            );
        }
        Some(Step {
            id: source.id.as_str().into(),
            kind: kind?,
            on,
        })
    }

    fn send(&mut self, path: &str, source: &SendSource) -> Option<StepKind> {
        let mut templates = BTreeMap::new();
        for (channel, template) in &source.template {
            match channel.parse::<Channel>() {
                Ok(channel) => drop(templates.insert(channel, template.as_str().into())),
                Err(error) => self.problem(format!("{path}.send.template"), error.to_string()),
            }
        }
        let mut via = Vec::new();
        for way in &source.via {
            match way.parse::<Channel>() {
                _ if way == "preferred" => via.push(Via::Preferred),
                Ok(channel) if templates.contains_key(&channel) => via.push(Via::Channel(channel)),
                Ok(channel) => self.problem(
                    format!("{path}.send.via"),
                    format!("{channel} has no template: add it to send.template"),
                ),
                Err(error) => {
                    self.problem(format!("{path}.send.via"), format!("{error}, or preferred"))
                }
            }
        }
        if via.is_empty() {
            self.problem(format!("{path}.send.via"), "expected at least one way");
            return None;
        }
        let except = match source.except.as_deref() {
            None => Except::Nothing,
            Some("failed") => Except::Failed,
            Some("tried") => Except::Tried,
            Some(other) => {
                let message = format!(
                    "{other:?} leaves nothing out: expected failed or tried, or no except at all"
                );
                self.problem(format!("{path}.send.except"), message);
                Except::Nothing
            }
        };
        Some(StepKind::Send {
            templates,
            via,
            except,
            link: source.link,
        })
    }

    fn handlers(&mut self, path: &str, source: &HandlersSource) -> Handlers {
        let mut go = |name: &str, text: &Option<String>| {
            text.as_ref()
                .and_then(|t| self.go(&format!("{path}.on.{name}"), t))
        };
        let bounced = go("bounced", &source.bounced);
        let delivered = go("delivered", &source.delivered);
        let answered = go("answered", &source.answered);
        let unanswered = self.after(&format!("{path}.on.unanswered"), source.unanswered.as_ref());
        let settled = self.after(&format!("{path}.on.settled"), source.settled.as_ref());
        if source.unanswered.is_some() && source.settled.is_some() {
            self.problem(
                format!("{path}.on"),
                "unanswered and settled exclude each other: expected one of them",
            );
        }
        if source.unanswered.is_some() && source.answered.is_none() {
            self.problem(
                format!("{path}.on"),
                "unanswered needs answered: expected where to go once the tenant did answer",
            );
        }
        let timed = source.unanswered.is_some() || source.settled.is_some();
        if (delivered.is_some() || answered.is_some()) && !timed {
            self.problem(
                format!("{path}.on"),
                "delivered and answered may never come: expected unanswered or settled, to say how long to wait for them",
            );
        }
        Handlers {
            bounced,
            unanswered,
            settled,
            delivered,
            answered,
        }
    }

    fn after(&mut self, path: &str, source: Option<&AfterSource>) -> Option<After> {
        let source = source?;
        let after_ms = self.duration(&format!("{path}.after"), &source.after);
        self.go(&format!("{path}.go"), &source.go)
            .map(|go| After { after_ms, go })
    }
}

fn field_index(fields: &mut Vec<Box<str>>, name: &str) -> usize {
    fields.iter().position(|f| &**f == name).unwrap_or_else(|| {
        fields.push(name.into());
        fields.len() - 1
    })
}
