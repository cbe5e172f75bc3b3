//! One measurement as one line of JSON. Owns appending it whole and reading the file back; refuses
//! half a line: a file that holds one says where.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Machine;
use crate::clock;

/// A measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// When it ended, RFC 3339, UTC.
    pub at: String,
    /// What was measured, in words that a table can show.
    pub what: String,
    /// Words to group by: `row`, `role` (`measured`, `floor`, `latency`), `session`, and whatever
    /// the case adds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// What an acknowledgement meant.
    pub durability: String,
    /// Where.
    pub machine: Machine,
    /// The figures, by name; the unit is in the name.
    pub figures: Value,
}

/// The results file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ResultsError {
    /// The operating system refuses.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What it said.
        source: std::io::Error,
    },
    /// A line is no result.
    #[error("{path}:{line}: {why}: expected one result, as `run --results` writes it")]
    Line {
        /// The file.
        path: String,
        /// Counted from 1.
        line: usize,
        /// What the parser said.
        why: String,
    },
}

impl Line {
    /// A line of now, on this machine.
    #[must_use]
    pub fn now(
        what: &str,
        labels: BTreeMap<String, String>,
        durability: &str,
        data_dir: Option<&Path>,
        figures: Value,
    ) -> Self {
        let at = jiff::Timestamp::from_millisecond(clock::wall_ms())
            .unwrap_or_default()
            .to_string();
        Self {
            at,
            what: what.into(),
            labels,
            durability: durability.into(),
            machine: Machine::here(data_dir),
            figures,
        }
    }

    /// A label, or nothing.
    #[must_use]
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }

    /// A figure that is a number.
    #[must_use]
    pub fn figure(&self, name: &str) -> Option<f64> {
        self.figures.get(name).and_then(Value::as_f64)
    }
}

/// Appends one line with one write, so that programs that run at once do not mix theirs.
///
/// # Errors
/// The file cannot be opened or written.
pub fn append(path: &Path, line: &impl Serialize) -> Result<(), ResultsError> {
    let fail = |source| ResultsError::File {
        path: path.display().to_string(),
        source,
    };
    let mut text = serde_json::to_vec(line).map_err(|error| fail(error.into()))?;
    text.push(b'\n');
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(fail)?;
    file.write_all(&text).map_err(fail)
}

/// Reads every line.
///
/// # Errors
/// The file cannot be read, or a line is not what was expected.
pub fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Vec<T>, ResultsError> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|source| ResultsError::File {
        path: shown.clone(),
        source,
    })?;
    let full = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    full.map(|(at, line)| {
        let fail = |error: serde_json::Error| ResultsError::Line {
            path: shown.clone(),
            line: at + 1,
            why: error.to_string(),
        };
        serde_json::from_str(line).map_err(fail)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_are_appended_and_read_back() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let labels = BTreeMap::from([("row".to_owned(), "1".to_owned())]);
        let one = Line::now(
            "durable accept",
            labels,
            "synced",
            Some(Path::new("/proc")),
            json!({ "rate": 12.5, "acked": 3 }),
        );
        append(file.path(), &one).unwrap();
        append(
            file.path(),
            &Line::now("floor", BTreeMap::new(), "none", None, json!({})),
        )
        .unwrap();
        let back: Vec<Line> = read(file.path()).unwrap();
        assert_eq!((back.len(), &back[0]), (2, &one));
        assert_eq!((back[0].label("row"), back[1].label("row")), ("1", ""));
        assert_eq!(
            (
                back[0].figure("rate"),
                back[0].figure("acked"),
                back[0].figure("p50_ms")
            ),
            (Some(12.5), Some(3.0), None)
        );
        assert_eq!(back[0].machine.filesystem.as_deref(), Some("proc"));
        assert!(
            back[0].at.starts_with("20") && back[0].at.ends_with('Z'),
            "{}",
            back[0].at
        );
    }

    #[test]
    fn half_a_line_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "\n{\"at\":\"x\"").unwrap();
        let error = read::<Line>(file.path()).unwrap_err().to_string();
        assert!(error.contains(":2: "), "{error}");
    }
}
