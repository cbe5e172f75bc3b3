//! Reads the books from files. Owns being strict about them: a line that cannot be read stops the
//! reconciliation, except the torn last line of a file whose writer was killed, which is reported.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::run::AckRow;
use crate::sink::Row;

/// A book could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file could not be opened or read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A line is not what this book holds.
    #[error("{path}:{line}: {source}: expected {expected}")]
    Line {
        /// The file.
        path: String,
        /// Its line, from 1.
        line: usize,
        /// What the reader said.
        source: serde_json::Error,
        /// What belongs there.
        expected: &'static str,
    },
}

/// What the engine says of one notification: from `GET /v1/outcomes`, or `GET
/// /v1/notifications?state=…`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OutcomeRow {
    /// Its id.
    #[serde(alias = "notification_id")]
    pub id: String,
    /// Such as `ended`, `held`, `ready`, `task`.
    #[serde(default)]
    pub state: Option<String>,
    /// The end state, when ended.
    #[serde(default)]
    pub end: Option<String>,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
    /// The sender's key, when the engine shows it.
    #[serde(default)]
    pub idempotency_key: Option<String>,
}

/// The acknowledged ids; a torn last line counts as not acknowledged, because nobody saw it whole.
///
/// # Errors
/// A file cannot be read, or a line is no ack.
pub fn read_acks(paths: &[impl AsRef<Path>]) -> Result<BTreeMap<String, String>, LedgerError> {
    let mut acked = BTreeMap::new();
    for path in paths {
        let rows: Vec<AckRow> = lines(path.as_ref(), "{\"id\":…,\"key\":…}")?;
        acked.extend(rows.into_iter().map(|row| (row.id, row.key)));
    }
    Ok(acked)
}

/// The sinks' rows.
///
/// # Errors
/// A file cannot be read, or a line is no sink row.
pub fn read_sinks(paths: &[impl AsRef<Path>]) -> Result<Vec<Row>, LedgerError> {
    let mut rows = Vec::new();
    for path in paths {
        rows.extend(lines::<Row>(path.as_ref(), "a row of a sink's ledger")?);
    }
    Ok(rows)
}

/// The engine's outcomes: NDJSON rows, or pages with an array in `notifications`, `items` or
/// `outcomes`. Lines without an id, such as a closing cursor, are skipped.
///
/// # Errors
/// A file cannot be read, or a line is no JSON.
pub fn read_outcomes(paths: &[impl AsRef<Path>]) -> Result<Vec<OutcomeRow>, LedgerError> {
    let mut rows = Vec::new();
    for path in paths {
        for value in lines::<Value>(path.as_ref(), "an outcome row")? {
            rows.extend(
                flatten(value)
                    .into_iter()
                    .filter_map(|row| serde_json::from_value(row).ok()),
            );
        }
    }
    Ok(rows)
}

fn flatten(value: Value) -> Vec<Value> {
    match value {
        Value::Array(rows) => rows,
        Value::Object(mut object) => {
            let page = ["notifications", "items", "outcomes"]
                .iter()
                .find_map(|name| object.remove(*name));
            match page {
                Some(Value::Array(rows)) => rows,
                _ => vec![Value::Object(object)],
            }
        }
        _ => Vec::new(),
    }
}

fn lines<T: DeserializeOwned>(path: &Path, expected: &'static str) -> Result<Vec<T>, LedgerError> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|source| LedgerError::File {
        path: shown.clone(),
        source,
    })?;
    let whole = text.rfind('\n').map_or(0, |at| at + 1);
    let mut rows = Vec::new();
    for (at, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let torn = line.as_ptr() as usize - text.as_ptr() as usize >= whole;
        match serde_json::from_str(line) {
            Ok(row) => rows.push(row),
            Err(_) if torn => {}
            Err(source) => {
                return Err(LedgerError::Line {
                    path: shown,
                    line: at + 1,
                    source,
                    expected,
                });
            }
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn a_torn_last_line_is_left_out_and_any_other_stops() {
        let torn = file("{\"id\":\"a\",\"key\":\"1\"}\n{\"id\":\"b\",\"ke");
        assert_eq!(
            read_acks(&[torn.path()])
                .unwrap()
                .into_keys()
                .collect::<Vec<_>>(),
            ["a"]
        );
        let broken = file("{\"id\":\"a\",\"ke\n{\"id\":\"b\",\"key\":\"2\"}\n");
        let error = read_acks(&[broken.path()]).unwrap_err().to_string();
        assert!(
            error.contains(":1:") && error.contains("expected"),
            "{error}"
        );
    }

    #[test]
    fn outcomes_come_as_rows_or_pages() {
        let text = "{\"id\":\"a\",\"state\":\"ended\",\"end\":\"sent\"}\n{\"cursor\":\"5\"}\n{\"notifications\":[{\"id\":\"b\",\"state\":\"held\"}],\"next\":null}\n";
        let rows = read_outcomes(&[file(text).path()]).unwrap();
        assert_eq!(
            rows.iter()
                .map(|r| (r.id.as_str(), r.end.as_deref()))
                .collect::<Vec<_>>(),
            [("a", Some("sent")), ("b", None)]
        );
    }
}
