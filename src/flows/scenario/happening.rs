//! Owns what may happen in a scenario, as it is written: facts, receipts, links, answers, providers that
//! refuse. Refuses two things at once.

use sluis_model::{Channel, ReceiptKind};
use toml::{Table, Value};

use super::span;

/// Something that happens, and when.
#[derive(Clone, Debug)]
pub(super) struct Happening {
    /// Milliseconds since the start.
    pub after: i64,
    /// What.
    pub what: Happens,
    /// To which notification, from 1.
    pub of: usize,
}

/// What happens.
#[derive(Clone, Debug)]
pub(super) enum Happens {
    /// A fact is told: its type and its other keys, as the API has them.
    Fact(String, Table),
    /// A receipt about the last message over a channel.
    Receipt(ReceiptKind, Channel),
    /// The link is fetched, or its button pressed.
    Link {
        /// Whether the button was pressed.
        pressed: bool,
    },
    /// People answer the open task, with what its answer asks for.
    Answer(String, Table),
    /// It is cancelled.
    Cancel,
    /// From now on the provider of a channel answers so.
    Provider(Channel, Behaviour),
    /// Another notification about the same comes in, with data that differ.
    Again(Table),
}

/// How a provider answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behaviour {
    /// It takes everything.
    Takes,
    /// It refuses the address.
    Refuses,
    /// It grants no permit: its line stands.
    Waits,
}

/// The words for receipts.
const RECEIPTS: [(&str, ReceiptKind); 6] = [
    ("bounced", ReceiptKind::BouncedHard),
    ("failed", ReceiptKind::Failed),
    ("delivered", ReceiptKind::Delivered),
    ("opened", ReceiptKind::Opened),
    ("complained", ReceiptKind::Complained),
    ("replied", ReceiptKind::Replied),
];
/// The words for providers.
const PROVIDERS: [(&str, Behaviour); 3] = [
    ("takes", Behaviour::Takes),
    ("refuses", Behaviour::Refuses),
    ("waits", Behaviour::Waits),
];
/// What may happen, for errors.
const KINDS: &str = "fact, bounced, failed, delivered, opened, complained, replied, link, answer, cancelled, takes, refuses, waits or again";

/// Reads what happens.
///
/// # Errors
/// What was expected.
pub(super) fn read(source: &Table) -> Result<Happening, String> {
    let after = source.get("after").and_then(Value::as_str);
    let after = span::parse(after.ok_or("after is not given: expected a time since the start")?)?;
    let of = source.get("of").and_then(Value::as_integer);
    Ok(Happening {
        after,
        what: what(source)?,
        of: of.and_then(|of| usize::try_from(of).ok()).unwrap_or(1),
    })
}

fn what(source: &Table) -> Result<Happens, String> {
    if let Some(fact) = source.get("fact") {
        let mut keys = source.clone();
        keys.retain(|key, _| !["after", "fact", "of"].contains(&key));
        return Ok(Happens::Fact(text(fact)?, keys));
    }
    if let Some(answer) = source.get("answer") {
        return answered(source, answer);
    }
    let mut kinds = source
        .iter()
        .filter(|(key, _)| !["after", "of"].contains(&key.as_str()));
    let (Some((key, value)), None) = (kinds.next(), kinds.next()) else {
        return Err(format!("expected exactly one of {KINDS}"));
    };
    if let Some((_, kind)) = RECEIPTS.into_iter().find(|(word, _)| word == key) {
        return Ok(Happens::Receipt(kind, channel(value)?));
    }
    if let Some((_, behaviour)) = PROVIDERS.into_iter().find(|(word, _)| word == key) {
        return Ok(Happens::Provider(channel(value)?, behaviour));
    }
    match (key.as_str(), value) {
        ("link", value) => match text(value)?.as_str() {
            "opened" => Ok(Happens::Link { pressed: false }),
            "pressed" => Ok(Happens::Link { pressed: true }),
            other => Err(format!("{other:?}: expected opened or pressed")),
        },
        ("cancelled", Value::Boolean(true)) => Ok(Happens::Cancel),
        ("again", Value::Boolean(true)) => Ok(Happens::Again(Table::new())),
        ("again", Value::Table(data)) => Ok(Happens::Again(data.clone())),
        (key, _) => Err(format!(
            "{key:?} is nothing that happens: expected one of {KINDS}"
        )),
    }
}

/// `answer = "promised", fields = { pay_on = "2026-12-01" }`
fn answered(source: &Table, answer: &Value) -> Result<Happens, String> {
    let known = ["after", "of", "answer", "fields"];
    if let Some(key) = source.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(format!(
            "{key:?} stands beside an answer: expected nothing but fields"
        ));
    }
    let fields = match source.get("fields") {
        None => Table::new(),
        Some(Value::Table(fields)) => fields.clone(),
        Some(other) => return Err(format!("{other}: expected a table of fields")),
    };
    Ok(Happens::Answer(text(answer)?, fields))
}

fn text(value: &Value) -> Result<String, String> {
    let text = value.as_str().map(str::to_owned);
    text.ok_or_else(|| format!("{value}: expected a text in quotes"))
}

fn channel(value: &Value) -> Result<Channel, String> {
    let name = text(value)?;
    name.parse::<Channel>().map_err(|error| error.to_string())
}
