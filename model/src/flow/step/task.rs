//! Owns the step that asks people: `task = { list = "desk", answers = { "go on" = "mail" } }`. An answer
//! may ask for fields: `promised = { fields = { pay_on = "date" }, go = "wait" }`. Refuses answers that
//! lead nowhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use toml::Value;

use super::branches::Branches;
use super::kind::{Begin, StepKind, WaitsFor};
use super::message::{After, Message};
use super::question::{Question, Reply, Team};
use super::syntax::{Syntax, Written};
use super::until::{Awaited, Until};
use super::way_out::WayOut;
use crate::flow::duration::Span;
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
    team: Option<Value>,
    deadline: Option<DeadlineSource>,
    remind: Option<RemindSource>,
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table such as { after = \"3 working days\", go = \"letter\" }"
)]
struct DeadlineSource {
    after: String,
    go: String,
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table such as { after = \"1 working day\" }"
)]
struct RemindSource {
    after: String,
}

/// Whose a task is, with the team where nothing names one.
#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table such as { of = \"facts.segment.team\", otherwise = \"noord\" }"
)]
struct TeamSource {
    of: String,
    otherwise: Option<String>,
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
            team: source.team.and_then(|team| whose(reader, &path, &team)),
            remind: source.remind.map(|remind| {
                let path = format!("{path}.remind.after");
                some_time(reader, &path, &remind.after)
            }),
            deadline: source
                .deadline
                .and_then(|source| deadline(reader, &path, &source)),
            page: None,
        },
    }))
}

/// Whose it is: `team = "facts.segment.team"`, or a table with the team where nothing names one.
fn whose(reader: &mut Reader, path: &str, written: &Value) -> Option<Team> {
    let path = format!("{path}.team");
    let (place, source) = match written {
        Value::String(of) => {
            let (of, otherwise) = (of.clone(), None);
            (path, TeamSource { of, otherwise })
        }
        written => (format!("{path}.of"), reader.read(&path, written)?),
    };
    Some(Team {
        of: reader.text_of(&place, &source.of)?,
        text: source.of.as_str().into(),
        otherwise: source.otherwise.map(Into::into),
    })
}

fn deadline(reader: &mut Reader, path: &str, source: &DeadlineSource) -> Option<After> {
    let path = format!("{path}.deadline");
    let span = some_time(reader, &format!("{path}.after"), &source.after);
    let go = reader.go(&format!("{path}.go"), &source.go)?;
    Some(After { span, go })
}

/// A span in which time passes.
fn some_time(reader: &mut Reader, path: &str, text: &str) -> Span {
    let before = reader.problems.len();
    let span = reader.span(path, text);
    if reader.problems.len() == before && span.is_nothing() {
        reader.problem(
            path,
            "no time passes: expected a time above zero, such as 48h",
        );
    }
    span
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
pub(super) fn leads(reader: &mut Reader, path: &str, written: &Value) -> Option<Go> {
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

    fn until(&self) -> Option<&Until> {
        None
    }

    fn awaited(&self) -> Option<&Awaited> {
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
        let deadline = self.question.deadline.iter();
        let overdue =
            deadline.map(|by| WayOut::later(format!("no answer within {}", by.span), &by.go));
        ways.chain(overdue).collect()
    }

    fn waits_for(&self) -> Option<WaitsFor<'_>> {
        None
    }
}
