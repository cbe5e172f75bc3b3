//! Owns what a flow that is included needs of the flow that includes it: its fields, class tables, calendar,
//! and the rules that hold in it. Refuses to leave a rule out that nobody said is left out.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::absent::{is_not, not_included};
use super::lists::{LISTS, Wrong, names_of};
use super::sub::{INCLUDE, Sub};

/// The field that the page behind a link reads.
const READ_BY_LINKS: &str = "payment_url";

/// Its fields, with their names in the flow that includes it.
pub(super) fn fields(outer: &Table, sub: &Sub, wrong: &mut Vec<Wrong>) -> BTreeMap<String, String> {
    let (own, inner) = (inputs(outer), inputs(&sub.flow.table));
    let known: Vec<String> = inner.keys().cloned().collect();
    for name in sub.with.keys().filter(|name| !inner.contains_key(*name)) {
        wrong.push((
            sub.path(&format!("with.{name}")),
            not_included(name, &known),
        ));
    }
    let mut fields = BTreeMap::new();
    for (name, (kind, may_lack)) in inner {
        let given = sub.with.get(&name);
        let new = given.unwrap_or(&name).clone();
        let at = match given {
            Some(_) => sub.path(&format!("with.{name}")),
            None => sub.path(INCLUDE),
        };
        let flow = &sub.name;
        let needs = format!("{flow:?} needs the field {name:?} of kind {kind}");
        let message = match own.get(&new) {
            _ if new != name && name == READ_BY_LINKS => Some(format!(
                "the page behind a link reads {name:?} by this name: expected no other one"
            )),
            None if given.is_some() => {
                let known: Vec<String> = own.keys().cloned().collect();
                let is_not = is_not("a field of this flow", &new, &known);
                Some(format!("{needs}, and {is_not}"))
            }
            None => Some(format!(
                "{needs}: expected it in [input], or with = {{ {name} = \"<a field of this flow>\" }}"
            )),
            Some((other, _)) if *other != kind => {
                Some(format!("{needs}, and {new:?} is of kind {other} here"))
            }
            Some((_, true)) if !may_lack => Some(format!(
                "{needs}, and {new:?} may be left out here: expected a field that is always given"
            )),
            Some(_) => None,
        };
        wrong.extend(message.map(|message| (at, message)));
        fields.insert(name, new);
    }
    fields
}

/// The fields of a flow: kind, and whether it may be left out. What has another shape is told elsewhere.
fn inputs(flow: &Table) -> BTreeMap<String, (String, bool)> {
    let inputs = flow.get("input").and_then(Value::as_table);
    let field = |(name, value): (&String, &Value)| {
        let (word, optional) = match value {
            Value::Table(table) => {
                let optional = table.get("optional").and_then(Value::as_bool);
                (table.get("kind")?.as_str()?, optional.unwrap_or_default())
            }
            other => (other.as_str()?, false),
        };
        let kind = word.strip_suffix('?');
        let read = (kind.unwrap_or(word).to_owned(), optional || kind.is_some());
        Some((name.clone(), read))
    };
    inputs.into_iter().flatten().filter_map(field).collect()
}

/// Adds its class tables and its calendar.
pub(super) fn bring(outer: &mut Table, sub: &Sub, wrong: &mut Vec<Wrong>) {
    let at = sub.path(INCLUDE);
    let flow = &sub.name;
    let classes = sub.flow.table.get("classes").and_then(Value::as_table);
    for (name, file) in classes.into_iter().flatten() {
        let own = outer
            .entry("classes")
            .or_insert_with(|| Table::new().into());
        let Some(own) = own.as_table_mut() else {
            continue;
        };
        match own.get(name) {
            Some(known) if known != file => wrong.push((
                at.clone(),
                format!("{flow:?} has the class table {file} as {name:?}, and here that is {known}: expected one table of this name"),
            )),
            Some(_) => {}
            None => drop(own.insert(name.clone(), file.clone())),
        }
    }
    if let Some(calendar) = sub.flow.table.get("calendar") {
        match outer.get("calendar") {
            Some(known) if known != calendar => wrong.push((
                at,
                format!("{flow:?} counts the working days of calendar {calendar}, and here it is {known}: expected one calendar"),
            )),
            Some(_) => {}
            None => drop(outer.insert("calendar".to_owned(), calendar.clone())),
        }
    }
}

/// Keys at the top of a flow that say nothing of its steps, or that are looked at by themselves.
const KNOWN: [&str; 19] = [
    "amount",
    "calendar",
    "classes",
    "counted",
    "extends",
    "fallback_list",
    "group",
    "guard",
    "hold_for",
    "input",
    "legal",
    "name",
    "process",
    "purpose",
    "remove",
    "step",
    "stop",
    "subject",
    "version",
];

/// Another key at its top holds for a whole notification: the flow that includes it must say something of it.
pub(super) fn keys(outer: &Table, sub: &Sub, wrong: &mut Vec<Wrong>) {
    let keys = sub.flow.table.keys();
    let other = keys.filter(|key| !KNOWN.contains(&key.as_str()));
    for key in other.filter(|key| !outer.contains_key(*key)) {
        let flow = &sub.name;
        let message = format!(
            "{flow:?} says `{key}` at the top, which holds for a whole notification and does not come along: expected `{key}` in this flow"
        );
        wrong.push((sub.path(INCLUDE), message));
    }
}

/// Its guards and stop rules are those of the flow that includes it, by their names, or are left out by name.
pub(super) fn rules(outer: &Table, sub: &Sub, wrong: &mut Vec<Wrong>) {
    for (list, key) in LISTS.into_iter().filter(|(list, _)| *list != "step") {
        let own = names_of(outer, list, key);
        let inner = names_of(&sub.flow.table, list, key);
        let left_out = sub.without.get(list).map(Vec::as_slice).unwrap_or_default();
        for (number, name) in left_out.iter().enumerate() {
            if !inner.contains(name) {
                let at = sub.path(&format!("without.{list}[{number}]"));
                wrong.push((at, not_included(name, &inner)));
            }
        }
        for name in inner
            .iter()
            .filter(|name| !own.contains(name) && !left_out.contains(name))
        {
            let (flow, word) = (
                &sub.name,
                if list == "stop" { "stop rule" } else { "guard" },
            );
            let message = format!(
                "{flow:?} has the {word} {name:?}, which does not come along: expected a {word} of this name in this flow, or without = {{ {list} = [{name:?}] }}"
            );
            wrong.push((sub.path(INCLUDE), message));
        }
    }
}
