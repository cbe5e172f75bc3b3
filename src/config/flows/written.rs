//! Owns how a flow is written that was put together from several files: as people would write it, keys
//! in the order of the documentation. Refuses to change what it says.

use std::fmt::Write as _;

use toml::{Table, Value};

/// Keys of the file, in the order in which people write them.
const ORDER: [&str; 9] = [
    "name",
    "version",
    "purpose",
    "process",
    "subject",
    "amount",
    "hold_for",
    "fallback_list",
    "calendar",
];
/// Tables of the file, in the order in which people write them.
const TABLES: [&str; 2] = ["input", "classes"];
/// Keys that come first in a step or a rule.
const FIRST: [&str; 4] = ["id", "name", "when", "fresh_within"];

/// The text of a flow.
pub(super) fn written(flow: &Table) -> String {
    let mut text = String::new();
    let is_plain = |value: &&Value| !is_section(value);
    for key in ORDER {
        if let Some(value) = flow.get(key).filter(is_plain) {
            line(&mut text, key, value);
        }
    }
    let others = flow.iter();
    let others = others.filter(|(key, _)| !ORDER.contains(&key.as_str()));
    let others: Vec<(&String, &Value)> = others.collect();
    for (key, value) in others.iter().filter(|(_, value)| is_plain(value)) {
        line(&mut text, key, value);
    }
    let later = others.iter().map(|(key, _)| key.as_str());
    let later = later.filter(|key| !TABLES.contains(key));
    for key in TABLES.into_iter().chain(later) {
        if let Some(Value::Table(table)) = flow.get(key) {
            section(&mut text, key, table);
        }
    }
    for (key, value) in others {
        if let Value::Array(all) = value
            && is_section(value)
        {
            all.iter()
                .for_each(|element| block(&mut text, key, element));
        }
    }
    text
}

fn section(text: &mut String, key: &str, table: &Table) {
    let _ = write!(text, "\n[{}]\n", shown_key(key));
    for (key, value) in table {
        line(text, key, value);
    }
}

/// Whether a value has a header of its own.
fn is_section(value: &Value) -> bool {
    match value {
        Value::Table(_) => true,
        Value::Array(all) => !all.is_empty() && all.iter().all(Value::is_table),
        Value::String(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Datetime(_) => false,
    }
}

/// One step or rule.
fn block(text: &mut String, list: &str, element: &Value) {
    let Some(table) = element.as_table() else {
        return;
    };
    let _ = write!(text, "\n[[{}]]\n", shown_key(list));
    for key in FIRST {
        if let Some(value) = table.get(key) {
            line(text, key, value);
        }
    }
    let is_later = |key: &str| !FIRST.contains(&key) && key != "on";
    for (key, value) in table.iter().filter(|(key, _)| is_later(key)) {
        line(text, key, value);
    }
    match table.get("on") {
        // Each way out on its own line.
        Some(Value::Table(on)) => {
            for (name, value) in on {
                let _ = writeln!(text, "on.{} = {value}", shown_key(name));
            }
        }
        Some(other) => line(text, "on", other),
        None => {}
    }
}

fn line(text: &mut String, key: &str, value: &Value) {
    let _ = writeln!(text, "{} = {value}", shown_key(key));
}

/// A key as it is written: bare where that is allowed.
fn shown_key(key: &str) -> String {
    let is_bare = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if !key.is_empty() && key.bytes().all(is_bare) {
        key.to_owned()
    } else {
        Value::String(key.to_owned()).to_string()
    }
}
