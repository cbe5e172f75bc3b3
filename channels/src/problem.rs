//! Owns the words for what is wrong with a configuration: where, what stands there, what should, how
//! to mend it. Refuses to hold a secret's value.

use std::fmt;

use serde::Serialize;

/// All problems of one section.
#[derive(Debug)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.0.iter().enumerate() {
            write!(f, "{}{problem}", if number == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

/// One thing wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{path}: {value:?} is not {expected} ({hint})")]
pub struct Problem {
    /// Where, as in `provider.relay.port`.
    pub path: String,
    /// What stands there; never a secret.
    pub value: String,
    /// What should.
    pub expected: String,
    /// How to mend it.
    pub hint: String,
    /// The line of the file that `path` names, from 1, where it is one.
    #[serde(skip)]
    pub line: Option<usize>,
}

impl Problem {
    /// The same problem, in a line of the file; 0: unknown.
    #[must_use]
    pub(crate) fn at_line(mut self, line: usize) -> Self {
        self.line = (line > 0).then_some(line);
        self
    }

    /// A problem with `field` of the section at `path`.
    pub fn new(
        path: &str,
        field: &str,
        value: impl fmt::Display,
        expected: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        let path = if field.is_empty() {
            path.to_owned()
        } else {
            format!("{path}.{field}")
        };
        Self {
            path,
            value: value.to_string().chars().take(100).collect(),
            expected: expected.into(),
            hint: hint.into(),
            line: None,
        }
    }
}
