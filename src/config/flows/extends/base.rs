//! Owns the search for the flow that another one extends or includes. Refuses to extend a flow by itself.

use sluis_model::reading::nearest;
use toml::{Table, Value};

use crate::config::flows::files::Files;

/// Where the flow is that is extended or included.
pub(super) struct Base {
    /// In which of the sources.
    pub source: usize,
    /// Its file there.
    pub file: String,
}

/// The flow of this name: of the same directory, else of one behind it. `own`: the file that is not meant.
///
/// # Errors
/// What was expected.
pub(super) fn base_of(name: &str, own: Option<&str>, sources: &[&Files]) -> Result<Base, String> {
    let mut known = Vec::new();
    for (source, files) in sources.iter().enumerate() {
        for (file, text) in files.flows() {
            let table = text.parse::<Table>().unwrap_or_default();
            // Of the same name in the same directory is only the flow itself.
            let is_itself = source == 0 && own == Some(file);
            let Some(found) = name_of(&table).filter(|_| !is_itself) else {
                continue;
            };
            if found == name {
                let file = file.to_owned();
                return Ok(Base { source, file });
            }
            known.push(found.to_owned());
        }
    }
    known.sort_unstable();
    known.dedup();
    let hint = match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near:?}?"),
        None if own.is_some() => "a flow cannot extend itself".to_owned(),
        None => "put its file beside this one".to_owned(),
    };
    let list = known.join(", ");
    Err(format!(
        "{name:?}: expected a flow that is there, one of {list}: {hint}"
    ))
}

/// The name that a flow has: its own, else that of the one it extends.
fn name_of(table: &Table) -> Option<&str> {
    let named = table.get("name").or_else(|| table.get("extends"));
    named.and_then(Value::as_str)
}
