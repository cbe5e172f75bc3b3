//! Owns the matrix: rows `[[service]]` with `category`, `from`, perhaps a segment or a phase, and a word
//! for each channel. Refuses a
//! row without a channel, and two rows of one category and day.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::DeTable;

use super::category::ALL;
use super::phase::Phase;
use super::reader::{Node, Reader};
use super::steered::{MatrixRow, NotYet};
use super::who::Who;
use crate::channel::{Channel, ChannelSet};
use crate::time::Timestamp;

/// Keys of a row that are no channels.
const NO_CHANNELS: [&str; 4] = ["category", "from", "segment", "phase"];
/// Most rows.
const MAX_ROWS: usize = 2_000;

/// Rows that are for no segment alone.
const EVERYBODY: &str = "";

/// The rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Matrix {
    /// Of each segment and category, the oldest first.
    rows: BTreeMap<Box<str>, BTreeMap<Box<str>, Vec<Row>>>,
    asks_who: bool,
}

/// What the matrix says to one tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found<'a> {
    /// The row that holds.
    pub row: Option<&'a Row>,
    /// A newer one that has not come to this tenant yet.
    pub not_yet: Option<&'a Row>,
}

/// What a corporation wants of a channel for a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Goes before the others.
    Primary,
    /// Goes behind the primary ones. So does a channel that the row does not name.
    Secondary,
    /// Is never used.
    Off,
}

impl Cell {
    const ALL: [Self; 3] = [Self::Primary, Self::Secondary, Self::Off];

    /// The word in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Cell::Primary => "primary",
            Cell::Secondary => "secondary",
            Cell::Off => "off",
        }
    }
}

/// One row: what holds for a category from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Its day begins, by the clock in Amsterdam.
    begins: Timestamp,
    /// Its name in explanations.
    name: MatrixRow,
    /// For which tenants it holds; none: for all.
    phase: Option<Phase>,
    primary: ChannelSet,
    off: ChannelSet,
}

impl Row {
    /// What the corporation wants of `channel`.
    pub(crate) const fn cell(&self, channel: Channel) -> Cell {
        if self.off.contains(channel) {
            Cell::Off
        } else if self.primary.contains(channel) {
            Cell::Primary
        } else {
            Cell::Secondary
        }
    }

    /// Its name in explanations.
    pub(crate) const fn name(&self) -> &MatrixRow {
        &self.name
    }

    /// How it is told to a tenant that it has not come to yet.
    pub(crate) fn not_yet(&self, who: &Who) -> NotYet {
        let asks_complex = self.phase.as_ref().is_some_and(Phase::asks_complex);
        NotYet {
            row: self.name.clone(),
            asks_complex,
            complex: who.complex.clone().filter(|_| asks_complex),
        }
    }
}

impl Matrix {
    /// Whether a row asks who a tenant is.
    pub(crate) const fn asks_who(&self) -> bool {
        self.asks_who
    }

    /// The row that holds for that tenant and `category` at `now`: the newest one that has begun and
    /// whose phase has come to the tenant, of his segment's own rows, or else of those for everybody; and
    /// among these of the category's own, or else of those for all others.
    pub(crate) fn row(&self, category: &str, who: &Who, now: Timestamp) -> Found<'_> {
        let mut found = Found::default();
        let segments = who
            .segment
            .iter()
            .map(|segment| &**segment)
            .chain([EVERYBODY]);
        for rows in segments.filter_map(|segment| self.rows.get(segment)) {
            let of = [category, ALL]
                .into_iter()
                .filter_map(|named| rows.get(named));
            for row in of.flat_map(|rows| rows.iter().rev()) {
                if row.begins > now {
                    continue;
                }
                if row.phase.as_ref().is_none_or(|phase| phase.holds(who)) {
                    found.row = Some(row);
                    return found;
                }
                found.not_yet.get_or_insert(row);
            }
        }
        found
    }

    /// Reads all of `[[service]]`.
    pub(super) fn read(reader: &mut Reader<'_>, node: &Node<'_>) -> Self {
        let mut matrix = Self::default();
        let rows = reader.tables("service", node);
        if rows.len() > MAX_ROWS {
            let (found, most) = (rows.len().to_string(), format!("at most {MAX_ROWS} rows"));
            let hint = "put what is the same everywhere into the row of category \"*\"";
            reader.wrong(node.span(), "service", found, most, hint);
            return matrix;
        }
        for (index, (at, table)) in rows.into_iter().enumerate() {
            let path = format!("service[{index}]");
            if let Some(row) = row(reader, &path, at.clone(), table) {
                matrix.add(reader, &path, at, row);
            }
        }
        matrix
    }

    /// Puts a row behind those of its category that began before it.
    fn add(&mut self, reader: &mut Reader<'_>, path: &str, at: Range<usize>, row: Row) {
        let MatrixRow {
            category, segment, ..
        } = row.name.clone();
        self.asks_who |= row.phase.is_some() || !segment.is_empty();
        let rows = self.rows.entry(segment).or_default();
        let rows = rows.entry(category).or_default();
        match rows.binary_search_by_key(&row.begins, |known| known.begins) {
            Err(place) => rows.insert(place, row),
            Ok(_) => {
                let category = &row.name.category;
                let value = format!("a second row of {category:?} from the same day");
                let hint = "put both into one row, or give one of them another day in from";
                reader.wrong(at, path, value, "one row a category and day", hint);
            }
        }
    }
}

