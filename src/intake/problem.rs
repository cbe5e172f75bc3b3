//! Owns the mistake as it is told to a sender: where, what stood there, what was expected, what may
//! help. Refuses to repeat more than a line of what was sent.

use std::fmt;

use serde::Serialize;
use sluis_model::reading::distance;

/// Longest key that is compared with the known ones, in characters.
const MAX_COMPARED: usize = 64;

/// What kind of mistake, in words that never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// The bytes are not UTF-8.
    NotUtf8,
    /// The text is not JSON.
    NotJson,
    /// The text is not a tenant list.
    NotAList,
    /// Something required is not there.
    Missing,
    /// It has another JSON type than it should.
    WrongType,
    /// A key or column nobody knows.
    UnknownKey,
    /// A key, column or tenant is there more than once.
    Twice,
    /// A word outside its list.
    UnknownWord,
    /// Longer than allowed.
    TooLong,
    /// Empty where something is needed.
    Empty,
    /// Characters that may not stand there.
    BadCharacters,
    /// Not an instant, or not a date.
    BadTime,
    /// An instant that lies ahead of the engine's clock.
    Ahead,
    /// Outside the range of numbers, or more entries than allowed.
    OutOfRange,
    /// Not a URL that a tenant may be sent to.
    BadUrl,
    /// Not an address of its channel.
    BadAddress,
    /// Each part is right, but they do not go together.
    Contradiction,
    /// Known, and not used.
    Ignored,
    /// A word that stands for nothing, such as `NULL` or `#N/A`; a number that a spreadsheet has
    /// rewritten.
    Placeholder,
    /// Taken, after something around it was taken off or put right.
    Cleaned,
    /// In a reload: a setting, or a file that the configuration names, is wrong.
    WrongSetting,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldProblem {
    /// Where: `data.amount_cents`, `addresses[1].value`, a column's name; `body` for the whole.
    pub path: String,
    /// Stable code.
    pub code: ProblemCode,
    /// What stood there, cut to 80 characters; addresses are masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What was expected.
    pub expected: String,
    /// What may help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl FieldProblem {
    /// Longest value repeated in a problem, in characters.
    pub(super) const MAX_VALUE: usize = 80;

    /// A problem at `path`.
    pub fn new(path: impl Into<String>, code: ProblemCode, expected: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            code,
            value: None,
            expected: expected.into(),
            hint: None,
        }
    }

    /// With what stood there.
    #[must_use]
    pub fn value(mut self, value: &str) -> Self {
        let cut = value.char_indices().nth(Self::MAX_VALUE).map(|(at, _)| at);
        self.value = Some(match cut {
            Some(at) => format!("{}…", &value[..at]),
            None => value.to_owned(),
        });
        self
    }

    /// With something that may help.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn unknown_key(path: String, key: &str, known: &[&str]) -> Self {
        let problem = Self::new(
            path,
            ProblemCode::UnknownKey,
            format!("one of {}", known.join(", ")),
        )
        .value(key);
        match nearest(key, known) {
            Some(name) => problem.hint(format!("did you mean {name:?}?")),
            None => problem,
        }
    }
}

impl fmt::Display for FieldProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}", self.path, self.expected)?;
        if let Some(value) = &self.value {
            write!(f, ", got {value:?}")?;
        }
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// The known name nearest to `key`, if one is near: letters are compared without case, hyphens and
/// underscores.
pub(super) fn nearest<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    let folded = fold(key);
    let scored = known
        .iter()
        .map(|name| (distance(&folded, &fold(name)), *name));
    let (score, name) = scored.min_by_key(|(score, _)| *score)?;
    (score <= 1 + folded.len().min(name.len()) / 4).then_some(name)
}

fn fold(text: &str) -> Vec<char> {
    let letters = text
        .chars()
        .take(MAX_COMPARED)
        .filter(|c| !matches!(c, '-' | '_' | ' '));
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        let known = ["tenant_id", "flow", "category", "idempotency_key"];
        let cases = [
            ("tenantId", Some("tenant_id")),
            ("tennant_id", Some("tenant_id")),
            ("Flow", Some("flow")),
            ("idempotencykey", Some("idempotency_key")),
            ("categorie", Some("category")),
            ("colour", None),
            ("", None),
        ];
        for (key, expected) in cases {
            assert_eq!(nearest(key, &known), expected, "{key}");
        }
        assert_eq!(nearest(&"x".repeat(100_000), &known), None);
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        let problem = FieldProblem::new("a", ProblemCode::TooLong, "less").value(&"é".repeat(200));
        assert_eq!(problem.value.map(|v| v.chars().count()), Some(81));
    }
}
