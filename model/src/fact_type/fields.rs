//! Owns how a file declares fields with their kinds, of a fact or of an answer of people: `ends_on =
//! "date?"`, `kind = { one_of = ["wsnp", "msnp"] }`. Refuses names that stand for something else.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{FactField, FactType};
use crate::flow::{FieldKind, InputField, Problem};
use crate::reading::nearest;

/// Longest name of a type or a field, in bytes.
pub(super) const MOST_NAME: usize = 64;

/// `ends_on = "date?"`, or `kind = { one_of = ["wsnp", "msnp"], optional = true }`.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "a kind such as \"date?\", or a table such as { one_of = [\"open\", \"closed\"], optional = true }"
)]
pub(crate) enum FieldSource {
    /// A kind.
    Word(String),
    /// A kind or words.
    Table(FieldTable),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldTable {
    kind: Option<String>,
    one_of: Option<Vec<String>>,
    least: Option<i64>,
    most: Option<i64>,
    #[serde(default)]
    optional: bool,
}

/// What fields may be where they are declared.
pub(crate) struct Declaring {
    /// Of what they are: `a fact`.
    pub of: &'static str,
    /// Their kinds.
    pub kinds: &'static [FieldKind],
    /// Whether a name is taken.
    pub is_taken: fn(&str) -> bool,
    /// By what: `belongs to every fact`.
    pub taken_by: &'static str,
}

impl Declaring {
    /// Reads the fields that stand at `path`.
    pub(crate) fn fields(
        &self,
        path: &str,
        sources: &BTreeMap<String, FieldSource>,
        problems: &mut Vec<Problem>,
    ) -> Vec<FactField> {
        let mut reading = Reading {
            declaring: self,
            problems,
        };
        if sources.len() > FactType::MOST_FIELDS {
            let (count, most) = (sources.len(), FactType::MOST_FIELDS);
            reading.problem(path, format!("{count} fields: expected at most {most}"));
        }
        let read = sources.iter();
        read.filter_map(|(name, source)| reading.field(&format!("{path}.{name}"), name, source))
            .collect()
    }
}

struct Reading<'a> {
    declaring: &'a Declaring,
    problems: &'a mut Vec<Problem>,
}

impl Reading<'_> {
    fn problem(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.problems.push(Problem {
            path: path.into(),
            message: message.into(),
        });
    }

    fn field(&mut self, path: &str, name: &str, source: &FieldSource) -> Option<FactField> {
        if !is_name(name) {
            let expected = "lower-case letters, digits and _, beginning with a letter";
            self.problem(path, format!("{name:?}: expected {expected}"));
        }
        if (self.declaring.is_taken)(name) {
            let by = self.declaring.taken_by;
            self.problem(path, format!("{name:?} {by}: expected another name"));
        }
        let (word, words, optional) = match source {
            FieldSource::Word(word) => (Some(word.as_str()), None, false),
            FieldSource::Table(table) => (
                table.kind.as_deref(),
                table.one_of.as_deref(),
                table.optional,
            ),
        };
        let (kind, optional) = match (word, words) {
            (Some(word), None) => {
                let bare = word.strip_suffix('?');
                let kind = self.kind(path, bare.unwrap_or(word))?;
                (kind, optional || bare.is_some())
            }
            (None, Some(_)) => (FieldKind::Line, optional),
            (Some(_), Some(_)) | (None, None) => {
                self.problem(path, "expected either `kind` or `one_of`");
                return None;
            }
        };
        // An empty list would stand for any text: somebody forgot the words.
        if words.is_some_and(<[String]>::is_empty) {
            let message = "no word: expected at least one, such as one_of = [\"open\", \"closed\"]";
            self.problem(format!("{path}.one_of"), message);
        }
        let one_of = self.words(path, words.unwrap_or_default());
        let most = match kind {
            FieldKind::Text => InputField::USUAL_LENGTH,
            FieldKind::Line
            | FieldKind::Money
            | FieldKind::Integer
            | FieldKind::Boolean
            | FieldKind::Date
            | FieldKind::Url => FactType::MOST_LINE,
        };
        Some(FactField {
            field: InputField {
                name: name.into(),
                kind,
                optional,
                most,
            },
            one_of,
            within: self.within(path, kind, source),
        })
    }

    /// The numbers that it may be.
    fn within(&mut self, path: &str, kind: FieldKind, source: &FieldSource) -> Option<(i64, i64)> {
        let FieldSource::Table(FieldTable { least, most, .. }) = source else {
            return None;
        };
        if least.is_none() && most.is_none() {
            return None;
        }
        if !matches!(kind, FieldKind::Integer | FieldKind::Money) {
            let message = "only a number has `least` and `most`: expected kind = \"integer\" or kind = \"money\"";
            self.problem(path, message);
        }
        let (least, most) = (least.unwrap_or(i64::MIN), most.unwrap_or(i64::MAX));
        if least > most {
            let message =
                format!("least = {least} is above most = {most}: expected a number between them");
            self.problem(path, message);
        }
        Some((least, most))
    }

    fn kind(&mut self, path: &str, word: &str) -> Option<FieldKind> {
        let kinds = self.declaring.kinds;
        let kind = kinds.iter().copied().find(|kind| kind.name() == word);
        if kind.is_none() {
            let kinds: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
            let near = nearest(word, kinds.iter().copied());
            let near = near.map(|near| format!("; did you mean {near:?}?"));
            let (kinds, near, of) = (
                kinds.join(", "),
                near.unwrap_or_default(),
                self.declaring.of,
            );
            let message = format!(
                "{word:?} is no kind of {of}: expected one of {kinds}, with ? when it may be left out, or {{ one_of = [ … ] }}{near}"
            );
            self.problem(path, message);
        }
        kind
    }

    fn words(&mut self, path: &str, words: &[String]) -> Box<[Box<str>]> {
        let path = format!("{path}.one_of");
        if words.len() > FactType::MOST_WORDS {
            let (count, most) = (words.len(), FactType::MOST_WORDS);
            self.problem(&*path, format!("{count} words: expected at most {most}"));
        }
        for (index, word) in words.iter().enumerate() {
            let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b);
            let is_word = !word.is_empty() && word.len() <= MOST_NAME && word.bytes().all(fits);
            if !is_word {
                let expected = "lower-case letters, digits, _ and -";
                self.problem(&*path, format!("{word:?}: expected {expected}"));
            }
            if words[..index].contains(word) {
                self.problem(&*path, format!("{word:?} stands here twice"));
            }
        }
        words.iter().map(|word| word.as_str().into()).collect()
    }
}

pub(super) fn is_name(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    let begins = text.starts_with(|first: char| first.is_ascii_lowercase());
    begins && text.len() <= MOST_NAME && text.bytes().all(fits)
}
