//! Owns the step that asks people: `task = { list = "desk", answers = { "go on" = "mail" } }`. An answer
//! may ask for fields: `promised = { fields = { pay_on = "date" }, go = "wait" }`. Refuses answers that
//! lead nowhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use toml::Value;

use super::branches::Branches;
use super::kind::{Begin, Names, StepKind};
use super::message::Message;
use super::question::{Question, Reply};
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
    #[serde(default)]
    asks: String,
    answers: BTreeMap<String, Value>,
}

/// An answer that asks for fields. Those are read before the rules that may name them.
#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table such as { fields = { pay_on = \"date\" }, go = \"mail\" }"
)]
struct ReplySource {
    #[serde(default, rename = "fields")]
    _fields: BTreeMap<String, Value>,
    go: String,
}

fn compile(reader: &mut Reader, written: &Written) -> Option<Arc<dyn StepKind>> {
    written.hears_nothing(reader);
    let path = format!("{}.task", written.path);
    let source: Source = reader.read(&path, &written.body)?;
    let asked = asks(reader, &path, &source.asks);
    let mut replies = Vec::with_capacity(source.answers.len());
    for (answer, go) in &source.answers {
        let place = format!("{path}.answers.{answer}");
        if let Some(go) = leads(reader, &place, go) {
            let name = answer.as_str().into();
            let fields = reader.asked_by(&written.path, answer);
            replies.push(Reply { name, fields, go });
        }
    }
    Some(Arc::new(Task {
        question: Question {
            list: source.list.into(),
            asks: asked,
            replies,
        },
    }))
}

/// What it says to people.
fn asks(reader: &mut Reader, path: &str, text: &str) -> Box<str> {
    let text = text.trim();
    if text.len() > Question::MOST_ASKED || text.contains(char::is_control) {
        let most = Question::MOST_ASKED;
        let message = format!("expected one line of at most {most} bytes");
        reader.problem(format!("{path}.asks"), message);
    }
    text.into()
}

/// Where an answer leads: a text, or the text in a table beside its fields.
fn leads(reader: &mut Reader, path: &str, written: &Value) -> Option<Go> {
    if let Value::String(go) = written {
        return reader.go(path, go);
    }
    let source: ReplySource = reader.read(path, written)?;
    reader.go(&format!("{path}.go"), &source.go)
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
        let replies = self.question.replies.iter();
        let ways =
            replies.map(|reply| WayOut::later(format!("answer '{}'", reply.name), &reply.go));
        ways.collect()
    }

    fn waits_for(&self, _: &dyn Names) -> Option<String> {
        None
    }
}
