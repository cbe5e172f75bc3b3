//! Owns the step that asks the tenant: `ask = { template = { email = "survey" }, via = ["email"], title =
//! "Hoe ging het?", answers = { given = { fields = { score = "integer" }, go = "judge" } } }`. It sends a
//! message whose link leads to the page with the question. Over the channel `machine` it asks a machine,
//! which answers by the API. With `again = "survey"` it asks once more
//! what another step asks. Refuses to be without a limit in time: no answer is no answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use toml::Value;

use super::branches::Branches;
use super::kind::{Begin, StepKind, WaitsFor};
use super::message::{Handlers, Message};
use super::page::Page;
use super::question::{Question, Reply};
use super::syntax::{Syntax, Written};
use super::until::{Awaited, Until};
use super::way_out::WayOut;
use super::{send, task};
use crate::channel::Channel;
use crate::flow::input::FieldKind;
use crate::flow::reader::Reader;
use crate::flow::rule::Go;
use crate::reading::nearest;
use crate::time::Timestamp;

pub(super) const SYNTAX: Syntax = Syntax {
    key: "ask",
    compile,
};

/// Sends a message, and waits for the tenant's answer on the page behind its link.
#[derive(Debug)]
struct Ask {
    message: Message,
    question: Question,
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table such as { template = { email = \"survey\" }, via = [\"email\"], title = \"Hoe ging het?\", answers = { yes = \"end: yes\" } }"
)]
struct Source {
    template: BTreeMap<String, String>,
    #[serde(default)]
    variant: BTreeMap<String, BTreeMap<String, String>>,
    via: Vec<String>,
    except: Option<String>,
    by: Option<String>,
    within: Option<String>,
    legal: Option<String>,
    again: Option<String>,
    title: Option<String>,
    text: Option<String>,
    document: Option<String>,
    #[serde(default)]
    answers: BTreeMap<String, Value>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

fn compile(reader: &mut Reader, written: &Written) -> Option<Arc<dyn StepKind>> {
    let path = format!("{}.ask", written.path);
    let on = handlers(reader, written);
    let source: Source = reader.read(&path, &written.body)?;
    let question = match &source.again {
        Some(first) => again(reader, &path, &source, first),
        None => question(reader, &written.path, &source),
    };
    let message = send::message_of(reader, &path, source.message());
    let message = Message { on, ..message? };
    Some(Arc::new(Ask {
        message,
        question: question?,
    }))
}

impl Source {
    fn message(self) -> send::Source {
        send::Source {
            template: self.template,
            variant: self.variant,
            via: self.via,
            except: self.except,
            by: self.by,
            within: self.within,
            legal: self.legal,
            link: true,
        }
    }

