//! Owns which settings of two configurations differ, by their paths. Refuses to show a value.

use std::collections::{BTreeMap, BTreeSet};

use sluis_actors::Change;
use toml::{Table, Value};

use super::Config;
use super::reader::{element, join};

/// Lists whose elements have names: what is new or gone there is told as a whole.
const NAMED: [&str; 2] = ["corporation", "provider"];

impl Config {
    /// The settings that differ from those of `before`, by their paths and in their order, and what became of
    /// each.
    ///
    /// # Errors
    /// None in practice: every value of a configuration has a place in TOML.
    pub fn differences(&self, before: &Self) -> Result<Vec<(String, Change)>, toml::ser::Error> {
        let (before, now) = (values(before)?, values(self)?);
        let paths: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
        let mut different: Vec<(String, Change)> = Vec::new();
        for path in paths {
            if before.get(path) == now.get(path) {
                continue;
            }
            let whole = whole(path, &before, &now);
            if different.last().is_none_or(|(last, _)| *last != whole) {
                let (was, is) = (has(&before, &whole), has(&now, &whole));
                let change = match (was, is) {
                    (false, _) => Change::Added,
                    (true, true) => Change::Changed,
                    (true, false) => Change::Removed,
                };
                different.push((whole, change));
            }
        }
        Ok(different)
    }
}

/// Of an element that only one of them has: the element.
fn whole(path: &str, before: &Values, now: &Values) -> String {
    let mut parts = path.splitn(3, '.');
    let (Some(list), Some(name), Some(_)) = (parts.next(), parts.next(), parts.next()) else {
        return path.to_owned();
    };
    let element = format!("{list}.{name}");
    if NAMED.contains(&list) && !(has(before, &element) && has(now, &element)) {
        element
    } else {
        path.to_owned()
    }
}

/// Whether there is something at a path, or below it.
fn has(values: &Values, path: &str) -> bool {
    let inside = format!("{path}.");
    let below = || values.range(inside.clone()..).next();
    values.contains_key(path) || below().is_some_and(|(path, _)| path.starts_with(&inside))
}

/// Values by their paths.
type Values = BTreeMap<String, Value>;

fn values(config: &Config) -> Result<Values, toml::ser::Error> {
    let mut values = Values::new();
    collect("", &Table::try_from(config)?, &mut values);
    Ok(values)
}

fn collect(path: &str, table: &Table, values: &mut Values) {
    for (key, value) in table {
        let here = join(path, key);
        match value {
            Value::Table(inner) => collect(&here, inner, values),
            Value::Array(list) if NAMED.contains(&&*here) => {
                for (index, value) in list.iter().enumerate() {
                    if let Value::Table(inner) = value {
                        collect(&element(&here, list, index), inner, values);
                    }
                }
                if here == "provider" {
                    // Their order is that of preference.
                    let names = list.iter().filter_map(|value| value.get("name").cloned());
                    values.insert(here, Value::Array(names.collect()));
                }
            }
            Value::String(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::Boolean(_)
            | Value::Datetime(_)
            | Value::Array(_) => drop(values.insert(here, value.clone())),
        }
    }
}
