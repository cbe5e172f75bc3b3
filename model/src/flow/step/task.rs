//! Owns the step that asks people: `task = { list = "desk", answers = { "go on" = "mail" } }`.
//! Refuses answers that lead nowhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::branches::Branches;
use super::kind::{Begin, Names, Question, StepKind};
use super::message::Message;
use super::syntax::{Syntax, Written};
use super::way_out::WayOut;
use crate::flow::reader::Reader;
use crate::flow::rule::Go;
use crate::time::Timestamp;

pub(super) const SYNTAX: Syntax = Syntax {
    key: "task",
    compile,
};

/// Asks people.
#[derive(Debug)]
struct Task {
    question: Question,
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table such as { list = \"desk\", answers = { \"go on\" = \"mail\" } }"
)]
struct Source {
    list: String,
    answers: BTreeMap<String, String>,
}

fn compile(reader: &mut Reader, written: &Written) -> Option<Arc<dyn StepKind>> {
    written.hears_nothing(reader);
    let path = format!("{}.task", written.path);
    let source: Source = reader.read(&path, &written.body)?;
    let mut answers = Vec::with_capacity(source.answers.len());
    for (answer, go) in &source.answers {
        if let Some(go) = reader.go(&format!("{path}.answers.{answer}"), go) {
            answers.push((answer.as_str().into(), go));
        }
    }
    let list = source.list.into();
    Some(Arc::new(Task {
        question: Question { list, answers },
    }))
}

impl StepKind for Task {
    fn enter(&self, _: Timestamp) -> Begin<'_> {
        Begin::Ask(&self.question)
    }

    fn waited(&self) -> Option<&Go> {
        None
    }

    fn message(&self) -> Option<&Message> {
        None
    }

    fn question(&self) -> Option<&Question> {
        Some(&self.question)
    }

    fn branches(&self) -> Option<&Branches> {
        None
    }

    fn ways_out(&self) -> Vec<WayOut<'_>> {
        let answers = self.question.answers.iter();
        let ways = answers.map(|(answer, go)| WayOut::later(format!("answer '{answer}'"), go));
        ways.collect()
    }

    fn waits_for(&self, _: &dyn Names) -> Option<String> {
        None
    }
}
