//! Owns the putting together of two flows: what the one that extends says goes before, step by step,
//! rule by rule, key by key. Refuses parts of steps and rules that the other flow does not have.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::absent::absent;
use super::insert::insert;
use super::lists::{LISTS, OWN_KEYS, Wrong, element_mut, names_of};
use super::remove::remove;
use super::sub::INCLUDE;
use super::targets::each_way;

/// What the extended flow becomes with what is said in the one that extends it.
pub(super) fn merge(base: Table, own: &Table) -> (Table, Vec<Wrong>) {
    let mut flow = base;
    let mut wrong = Vec::new();
    if !own.contains_key("version") {
        let message = "not given: expected a whole number: raise it whenever the flow changes";
        wrong.push(("version".to_owned(), message.to_owned()));
    }
    remove(&mut flow, own.get("remove"), &mut wrong);
    let led_to = led_to(own);
    for (list, key) in LISTS {
        elements(&mut flow, (list, key), own.get(list), &led_to, &mut wrong);
    }
    let is_list = |key: &str| LISTS.iter().any(|(list, _)| *list == key);
    for (key, value) in own {
        if !is_list(key) && !["extends", "remove"].contains(&key.as_str()) {
            put(&mut flow, key, value);
        }
    }
    (flow, wrong)
}

/// The steps to which the flow that extends leads by itself.
fn led_to(own: &Table) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for list in ["step", "guard"] {
        let all = own.get(list).and_then(Value::as_array);
        for element in all.into_iter().flatten().filter_map(Value::as_table) {
            each_way(&mut element.clone(), &mut |_, go| {
                names.insert(go.clone());
            });
        }
    }
    names
}

/// Steps or rules: those that are new come first, so that what is said of the others goes before.
fn elements(
    flow: &mut Table,
    (list, key): (&str, &str),
    own: Option<&Value>,
    led_to: &BTreeSet<String>,
    wrong: &mut Vec<Wrong>,
) {
    let Some(own) = own else {
        return;
    };
    let Some(own) = own.as_array() else {
        let message = format!("expected [[{list}]], with two brackets");
        wrong.push((list.to_owned(), message));
        return;
    };
    let names: Vec<String> = names_of(flow, list, key);
    let mut changed = Vec::new();
    for (number, element) in own.iter().enumerate() {
        let Some(name) = element.get(key).and_then(Value::as_str) else {
            let message = format!("{key} is not given: expected the {key} of a {list}");
            wrong.push((format!("{list}[{number}]"), message));
            continue;
        };
        let path = match list {
            "step" => format!("step.{name}"),
            _ => format!("{list}[{number}] {name:?}"),
        };
        let Some(table) = element.as_table() else {
            continue;
        };
        if names.iter().any(|known| known == name) {
            changed.push((path, name.to_owned(), table));
        } else if list == "step" && is_of_included(name, own) {
            // It changes a step that comes with another flow, which is not here yet.
            push(flow, list, element);
        } else if list == "step" && !has_place(table) && !led_to.contains(name) {
            let absent = absent(name, &names);
            wrong.push((
                path,
                format!("{absent}; nothing leads to a new step of this name"),
            ));
        } else {
            insert(flow, (list, key), &path, table, &names, wrong);
        }
    }
    for (path, name, table) in changed {
        change(flow, (list, key), &name, &path, table, wrong);
    }
}

/// Whether a step is one of a flow that another of these steps includes.
fn is_of_included(name: &str, own: &[Value]) -> bool {
    own.iter().any(|other| {
        let id = other.get("id").and_then(Value::as_str);
        let rest = id.and_then(|id| name.strip_prefix(id));
        other.get(INCLUDE).is_some() && rest.is_some_and(|rest| rest.starts_with('.'))
    })
}

fn push(flow: &mut Table, list: &str, element: &Value) {
    let all = flow.entry(list).or_insert_with(|| Value::Array(Vec::new()));
    if let Some(all) = all.as_array_mut() {
        all.push(element.clone());
    }
}

/// Whether a new step says where it is put.
fn has_place(step: &Table) -> bool {
    step.contains_key("before") || step.contains_key("after")
}

/// Changes an element that the extended flow has.
pub(super) fn change(
    flow: &mut Table,
    (list, key): (&str, &str),
    name: &str,
    path: &str,
    own: &Table,
    wrong: &mut Vec<Wrong>,
) {
    let Some(base) = element_mut(flow, list, key, name) else {
        return;
    };
    for place in ["before", "after"]
        .into_iter()
        .filter(|place| own.contains_key(*place))
    {
        let message = format!(
            "{name:?} has its place already: expected `{place}` only where a {list} is new"
        );
        wrong.push((format!("{path}.{place}"), message));
    }
    if list == "step" && is_of_another_kind(base, own) {
        base.retain(|known, _| known == key);
    }
    for taken in taken_out(own) {
        if !take_out(base, &taken) {
            let message =
                format!("{taken:?} is not in {name:?}: expected a key such as \"on.settled\"");
            wrong.push((format!("{path}.remove"), message));
        }
    }
    for (key, value) in own
        .iter()
        .filter(|(key, _)| !OWN_KEYS.contains(&key.as_str()))
    {
        put(base, key, value);
    }
}

/// A step that says another kind than the one it changes is another step in the same place.
fn is_of_another_kind(base: &Table, own: &Table) -> bool {
    let is_kind =
        |key: &&String| !["id", "on"].contains(&key.as_str()) && !OWN_KEYS.contains(&key.as_str());
    own.keys()
        .filter(is_kind)
        .any(|key| !base.contains_key(key))
}

/// The keys that a change takes out of a step or rule.
fn taken_out(own: &Table) -> Vec<String> {
    let all = own
        .get("remove")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    all.filter_map(|key| key.as_str().map(str::to_owned))
        .collect()
}

fn take_out(table: &mut Table, path: &str) -> bool {
    match path.split_once('.') {
        None => table.remove(path).is_some(),
        Some((key, rest)) => {
            let inner = table.get_mut(key).and_then(Value::as_table_mut);
            inner.is_some_and(|inner| take_out(inner, rest))
        }
    }
}

/// Puts a value in the place of another one; a table only in the place of what it names.
fn put(into: &mut Table, key: &str, value: &Value) {
    match (into.get_mut(key), value) {
        (Some(Value::Table(there)), Value::Table(own)) => {
            own.iter().for_each(|(key, value)| put(there, key, value));
        }
        (Some(there), value) => *there = value.clone(),
        (None, value) => drop(into.insert(key.to_owned(), value.clone())),
    }
}
