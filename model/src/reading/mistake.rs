//! Owns what is told of a value that could not be read: where, what stands there, what was expected, a
//! hint. Refuses to know the words of one kind of file: whoever reads one gives them.

use std::collections::BTreeSet;
use std::fmt;

use toml::Value;

use super::nearest::nearest;

/// One mistake: `path: value: expected ...: hint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where: `http.address`, `step.mail.send.via`.
    pub path: String,
    /// What stands there.
    pub value: String,
    /// What should.
    pub expected: String,
    /// How to mend it.
    pub hint: String,
    /// Whether it is a key that nobody reads: what else stands there is as it was written.
    pub is_unknown_key: bool,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, expected, hint) = (&self.value, &self.expected, &self.hint);
        write!(f, "{value}: expected {expected}: {hint}")
    }
}

/// How a kind of file tells its mistakes.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// What is expected at a path and a hint, where there are better words than the type's own.
    pub of: fn(&str) -> Option<(String, String)>,
    /// The hint where there is none better.
    pub hint: &'static str,
    /// What is expected where a table is. `None`: the type says it.
    pub table: Option<&'static str>,
    /// The path of an element of a list, by the list's path, the list and the index.
    pub element: fn(&str, &[Value], usize) -> String,
}

/// A key of the table at `table` that is none of `all`.
#[must_use]
pub fn unknown(table: &str, field: &str, all: BTreeSet<&str>) -> Mistake {
    let hint = match nearest(field, all.iter().copied()) {
        Some(near) => format!("did you mean {near:?}?"),
        None => "remove it".to_owned(),
    };
    let list = all.into_iter().collect::<Vec<_>>().join(", ");
    let expected = if list.is_empty() {
        "no further keys".to_owned()
    } else {
        format!("one of {list}")
    };
    Mistake {
        path: join(table, field),
        value: "unknown key".to_owned(),
        expected,
        hint,
        is_unknown_key: true,
    }
}

/// A key that the table at `table` must have.
#[must_use]
pub fn missing(table: &str, field: &str, words: Words) -> Mistake {
    let path = join(table, field);
    let (expected, hint) =
        (words.of)(&path).unwrap_or_else(|| ("a value".into(), "this key has no default".into()));
    Mistake {
        path,
        value: "not given".to_owned(),
        expected,
        hint,
        is_unknown_key: false,
    }
}

/// `table.key`, or the key alone at the top.
#[must_use]
pub fn join(table: &str, key: &str) -> String {
    if table.is_empty() {
        key.to_owned()
    } else {
        format!("{table}.{key}")
    }
}
