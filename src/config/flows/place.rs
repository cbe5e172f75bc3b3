//! Owns where a path of a flow stands in its text: line, column and the line itself. Refuses to know
//! what a path means: it follows keys, ids and names.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// A place in a file. Lines and columns count from 1; line 0: the file as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file, as it is shown.
    pub file: String,
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
    /// What stands in the line.
    pub text: String,
}

impl Place {
    /// A file as a whole.
    #[must_use]
    pub fn whole(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            ..Self::default()
        }
    }

    /// A byte of a file's text.
    #[must_use]
    pub fn at_byte(file: &str, text: &str, byte: usize) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = text[line_start..].lines().next().unwrap_or_default();
        Self {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            text: line.to_owned(),
        }
    }

    /// A line of a file's text, where it begins.
    #[must_use]
    pub fn at_line(file: &str, text: &str, line: usize) -> Self {
        let found = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
        Self {
            file: file.to_owned(),
            line,
            column: 1,
            text: found.to_owned(),
        }
    }
}

/// Where a path stands in a file's text, as far as it can be followed.
#[must_use]
pub fn place_in(file: &str, text: &str, path: &str) -> Place {
    Place::at_byte(file, text, follow(text, path).byte)
}

/// How far a path could be followed.
pub(super) struct Followed {
    /// Where it led to.
    pub byte: usize,
    /// What of it is not in the text.
    pub rest: String,
}

/// Follows a path such as `step.mail.on.bounced` or `guard[0] "right type".when` in a text of TOML.
pub(super) fn follow(text: &str, path: &str) -> Followed {
    let (table, _) = DeTable::parse_recoverable(text);
    let span = table.span();
    let start = Followed {
        byte: span.start,
        rest: path.to_owned(),
    };
    in_table(table.get_ref(), path, start)
}

fn in_table(table: &DeTable<'_>, rest: &str, so_far: Followed) -> Followed {
    let fits = |key: &str| rest.strip_prefix(key).is_some_and(ends_part);
    let found = table
        .iter()
        .filter(|(key, _)| fits(key.get_ref()))
        .max_by_key(|(key, _)| key.get_ref().len());
    let Some((key, value)) = found else {
        return so_far;
    };
    let rest = &rest[key.get_ref().len()..];
    let byte = match value.get_ref() {
        // A header or a key says more of where a table is than its brace.
        DeValue::Table(_) | DeValue::Array(_) => key.span().start,
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_) => value.span().start,
    };
    in_value(value, rest, at(byte, rest))
}

fn in_value(value: &Spanned<DeValue<'_>>, rest: &str, so_far: Followed) -> Followed {
    match value.get_ref() {
        DeValue::Table(table) => match rest.strip_prefix('.') {
            Some(rest) => in_table(table, rest, so_far),
            None => so_far,
        },
        DeValue::Array(all) => in_array(all, rest, so_far),
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_) => so_far,
    }
}

/// An element by its place, its name or its id. Where several have it: the one in which more of the path is
/// found, else the last.
fn in_array(all: &DeArray<'_>, rest: &str, so_far: Followed) -> Followed {
    let (index, rest) = match rest.strip_prefix('[') {
        Some(rest) => by_place(all, rest),
        None => by_name(all, rest.strip_prefix('.').unwrap_or(rest)),
    };
    let Some(element) = index.and_then(|index| all.get(index)) else {
        return so_far;
    };
    let byte = begin(element.get_ref(), element.span());
    in_value(element, rest, at(byte, rest))
}

/// `0] "right type".when`: by the name, where there is one.
fn by_place<'a>(all: &DeArray<'_>, rest: &'a str) -> (Option<usize>, &'a str) {
    let Some((number, rest)) = rest.split_once(']') else {
        return (None, rest);
    };
    let Some(named) = rest.strip_prefix(" \"") else {
        return (number.parse().ok(), rest);
    };
    let (name, rest) = named.rsplit_once('"').unwrap_or((named, ""));
    // The number counts in the flow that was put together. Where the file has this one there, it is the one.
    let there = number.parse().ok().filter(|index: &usize| {
        let element = all.get(*index);
        element.is_some_and(|of| name_of(of.get_ref()).is_some_and(|of| of == name))
    });
    (there.or_else(|| position(all, rest, |of| of == name)), rest)
}

fn by_name<'a>(all: &DeArray<'_>, rest: &'a str) -> (Option<usize>, &'a str) {
    let fits = |name: &str| rest.strip_prefix(name).is_some_and(ends_part);
    let named = all.iter().filter_map(|element| name_of(element.get_ref()));
    let longest = named
        .filter(|name| fits(name))
        .max_by_key(|name| name.len());
    match longest {
        Some(name) => {
            let rest = &rest[name.len()..];
            (position(all, rest, |of| of == name), rest)
        }
        None => (None, rest),
    }
}

fn position(all: &DeArray<'_>, rest: &str, fits: impl Fn(&str) -> bool) -> Option<usize> {
    let has =
        |value: &Spanned<DeValue<'_>>| name_of(value.get_ref()).is_some_and(|name| fits(&name));
    // Of two with one name it is the one in which the path leads on the furthest.
    let left = |index: &usize| {
        let start = Followed {
            byte: 0,
            rest: rest.to_owned(),
        };
        in_value(&all[*index], rest, start).rest.len()
    };
    let named = (0..all.len()).filter(|index| has(&all[*index]));
    named.rev().min_by_key(left)
}

fn name_of<'a>(value: &'a DeValue<'_>) -> Option<Cow<'a, str>> {
    let table = value.as_table()?;
    let named = table.get("id").or_else(|| table.get("name"))?;
    named.get_ref().as_str().map(Cow::Borrowed)
}

/// Where an element is best shown: what names it, else its first key, else itself.
fn begin(value: &DeValue<'_>, span: Range<usize>) -> usize {
    let Some(table) = value.as_table() else {
        return span.start;
    };
    let keys = table.iter().map(|(key, _)| key.span().start);
    keys.min().unwrap_or(span.start)
}

fn ends_part(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(['.', '[', ' '])
}

fn at(byte: usize, rest: &str) -> Followed {
    Followed {
        byte,
        rest: rest.to_owned(),
    }
}
