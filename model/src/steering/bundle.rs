//! Owns bundles: `[[bundle]]` says which messages wait for one time of the day, so that what is due the
//! same day goes together. Refuses a time that no clock shows, and a category in two bundles.

use std::ops::Range;

use jiff::civil::Time;
use toml::de::DeTable;

use super::category::ALL;
use super::reader::{Node, Reader};
use crate::calendar::day;
use crate::time::Timestamp;

/// Most bundles of a corporation.
const MAX_BUNDLES: usize = 20;
/// Most categories of one bundle.
const MAX_CATEGORIES: usize = 100;
const KEYS: [&str; 3] = ["name", "categories", "until"];

/// The bundles of a corporation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bundles(Vec<Bundle>);

/// What goes together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bundle {
    /// Its name in explanations.
    pub name: Box<str>,
    categories: Box<[Box<str>]>,
    /// When it leaves, by the clock in Amsterdam.
    until: Time,
}

impl Bundle {
    /// Whether it names a category.
    fn names(&self, category: &str) -> bool {
        self.categories.iter().any(|known| **known == *category)
    }

    /// When it leaves the next time after `now`.
    pub(crate) fn next(&self, now: Timestamp) -> Option<Timestamp> {
        day::next_at(self.until, now)
    }
}

impl Bundles {
    /// The bundle of a category.
    pub(crate) fn of(&self, category: &str) -> Option<&Bundle> {
        let named = |wanted: &str| self.0.iter().find(|bundle| bundle.names(wanted));
        named(category).or_else(|| named(ALL))
    }

    /// Reads all of `[[bundle]]`.
    pub(super) fn read(reader: &mut Reader<'_>, node: &Node<'_>) -> Self {
        let mut read: Vec<Bundle> = Vec::new();
        for (index, (at, table)) in reader.tables("bundle", node).into_iter().enumerate() {
            let path = format!("bundle[{index}]");
            if index == MAX_BUNDLES {
                let most = format!("at most {MAX_BUNDLES} bundles");
                let hint = "a bundle may name several categories";
                reader.wrong(at, path, "one more", most, hint);
                break;
            }
            let Some(bundle) = bundle(reader, &path, at.clone(), table) else {
                continue;
            };
            let is_known = |category: &str| read.iter().any(|known| known.names(category));
            if read.iter().any(|known| known.name == bundle.name) {
                let (value, hint) = (format!("{:?}", bundle.name), "explanations name it");
                reader.wrong(at, format!("{path}.name"), value, "a name of its own", hint);
            } else if let Some(twice) = bundle.categories.iter().find(|category| is_known(category))
            {
                let value = format!("{twice:?} stands in another bundle too");
                let hint = "leave it in one of them";
                let path = format!("{path}.categories");
                reader.wrong(at, path, value, "one bundle a category", hint);
            } else {
                read.push(bundle);
            }
        }
        Self(read)
    }
}

fn bundle(
    reader: &mut Reader<'_>,
    path: &str,
    at: Range<usize>,
    table: &DeTable<'_>,
) -> Option<Bundle> {
    let mistakes = reader.mistakes.len();
    reader.known(path, table, &KEYS);
    let hint = "such as name = \"afternoon post\"";
    let name = reader.needed(path, at.clone(), table, "name", "a name", hint);
    let name = name.and_then(|node| reader.word(&format!("{path}.name"), node, hint));
    let hint = "such as [\"newsletter\"], or [\"*\"] for every category";
    let expected = "a list of categories";
    let categories = reader.needed(path, at.clone(), table, "categories", expected, hint);
    let categories = categories.map(|node| {
        let path = format!("{path}.categories");
        let all = reader.list(&path, node, MAX_CATEGORIES, ("categories", hint));
        let all = all.into_iter().enumerate();
        let each = all.map(|(index, node)| reader.category(&format!("{path}[{index}]"), node));
        each.collect::<Option<Box<[_]>>>()
    });
    let hint = "such as until = \"16:00\"";
    let until = reader.needed(path, at, table, "until", "a time of the day", hint);
    let until = until.and_then(|node| time(reader, &format!("{path}.until"), node, hint));
    if reader.mistakes.len() > mistakes {
        return None;
    }
    Some(Bundle {
        name: name?,
        categories: categories??,
        until: until?,
    })
}

fn time(reader: &mut Reader<'_>, path: &str, node: &Node<'_>, hint: &str) -> Option<Time> {
    let text = node.get_ref().as_str().unwrap_or_default();
    let time = Time::strptime("%H:%M", text)
        .ok()
        .filter(|_| text.len() == 5);
    if time.is_none() {
        let value = reader.written(node);
        reader.wrong(node.span(), path, value, "a time from 00:00 to 23:59", hint);
    }
    time
}
