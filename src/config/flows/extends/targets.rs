//! Owns where the ways of a step or a rule stand in its text: `on.bounced`, `wait.then`,
//! `task.answers.yes`. Refuses to read what else stands there.

use toml::{Table, Value};

/// Keys whose text says where to go.
const GO: [&str; 5] = ["go", "then", "otherwise", "unknown", "past"];
/// Tables whose texts all say where to go.
const GO_TABLES: [&str; 2] = ["on", "answers"];

/// Calls `each` with every way of a step or rule: its name, and where it leads.
pub(super) fn each_way(of: &mut Table, each: &mut dyn FnMut(&str, &mut String)) {
    below(of, "", false, each);
}

fn below(table: &mut Table, way: &str, all_lead: bool, each: &mut dyn FnMut(&str, &mut String)) {
    for (key, value) in table.iter_mut() {
        // What an answer asks for leads nowhere, whatever its names.
        if key == "fields" && !all_lead {
            continue;
        }
        let leads = all_lead || GO.contains(&key.as_str());
        // `on.unanswered = { after, go }` is the way `unanswered`.
        let name = match (key.as_str(), way) {
            ("go", way) if !way.is_empty() => way.to_owned(),
            (key, _) => key.to_owned(),
        };
        match value {
            Value::String(text) if leads => each(&name, text),
            Value::Table(inner) => {
                // `answers.on = { fields, go }` is an answer, and no handlers.
                let all = !all_lead && GO_TABLES.contains(&key.as_str());
                below(inner, &name, all, each);
            }
            Value::Array(all) => {
                for inner in all.iter_mut().filter_map(Value::as_table_mut) {
                    below(inner, &name, false, each);
                }
            }
            Value::String(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::Boolean(_)
            | Value::Datetime(_) => {}
        }
    }
}
