//! Owns the file of steering: `[[service]]` with `category`, `from` and a word for each channel.
//! Refuses unknown keys and words, a row without a channel, and two rows of one category and day;
//! every mistake is told at once, with its line.

use std::ops::Range;

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{ALL, Cell, MatrixRow, Mistake, Row, Steering};
use crate::calendar::day;
use crate::channel::{Channel, ChannelSet};
use crate::time::Timestamp;

/// Most rows of the matrix.
const MAX_ROWS: usize = 2_000;
/// Most bytes of a category's name, as of a notification.
const MAX_CATEGORY: usize = 64;

impl Steering {
    /// Reads a file of steering.
    ///
    /// # Errors
    /// Every mistake.
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        let mut reader = Reader {
            text,
            mistakes: Vec::new(),
        };
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let hint = error.message().trim().to_owned();
            let at = error.span().unwrap_or_default();
            reader.wrong(at, "the file", "no TOML", "TOML 1.0", hint);
        }
        if !reader.mistakes.is_empty() {
            return Err(reader.mistakes);
        }
        let steering = reader.steering(table.get_ref());
        if reader.mistakes.is_empty() {
            Ok(steering)
        } else {
            reader.mistakes.sort_by_key(|mistake| mistake.line);
            Err(reader.mistakes)
        }
    }
}

/// Reads, and remembers what was wrong.
struct Reader<'a> {
    text: &'a str,
    mistakes: Vec<Mistake>,
}

type Key<'a> = Spanned<std::borrow::Cow<'a, str>>;
type Node<'a> = Spanned<DeValue<'a>>;

impl<'a> Reader<'a> {
    fn wrong(
        &mut self,
        at: Range<usize>,
        path: impl Into<String>,
        value: impl Into<String>,
        expected: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let before = self.text.get(..at.start).unwrap_or_default();
        self.mistakes.push(Mistake {
            line: before.matches('\n').count() + 1,
            path: path.into(),
            value: value.into(),
            expected: expected.into(),
            hint: hint.into(),
        });
    }

    /// What stands in the file at a node.
    fn written(&self, node: &Node<'_>) -> String {
        let written = self.text.get(node.span()).unwrap_or_default();
        written.lines().next().unwrap_or_default().to_owned()
    }

    fn steering(&mut self, file: &DeTable<'a>) -> Steering {
        let mut steering = Steering::default();
        for (key, node) in file {
            match key.get_ref().as_ref() {
                "service" => self.matrix(node, &mut steering),
                _ => self.unknown(key, "", "service"),
            }
        }
        steering
    }

    fn unknown(&mut self, key: &Key<'_>, table: &str, expected: impl Into<String>) {
        let path = format!("{table}{}", key.get_ref());
        let hint = "remove it, or correct the spelling";
        self.wrong(key.span(), path, "unknown key", expected, hint);
    }

