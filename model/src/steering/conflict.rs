//! Owns rules between flows: `[[conflict]]` says what waits, or is not sent at all, while something
//! else of the tenant is open. Refuses rules by which a message would wait for itself.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::de::DeTable;

use super::reader::{Node, Reader};
use crate::flow::parse_duration;
use crate::history::Contact;

/// Most rules of a corporation.
const MAX_CONFLICTS: usize = 100;
/// Most categories in one list.
const MAX_CATEGORIES: usize = 100;
const KEYS: [&str; 5] = ["name", "while", "hold", "drop", "after"];

/// The rules between flows of a corporation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conflicts(Vec<Conflict>);

/// One rule between flows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    /// Its name in explanations.
    pub name: Box<str>,
    /// While one of these categories is open for the tenant,
    pub during: Box<[Box<str>]>,
    /// these wait,
    pub hold: Box<[Box<str>]>,
    /// and these end.
    pub drop: Box<[Box<str>]>,
    /// It holds on for so long after the last message of `during`, in milliseconds.
    pub after_ms: i64,
}

impl Conflict {
    /// Whether it holds while something of that category is open.
    pub(crate) fn is_during(&self, category: &str) -> bool {
        has(&self.during, category)
    }

    /// Whether what it touches of that category ends. None: it does not touch it.
    pub(crate) fn drops(&self, category: &str) -> Option<bool> {
        match (has(&self.drop, category), has(&self.hold, category)) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        }
    }

    /// Whether that message is one of those after which it holds on.
    pub(crate) fn counts(&self, contact: &Contact) -> bool {
        contact.may_have_arrived() && self.during.iter().any(|category| contact.is_of(category))
    }
}

fn has(categories: &[Box<str>], category: &str) -> bool {
    categories.iter().any(|known| **known == *category)
}

impl Conflicts {
    /// Every rule.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Conflict> {
        self.0.iter()
    }

    /// Whether a rule counts messages of that category.
    pub(crate) fn count(&self, category: &str) -> bool {
        let mut counting = self.0.iter().filter(|rule| rule.after_ms > 0);
        counting.any(|rule| rule.is_during(category))
    }

    /// Reads all of `[[conflict]]`.
    pub(super) fn read(reader: &mut Reader<'_>, node: &Node<'_>) -> Self {
        let mut read: Vec<Conflict> = Vec::new();
        for (index, (at, table)) in reader.tables("conflict", node).into_iter().enumerate() {
            let path = format!("conflict[{index}]");
            if index == MAX_CONFLICTS {
                let most = format!("at most {MAX_CONFLICTS} rules");
                let hint = "a rule may name several categories";
                reader.wrong(at, path, "one more", most, hint);
                break;
            }
            let Some(rule) = conflict(reader, &path, at.clone(), table) else {
                continue;
            };
            if read.iter().any(|known| known.name == rule.name) {
                let (value, hint) = (format!("{:?}", rule.name), "explanations name it");
                reader.wrong(at, format!("{path}.name"), value, "a name of its own", hint);
                continue;
            }
            read.push(rule);
            if let Some(category) = waits_for_itself(&read) {
                let value = format!("{category:?} would wait for itself");
                let hint = "of two that wait for each other, only one may be in hold";
                reader.wrong(at, format!("{path}.hold"), value, "no circle", hint);
            }
        }
        Self(read)
    }
}

/// A category that the newest rule makes wait for itself, through however many rules.
fn waits_for_itself(rules: &[Conflict]) -> Option<&str> {
    let newest = rules.last()?;
    let mut reached: BTreeSet<&str> = newest.hold.iter().map(|held| &**held).collect();
    loop {
        let before = reached.len();
        for rule in rules {
            if rule
                .during
                .iter()
                .any(|category| reached.contains(&**category))
            {
                reached.extend(rule.hold.iter().map(|held| &**held));
            }
        }
        if reached.len() == before {
            break;
        }
    }
    let during = newest.during.iter().map(|category| &**category);
    during
        .into_iter()
        .find(|category| reached.contains(category))
}

