//! Owns a flow as it was found: its definition, and where each part of it stands. Refuses to judge it.

use std::collections::BTreeMap;

use sluis_model::CorporationId;
use sluis_model::flow::Definition;

use super::place::{Place, follow};

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
    /// The flows that its steps include.
    pub included: Vec<Included>,
    /// Its class tables, calendars, types of facts and templates, by path below the directory.
    pub parts: BTreeMap<String, (String, String)>,
    /// Class tables, calendars, types of facts and templates beside it, each as it is shown.
    pub beside: BTreeMap<String, String>,
}

/// A flow that a step includes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Included {
    /// The id of the step, which stands before the ids of its own ones.
    pub prefix: String,
    /// The fields of the flow that it needs.
    pub fields: Vec<String>,
    /// Its own file, then the one it extends, and so on: as they are shown, with their text.
    pub layers: Vec<(String, String)>,
}

impl Included {
    /// A path as it stands in its files. What is of no step it may have brought along.
    fn inner(&self, path: &str) -> Option<String> {
        let Some(step) = path.strip_prefix("step.") else {
            return Some(path.to_owned());
        };
        let rest = step.strip_prefix(&self.prefix)?.strip_prefix('.')?;
        Some(format!("step.{rest}"))
    }
}

/// The folders whose files have mistakes of their own: the path of one begins with it, then comes the
/// file, then the path within it.
const WITH_PATHS: [&str; 3] = ["classes/", "calendars/", "facts/"];

/// A place that a path leads to elsewhere than in the flow's own file.
struct Meant<'a> {
    /// How much of the path could not be followed.
    left: usize,
    /// Where the rest of it leads.
    place: Place,
    /// What its file is included by. None: it is extended.
    by: Option<&'a Included>,
}

impl<'a> Meant<'a> {
    fn of((file, text): &(String, String), path: &str, by: Option<&'a Included>) -> Self {
        let found = follow(text, path);
        Self {
            left: found.rest.len(),
            place: Place::at_byte(file, text, found.byte),
            by,
        }
    }
}

impl Sources {
    /// Where a path of the flow stands, and what is to be said before the message: in a flow that
    /// extends or includes another, what of the other one is meant.
    #[must_use]
    pub fn place(&self, path: &str, line: Option<usize>) -> (Place, String) {
        if let Some(place) = self.in_part(path, line) {
            return (place, String::new());
        }
        let Some((own, base)) = self.layers.split_first() else {
            return (Place::default(), String::new());
        };
        let there = follow(&own.1, path);
        match self.elsewhere(base, path) {
            Some(meant) if meant.left < there.rest.len() => {
                let (file, line) = (&meant.place.file, meant.place.line);
                let byte = self.said(own, &meant, path);
                let place = Place::at_byte(&own.0, &own.1, byte);
                (place, format!("with this, {file}:{line}: "))
            }
            Some(_) | None => (Place::at_byte(&own.0, &own.1, there.byte), String::new()),
        }
    }

    /// Where a path leads furthest in what is extended or included.
    fn elsewhere(&self, base: &[(String, String)], path: &str) -> Option<Meant<'_>> {
        let extended = base.iter().map(|layer| Meant::of(layer, path, None));
        let included = self.included.iter().filter_map(|included| {
            let path = included.inner(path)?;
            let layers = included.layers.iter();
            let layers = layers.map(|layer| Meant::of(layer, &path, Some(included)));
            layers.min_by_key(|meant| meant.left)
        });
        extended.chain(included).min_by_key(|meant| meant.left)
    }

    /// Where the flow says that it extends or includes what has the path.
    fn said(&self, own: &(String, String), meant: &Meant<'_>, path: &str) -> usize {
        let by_step = meant.by.map(|included| {
            let first = included.prefix.split('.').next().unwrap_or_default();
            format!("step.{first}")
        });
        let is_of_step = path.starts_with("step.");
        let by_step = by_step.filter(|_| is_of_step);
        let said = ["remove", "extends"].map(str::to_owned);
        let mut said = by_step.into_iter().chain(said);
        let found = said.find_map(|key| {
            let found = follow(&own.1, &key);
            found.rest.is_empty().then_some(found.byte)
        });
        found.unwrap_or_default()
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
