//! Owns a flow as it was found: its definition, and where each part of it stands. Refuses to judge it.

use std::collections::BTreeMap;

use sluis_model::CorporationId;
use sluis_model::flow::Definition;

use super::place::{Followed, Place, follow};

/// A flow, whose it is, and where it was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The corporation whose own it is. `None`: everybody's.
    pub owner: Option<CorporationId>,
    /// Its name.
    pub name: String,
    /// What is stored, hashed and explained.
    pub definition: Definition,
    /// Where it stands.
    pub sources: Sources,
}

/// The files of one flow.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The flow's own file, then the one it extends, and so on: as they are shown, with their text.
    pub layers: Vec<(String, String)>,
    /// Its class tables, calendars, types of facts and templates, by path below the directory.
    pub parts: BTreeMap<String, (String, String)>,
    /// Class tables, calendars, types of facts and templates beside it, each as it is shown.
    pub beside: BTreeMap<String, String>,
}

/// The folders whose files have mistakes of their own: the path of one begins with it, then comes the
/// file, then the path within it.
const WITH_PATHS: [&str; 3] = ["classes/", "calendars/", "facts/"];

impl Sources {
    /// Where a path of the flow stands, and what is to be said before the message: in a flow that
    /// extends another, what of the other one is meant.
    #[must_use]
    pub fn place(&self, path: &str, line: Option<usize>) -> (Place, String) {
        if let Some(place) = self.in_part(path, line) {
            return (place, String::new());
        }
        let Some((own, base)) = self.layers.split_first() else {
            return (Place::default(), String::new());
        };
        let there = follow(&own.1, path);
        let further = |(_, text): &(String, String)| follow(text, path).depth > there.depth;
        if there.rest.is_empty() || !base.iter().any(further) {
            return (Place::at_byte(&own.0, &own.1, there.byte), String::new());
        }
        self.in_base(own, base, path)
    }

    /// A path that only what is extended has: told where the flow says that it extends it.
    fn in_base(
        &self,
        own: &(String, String),
        base: &[(String, String)],
        path: &str,
    ) -> (Place, String) {
        let depth = |(_, text): &&(String, String)| follow(text, path).depth;
        let (file, text) = base.iter().rev().max_by_key(depth).unwrap_or(own);
        let meant = Place::at_byte(file, text, follow(text, path).byte);
        let said = ["remove", "extends"].map(|key| follow(&own.1, key));
        let at = said.into_iter().find(|said| said.rest.is_empty());
        let byte = at.map_or(0, |at: Followed| at.byte);
        let place = Place::at_byte(&own.0, &own.1, byte);
        (place, format!("with this, {}:{}: ", meant.file, meant.line))
    }

    /// A place in a class table, a calendar or a template.
    fn in_part(&self, path: &str, line: Option<usize>) -> Option<Place> {
        if let Some(file) = path.strip_prefix("templates.") {
            let (label, text) = self.parts.get(&format!("templates/{file}"))?;
            return Some(match line {
                Some(line) => Place::at_line(label, text, line),
                None => Place::at_line(label, text, 1),
            });
        }
        let folder = WITH_PATHS
            .into_iter()
            .find(|folder| path.starts_with(folder))?;
        let end = path[folder.len()..].find(".toml")? + folder.len() + ".toml".len();
        let (file, within) = path.split_at(end);
        let (label, text) = self.parts.get(file)?;
        let there = follow(text, within.trim_start_matches('.'));
        Some(Place::at_byte(label, text, there.byte))
    }
}
