//! Owns which settings of a configuration wait for a start when it is read again, by their paths: what is
//! different, and no running engine takes over. Refuses to show a value.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use super::Config;
use super::reader::{element, join};

/// Lists whose elements have names: what is new or gone there is told as a whole.
const NAMED: [&str; 2] = ["corporation", "provider"];

impl Config {
    /// The settings, by their paths and in their order, that an engine with the configuration `started`
    /// takes from this one only at its next start.
    ///
    /// # Errors
    /// None in practice: every value of a configuration has a place in TOML.
    pub fn waits_for_a_start(&self, started: &Self) -> Result<Vec<String>, toml::ser::Error> {
        let (before, now) = (values(started)?, values(self)?);
        let paths: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
        let mut waiting = Vec::new();
        for path in paths {
            if before.get(path) == now.get(path) {
                continue;
            }
            let whole = whole(path, &before, &now);
            let is_taken = is_taken_over(path) && whole == *path;
            if !is_taken && waiting.last() != Some(&whole) {
                waiting.push(whole);
            }
        }
        Ok(waiting)
    }
}

/// Whether a running engine takes this setting over.
fn is_taken_over(path: &str) -> bool {
    let own = path.strip_prefix("corporation.");
    let own = own.and_then(|path| path.split_once('.'));
    match own {
        Some((_, key)) => matches!(key, "key_hashes" | "flows"),
        None => {
            path == "flows.directory"
                || path == "http.operator_key_hashes"
                || path.starts_with("http.tls.")
                || path.starts_with("binary.tls.")
        }
    }
}

/// Of an element that only one of them has: the element.
fn whole(path: &str, before: &Values, now: &Values) -> String {
    let mut parts = path.splitn(3, '.');
    let (Some(list), Some(name), Some(_)) = (parts.next(), parts.next(), parts.next()) else {
        return path.to_owned();
    };
    let element = format!("{list}.{name}");
    let inside = format!("{element}.");
    let has = |values: &Values| {
        let from = values.range(inside.clone()..).next();
        from.is_some_and(|(path, _)| path.starts_with(&inside))
    };
    if NAMED.contains(&list) && !(has(before) && has(now)) {
        element
    } else {
        path.to_owned()
    }
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
            _ => drop(values.insert(here, value.clone())),
        }
    }
}
