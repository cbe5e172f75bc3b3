//! Owns the reading of a file of steering: its sections, their keys, and what a mistake is called.
//! Refuses unknown keys and words; every mistake is told at once, with its line.

use std::borrow::Cow;
use std::ops::Range;

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::category::{ALL, is_category};
use super::mistake::Mistake;
use crate::calendar::day;
use crate::channel::Channel;
use crate::time::Timestamp;

pub(super) type Key<'a> = Spanned<Cow<'a, str>>;
pub(super) type Node<'a> = Spanned<DeValue<'a>>;

/// A provider, as files of steering name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provided<'a> {
    /// Its name.
    pub name: &'a str,
    /// The channel that it serves.
    pub channel: Channel,
}

/// Reads, and remembers what was wrong.
pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    /// The providers of the corporation; none: nobody knows them here.
    pub(super) providers: Option<&'a [Provided<'a>]>,
    pub(super) mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    pub(super) fn wrong(
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
    pub(super) fn written(&self, node: &Node<'_>) -> String {
        let written = self.text.get(node.span()).unwrap_or_default();
        written.lines().next().unwrap_or_default().to_owned()
    }

    pub(super) fn unknown(&mut self, key: &Key<'_>, table: &str, expected: impl Into<String>) {
        let path = format!("{table}{}", key.get_ref());
        // In TOML, what stands behind a section belongs to it.
        let hint = match key.get_ref().as_ref() {
            "remember" => "it stands at the top of the file, before the first section",
            _ => "remove it, or correct the spelling",
        };
        self.wrong(key.span(), path, "unknown key", expected, hint);
    }

    /// Refuses keys that are none of these.
    pub(super) fn known(&mut self, path: &str, table: &DeTable<'_>, keys: &[&str]) {
        for (key, _) in table {
            if !keys.contains(&key.get_ref().as_ref()) {
                self.unknown(
                    key,
                    &format!("{path}."),
                    format!("one of {}", keys.join(", ")),
                );
            }
        }
    }

    /// What stands under a key that must be there.
    pub(super) fn needed<'n, 'd>(
        &mut self,
        path: &str,
        at: Range<usize>,
        table: &'n DeTable<'d>,
        key: &str,
        expected: &str,
        hint: &str,
    ) -> Option<&'n Node<'d>> {
        let node = table.get(key);
        if node.is_none() {
            self.wrong(at, format!("{path}.{key}"), "not given", expected, hint);
        }
        node
    }

    /// The tables of `[[name]]`, with their places in the file.
    pub(super) fn tables<'n, 'd>(
        &mut self,
        name: &str,
        node: &'n Node<'d>,
    ) -> Vec<(Range<usize>, &'n DeTable<'d>)> {
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

    pub(super) fn category(&mut self, path: &str, node: &Node<'_>) -> Option<Box<str>> {
        let word = node.get_ref().as_str().filter(|word| is_category(word));
        if word.is_none() {
            let expected = "1 to 64 of a-z, 0-9, - and _, or \"*\"";
            let hint = "as notifications give it in category";
            self.wrong(node.span(), path, self.written(node), expected, hint);
        }
        word.map(Into::into)
    }

    /// A name that people give.
    pub(super) fn word(&mut self, path: &str, node: &Node<'_>, hint: &str) -> Option<Box<str>> {
        let name = node.get_ref().as_str();
        // A blank at an end is a slip, and nothing would ever have that name. A name without a letter or a
        // digit says nothing in an explanation; "*" is all others.
        let name = name.filter(|name| name.trim() == *name && !name.chars().any(char::is_control));
        let name = name.filter(|name| *name == ALL || name.chars().any(char::is_alphanumeric));
        let name = name.filter(|name| (1..=64).contains(&name.chars().count()));
        if name.is_none() {
            let value = self.written(node);
            let expected =
                "a name of 1 to 64 characters, with a letter or digit, without blanks at its ends";
            self.wrong(node.span(), path, value, expected, hint);
        }
        name.map(Into::into)
    }

    /// The entries of a list that may not be empty. `what`: they are, and a hint.
    pub(super) fn list<'n, 'd>(
        &mut self,
        path: &str,
        node: &'n Node<'d>,
        most: usize,
        (what, hint): (&str, &str),
    ) -> Vec<&'n Node<'d>> {
        let all = node.get_ref().as_array().map(|all| all.iter());
        let all: Vec<&Node<'_>> = all.into_iter().flatten().collect();
        if !(1..=most).contains(&all.len()) {
            let value = self.written(node);
            let expected = format!("a list of 1 to {most} {what}");
            self.wrong(node.span(), path, value, expected, hint);
            return Vec::new();
        }
        all
    }

    pub(super) fn channel(&mut self, path: &str, node: &Node<'_>) -> Option<Channel> {
        let word = node.get_ref().as_str().unwrap_or_default();
        let channel = word.parse::<Channel>().ok();
        if channel.is_none() {
            let hint = "in quotes, such as \"sms\"";
            self.wrong(
                node.span(),
                path,
                self.written(node),
                Channel::listed(),
                hint,
            );
        }
        channel
    }

    pub(super) fn whole_number(&self, node: &Node<'_>) -> Option<i64> {
        let number = node.get_ref().as_integer()?;
        (number.radix() == 10).then(|| number.as_str().parse().ok())?
    }

    /// When the day under `from` begins, and its name. Without the key it always did.
    pub(super) fn from(
        &mut self,
        path: &str,
        table: &DeTable<'_>,
    ) -> Option<(Timestamp, Box<str>)> {
        let Some(node) = table.get("from") else {
            return Some((Timestamp(i64::MIN), Box::default()));
        };
        let day = match node.get_ref() {
            DeValue::Datetime(day) => day_of(&day.to_string()),
            DeValue::String(text) => day_of(text),
            _ => None,
        };
        let begins = day.and_then(|day| Some((day::begins(day)?, day.to_string().into())));
        if begins.is_none() {
            let hint = "such as from = 2026-12-01, or no such key when it always held";
            let (path, value) = (format!("{path}.from"), self.written(node));
            self.wrong(node.span(), path, value, "a day that exists", hint);
        }
        begins
    }
}

/// Only this form: others of ISO 8601 would give one day two names.
fn day_of(text: &str) -> Option<Date> {
    let day = Date::strptime("%Y-%m-%d", text).ok()?;
    (day.to_string() == text).then_some(day)
}
