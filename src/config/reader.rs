//! Owns the words with which mistakes in the settings are told. Refuses to read: the reader of the
//! model does, every mistake at once.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use sluis_model::reading::{self, Mistake, Words};
use toml::Value;

pub(super) use sluis_model::reading::join;

use super::problem::{Collector, Problem};
use super::settings;

/// The words of settings.
const WORDS: Words = Words {
    of: settings::words,
    table: Some("a section"),
    hint: "see the default configuration",
    element,
};

/// Reads `value`, which stands at `path`. Faults go to `problems`; after them the result holds
/// made-up values and is only good for finding further problems. `also` are keys that somebody else
/// reads from the same table, for hints.
pub(super) fn read<T: DeserializeOwned>(
    path: &str,
    value: &Value,
    also: &[&'static str],
    problems: &mut Collector,
) -> Option<T> {
    let mut mistakes = Vec::new();
    let read = reading::read(path, value, also, WORDS, &mut mistakes);
    problems.extend(mistakes.into_iter().map(Problem::from));
    read
}

/// A key of the table at `table` that is none of `all`.
pub(super) fn unknown(table: &str, field: &str, all: BTreeSet<&str>) -> Problem {
    reading::unknown(table, field, all).into()
}

/// A key that the table at `table` must have.
pub(super) fn missing(table: &str, field: &str) -> Problem {
    reading::missing(table, field, WORDS).into()
}

impl From<Mistake> for Problem {
    fn from(found: Mistake) -> Self {
        Self::new(found.path, found.value, found.expected, found.hint)
    }
}

/// The path of an element: by its name when that is a plain word and the only one, else by its
/// place.
pub(super) fn element(path: &str, all: &[Value], index: usize) -> String {
    let name = |value: &Value| value.get("name").and_then(Value::as_str).map(str::to_owned);
    let plain = |name: &String| {
        !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    match all.get(index).and_then(name).filter(plain) {
        Some(own)
            if all
                .iter()
                .filter_map(name)
                .filter(|other| *other == own)
                .count()
                == 1 =>
        {
            join(path, &own)
        }
        _ => format!("{path}[{index}]"),
    }
}
