//! Owns what a cell of a mailing's list means in a field of a flow: what a spreadsheet put around a value
//! is taken off and told, a date may be written as the Netherlands write it. Refuses what a spreadsheet
//! has rounded or shows as an error, and to guess: what a cell cannot mean is told with the cell.

use std::borrow::Cow;

use serde_json::Value;
use sluis_channels::address::{Cleaned, unwrapped, visible};
use sluis_model::flow::{FieldKind, InputField};

use super::confirmed::day;
use super::problem::{FieldProblem, ProblemCode};
use super::tenant_list::{TWICE, encoded_once, is_empty, is_error, is_scientific, without_mark};

/// A cell without what does not belong to its value, and what that was.
pub(super) struct Bare<'a> {
    /// The value.
    pub text: Cow<'a, str>,
    /// What was taken off or put right.
    pub cleaned: Vec<&'static str>,
}

/// What stands in a cell of this kind of field. Of a text only what stands around it is taken off: an
/// apostrophe, a blank and a sign that nobody sees may belong to it.
pub(super) fn bare(kind: FieldKind, cell: &str) -> Bare<'_> {
    let mut cleaned = Vec::new();
    let is_text = matches!(kind, FieldKind::Line | FieldKind::Text);
    let shown = match visible(cell) {
        Cow::Owned(seen) if is_text => Cow::Borrowed(inside(cell, &seen)),
        seen => seen,
    };
    if shown.trim().len() < cell.trim().len() {
        cleaned.push(Cleaned::Invisible.words());
    }
    let trimmed = shown.trim();
    let unwrapped = unwrapped(trimmed);
    let plain = match is_text {
        true => unwrapped,
        false => without_mark(unwrapped).trim(),
    };
    if plain.len() < trimmed.len() {
        cleaned.push(Cleaned::Wrapping.words());
    }
    let once = encoded_once(plain).filter(|_| is_text);
    if once.is_some() {
        cleaned.push(TWICE);
    }
    let text = match once {
        Some(once) => Cow::Owned(once),
        // A text keeps the blanks around it.
        None if is_text && plain.len() == trimmed.len() => shown,
        None => Cow::Owned(plain.to_owned()),
    };
    Bare { text, cleaned }
}

/// The part of a cell that begins and ends with something to see. `seen`: the whole of it without what
/// nobody sees.
fn inside<'a>(cell: &'a str, seen: &str) -> &'a str {
    let (Some(first), Some(last)) = (seen.trim().chars().next(), seen.trim().chars().next_back())
    else {
        return "";
    };
    let from = cell.find(first).unwrap_or(0);
    let until = cell
        .rfind(last)
        .map_or(cell.len(), |at| at + last.len_utf8());
    cell.get(from..until).unwrap_or(cell)
}

/// What is wrong with a cell that cannot be a value of this field, by how lists are written.
pub(super) fn wrong(field: &InputField, cell: &str) -> Option<FieldProblem> {
    let cell = cell.trim();
    if is_empty(cell) {
        return None;
    }
    rewritten(&field.name, cell)
        .or_else(|| no_number(field, cell))
        .or_else(|| no_day(field, cell))
}

/// What is wrong with a cell in which a spreadsheet shows an error or has rounded a number: nobody is to
/// read that in a message.
fn rewritten(field: &str, cell: &str) -> Option<FieldProblem> {
    let hint = if is_error(cell) {
        "a spreadsheet has no value here: correct the list"
    } else if is_scientific(cell) {
        "a spreadsheet has rounded it: make the column a text before the export"
    } else {
        return None;
    };
    let expected = "the value itself";
    let problem = FieldProblem::new(format!("data.{field}"), ProblemCode::Placeholder, expected);
    Some(problem.value(cell).hint(hint))
}

/// What is wrong with a cell of money or of a whole number that is none. A list has no quotes to leave
/// out, as JSON has.
fn no_number(field: &InputField, cell: &str) -> Option<FieldProblem> {
    let (expected, hint) = match field.kind {
        FieldKind::Money => (
            "a whole number of euro cents",
            "digits alone, without a comma, a point or a sign of the euro: 12,50 euro is 1250",
        ),
        FieldKind::Integer => ("a whole number", "digits alone, without a comma or a point"),
        FieldKind::Boolean
        | FieldKind::Date
        | FieldKind::Url
        | FieldKind::Line
        | FieldKind::Text => return None,
    };
    if cell.parse::<i64>().is_ok() {
        return None;
    }
    let path = format!("data.{}", field.name);
    let problem = FieldProblem::new(path, ProblemCode::WrongType, expected);
    Some(problem.value(cell).hint(hint))
}

/// What is wrong with a cell of a date that names no day.
fn no_day(field: &InputField, cell: &str) -> Option<FieldProblem> {
    if field.kind != FieldKind::Date || day(cell).is_some() {
        return None;
    }
    let path = format!("data.{}", field.name);
    let expected = "a day that exists, such as 2026-12-01 or 1-12-2026";
    let problem = FieldProblem::new(path, ProblemCode::BadTime, expected).value(cell);
    let is_counted = cell.len() == 5 && cell.bytes().all(|b| b.is_ascii_digit());
    Some(match is_counted {
        true => problem
            .hint("a spreadsheet counts days so: show the column as a date before the export"),
        false => problem,
    })
}

/// What a cell means in a field of this kind. What it cannot mean stays a text: the check says so.
pub(super) fn value(kind: FieldKind, cell: &str) -> Value {
    let plain = cell.trim();
    match kind {
        FieldKind::Money | FieldKind::Integer => plain
            .parse::<i64>()
            .map_or_else(|_| plain.into(), Value::from),
        FieldKind::Boolean => match plain.to_lowercase().as_str() {
            "true" | "ja" | "yes" | "1" | "waar" => true.into(),
            "false" | "nee" | "no" | "0" | "onwaar" => false.into(),
            _ => plain.into(),
        },
        FieldKind::Date => day(plain).map_or_else(|| plain.into(), |day| day.to_string().into()),
        FieldKind::Url => plain.into(),
        FieldKind::Line | FieldKind::Text => cell.into(),
    }
}
