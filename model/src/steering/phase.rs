//! Owns phases: a row of the matrix may hold for a share of the tenants, or for some complexes, before
//! it holds for all. Refuses a phase that is none.

use toml::de::DeTable;

use super::reader::{Node, Reader};
use super::steered::PhaseName;
use super::who::Who;

/// Most complexes that one row names.
const MAX_COMPLEXES: usize = 500;
/// Complexes that explanations name one by one.
const NAMED: usize = 5;
const KEYS: [&str; 2] = ["share", "complexes"];

/// For which tenants a row holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Phase {
    /// Of a hundred, those on the first so many places.
    share: u8,
    /// Those who live there.
    complexes: Box<[Box<str>]>,
}

impl Phase {
    /// Whether it holds for that tenant. One whose complex is not known lives in none.
    pub(super) fn holds(&self, who: &Who) -> bool {
        let lives_there = |complex: &str| self.complexes.iter().any(|known| **known == *complex);
        who.place < self.share || who.complex.as_deref().is_some_and(lives_there)
    }

    /// Whether it asks where a tenant lives.
    pub(super) const fn asks_complex(&self) -> bool {
        !self.complexes.is_empty()
    }

    /// What explanations say of it.
    pub(super) fn name(&self) -> PhaseName {
        let named = self.complexes.iter().take(NAMED).cloned();
        let more = self.complexes.len().saturating_sub(NAMED);
        PhaseName {
            share: self.share,
            complexes: named.collect(),
            more: u16::try_from(more).unwrap_or(u16::MAX),
        }
    }

    /// Reads `phase = { share = 10, complexes = ["Noord"] }`. None: it is wrong.
    pub(super) fn read(reader: &mut Reader<'_>, path: &str, node: &Node<'_>) -> Option<Self> {
        let hint = "such as phase = { share = 10 }, or { complexes = [\"Noord\"] }";
        let Some(table) = node.get_ref().as_table() else {
            let value = reader.written(node);
            reader.wrong(
                node.span(),
                path,
                value,
                "a table with share or complexes",
                hint,
            );
            return None;
        };
        let mistakes = reader.mistakes.len();
        reader.known(path, table, &KEYS);
        let share = table.get("share");
        let share = share.map(|node| share_of(reader, &format!("{path}.share"), node));
        let complexes = complexes(reader, path, table);
        if table.is_empty() {
            reader.wrong(node.span(), path, "{}", "share or complexes", hint);
        }
        if reader.mistakes.len() > mistakes {
            return None;
        }
        Some(Self {
            share: share.flatten().unwrap_or_default(),
            complexes,
        })
    }
}

fn share_of(reader: &mut Reader<'_>, path: &str, node: &Node<'_>) -> Option<u8> {
    let number = reader.whole_number(node);
    let number = number.filter(|number| (1..=99).contains(number));
    if number.is_none() {
        let value = reader.written(node);
        let hint = "of a hundred tenants, such as 10; without phase it holds for all";
        reader.wrong(node.span(), path, value, "1 to 99", hint);
    }
    number.and_then(|number| u8::try_from(number).ok())
}

fn complexes(reader: &mut Reader<'_>, path: &str, table: &DeTable<'_>) -> Box<[Box<str>]> {
    let Some(node) = table.get("complexes") else {
        return Box::default();
    };
    let path = format!("{path}.complexes");
    let hint = "as the fact complex says it in name";
    let words = reader.list(&path, node, MAX_COMPLEXES, ("complexes", hint));
    let words = words.into_iter().enumerate();
    words
        .filter_map(|(index, node)| reader.word(&format!("{path}[{index}]"), node, hint))
        .collect()
}
