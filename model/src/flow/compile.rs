//! Owns the way from a definition's texts to a compiled flow, reporting every mistake with its
//! path. Refuses to stop at the first mistake, and to compile templates: `channels` does that.

use std::collections::BTreeSet;

use super::asking::field_index;
use super::compiled::{Close, Flow, Grouping};
use super::definition::{Definition, Problem};
use super::holding::MAX_HOLDING;
use super::input::FieldKind;
use super::reader::Reader;
use super::rule::{Go, Guard, Stop};
use super::source::{FlowSource, GroupSource, GuardSource, StopSource};
use super::step::{self, Step};
use crate::household::Role;
use crate::rounds::Round;
use crate::time::DAY;

impl Flow {
    /// Compiles a definition.
    ///
    /// # Errors
    /// Every mistake found, each with its path.
    pub fn compile(definition: &Definition) -> Result<Flow, Vec<Problem>> {
        let table: toml::Table = toml::from_str(&definition.flow).map_err(|error| {
            vec![Problem {
                path: "flow".into(),
                message: error.to_string().trim_end().to_owned(),
            }]
        })?;
        let mut reader = Reader::default();
        let Some(source) = reader.source(table) else {
            return Err(reader.problems);
        };
        let shape = reader.problems.len();
        reader.declare(&source, definition);
        let flow = reader.flow(&source, definition);
        reader.forget_made_up(shape);
        reader.forget_what_follows();
        if reader.problems.is_empty() {
            Ok(flow)
        } else {
            Err(reader.problems)
        }
    }
}

impl Reader {
    fn flow(&mut self, source: &FlowSource, definition: &Definition) -> Flow {
        // In this order: notifications in the journal hold the values of `fields` by their indexes.
        let amount = source.amount.as_deref().and_then(|name| self.amount(name));
        let guards = source.guard.iter().enumerate();
        let guards: Vec<_> = guards.map(|(n, guard)| self.guard(n, guard)).collect();
        let stops = source.stop.iter().enumerate();
        let stops: Vec<_> = stops.map(|(n, stop)| self.stop(n, stop)).collect();
        let legal = source.legal.as_deref();
        self.legal = legal.and_then(|reason| self.reason("legal", reason));
        let steps = source.step.iter();
        let steps: Vec<_> = steps.map(|step| step::compile(self, step)).collect();
        self.check_names(source);
        let guards: Vec<_> = guards.into_iter().flatten().collect();
        let steps: Vec<_> = steps.into_iter().flatten().collect();
        self.check_rules(&guards, &steps);
        let close = source
            .closing
            .as_deref()
            .and_then(|id| self.close(id, &steps));
        Flow {
            reference: definition.reference(),
            name: source.name.as_str().into(),
            version: source.version,
            purpose: source.purpose.as_str().into(),
            subject: source.subject.as_deref().map(Into::into),
            // A flow that counts counts its own messages, too.
            counted: source.counted || self.counts,
            follows_ms: self.follows(source),
            reads_person: self.reads_person,
            amount,
            group: self.group(source.group.as_ref()),
            process: source.process.as_str().into(),
            hold_for_ms: self.duration("hold_for", &source.hold_for),
            input: std::mem::take(&mut self.input),
            fields: std::mem::take(&mut self.fields),
            kept: std::mem::take(&mut self.kept),
            classes: std::mem::take(&mut self.classes),
            guards,
            stops: stops.into_iter().flatten().collect(),
            steps,
            fallback_list: source.fallback_list.as_str().into(),
            close,
        }
    }

    /// The step that closes what the flow has opened. Whatever it leads to reaches machines and people
    /// alone: no guard and no stop rule is asked there any more.
    fn close(&mut self, id: &str, steps: &[Step]) -> Option<Close> {
        let Some(first) = self.steps.get(id).copied() else {
            let message =
                format!("{id:?}: expected the id of the step that closes what was opened");
            self.problem("closing", message);
            return None;
        };
        let place = field_index(&mut self.fields, Flow::CLOSING);
        let close = Close { step: first, place };
        if !self.problems.is_empty() {
            return Some(close);
        }
        let (mut next, mut seen) = (vec![first], BTreeSet::new());
        while let Some(index) = next.pop() {
            let Some(step) = steps.get(usize::from(index)).filter(|_| seen.insert(index)) else {
                continue;
            };
            if step
                .kind
                .message()
                .is_some_and(|message| !message.is_for_machine())
            {
                let message = format!(
                    "step {:?} closes what was opened, and sends to the tenant: expected template and via for machine alone",
                    step.id
                );
                self.problem(format!("step.{}", step.id), message);
            }
            let lost = matches!(step.on().bounced, None | Some(Go::End(_)));
            if step.kind.message().is_some() && lost {
                let message = "expected on.bounced, such as human: <list>: what a machine refuses to close must not stay open unseen";
                self.problem(format!("step.{}", step.id), message);
            }
            next.extend(step.kind.ways_out().iter().filter_map(|way| match way.go {
                Go::Step(step) => Some(*step),
                Go::End(_) | Go::Human(_) => None,
            }));
        }
        Some(close)
    }

