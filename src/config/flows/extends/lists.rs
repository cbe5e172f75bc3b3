//! Owns the lists of a flow's file whose elements have names. Refuses to change them.

use toml::{Table, Value};

/// A mistake: the path in the flow that extends, and what was expected.
pub(super) type Wrong = (String, String);

/// Lists of the file, each with the key that names its elements.
pub(super) const LISTS: [(&str, &str); 3] = [("step", "id"), ("guard", "name"), ("stop", "name")];

/// The names of the elements of a list.
pub(super) fn names_of(flow: &Table, list: &str, key: &str) -> Vec<String> {
    let all = flow
        .get(list)
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let names = all.filter_map(|element| element.get(key)?.as_str());
    names.map(str::to_owned).collect()
}

/// Keys that are about the change and no part of what comes of it.
pub(super) const OWN_KEYS: [&str; 3] = ["before", "after", "remove"];

/// An element of a list.
pub(super) fn element_mut<'a>(
    flow: &'a mut Table,
    list: &str,
    key: &str,
    name: &str,
) -> Option<&'a mut Table> {
    let all = flow.get_mut(list)?.as_array_mut()?;
    let fits = |value: &&mut Value| value.get(key).and_then(Value::as_str) == Some(name);
    all.iter_mut().find(fits)?.as_table_mut()
}