fn row(reader: &mut Reader<'_>, path: &str, at: Range<usize>, table: &DeTable<'_>) -> Option<Row> {
    let mistakes = reader.mistakes.len();
    let category = category(reader, path, at.clone(), table);
    let from = reader.from(path, table);
    let segment = table.get("segment");
    let hint = "as the fact segment says it in name";
    let segment = segment.and_then(|node| {
        let path = format!("{path}.segment");
        let word = reader.word(&path, node, hint)?;
        if &*word == ALL {
            let hint = "a row without segment is for everybody";
            reader.wrong(node.span(), path, "\"*\"", "the name of a segment", hint);
        }
        Some(word)
    });
    let phase = table.get("phase");
    let phase = phase.and_then(|node| Phase::read(reader, &format!("{path}.phase"), node));
    let (mut primary, mut off) = (ChannelSet::default(), ChannelSet::default());
    let mut cells = 0;
    for (key, node) in table {
        let name = key.get_ref().as_ref();
        if NO_CHANNELS.contains(&name) {
            continue;
        }
        cells += 1;
        let Ok(channel) = name.parse::<Channel>() else {
            let known = format!(
                "category, from, segment, phase, or a channel: {}",
                Channel::listed()
            );
            reader.unknown(key, &format!("{path}."), known);
            continue;
        };
        match cell(reader, &format!("{path}.{name}"), node) {
            Some(Cell::Primary) => primary = primary.with(channel),
            Some(Cell::Off) => off = off.with(channel),
            Some(Cell::Secondary) | None => {}
        }
    }
    if cells == 0 {
        let hint = "such as email = \"primary\"";
        reader.wrong(at, path, "no channel", "at least one channel", hint);
    }
    if reader.mistakes.len() > mistakes {
        return None;
    }
    let (begins, from) = from?;
    let name = MatrixRow {
        category: category?,
        from,
        segment: segment.unwrap_or_default(),
        phase: phase.as_ref().map(|phase| Box::new(phase.name())),
    };
    Some(Row {
        begins,
        name,
        phase,
        primary,
        off,
    })
}

fn category(
    reader: &mut Reader<'_>,
    path: &str,
    at: Range<usize>,
    table: &DeTable<'_>,
) -> Option<Box<str>> {
    let path = format!("{path}.category");
    let Some(node) = table.get("category") else {
        let hint = "such as category = \"collection\", or \"*\" for all that have no row";
        reader.wrong(at, path, "not given", "the category of notifications", hint);
        return None;
    };
    reader.category(&path, node)
}

fn cell(reader: &mut Reader<'_>, path: &str, node: &Node<'_>) -> Option<Cell> {
    let word = node.get_ref().as_str().unwrap_or_default();
    let cell = Cell::ALL.into_iter().find(|cell| cell.name() == word);
    if cell.is_none() {
        let hint = "in quotes, such as \"off\"";
        let written = reader.written(node);
        reader.wrong(
            node.span(),
            path,
            written,
            "primary, secondary or off",
            hint,
        );
    }
    cell
}
