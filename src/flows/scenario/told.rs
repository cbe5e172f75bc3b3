//! Owns the facts that a scenario tells: once, or again and again. Refuses to take them in.

use serde_json::{Map, Value as Json};
use toml::{Table, Value};

use super::span;

/// The shortest time between two of the same, in milliseconds.
const SHORTEST_MS: i64 = 60_000;

/// A fact that is told once, or again and again.
pub(super) struct Told {
    /// When it is told next, in milliseconds since the start.
    pub next: i64,
    /// How long until it is told again.
    pub every: Option<i64>,
    /// Its type.
    pub kind: String,
    /// Its other keys, as the API has them.
    pub keys: Table,
}

/// Reads a fact that is given.
///
/// # Errors
/// What was expected.
pub(super) fn given(source: &Table) -> Result<Told, String> {
    let mut keys = source.clone();
    let text = |value: Option<Value>| match value {
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(format!("{other}: expected a text in quotes")),
        None => Ok(None),
    };
    let kind = text(keys.remove("fact"))?.ok_or("fact is not given: expected a type of fact")?;
    let every = text(keys.remove("every"))?
        .map(|every| span::parse(&every))
        .transpose()?;
    if every.is_some_and(|every| every < SHORTEST_MS) {
        return Err("every: expected at least a minute".to_owned());
    }
    let after = text(keys.remove("after"))?
        .map(|after| span::parse(&after))
        .transpose()?;
    Ok(Told {
        next: after.unwrap_or(0),
        every,
        kind,
        keys,
    })
}

/// A table as JSON.
pub(super) fn as_json(table: &Table) -> Json {
    let all = table
        .iter()
        .map(|(key, value)| (key.clone(), json_of(value)));
    Json::Object(all.collect::<Map<_, _>>())
}

fn json_of(value: &Value) -> Json {
    match value {
        Value::String(text) => text.as_str().into(),
        Value::Integer(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Boolean(truth) => (*truth).into(),
        Value::Datetime(time) => time.to_string().into(),
        Value::Array(all) => all.iter().map(json_of).collect(),
        Value::Table(table) => as_json(table),
    }
}
