//! Owns caps: `[[cap]]` says how many messages of some categories a tenant gets in a span of time.
//! Refuses a cap that the history of a tenant cannot answer.

use std::ops::Range;

use toml::de::DeTable;

use super::category::ALL;
use super::reader::{Node, Reader};
use crate::flow::parse_duration;
use crate::history::Contact;
use crate::time::DAY;

/// Most caps of a corporation.
const MAX_CAPS: usize = 100;
/// Most categories that one cap names.
const MAX_CATEGORIES: usize = 100;
/// Longest time that one cap looks back, in milliseconds.
const LONGEST_MS: i64 = 92 * DAY;
const KEYS: [&str; 4] = ["name", "categories", "most", "within"];

/// The caps of a corporation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Caps(Vec<Cap>);

/// How many messages of some categories a tenant gets in a span of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cap {
    /// Its name in explanations.
    pub name: Box<str>,
    /// The categories that count together; `*`: every one.
    pub categories: Box<[Box<str>]>,
    /// Most messages.
    pub most: u8,
    /// In how long a time, in milliseconds.
    pub within_ms: i64,
}

impl Cap {
    /// Whether it counts that message.
    #[must_use]
    pub fn counts_contact(&self, contact: &Contact) -> bool {
        let mut named = self.categories.iter();
        contact.may_have_arrived()
            && contact.category != 0
            && named.any(|named| **named == *ALL || contact.is_of(named))
    }

    /// Whether it counts messages of that category.
    #[must_use]
    pub fn counts(&self, category: &str) -> bool {
        let mut named = self.categories.iter();
        named.any(|named| **named == *category || **named == *ALL)
    }
}

impl Caps {
    /// Those that count messages of that category.
    pub(crate) fn of<'a>(&'a self, category: &'a str) -> impl Iterator<Item = &'a Cap> {
        self.0.iter().filter(move |cap| cap.counts(category))
    }

    /// Reads all of `[[cap]]`.
    pub(super) fn read(reader: &mut Reader<'_>, node: &Node<'_>) -> Self {
        let caps = reader.tables("cap", node);
        if caps.len() > MAX_CAPS {
            let (found, most) = (caps.len().to_string(), format!("at most {MAX_CAPS} caps"));
            let hint = "a cap may name several categories";
            reader.wrong(node.span(), "cap", found, most, hint);
            return Self::default();
        }
        let mut read: Vec<Cap> = Vec::new();
        for (index, (at, table)) in caps.into_iter().enumerate() {
            let path = format!("cap[{index}]");
            let Some(cap) = cap(reader, &path, at.clone(), table) else {
                continue;
            };
            if read.iter().any(|known| known.name == cap.name) {
                let (value, hint) = (format!("{:?}", cap.name), "explanations name it");
                reader.wrong(at, format!("{path}.name"), value, "a name of its own", hint);
            } else {
                read.push(cap);
            }
        }
        Self(read)
    }
}

fn cap(reader: &mut Reader<'_>, path: &str, at: Range<usize>, table: &DeTable<'_>) -> Option<Cap> {
    let mistakes = reader.mistakes.len();
    reader.known(path, table, &KEYS);
    let mut needed = |key: &str, expected: &str, hint: &str| {
        let here = format!("{path}.{key}");
        let node = reader.needed(path, at.clone(), table, key, expected, hint);
        node.map(|node| (here, node))
    };
    let name = needed("name", "a name", "such as name = \"newsletters\"");
    let hint = "such as [\"newsletter\"], or [\"*\"] for every category";
    let categories = needed("categories", "a list of categories", hint);
    let most = needed("most", "a number of messages", "such as 2");
    let within = needed("within", "a length of time", "such as within = \"7d\"");
    let hint = "such as \"newsletters\"";
    let name = name.and_then(|(here, node)| reader.word(&here, node, hint));
    let categories = categories.and_then(|(here, node)| categories_of(reader, &here, node));
    let most = most.and_then(|(here, node)| most_of(reader, &here, node));
    let within = within.and_then(|(here, node)| within_ms(reader, &here, node));
    if reader.mistakes.len() > mistakes {
        return None;
    }
    Some(Cap {
        name: name?,
        categories: categories?,
        most: most?,
        within_ms: within?,
    })
}

fn categories_of(reader: &mut Reader<'_>, path: &str, node: &Node<'_>) -> Option<Box<[Box<str>]>> {
    let hint = "such as [\"newsletter\"], or [\"*\"] for every category";
    let all = reader.list(path, node, MAX_CATEGORIES, ("categories", hint));
    let each = all.into_iter().enumerate();
    let read: Vec<_> = each
        .map(|(index, node)| reader.category(&format!("{path}[{index}]"), node))
        .collect();
    read.into_iter().collect()
}

fn most_of(reader: &mut Reader<'_>, path: &str, node: &Node<'_>) -> Option<u8> {
    let most = Contact::MOST as i64;
    let number = reader.whole_number(node);
    let number = number.filter(|number| (1..=most).contains(number));
    if number.is_none() {
        let value = reader.written(node);
        let (expected, hint) = (format!("1 to {most}"), "such as 2");
        reader.wrong(node.span(), path, value, expected, hint);
    }
    number.and_then(|number| u8::try_from(number).ok())
}

fn within_ms(reader: &mut Reader<'_>, path: &str, node: &Node<'_>) -> Option<i64> {
    let span = parse_duration(node.get_ref().as_str().unwrap_or_default()).ok();
    let span = span.filter(|span| (1..=LONGEST_MS).contains(span));
    if span.is_none() {
        let value = reader.written(node);
        let hint = "such as within = \"7d\"";
        reader.wrong(
            node.span(),
            path,
            value,
            "a length of time of at most 92d",
            hint,
        );
    }
    span
}
