//! Owns segments: `[[segment]]` says what is done otherwise for the tenants of one. Refuses a section
//! that does nothing, and two of one segment. A segment's own matrix stands in its rows of `[[service]]`.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::category::ALL;
use super::reader::{Node, Reader};

/// Most segments of a corporation.
const MAX_SEGMENTS: usize = 200;
const KEYS: [&str; 4] = ["name", "people_first", "team", "variant"];

/// The segments of a corporation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Segments(Vec<Segment>);

/// What is done otherwise for the tenants of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    /// Its name, as the fact `segment` says it; `*`: every one that is named nowhere else.
    pub name: Box<str>,
    /// Whether a message becomes a task for people before anything is sent.
    pub people_first: bool,
    /// The team that tasks about its tenants are for.
    pub team: Option<Box<str>>,
    /// Which variant of a step's templates its tenants get, where a step has it.
    pub variant: Option<Box<str>>,
}

impl Segments {
    /// Whether there is none.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What holds for the tenants of a segment.
    pub(crate) fn of(&self, name: &str) -> Option<&Segment> {
        let named = |wanted: &str| self.0.iter().find(|known| *known.name == *wanted);
        named(name).or_else(|| named(ALL))
    }

    /// The section whose name differs from this one in case alone.
    pub(super) fn misspelt(&self, name: &str) -> Option<&str> {
        let lower = name.to_lowercase();
        let alike = |known: &&Segment| *known.name != *name && known.name.to_lowercase() == lower;
        self.0.iter().find(alike).map(|known| &*known.name)
    }

    /// Reads all of `[[segment]]`.
    pub(super) fn read(reader: &mut Reader<'_>, node: &Node<'_>) -> Self {
        let mut read: Vec<Segment> = Vec::new();
        for (index, (at, table)) in reader.tables("segment", node).into_iter().enumerate() {
            let path = format!("segment[{index}]");
            if index == MAX_SEGMENTS {
                let most = format!("at most {MAX_SEGMENTS} segments");
                reader.wrong(at, path, "one more", most, "\"*\" stands for all others");
                break;
            }
            let Some(segment) = segment(reader, &path, at.clone(), table) else {
                continue;
            };
            // Two names that differ in case alone are one, misspelt.
            let is_known =
                |known: &Segment| known.name.to_lowercase() == segment.name.to_lowercase();
            if read.iter().any(is_known) {
                let (value, hint) = (format!("{:?}", segment.name), "put both into one section");
                reader.wrong(
                    at,
                    format!("{path}.name"),
                    value,
                    "one section a segment",
                    hint,
                );
            } else {
                read.push(segment);
            }
        }
        Self(read)
    }
}

fn segment(
    reader: &mut Reader<'_>,
    path: &str,
    at: Range<usize>,
    table: &DeTable<'_>,
) -> Option<Segment> {
    let mistakes = reader.mistakes.len();
    reader.known(path, table, &KEYS);
    let hint = "as the fact segment says it in name, or \"*\" for all others";
    let name = reader.needed(
        path,
        at.clone(),
        table,
        "name",
        "the name of a segment",
        hint,
    );
    let name = name.and_then(|node| reader.word(&format!("{path}.name"), node, hint));
    let mut word = |key: &str, hint: &str| {
        let node = table.get(key)?;
        reader.word(&format!("{path}.{key}"), node, hint)
    };
    let team = word("team", "such as \"wijkteam\"");
    let variant = word("variant", "as steps of flows name it in send.variant");
    let people_first = table.get("people_first");
    let people_first = people_first.map(|node| flag(reader, &format!("{path}.people_first"), node));
    if people_first.is_none()
        && team.is_none()
        && variant.is_none()
        && reader.mistakes.len() == mistakes
    {
        let hint = "a matrix of its own stands in [[service]] with segment = \"…\"";
        let expected = "people_first, team or variant";
        reader.wrong(at, path, "nothing is said of it", expected, hint);
    }
    if reader.mistakes.len() > mistakes {
        return None;
    }
    Some(Segment {
        name: name?,
        people_first: people_first.flatten().unwrap_or_default(),
        team,
        variant,
    })
}

fn flag(reader: &mut Reader<'_>, path: &str, node: &Node<'_>) -> Option<bool> {
    let DeValue::Boolean(flag) = node.get_ref() else {
        let value = reader.written(node);
        let hint = "without quotes";
        reader.wrong(node.span(), path, value, "true or false", hint);
        return None;
    };
    Some(*flag)
}
