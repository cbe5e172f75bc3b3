//! Owns the templates of a flow that is included: where they name a field or an answer of it, they are put
//! between two blocks that give these names. Refuses to change what stands in between, so lines stay.

use std::collections::BTreeMap;

use sluis_channels::render::included;
use toml::{Table, Value};

use super::rename::Names;
use crate::config::flows::files::Files;

/// A template that stands in the place of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrapped {
    /// The other one.
    pub of: String,
    /// What gives it its names, the outermost first.
    around: Vec<String>,
}

impl Wrapped {
    /// The name of a file of it, for a file of the other one.
    pub(crate) fn file(&self, name: &str, file: &str) -> String {
        format!("{name}{}", &file[self.of.len()..])
    }

    /// What stands in it, for what stands in the other one.
    pub(crate) fn text(&self, text: &str) -> String {
        // The line break at the end of a file is none of the message.
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        let ends = "{% endwith %}".repeat(self.around.len());
        format!("{}{text}{ends}", self.around.concat())
    }
}

/// The keys of the steps that send.
pub(crate) const SENDING: [&str; 2] = ["send", "ask"];

/// Puts wrapped templates in the place of those that name something of the flow. `known`: those of the flow
/// itself that are wrapped already; `wrapped` gets the new ones.
pub(super) fn wrap(
    step: &mut Table,
    names: &Names,
    known: &BTreeMap<String, Wrapped>,
    sources: &[&Files],
    wrapped: &mut BTreeMap<String, Wrapped>,
) {
    for key in SENDING {
        let Some(send) = step.get_mut(key).and_then(Value::as_table_mut) else {
            continue;
        };
        let mut each = |of: &mut Table| {
            for (_, value) in of.iter_mut() {
                if let Value::String(name) = value {
                    *name = one(name, names, known, sources, wrapped);
                }
            }
        };
        if let Some(own) = send.get_mut("template").and_then(Value::as_table_mut) {
            each(own);
        }
        let variants = send.get_mut("variant").and_then(Value::as_table_mut);
        for (_, variant) in variants.into_iter().flat_map(Table::iter_mut) {
            if let Some(variant) = variant.as_table_mut() {
                each(variant);
            }
        }
    }
}

fn one(
    name: &str,
    names: &Names,
    known: &BTreeMap<String, Wrapped>,
    sources: &[&Files],
    wrapped: &mut BTreeMap<String, Wrapped>,
) -> String {
    let inner = known.get(name);
    let of = inner.map_or(name, |inner| &inner.of).to_owned();
    let mut around = inner.map_or_else(Vec::new, |inner| inner.around.clone());
    let mut text = texts(&of, sources);
    around.iter().for_each(|block| text.push_str(block));
    let given = gives(names, &text);
    if given.is_empty() && inner.is_none() {
        return name.to_owned();
    }
    if !given.is_empty() {
        around.insert(0, format!("{{% with {} %}}", given.join(", ")));
    }
    let new = format!("{}--{name}", names.prefix);
    wrapped.insert(new.clone(), Wrapped { of, around });
    new
}

/// Everything that a template may say: its files, and those that they include.
fn texts(name: &str, sources: &[&Files]) -> String {
    let set = |stem: &str| {
        let sets = sources.iter().map(|source| source.template(stem));
        sets.into_iter().find(|set| !set.is_empty())
    };
    let mut left: Vec<String> = set(name)
        .unwrap_or_default()
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    let (mut seen, mut all) = (Vec::new(), String::new());
    while let Some(text) = left.pop() {
        for file in included(&text) {
            if seen.contains(&file) {
                continue;
            }
            let found = set(file.split('.').next().unwrap_or_default()).unwrap_or_default();
            left.extend(
                found
                    .into_iter()
                    .filter(|(of, _)| *of == file)
                    .map(|of| of.1),
            );
            seen.push(file);
        }
        all.push_str(&text);
        all.push('\n');
    }
    all
}

/// What a text needs to be given: `task = {"call": task["chase.call"]}`.
fn gives(names: &Names, text: &str) -> Vec<String> {
    let mut given = Vec::new();
    let is_renamed = |(old, new): (&String, &String)| old != new && has_word(text, old);
    if has_word(text, "data") && names.fields.iter().any(is_renamed) {
        let named = names.fields.iter().filter(|(old, _)| has_word(text, old));
        let entries = named.map(|(old, new)| format!("{old:?}: {}", of_data(new)));
        given.push(map("data", entries));
    }
    for (word, ids) in [("task", &names.people), ("ask", &names.tenant)] {
        let named: Vec<&String> = ids.iter().filter(|id| text.contains(id.as_str())).collect();
        if has_word(text, word) && !named.is_empty() {
            let prefix = &names.prefix;
            let entries = named.into_iter();
            let entries = entries.map(|id| format!("{id:?}: {word}[\"{prefix}.{}\"]", inside(id)));
            given.push(map(word, entries));
        }
    }
    given
}

/// How a template reads a field.
fn of_data(field: &str) -> String {
    let is_plain = field
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let is_name = is_plain && !field.starts_with(|first: char| first.is_ascii_digit());
    match is_name && !field.is_empty() {
        true => format!("data.{field}"),
        false => format!("data[{field:?}]"),
    }
}

fn map(word: &str, entries: impl Iterator<Item = String>) -> String {
    let entries: Vec<String> = entries.collect();
    format!("{word} = {{{}}}", entries.join(", "))
}

/// An id between quotes.
fn inside(id: &str) -> String {
    let quoted = format!("{id:?}");
    quoted[1..quoted.len() - 1].to_owned()
}

/// Whether a word stands in a text as a whole.
fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let (before, behind) = (&text[..at], &text[at + word.len()..]);
        !before.ends_with(is_part) && !behind.starts_with(is_part)
    })
}
