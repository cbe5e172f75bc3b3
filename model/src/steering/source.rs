//! Owns how one corporation steers, and the reading of its file: its sections. Refuses a section that
//! nobody knows.

use toml::de::DeTable;

use super::bundle::Bundles;
use super::cap::Caps;
use super::category::ALL;
use super::conflict::Conflicts;
use super::matrix::Matrix;
use super::mistake::Mistake;
use super::price::RateCard;
use super::reader::{Node, Provided, Reader};
use super::segment::Segments;

/// How one corporation steers its channels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steering {
    /// Which channel for which category.
    pub(crate) matrix: Matrix,
    /// What a channel costs.
    pub(crate) rates: RateCard,
    /// How often a tenant may be written to.
    pub(crate) caps: Caps,
    /// What is done otherwise for some tenants.
    pub(crate) segments: Segments,
    /// What waits for what.
    pub(crate) conflicts: Conflicts,
    /// What goes together.
    pub(crate) bundles: Bundles,
    /// Categories of which it is remembered what left, also where no rule counts it.
    remember: Box<[Box<str>]>,
}

/// Most categories that are remembered without a rule.
const MAX_REMEMBERED: usize = 100;

impl Steering {
    /// Whether it asks who a tenant is: his segment, his complex, his place in a roll-out.
    pub(crate) const fn asks_who(&self) -> bool {
        !self.segments.is_empty() || self.matrix.asks_who()
    }

    /// Whether messages of that category are remembered with the tenant.
    pub(crate) fn remembers(&self, category: &str) -> bool {
        let mut named = self.remember.iter();
        named.any(|known| **known == *ALL || **known == *category)
            || self.conflicts.count(category)
            || self.caps.of(category).next().is_some()
    }

    /// Reads a file of steering where nobody knows the providers.
    ///
    /// # Errors
    /// Every mistake.
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        Self::read(text, None)
    }

    /// Reads the file of a corporation that has these providers.
    ///
    /// # Errors
    /// Every mistake.
    pub fn parse_for(text: &str, providers: &[Provided<'_>]) -> Result<Self, Vec<Mistake>> {
        Self::read(text, Some(providers))
    }

    fn read(text: &str, providers: Option<&[Provided<'_>]>) -> Result<Self, Vec<Mistake>> {
        let mut reader = Reader {
            text,
            providers,
            mistakes: Vec::new(),
        };
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let hint = error.message().trim().to_owned();
            let at = error.span().unwrap_or_default();
            reader.wrong(at, "the file", "no TOML", "TOML 1.0", hint);
        }
        let broken: Vec<usize> = reader.mistakes.iter().map(|found| found.line).collect();
        let steering = steering(&mut reader, table.get_ref());
        if !broken.is_empty() {
            let unsure = Unsure::beside(text, &broken);
            let is_toml = broken.len();
            let read = reader.mistakes.split_off(is_toml).into_iter();
            reader
                .mistakes
                .extend(read.filter(|found| !unsure.has(found.line)));
        }
        if reader.mistakes.is_empty() {
            Ok(steering)
        } else {
            reader.mistakes.sort_by_key(|mistake| mistake.line);
            Err(reader.mistakes)
        }
    }

    /// The sections in which it differs from another one, by their keys.
    #[must_use]
    pub fn differs_in(&self, other: &Self) -> Vec<&'static str> {
        let Self {
            matrix,
            rates,
            caps,
            segments,
            conflicts,
            bundles,
            remember,
        } = self;
        let sections = [
            ("service", *matrix != other.matrix),
            ("price", *rates != other.rates),
            ("cap", *caps != other.caps),
            ("segment", *segments != other.segments),
            ("conflict", *conflicts != other.conflicts),
            ("bundle", *bundles != other.bundles),
            ("remember", *remember != other.remember),
        ];
        let different = sections
            .into_iter()
            .filter(|(_, is_different)| *is_different);
        different.map(|(key, _)| key).collect()
    }
}

/// Lines of which a file that is no TOML does not say enough to call anything there a mistake.
struct Unsure {
    lines: Vec<usize>,
    /// From here on nobody knows to which section a line belongs.
    from: usize,
}

impl Unsure {
    /// Beside a broken line, the head of its section: what is missed there may be what is broken. Behind
    /// a broken head, everything.
    fn beside(text: &str, broken: &[usize]) -> Self {
        let is_head = |line: usize| {
            let line = text.lines().nth(line - 1).unwrap_or_default();
            line.trim_start().starts_with('[')
        };
        let head = |line: usize| (1..=line).rev().find(|line| is_head(*line));
        let heads = broken.iter().filter_map(|line| head(*line));
        let from = broken.iter().copied().filter(|line| is_head(*line)).min();
        Self {
            lines: heads.chain(broken.iter().copied()).collect(),
            from: from.unwrap_or(usize::MAX),
        }
    }

    fn has(&self, line: usize) -> bool {
        line >= self.from || self.lines.contains(&line)
    }
}

const SECTIONS: &str = "service, price, cap, segment, conflict, bundle or remember";

/// Reads `remember = ["collection"]`.
fn remember(reader: &mut Reader<'_>, node: &Node<'_>) -> Box<[Box<str>]> {
    let hint = "such as [\"collection\"], or [\"*\"] for every category";
    let all = reader.list("remember", node, MAX_REMEMBERED, ("categories", hint));
    let all = all.into_iter().enumerate();
    all.filter_map(|(index, node)| reader.category(&format!("remember[{index}]"), node))
        .collect()
}

fn steering(reader: &mut Reader<'_>, file: &DeTable<'_>) -> Steering {
    let mut steering = Steering::default();
    for (key, node) in file {
        match key.get_ref().as_ref() {
            "service" => steering.matrix = Matrix::read(reader, node),
            "price" => steering.rates = RateCard::read(reader, node),
            "cap" => steering.caps = Caps::read(reader, node),
            "segment" => steering.segments = Segments::read(reader, node),
            "conflict" => steering.conflicts = Conflicts::read(reader, node),
            "bundle" => steering.bundles = Bundles::read(reader, node),
            "remember" => steering.remember = remember(reader, node),
            _ => reader.unknown(key, "", SECTIONS),
        }
    }
    if let Some(rows) = file.get("service") {
        misspelt(reader, rows, &steering.segments);
    }
    steering
}

/// Refuses rows of a segment that differs from a section's in case alone: they would hold for nobody.
fn misspelt(reader: &mut Reader<'_>, rows: &Node<'_>, segments: &Segments) {
    let rows = rows
        .get_ref()
        .as_array()
        .into_iter()
        .flat_map(|rows| rows.iter());
    for (index, row) in rows.enumerate() {
        let node = row.get_ref().as_table().and_then(|row| row.get("segment"));
        let name = node.and_then(|node| Some((node, node.get_ref().as_str()?)));
        if let Some((node, name)) = name
            && let Some(meant) = segments.misspelt(name)
        {
            let path = format!("service[{index}].segment");
            let (value, expected) = (
                format!("{name:?}"),
                format!("{meant:?}, as [[segment]] has it"),
            );
            let hint = "as the fact segment says it in name";
            reader.wrong(node.span(), path, value, expected, hint);
        }
    }
}