fn conflict(
    reader: &mut Reader<'_>,
    path: &str,
    at: Range<usize>,
    table: &DeTable<'_>,
) -> Option<Conflict> {
    let mistakes = reader.mistakes.len();
    reader.known(path, table, &KEYS);
    let hint = "such as name = \"no newsletter while we collect\"";
    let name = reader.needed(path, at.clone(), table, "name", "a name", hint);
    let name = name.and_then(|node| reader.word(&format!("{path}.name"), node, hint));
    let hint = "such as while = [\"collection\"]";
    let during = reader.needed(
        path,
        at.clone(),
        table,
        "while",
        "a list of categories",
        hint,
    );
    let during = during.map(|node| categories(reader, &format!("{path}.while"), node));
    let mut of = |key: &str| {
        let node = table.get(key);
        node.map(|node| categories(reader, &format!("{path}.{key}"), node))
    };
    let (hold, drop) = (of("hold"), of("drop"));
    let after = table.get("after");
    let after = after.map(|node| after_ms(reader, &format!("{path}.after"), node));
    if hold.is_none() && drop.is_none() {
        let hint = "such as hold = [\"newsletter\"], or drop = [\"survey\"]";
        reader.wrong(
            at.clone(),
            path,
            "neither hold nor drop",
            "hold or drop",
            hint,
        );
    }
    if reader.mistakes.len() > mistakes {
        return None;
    }
    let rule = Conflict {
        name: name?,
        during: during?,
        hold: hold.unwrap_or_default(),
        drop: drop.unwrap_or_default(),
        after_ms: after.flatten().unwrap_or_default(),
    };
    contradiction(reader, path, at, &rule);
    (reader.mistakes.len() == mistakes).then_some(rule)
}

/// Refuses a rule that says two things of one category.
fn contradiction(reader: &mut Reader<'_>, path: &str, at: Range<usize>, rule: &Conflict) {
    let here = format!("{path}.drop");
    if let Some(twice) = rule.drop.iter().find(|category| has(&rule.hold, category)) {
        let (value, hint) = (
            format!("{twice:?} stands in both"),
            "leave it in one of them",
        );
        reader.wrong(at, here, value, "hold or drop", hint);
        return;
    }
    let mut during = rule.during.iter();
    if let Some(own) = during.find(|category| has(&rule.drop, category)) {
        let (value, hint) = (
            format!("{own:?} stands in both"),
            "no message ends for itself",
        );
        reader.wrong(at, here, value, "categories not in while", hint);
    }
}

/// Categories by their names: `*` stands for none here.
fn categories(reader: &mut Reader<'_>, path: &str, node: &Node<'_>) -> Box<[Box<str>]> {
    let hint = "such as [\"newsletter\"]";
    let all = reader.list(path, node, MAX_CATEGORIES, ("categories", hint));
    let mut read = Vec::new();
    for (index, node) in all.into_iter().enumerate() {
        let path = format!("{path}[{index}]");
        match reader.category(&path, node) {
            Some(word) if &*word == super::category::ALL => {
                let expected = "the name of a category";
                reader.wrong(node.span(), path, "\"*\"", expected, "name each of them");
            }
            Some(word) => read.push(word),
            None => {}
        }
    }
    read.into()
}

fn after_ms(reader: &mut Reader<'_>, path: &str, node: &Node<'_>) -> Option<i64> {
    let span = parse_duration(node.get_ref().as_str().unwrap_or_default()).ok();
    let span = span.filter(|span| (1..=Contact::LONGEST_MS).contains(span));
    if span.is_none() {
        let value = reader.written(node);
        let expected = "a length of time of at most 366d";
        reader.wrong(node.span(), path, value, expected, "such as after = \"2d\"");
    }
    span
}
