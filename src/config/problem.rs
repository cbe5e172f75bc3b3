//! Owns what a problem with the configuration looks like: where, what stands there, what was
//! expected, a hint, and where the value came from. Refuses to stop at the first one: problems are
//! collected.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

/// Which layer a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The built-in default file.
    Default,
    /// The configuration file.
    File(PathBuf),
    /// This environment variable.
    Environment(String),
    /// This option of the command line.
    CommandLine(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File(path) => write!(f, "{}", path.display()),
            Origin::Environment(name) => f.write_str(name),
            Origin::CommandLine(option) => f.write_str(option),
        }
    }
}

/// One thing wrong: `path: value: what was expected: hint`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {value}: expected {expected}: {hint}")]
pub struct Problem {
    /// Where: `http.address`, `corporation.demo.sender.email_from`.
    pub path: String,
    /// What stands there; never a secret.
    pub value: String,
    /// What should.
    pub expected: String,
    /// How to mend it.
    pub hint: String,
}

impl Problem {
    /// A problem; the value is shown as it is written, at most 100 characters of it.
    pub fn new(
        path: impl Into<String>,
        value: impl fmt::Display,
        expected: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        let value = value.to_string().chars().take(100).collect();
        Self {
            path: path.into(),
            value,
            expected: expected.into(),
            hint: hint.into(),
        }
    }
}

impl From<sluis_channels::Problem> for Problem {
    fn from(found: sluis_channels::Problem) -> Self {
        Self::new(
            found.path,
            format_args!("{:?}", found.value),
            found.expected,
            found.hint,
        )
    }
}

/// Every problem found. The process ends with [`EXIT_CONFIG`] and this text.
#[derive(Debug, Default, PartialEq, Eq, thiserror::Error)]
pub struct ConfigProblems(pub Vec<Problem>);

/// Exit code for a wrong configuration (`EX_USAGE` of sysexits).
pub const EXIT_CONFIG: u8 = 64;

impl fmt::Display for ConfigProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.0.iter().enumerate() {
            write!(f, "{}{problem}", if number == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

/// Problems under collection. Says nothing twice about one path, nor about what lies below it: the
/// first finding is the cause of the others.
#[derive(Debug, Default)]
pub(super) struct Collector {
    found: Vec<Problem>,
    paths: BTreeSet<String>,
}

impl Collector {
    pub(super) fn add(&mut self, problem: Problem) {
        if !self.has(&problem.path) {
            self.paths.insert(problem.path.clone());
            self.found.push(problem);
        }
    }

    pub(super) fn extend(&mut self, problems: impl IntoIterator<Item = Problem>) {
        problems.into_iter().for_each(|problem| self.add(problem));
    }

    pub(super) fn has(&self, path: &str) -> bool {
        let above = path.match_indices(['.', '[']).map(|(at, _)| &path[..at]);
        above.chain([path]).any(|path| self.paths.contains(path))
    }

    pub(super) fn finish(self) -> Vec<Problem> {
        self.found
    }
}
