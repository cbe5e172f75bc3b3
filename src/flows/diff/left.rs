//! Owns what differs in the text of two flows, key by key, and that no sentence of its own tells: a key that
//! came later than these sentences must not be passed over. Refuses to say what it means.

use std::collections::BTreeSet;

use toml::{Table, Value};

/// Parts of a flow that have a name of their own, with the key that has it and how sentences call them.
const NAMED: [(&str, &str, &str); 3] = [
    ("step", "id", "step"),
    ("guard", "name", "guard"),
    ("stop", "name", "stop"),
];
/// Parts that are compared by what they say, and not by their text.
const BY_MEANING: [&str; 3] = ["input", "classes", "calendar"];
/// Longest value that is shown, in characters.
const MOST_SHOWN: usize = 200;

/// What differs in a file beside a flow, such as a calendar: `calendar nl: days.2027-12-24: none -> "off"`.
pub(super) fn in_file(what: &str, a: &str, b: &str) -> Vec<String> {
    let mut lines = Vec::new();
    match (a.parse::<Table>(), b.parse::<Table>()) {
        (Ok(a), Ok(b)) => keys(what, ": ", &a, &b, &mut lines),
        (Ok(_) | Err(_), _) if a != b => lines.push(format!("{what}: another text")),
        (Ok(_) | Err(_), _) => {}
    }
    lines
}

/// What differs in the texts of two flows and of whose part no line tells anything.
pub(super) fn untold(a: &str, b: &str, told: &[String]) -> Vec<String> {
    let (Ok(a), Ok(b)) = (a.parse::<Table>(), b.parse::<Table>()) else {
        return Vec::new();
    };
    let is_told = |what: &str| {
        let rest = |line: &String| line.strip_prefix(what).map(str::to_owned);
        let mut rests = told.iter().filter_map(rest);
        rests.any(|rest| rest.starts_with(':'))
    };
    let mut lines = Vec::new();
    for key in union(&a, &b) {
        if BY_MEANING.contains(&key) || NAMED.iter().any(|(of, ..)| *of == key) || is_told(key) {
            continue;
        }
        values(key, ".", a.get(key), b.get(key), &mut lines);
    }
    for (key, name, word) in NAMED {
        for (called, one) in parts(&a, key, name) {
            let other = parts(&b, key, name).into_iter().find(|of| of.0 == called);
            let what = format!("{word} {called}");
            if let Some((_, other)) = other
                && !is_told(&what)
            {
                keys(&what, ": ", one, other, &mut lines);
            }
        }
    }
    lines
}

/// The parts of a flow under a key, each with its name.
fn parts<'a>(flow: &'a Table, key: &str, name: &str) -> Vec<(&'a str, &'a Table)> {
    let all = flow.get(key).and_then(Value::as_array);
    let tables = all.into_iter().flatten().filter_map(Value::as_table);
    let named = tables.filter_map(|part| Some((part.get(name)?.as_str()?, part)));
    named.collect()
}

fn union<'a>(a: &'a Table, b: &'a Table) -> BTreeSet<&'a str> {
    a.keys().chain(b.keys()).map(String::as_str).collect()
}

fn keys(what: &str, between: &str, a: &Table, b: &Table, lines: &mut Vec<String>) {
    for key in union(a, b) {
        let what = format!("{what}{between}{key}");
        values(&what, ".", a.get(key), b.get(key), lines);
    }
}

fn values(
    what: &str,
    between: &str,
    a: Option<&Value>,
    b: Option<&Value>,
    lines: &mut Vec<String>,
) {
    match (a, b) {
        (Some(Value::Table(a)), Some(Value::Table(b))) => keys(what, between, a, b, lines),
        (a, b) if a == b => {}
        (a, b) => lines.push(format!("{what}: {} -> {}", shown(a), shown(b))),
    }
}

fn shown(value: Option<&Value>) -> String {
    let Some(value) = value else {
        return "none".to_owned();
    };
    let text = value.to_string();
    match text.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text,
    }
}
