//! Owns the steps and rules that a flow adds to the one it extends: `before = "sms"` (what led there
//! leads here), `after = "mail.bounced"` (this way leads here). Refuses to guess the way out of a step
//! that has several.

use toml::{Table, Value};

use super::absent::absent;
use super::lists::{OWN_KEYS, Wrong, names_of};
use super::targets::each_way;

/// Adds an element. `names`: what the extended flow has.
pub(super) fn insert(
    flow: &mut Table,
    (list, key): (&str, &str),
    path: &str,
    own: &Table,
    names: &[String],
    wrong: &mut Vec<Wrong>,
) {
    let id = own.get(key).and_then(Value::as_str).unwrap_or_default();
    if !is_whole(list, own) {
        wrong.push((path.to_owned(), absent_or_part(list, id, names)));
        return;
    }
    let text = |place: &str| own.get(place).and_then(Value::as_str);
    let behind = match (text("before"), text("after")) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err((
            "before",
            "expected `before` or `after`, not both".to_owned(),
        )),
        (Some(step), None) => before(flow, (list, key), step, id).map_err(|why| ("before", why)),
        (None, Some(way)) => after(flow, (list, key), way, id).map_err(|why| ("after", why)),
    };
    let behind = match behind {
        Ok(behind) => behind,
        Err((place, why)) => {
            wrong.push((format!("{path}.{place}"), why));
            return;
        }
    };
    let mut element = own.clone();
    element.retain(|key, _| !OWN_KEYS.contains(&key));
    let all = flow.entry(list).or_insert_with(|| Value::Array(Vec::new()));
    if let Some(all) = all.as_array_mut() {
        let at = behind.unwrap_or(all.len());
        all.insert(at, Value::Table(element));
    }
}

/// Whether it says all that a step or rule must say, so that it can be meant as a new one.
fn is_whole(list: &str, own: &Table) -> bool {
    let has = |key: &str| own.contains_key(key);
    match list {
        "guard" => has("when") && has("otherwise"),
        "stop" => has("when") && has("end"),
        _ => own
            .keys()
            .any(|key| !["id", "on"].contains(&key.as_str()) && !OWN_KEYS.contains(&key.as_str())),
    }
}

fn absent_or_part(list: &str, name: &str, names: &[String]) -> String {
    let whole = match list {
        "guard" => "`when` and `otherwise`",
        "stop" => "`when` and `end`",
        _ => "what it does, such as `send` or `wait`",
    };
    let absent = absent(name, names);
    format!("{absent}; a new {list} says {whole}")
}

/// Has all that led to a step lead to another one. Gives the place of the new one.
fn before(
    flow: &mut Table,
    (list, key): (&str, &str),
    step: &str,
    id: &str,
) -> Result<Option<usize>, String> {
    let names = names_of(flow, list, key);
    let at = names.iter().position(|known| known == step);
    let at = at.ok_or_else(|| absent(step, &names))?;
    if list == "step" {
        for list in ["guard", "step"] {
            each_element(flow, list, &mut |_, go| {
                if go == step {
                    id.clone_into(go);
                }
            });
        }
    }
    Ok(Some(at))
}

/// Has one way out of a step lead to another one. Gives the place of the new one.
fn after(
    flow: &mut Table,
    (list, key): (&str, &str),
    way: &str,
    id: &str,
) -> Result<Option<usize>, String> {
    let names = names_of(flow, list, key);
    let fits = |name: &&String| {
        let rest = way.strip_prefix(name.as_str());
        rest.is_some_and(|rest| rest.is_empty() || list == "step" && rest.starts_with('.'))
    };
    let longest = names.iter().filter(fits).max_by_key(|name| name.len());
    let step = longest.ok_or_else(|| absent(way, &names))?;
    let at = names
        .iter()
        .position(|known| known == step)
        .unwrap_or_default();
    if list == "step" {
        let way = way[step.len()..].trim_start_matches('.');
        lead_away(flow, at, step, way, id)?;
    }
    Ok(Some(at + 1))
}

fn lead_away(flow: &mut Table, at: usize, step: &str, way: &str, id: &str) -> Result<(), String> {
    let all = flow.get_mut("step").and_then(Value::as_array_mut);
    let Some(table) = all.and_then(|all| all.get_mut(at)?.as_table_mut()) else {
        return Ok(());
    };
    let mut ways = Vec::new();
    each_way(table, &mut |name, _| ways.push(name.to_owned()));
    let chosen: Vec<&String> = match way {
        "" => ways.iter().collect(),
        way => ways.iter().filter(|name| *name == way).collect(),
    };
    let [chosen] = chosen[..] else {
        let ways: Vec<String> = ways.iter().map(|way| format!("{step}.{way}")).collect();
        let listed = ways.join(", ");
        return Err(format!("expected one way out of {step:?}: one of {listed}"));
    };
    let chosen = chosen.clone();
    each_way(table, &mut |name, go| {
        if name == chosen {
            id.clone_into(go);
        }
    });
    Ok(())
}

fn each_element(flow: &mut Table, list: &str, each: &mut dyn FnMut(&str, &mut String)) {
    let all = flow.get_mut(list).and_then(Value::as_array_mut);
    for element in all.into_iter().flatten() {
        if let Some(table) = element.as_table_mut() {
            each_way(table, each);
        }
    }
}