    /// The keys of the question that are given.
    fn question_keys(&self) -> impl Iterator<Item = &'static str> {
        let keys = [
            ("title", self.title.is_some()),
            ("text", self.text.is_some()),
            ("document", self.document.is_some()),
            ("answers", !self.answers.is_empty()),
            ("labels", !self.labels.is_empty()),
        ];
        keys.into_iter()
            .filter_map(|(key, given)| given.then_some(key))
    }
}

/// It listens as a step that sends does, and must say how long it waits.
fn handlers(reader: &mut Reader, written: &Written) -> Handlers {
    let on = send::handlers_of(reader, written, |_| Vec::new());
    let path = format!("{}.on", written.path);
    if !written.on.contains_key("unanswered") {
        let message = "expected unanswered = { after = \"14d\", go = \"reminder\" }: an ask ends in time, and no answer is no answer";
        reader.problem(&*path, message);
    }
    for key in ["settled", "delivered"] {
        if written.on.contains_key(key) {
            let message =
                "an ask waits for the answer: expected unanswered in its place, or remove it";
            reader.problem(format!("{path}.{key}"), message);
        }
    }
    on
}

/// The question of another step.
fn again(reader: &mut Reader, path: &str, source: &Source, first: &str) -> Option<Question> {
    for key in source.question_keys() {
        let message = format!("the question is that of step {first:?}: remove it");
        reader.problem(format!("{path}.{key}"), message);
    }
    let place = format!("{path}.again");
    let Some(body) = reader.asks.get(first).cloned() else {
        let near = nearest(first, reader.asks.keys().map(String::as_str));
        let near = near.map_or_else(String::new, |near| format!("; did you mean {near:?}?"));
        let message = format!(
            "no step {first:?} asks the tenant: expected the id of a step with ask and answers{near}"
        );
        reader.problem(place, message);
        return None;
    };
    // Its own mistakes are told where it stands.
    let before = reader.problems.len();
    let read = reader.read::<Source>(path, &body);
    let asks_again = read.as_ref().and_then(|source| source.again.clone());
    let step = format!("step.{first}");
    let question = read.and_then(|source| question(reader, &step, &source));
    reader.problems.truncate(before);
    if let Some(other) = asks_again {
        let message =
            format!("step {first:?} asks again itself: expected {other:?}, whose question it is");
        reader.problem(place, message);
        return None;
    }
    question
}

/// The question that stands in a step itself.
fn question(reader: &mut Reader, step: &str, source: &Source) -> Option<Question> {
    let path = format!("{step}.ask");
    let page = page(reader, step, &path, source);
    let count = source.answers.len();
    if count == 0 {
        let message = "expected at least one answer, such as { yes = \"end: yes\" }";
        reader.problem(format!("{path}.answers"), message);
    } else if count > Page::MOST_ANSWERS {
        let most = Page::MOST_ANSWERS;
        let message = format!("{count} answers: expected at most {most}, each is a button");
        reader.problem(format!("{path}.answers"), message);
    }
    let mut replies = Vec::with_capacity(count);
    for (answer, go) in &source.answers {
        let place = format!("{path}.answers.{answer}");
        if let Some(go) = task::leads(reader, &place, go) {
            let name = answer.as_str().into();
            let fields = reader.asked_by(step, answer);
            replies.push(Reply { name, fields, go });
        }
    }
    check_labels(reader, &path, source, &replies);
    Some(Question {
        list: Box::default(),
        asks: page.title.clone(),
        replies,
        team: None,
        remind: None,
        deadline: None,
        page: Some(Box::new(page)),
    })
}

fn page(reader: &mut Reader, step: &str, path: &str, source: &Source) -> Page {
    let id = step.strip_prefix("step.").unwrap_or(step);
    let title = source.title.as_deref().unwrap_or_default().trim();
    let machine = Channel::Machine.name();
    let by_machine = source.template.contains_key(machine);
    if by_machine && source.template.len() > 1 {
        let message = "a machine and the tenant are asked in steps of their own: expected machine alone, or no machine";
        reader.problem(format!("{path}.template"), message);
    }
    if !by_machine || source.title.is_some() {
        line(reader, &format!("{path}.title"), title);
    }
    let text = source.text.as_deref().unwrap_or_default().trim();
    let is_odd = |c: char| c.is_control() && c != '\n';
    if text.len() > Page::MOST_TEXT || text.contains(is_odd) {
        let most = Page::MOST_TEXT;
        let message =
            format!("expected a text of at most {most} bytes, without control characters");
        reader.problem(format!("{path}.text"), message);
    }
    if let Some(name) = &source.document {
        let known = reader.input.iter().find(|field| *field.name == **name);
        if known.is_none_or(|field| field.kind != FieldKind::Url) {
            let message = format!("{name:?}: expected the name of a field of [input] of kind url");
            reader.problem(format!("{path}.document"), message);
        }
    }
    let labels = source.labels.iter();
    Page {
        asked_by: reader.steps.get(id).copied().unwrap_or_default(),
        title: title.into(),
        text: text.into(),
        document: source.document.as_deref().map(Into::into),
        labels: labels
            .map(|(name, label)| (name.as_str().into(), label.trim().into()))
            .collect(),
        by_machine,
    }
}

/// One line that says something.
fn line(reader: &mut Reader, path: &str, text: &str) {
    let most = Page::MOST_LINE;
    if text.is_empty() || text.len() > most || text.contains(char::is_control) {
        let message = format!("expected one line of 1 to {most} bytes, which the tenant reads");
        reader.problem(path, message);
    }
}

/// Every label is one line, and names something of the question.
fn check_labels(reader: &mut Reader, path: &str, source: &Source, replies: &[Reply]) {
    let answers = source.answers.keys().map(String::as_str);
    let fields = || replies.iter().flat_map(|reply| &reply.fields);
    let names = fields().map(|known| &*known.field.name);
    let words = fields().flat_map(|known| known.one_of.iter().map(|word| &**word));
    let known: Vec<&str> = answers.chain(names).chain(words).collect();
    for (name, label) in &source.labels {
        let place = format!("{path}.labels.{name}");
        line(reader, &place, label.trim());
        if !known.contains(&name.as_str()) {
            let near = nearest(name, known.iter().copied());
            let near = near.map_or_else(String::new, |near| format!("; did you mean {near:?}?"));
            let message = format!(
                "{name:?} is nothing of this question: expected an answer, a field or a word of one_of{near}"
            );
            reader.problem(place, message);
        }
    }
}

impl StepKind for Ask {
    fn enter(&self, _: Timestamp) -> Begin<'_> {
        Begin::Send
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
        Some(&self.message)
    }

    fn question(&self) -> Option<&Question> {
        Some(&self.question)
    }

    fn branches(&self) -> Option<&Branches> {
        None
    }

    fn ways_out(&self) -> Vec<WayOut<'_>> {
        let replies = self.question.replies.iter();
        let answers =
            replies.map(|reply| WayOut::later(format!("answer '{}'", reply.name), &reply.go));
        answers.chain(self.message.on.ways_out()).collect()
    }

    fn waits_for(&self) -> Option<WaitsFor<'_>> {
        let without = self.message.on.unanswered.as_ref();
        Some(WaitsFor::Reply {
            asks: &self.question.asks,
            by_machine: self
                .question
                .page
                .as_deref()
                .is_some_and(|page| page.by_machine),
            without: without.map(|after| &after.go),
        })
    }
}