    /// What it says of households.
    fn group(&mut self, source: Option<&GroupSource>) -> Grouping {
        let roles = source.and_then(|source| source.roles.as_deref());
        let words = roles.unwrap_or_default().iter();
        let read: Vec<Role> = words.filter_map(|word| self.role(word)).collect();
        if roles.is_some_and(<[String]>::is_empty) {
            let message = "nobody: expected at least one role, such as \"tenant\"";
            self.problem("group.roles", message.to_owned());
        }
        let answered = source.and_then(|source| source.answered.as_deref());
        let answers_for_all = match answered {
            None => None,
            Some("all") => Some(true),
            Some("each") => Some(false),
            Some(word) => {
                let message = format!("{word:?}: expected \"all\" or \"each\"");
                self.problem("group.answered", message);
                None
            }
        };
        Grouping {
            roles: roles.map_or_else(|| Role::TOLD.into(), |_| read.into()),
            answers_for_all,
        }
    }

    /// A role that may be told by itself. A representative is told for whom he represents.
    fn role(&mut self, word: &str) -> Option<Role> {
        match word.parse::<Role>() {
            Ok(role) if !role.represents() => Some(role),
            Ok(_) => {
                let message =
                    format!("{word:?}: expected whom he represents: who represents them is told");
                self.problem("group.roles", message);
                None
            }
            Err(expected) => {
                self.problem("group.roles", format!("{word:?}: {expected}"));
                None
            }
        }
    }

    /// What is wrong with rules and steps together. Steps are counted, so none may be missing.
    fn check_rules(&mut self, guards: &[Guard], steps: &[Step]) {
        let cases = steps.iter().filter_map(|step| step.kind.branches());
        let rules = guards.len() + cases.map(|of| of.cases.len()).sum::<usize>();
        if rules > MAX_HOLDING {
            let message = format!(
                "{rules} guards and cases of steps: expected at most {MAX_HOLDING} in one flow"
            );
            self.problem("step", message);
        }
        if self.problems.is_empty() {
            self.check_passing(steps);
        }
    }

    fn check_names(&mut self, source: &FlowSource) {
        let name = &source.name;
        if !is_word(name) {
            let expected = "lower-case letters, digits and hyphens";
            self.problem("name", format!("{name:?}: expected {expected}"));
        }
        if self.reads_subject && (source.subject.is_none() || source.amount.is_none()) {
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
        Some(self.field(name))
    }

    fn guard(&mut self, number: usize, source: &GuardSource) -> Option<Guard> {
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

    fn stop(&mut self, number: usize, source: &StopSource) -> Option<Stop> {
        let path = format!("stop[{number}] {:?}", source.name);
        let when = self.condition(&format!("{path}.when"), &source.when);
        let go = match (&source.end, &source.go) {
            (Some(end), None) => Some(Go::End(end.as_str().into())),
            (None, Some(go)) => self.people(&format!("{path}.go"), go),
            (Some(_), Some(_)) | (None, None) => {
                let message =
                    "expected either end = \"paid\" or go = \"human: collections\", and not both";
                self.problem(path, message);
                None
            }
        };
        Some(Stop {
            name: source.name.as_str().into(),
            when: when?,
            close_link: source.close_link,
            go: go?,
        })
    }

    /// Where a stop rule leads that ends nothing.
    fn people(&mut self, path: &str, text: &str) -> Option<Go> {
        let list = text.strip_prefix("human:").map(str::trim);
        let list = list.filter(|list| !list.is_empty());
        if list.is_none() {
            let message = format!(
                "{text:?}: expected `human: <list>`, for a stop rule leads to people or, with `end`, to an end"
            );
            self.problem(path, message);
        }
        list.map(|list| Go::Human(list.into()))
    }

    /// How long ago the flow may have ended for the subject.
    fn follows(&mut self, source: &FlowSource) -> Option<i64> {
        let path = "follows";
        let Some(text) = &source.follows else {
            if self.reads_rounds {
                let message = "a rule reads notification.follows or notification.round: expected follows = \"366d\" at the top of the flow, or less";
                self.problem(path, message);
            }
            return None;
        };
        if source.subject.is_none() {
            let message =
                "it follows what ran for the same subject: expected `subject` to be declared";
            self.problem(path, message);
        }
        let before = self.problems.len();
        let within = self.duration(path, text);
        if self.problems.len() == before && !(1..=Round::LONGEST_MS).contains(&within) {
            let most = Round::LONGEST_MS / DAY;
            let message = format!("{text:?}: expected some time, and at most {most}d");
            self.problem(path, message);
        }
        Some(within)
    }
}

/// Whether it may be the name of a flow.
fn is_word(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !text.is_empty() && text.bytes().all(fits)
}
