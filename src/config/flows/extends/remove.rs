//! Owns what a flow takes out of the one it extends: `remove = { step = ["payment"] }`. Refuses names
//! that are not there.

use toml::{Table, Value};

use super::absent::absent;
use super::lists::{LISTS, Wrong, names_of};

/// Tables of the file whose keys may be taken out.
const TABLES: [&str; 2] = ["input", "classes"];

/// Takes out what is named.
pub(super) fn remove(flow: &mut Table, named: Option<&Value>, wrong: &mut Vec<Wrong>) {
    let Some(named) = named else {
        return;
    };
    let Some(named) = named.as_table() else {
        let message =
            "expected a table such as { step = [\"payment\"], guard = [\"balance above zero\"] }";
        wrong.push(("remove".to_owned(), message.to_owned()));
        return;
    };
    for (list, names) in named {
        let known = known(flow, list);
        let names = names.as_array().map(Vec::as_slice);
        let (Some(known), Some(names)) = (known, names) else {
            let message = "expected lists of names under step, guard, stop, input or classes";
            wrong.push((format!("remove.{list}"), message.to_owned()));
            continue;
        };
        for (number, name) in names.iter().enumerate() {
            let name = name.as_str().unwrap_or_default();
            if known.iter().any(|known| known == name) {
                take(flow, list, name);
            } else {
                wrong.push((format!("remove.{list}[{number}]"), absent(name, &known)));
            }
        }
    }
}

/// What may be taken out of a list or a table.
fn known(flow: &Table, list: &str) -> Option<Vec<String>> {
    if let Some((list, key)) = LISTS.into_iter().find(|(known, _)| *known == list) {
        return Some(names_of(flow, list, key));
    }
    TABLES.into_iter().find(|known| *known == list)?;
    let table = flow.get(list).and_then(Value::as_table);
    Some(
        table
            .into_iter()
            .flat_map(|table| table.keys().cloned())
            .collect(),
    )
}

fn take(flow: &mut Table, list: &str, name: &str) {
    let key = LISTS.into_iter().find(|(known, _)| *known == list);
    match (flow.get_mut(list), key) {
        (Some(Value::Array(all)), Some((_, key))) => {
            all.retain(|element| element.get(key).and_then(Value::as_str) != Some(name));
        }
        (Some(Value::Table(table)), None) => drop(table.remove(name)),
        (Some(_) | None, _) => {}
    }
}
