//! Owns the reading of a flow's file as TOML. Refuses to stop at the first mistake, and to read what is
//! in it.

use toml::Table;
use toml::de::DeTable;

use super::mistake::FlowMistake;
use super::place::Place;

/// Reads a flow as TOML; every mistake is told.
pub(crate) fn parse(label: &str, text: &str, mistakes: &mut Vec<FlowMistake>) -> Option<Table> {
    if let Ok(table) = text.parse::<Table>() {
        return Some(table);
    }
    let (_, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let byte = error.span().map_or(0, |span| span.start);
        let place = Place::at_byte(label, text, byte);
        let message = format!("expected TOML 1.0: {}", error.message());
        mistakes.push(FlowMistake::new(place, "", message));
    }
    None
}
