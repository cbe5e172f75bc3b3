//! Owns the step that sends: `send = { template = { email = "mail" }, via = ["preferred", "email"] }`
//! with what it listens to under `on`. Refuses a wait without an end.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::branches::Branches;
use super::deadline::Deadline;
use super::kind::{Begin, StepKind, WaitsFor};
use super::message::{After, Except, Handlers, Message, Via};
use super::question::Question;
use super::syntax::{Syntax, Written};
use super::until::{Awaited, Until};
use super::way_out::WayOut;
use crate::channel::Channel;
use crate::flow::reader::Reader;
use crate::flow::rule::Go;
use crate::time::Timestamp;

pub(super) const SYNTAX: Syntax = Syntax {
    key: "send",
    compile,
};

/// Sends one message by the first way that can reach the tenant.
#[derive(Debug)]
struct Send {
    message: Message,
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table such as { template = { email = \"mail\" }, via = [\"email\"] }"
)]
pub(super) struct Source {
    pub(super) template: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) variant: BTreeMap<String, BTreeMap<String, String>>,
    pub(super) via: Vec<String>,
    pub(super) except: Option<String>,
    pub(super) by: Option<String>,
    pub(super) within: Option<String>,
    pub(super) legal: Option<String>,
    #[serde(default)]
    pub(super) link: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HandlersSource {
    bounced: Option<String>,
    unanswered: Option<AfterSource>,
    settled: Option<AfterSource>,
    delivered: Option<String>,
    answered: Option<String>,
    capped: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AfterSource {
    after: String,
    go: String,
}

fn compile(reader: &mut Reader, written: &Written) -> Option<Arc<dyn StepKind>> {
    let message = message(reader, written);
    // Its own mistakes are told too when there are others in the message.
    let on = handlers(reader, written);
    let message = Message { on, ..message? };
    Some(Arc::new(Send { message }))
}

fn message(reader: &mut Reader, written: &Written) -> Option<Message> {
    let path = format!("{}.send", written.path);
    let source: Source = reader.read(&path, &written.body)?;
    message_of(reader, &path, source)
}

/// The message that stands at a path, and listens to nothing yet.
pub(super) fn message_of(reader: &mut Reader, path: &str, source: Source) -> Option<Message> {
    let templates = templates(reader, path, &source);
    let via = ways(reader, path, &source, &templates);
    if source.via.is_empty() {
        reader.problem(format!("{path}.via"), "expected at least one way");
    }
    if via.is_empty() {
        return None;
    }
    Some(Message {
        variants: variants(reader, path, &source, &templates),
        via,
        except: except(reader, path, &source),
        by: deadline(reader, path, &source).map(Box::new),
        legal: legal(reader, path, &source),
        link: source.link,
        on: Handlers::NOTHING,
        templates,
    })
}

/// Most variants of one step.
const MAX_VARIANTS: usize = 50;

/// The variants, each for channels that the step has a template for.
fn variants(
    reader: &mut Reader,
    path: &str,
    source: &Source,
    templates: &BTreeMap<Channel, Box<str>>,
) -> BTreeMap<Box<str>, BTreeMap<Channel, Box<str>>> {
    let mut variants = BTreeMap::new();
    if source.variant.len() > MAX_VARIANTS {
        let found = source.variant.len();
        let message = format!("{found} variants: expected at most {MAX_VARIANTS}");
        reader.problem(format!("{path}.variant"), message);
        return variants;
    }
    for (name, of) in &source.variant {
        let path = format!("{path}.variant.{name}");
        let mut read = BTreeMap::new();
        for (channel, template) in of {
            match channel.parse::<Channel>() {
                Ok(channel) if templates.contains_key(&channel) => {
                    read.insert(channel, template.as_str().into());
                }
                Ok(channel) => {
                    let message = format!("{channel} has no template: add it to send.template");
                    reader.problem(path.clone(), message);
                }
                Err(error) => reader.problem(path.clone(), error.to_string()),
            }
        }
        if of.is_empty() {
            let message = "expected a template, such as { email = \"mail-warm\" }";
            reader.problem(path, message);
        }
        variants.insert(name.as_str().into(), read);
    }
    variants
}

fn templates(reader: &mut Reader, path: &str, source: &Source) -> BTreeMap<Channel, Box<str>> {
    let mut templates = BTreeMap::new();
    for (channel, template) in &source.template {
        match channel.parse::<Channel>() {
            Ok(channel) => {
                templates.insert(channel, template.as_str().into());
            }
            Err(error) => reader.problem(format!("{path}.template"), error.to_string()),
        }
    }
    templates
}

fn ways(
    reader: &mut Reader,
    path: &str,
    source: &Source,
    templates: &BTreeMap<Channel, Box<str>>,
) -> Vec<Via> {
    let mut ways = Vec::new();
    for way in &source.via {
        match Via::read(way, templates) {
            Ok(way) => ways.push(way),
            Err(message) => reader.problem(format!("{path}.via"), message),
        }
    }
    ways
}

impl Via {
    fn read(word: &str, templates: &BTreeMap<Channel, Box<str>>) -> Result<Self, String> {
        match word {
            "preferred" => return Ok(Via::Preferred),
            "cheapest" => return Ok(Via::Cheapest),
            _ => {}
        }
        let channel: Channel = word
            .parse()
            .map_err(|error| format!("{error}, preferred or cheapest"))?;
        if !templates.contains_key(&channel) {
            return Err(format!(
                "{channel} has no template: add it to send.template"
            ));
        }
        Ok(Via::Channel(channel))
    }
}

fn except(reader: &mut Reader, path: &str, source: &Source) -> Except {
    match source.except.as_deref() {
        None => Except::Nothing,
        Some("failed") => Except::Failed,
        Some("tried") => Except::Tried,
        Some(other) => {
            let message = format!(
                "{other:?} leaves nothing out: expected failed or tried, or no except at all"
            );
            reader.problem(format!("{path}.except"), message);
            Except::Nothing
        }
    }
}

/// By when it should be there.
fn deadline(reader: &mut Reader, path: &str, source: &Source) -> Option<Deadline> {
    match (&source.by, &source.within) {
        (None, None) => None,
        (Some(day), None) => reader.day(&format!("{path}.by"), day).map(Deadline::By),
        (None, Some(text)) => {
            let path = format!("{path}.within");
            let before = reader.problems.len();
            let span = reader.span(&path, text);
            if span.is_nothing() && reader.problems.len() == before {
                let message = format!("{text:?}: nothing arrives so soon, expected some time");
                reader.problem(path, message);
            }
            Some(Deadline::Within(span))
        }
        (Some(day), Some(text)) => {
            reader.day(&format!("{path}.by"), day);
            reader.span(&format!("{path}.within"), text);
            let message = "expected either by = \"data.due_date\" or within = \"2 working days\", and not both";
            reader.problem(format!("{path}.within"), message);
            None
        }
    }
}

/// The step's legal reason, or else the flow's.
fn legal(reader: &mut Reader, path: &str, source: &Source) -> Option<Box<str>> {
    let Some(reason) = &source.legal else {
        return reader.legal.clone();
    };
    reader.reason(&format!("{path}.legal"), reason)
}

fn handlers(reader: &mut Reader, written: &Written) -> Handlers {
    handlers_of(reader, written, contradictions)
}

/// What it listens to. `together`: what is wrong with the handlers that are given together.
pub(super) fn handlers_of(
    reader: &mut Reader,
    written: &Written,
    together: fn(&HandlersSource) -> Vec<&'static str>,
) -> Handlers {
    let path = format!("{}.on", written.path);
    let on = written.on.clone().into();
    let Some(source) = reader.read::<HandlersSource>(&path, &on) else {
        return Handlers::NOTHING;
    };
    let mut go = |name: &str, text: &Option<String>| {
        let text = text.as_deref()?;
        reader.go(&format!("{path}.{name}"), text)
    };
    let bounced = go("bounced", &source.bounced);
    let delivered = go("delivered", &source.delivered);
    let answered = go("answered", &source.answered);
    let capped = go("capped", &source.capped);
    let unanswered = after(reader, &format!("{path}.unanswered"), &source.unanswered);
    let settled = after(reader, &format!("{path}.settled"), &source.settled);
    for mistake in together(&source) {
        reader.problem(path.clone(), mistake);
    }
    Handlers {
        bounced,
        unanswered,
        settled,
        delivered,
        answered,
        capped,
    }
}

fn after(reader: &mut Reader, path: &str, source: &Option<AfterSource>) -> Option<After> {
    let source = source.as_ref()?;
    let span = reader.span(&format!("{path}.after"), &source.after);
    let go = reader.go(&format!("{path}.go"), &source.go)?;
    Some(After { span, go })
}

/// What is wrong with these handlers together.
fn contradictions(on: &HandlersSource) -> Vec<&'static str> {
    let (unanswered, settled) = (on.unanswered.is_some(), on.settled.is_some());
    let mut mistakes = Vec::new();
    if unanswered && settled {
        mistakes.push("unanswered and settled exclude each other: expected one of them");
    }
    if unanswered && on.answered.is_none() {
        mistakes.push("unanswered needs answered: expected where to go once the tenant did answer");
    }
    let wants_news = on.delivered.is_some() || on.answered.is_some();
    if wants_news && !unanswered && !settled {
        mistakes.push(
            "delivered and answered may never come: expected unanswered or settled, to say how long to wait for them",
        );
    }
    mistakes
}

impl StepKind for Send {
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
        None
    }

    fn branches(&self) -> Option<&Branches> {
        None
    }

    fn ways_out(&self) -> Vec<WayOut<'_>> {
        self.message.on.ways_out().collect()
    }

    fn waits_for(&self) -> Option<WaitsFor<'_>> {
        let on = &self.message.on;
        Some(match (&on.unanswered, &on.settled) {
            (Some(after), _) => WaitsFor::Answer(&after.go),
            (None, Some(after)) => WaitsFor::NoBounce(&after.go),
            (None, None) => WaitsFor::Receipt,
        })
    }
}
