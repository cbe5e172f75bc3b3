//! Owns a step that includes another flow, as it stands in the file: `include = "house-visit"`, `with`,
//! `on_end`, `without`. Refuses to find the flow.

use std::collections::BTreeMap;

use sluis_model::reading::nearest;
use toml::{Table, Value};

use super::lists::Wrong;
use super::resolved::Resolved;

/// The key that says that a step includes a flow.
pub(super) const INCLUDE: &str = "include";
/// Its other keys.
const KEYS: [&str; 4] = ["id", "with", "on_end", "without"];

/// A flow that is included, and what is said of it.
pub(super) struct Sub {
    /// The id of the step that includes it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub flow: Resolved,
    /// Its fields that have other names here.
    pub with: BTreeMap<String, String>,
    /// Where its ends lead.
    pub on_end: BTreeMap<String, String>,
    /// Names of its guards and stop rules that are left out on purpose.
    pub without: BTreeMap<String, Vec<String>>,
}

impl Sub {
    /// Whether a step includes a flow.
    pub(super) fn is_one(step: &Table) -> bool {
        step.contains_key(INCLUDE)
    }

    /// Reads one. `number`: its place among the steps; `find`: the flow of a name, whole.
    pub(super) fn read(
        number: usize,
        step: &Table,
        find: &mut dyn FnMut(&str) -> Result<Resolved, String>,
        wrong: &mut Vec<Wrong>,
    ) -> Option<Self> {
        let Some(id) = step.get("id").and_then(Value::as_str) else {
            let message = "id is not given: expected a name, such as \"chase\"";
            wrong.push((format!("step[{number}]"), message.to_owned()));
            return None;
        };
        let path = format!("step.{id}");
        if !is_word(id) {
            let message = format!(
                "{id:?}: expected lower-case letters, digits, - and _ here, because the ids of the steps that are included begin with it"
            );
            wrong.push((format!("{path}.id"), message));
        }
        for key in step.keys().filter(|key| !is_known(key)) {
            let near = nearest(key, KEYS);
            let hint = near.map_or_else(|| "remove it".to_owned(), did_you_mean);
            let message = format!(
                "unknown key: expected one of include, {}: {hint}",
                KEYS.join(", ")
            );
            wrong.push((format!("{path}.{key}"), message));
        }
        let flow = match &step[INCLUDE] {
            Value::String(name) => find(name).map(|flow| (name.clone(), flow)),
            other => Err(format!("{other}: expected the name of a flow")),
        };
        let with = texts(step, &path, "with", wrong);
        let on_end = texts(step, &path, "on_end", wrong);
        let without = lists(step, &path, wrong);
        match flow {
            Ok((name, flow)) => Some(Self {
                id: id.to_owned(),
                name,
                flow,
                with,
                on_end,
                without,
            }),
            Err(message) => {
                wrong.push((format!("{path}.{INCLUDE}"), message));
                None
            }
        }
    }

    /// Its steps.
    pub(super) fn steps(&self) -> Vec<Table> {
        let steps = self.flow.table.get("step").and_then(Value::as_array);
        let steps = steps.into_iter().flatten();
        steps.filter_map(|step| step.as_table().cloned()).collect()
    }

    /// The path of something in the step.
    pub(super) fn path(&self, key: &str) -> String {
        format!("step.{}.{key}", self.id)
    }
}

fn is_known(key: &str) -> bool {
    key == INCLUDE || KEYS.contains(&key)
}

fn did_you_mean(near: &str) -> String {
    format!("did you mean {near:?}?")
}

fn is_word(id: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    // Rules read answers and data under these words.
    !id.is_empty() && id.bytes().all(fits) && !["data", "task", "ask"].contains(&id)
}

/// A table of texts.
fn texts(step: &Table, path: &str, key: &str, wrong: &mut Vec<Wrong>) -> BTreeMap<String, String> {
    let example = match key {
        "with" => {
            "with = { due_date = \"visit_on\" }: a field of the flow, and the one of this flow that it is"
        }
        _ => "on_end = { \"done\" = \"next\", \"*\" = \"human: desk\" }",
    };
    let mut read = BTreeMap::new();
    match step.get(key) {
        None => {}
        Some(Value::Table(table)) => {
            for (name, value) in table {
                match value {
                    Value::String(text) => drop(read.insert(name.clone(), text.clone())),
                    other => wrong.push((
                        format!("{path}.{key}.{name}"),
                        format!("{other}: expected a text, as in {example}"),
                    )),
                }
            }
        }
        Some(other) => {
            wrong.push((
                format!("{path}.{key}"),
                format!("{other}: expected {example}"),
            ));
            // What leads where is not known, and no mistake of its own.
            read.insert("*".to_owned(), "end: not known".to_owned());
        }
    }
    read
}

/// `without = { guard = ["balance above zero"], stop = ["paid"] }`
fn lists(step: &Table, path: &str, wrong: &mut Vec<Wrong>) -> BTreeMap<String, Vec<String>> {
    let mut read = BTreeMap::new();
    let Some(value) = step.get("without") else {
        return read;
    };
    let example = "without = { guard = [\"balance above zero\"], stop = [\"paid\"] }";
    let Some(table) = value.as_table() else {
        wrong.push((
            format!("{path}.without"),
            format!("{value}: expected {example}"),
        ));
        return read;
    };
    for (list, names) in table {
        let texts = names.as_array().map(|names| {
            let names = names.iter().map(|name| name.as_str().map(str::to_owned));
            names.collect::<Option<Vec<String>>>()
        });
        match texts.flatten() {
            Some(names) if ["guard", "stop"].contains(&list.as_str()) => {
                read.insert(list.clone(), names);
            }
            _ => wrong.push((
                format!("{path}.without.{list}"),
                format!("expected {example}"),
            )),
        }
    }
    read
}
