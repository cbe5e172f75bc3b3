//! Owns the way from a flow and the one it extends to one whole flow. Refuses to stop at the first
//! mistake.

use toml::Table;

use super::base::{Base, base_of};
use super::merge::merge;
use crate::config::flows::files::Files;
use crate::config::flows::mistake::FlowMistake;
use crate::config::flows::parse::parse;
use crate::config::flows::place::{Place, follow};

/// The most flows that extend each other.
const MAX_LAYERS: usize = 8;

/// A whole flow, with the files it comes from, its own first.
pub(crate) type Resolved = (Table, Vec<(String, String)>);

/// Puts a flow of the first source together with what it extends.
///
/// # Errors
/// Every mistake, each where it stands in the file that extends.
pub(crate) fn resolve(
    sources: &[&Files],
    file: &str,
    table: Table,
) -> Result<Resolved, Vec<FlowMistake>> {
    layer(sources, file, table, MAX_LAYERS)
}

fn layer(
    sources: &[&Files],
    file: &str,
    own: Table,
    left: usize,
) -> Result<Resolved, Vec<FlowMistake>> {
    let label = sources[0].label(file);
    let text = sources[0].get(file).cloned().unwrap_or_default();
    let Some(extends) = own.get("extends").cloned() else {
        return Ok((own, vec![(label, text)]));
    };
    let at = |path: &str, message: String| {
        let place = Place::at_byte(&label, &text, follow(&text, path).byte);
        FlowMistake::new(place, path, message)
    };
    let found = match extends.as_str() {
        Some(name) => base_of(name, file, sources),
        None => Err(format!("{extends}: expected the name of a flow")),
    };
    let found = match found {
        Ok(_) if left == 0 => Err(format!("more than {MAX_LAYERS} flows extend each other")),
        other => other,
    };
    let Base { source, file: base } = found.map_err(|message| vec![at("extends", message)])?;
    let from = &sources[source..];
    let mut mistakes = Vec::new();
    let text_of_base = from[0].get(&base).map_or("", String::as_str);
    let table = parse(&from[0].label(&base), text_of_base, &mut mistakes).ok_or(mistakes)?;
    let (table, below) = layer(from, &base, table, left - 1)?;
    let (merged, wrong) = merge(table, &own);
    if wrong.is_empty() {
        let layers = [(label, text)].into_iter().chain(below);
        return Ok((merged, layers.collect()));
    }
    let wrong = wrong.into_iter();
    Err(wrong.map(|(path, message)| at(&path, message)).collect())
}