    /// The tables of `[[name]]`, with their places in the file.
    fn tables<'n>(
        &mut self,
        name: &str,
        node: &'n Node<'a>,
    ) -> Vec<(Range<usize>, &'n DeTable<'a>)> {
        let hint = format!("[[{name}]], with two brackets");
        let Some(all) = node.get_ref().as_array() else {
            let value = self.written(node);
            self.wrong(node.span(), name, value, "a list of sections", hint);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for (index, entry) in all.iter().enumerate() {
            if let Some(table) = entry.get_ref().as_table() {
                tables.push((entry.span(), table));
                continue;
            }
            let (path, value) = (format!("{name}[{index}]"), self.written(entry));
            self.wrong(entry.span(), path, value, "a section", hint.clone());
        }
        tables
    }

    fn matrix(&mut self, node: &Node<'a>, steering: &mut Steering) {
        let rows = self.tables("service", node);
        if rows.len() > MAX_ROWS {
            let (found, most) = (rows.len().to_string(), format!("at most {MAX_ROWS} rows"));
            let hint = "put what is the same everywhere into the row of category \"*\"";
            return self.wrong(node.span(), "service", found, most, hint);
        }
        for (index, (at, table)) in rows.into_iter().enumerate() {
            let path = format!("service[{index}]");
            if let Some(row) = self.row(&path, at.clone(), table) {
                self.add(&path, at, row, steering);
            }
        }
    }

    /// Puts a row behind those of its category that began before it.
    fn add(&mut self, path: &str, at: Range<usize>, row: Row, steering: &mut Steering) {
        let rows = steering.matrix.entry(row.name.category.clone());
        let rows = rows.or_default();
        match rows.binary_search_by_key(&row.begins, |known| known.begins) {
            Err(place) => rows.insert(place, row),
            Ok(_) => {
                let category = &row.name.category;
                let value = format!("a second row of {category:?} from the same day");
                let hint = "put both into one row, or give one of them another day in from";
                self.wrong(at, path, value, "one row a category and day", hint);
            }
        }
    }

    fn row(&mut self, path: &str, at: Range<usize>, table: &DeTable<'a>) -> Option<Row> {
        let (mut category, mut from) = (None, None);
        let (mut primary, mut off) = (ChannelSet::default(), ChannelSet::default());
        let mut has_category = false;
        let mut cells = 0;
        let mistakes = self.mistakes.len();
        for (key, node) in table {
            let name = key.get_ref().as_ref();
            let here = format!("{path}.{name}");
            match name {
                "category" => {
                    has_category = true;
                    category = self.category(&here, node);
                }
                "from" => from = self.day(&here, node),
                _ => {
                    cells += 1;
                    let Ok(channel) = name.parse::<Channel>() else {
                        let known = format!("category, from, or a channel: {}", Channel::listed());
                        self.unknown(key, &format!("{path}."), known);
                        continue;
                    };
                    match self.cell(&here, node) {
                        Some(Cell::Primary) => primary = primary.with(channel),
                        Some(Cell::Off) => off = off.with(channel),
                        Some(Cell::Secondary) | None => {}
                    }
                }
            }
        }
        if !has_category {
            let hint = "such as category = \"collection\", or \"*\" for all that have no row";
            let (path, expected) = (format!("{path}.category"), "the category of notifications");
            self.wrong(at.clone(), path, "not given", expected, hint);
        }
        if cells == 0 {
            let hint = "such as email = \"primary\"";
            self.wrong(at, path, "no channel", "at least one channel", hint);
        }
        if self.mistakes.len() > mistakes {
            return None;
        }
        let begins = match from {
            Some(day) => day::begins(day)?,
            None => Timestamp(i64::MIN),
        };
        let name = MatrixRow {
            category: category?,
            from: from.map(|day| day.to_string()).unwrap_or_default().into(),
        };
        Some(Row {
            begins,
            name,
            primary,
            off,
        })
    }

    fn category(&mut self, path: &str, node: &Node<'_>) -> Option<Box<str>> {
        let word = node.get_ref().as_str().filter(|word| is_category(word));
        if word.is_none() {
            let expected = "1 to 64 of a-z, 0-9, - and _, or \"*\"";
            let hint = "as notifications give it in category";
            self.wrong(node.span(), path, self.written(node), expected, hint);
        }
        word.map(Into::into)
    }

    fn day(&mut self, path: &str, node: &Node<'_>) -> Option<Date> {
        let read = match node.get_ref() {
            DeValue::Datetime(day) => day_of(&day.to_string()),
            DeValue::String(text) => day_of(text),
            _ => None,
        };
        let day = read.filter(|day| day::begins(*day).is_some());
        if day.is_none() {
            let expected = "a day that exists";
            let hint = "such as from = 2026-12-01, or no such key when it always held";
            self.wrong(node.span(), path, self.written(node), expected, hint);
        }
        day
    }

    fn cell(&mut self, path: &str, node: &Node<'_>) -> Option<Cell> {
        let word = node.get_ref().as_str().unwrap_or_default();
        let cell = Cell::ALL.into_iter().find(|cell| cell.name() == word);
        if cell.is_none() {
            let expected = "primary, secondary or off";
            let hint = "in quotes, such as \"off\"";
            self.wrong(node.span(), path, self.written(node), expected, hint);
        }
        cell
    }
}

fn is_category(word: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    word == ALL || (1..=MAX_CATEGORY).contains(&word.len()) && word.bytes().all(is_plain)
}

/// Only this form: others of ISO 8601 would give one day two names.
fn day_of(text: &str) -> Option<Date> {
    let day = Date::strptime("%Y-%m-%d", text).ok()?;
    (day.to_string() == text).then_some(day)
}
