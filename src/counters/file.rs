//! Owns the files of the counters: a line that says what it is, a line for each count, and a last line
//! that proves that it is whole. Each is written beside its place and then put there. Refuses to read one
//! that is damaged, or that a newer program wrote.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::counted::{Counted, Row};
use crate::files::write_whole;

/// The format of the files.
pub(super) const FORMAT: u16 = 1;

/// Why a file of the counters cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The disk fails.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// It is not what was written.
    #[error("{path}: is damaged: expected {expected}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What should be there.
        expected: &'static str,
    },
    /// A newer program wrote it.
    #[error(
        "{path}: has format {format}, and this program reads format {FORMAT}: a newer version wrote it. Start that version, or \
         restore a backup that was made before the upgrade"
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its format.
        format: u16,
    },
}

/// The first line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) format: u16,
    /// Per shard the last record that is counted. Only where counting goes on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) followed: Vec<u64>,
    /// Days before it have files of their own, which do not change any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) open_from: Option<String>,
    /// Records of days before it were counted earlier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) counted_before: Option<String>,
}

/// One line.
#[derive(Serialize, Deserialize)]
struct Line {
    day: String,
    count: u64,
    #[serde(flatten)]
    counted: Counted,
}

/// The last line.
#[derive(Serialize, Deserialize, PartialEq, Eq)]
struct End {
    rows: u64,
    /// BLAKE3 over everything before this line.
    blake3: String,
}

/// What is in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) head: Head,
    pub(super) rows: Vec<Row>,
}

impl Content {
    /// As bytes.
    pub(super) fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = serde_json::to_vec(&self.head)?;
        bytes.push(b'\n');
        for row in &self.rows {
            let line = Line {
                day: row.day.to_string(),
                count: row.count,
                counted: row.counted.clone(),
            };
            serde_json::to_writer(&mut bytes, &line)?;
            bytes.push(b'\n');
        }
        let end = End {
            rows: self.rows.len() as u64,
            blake3: blake3::hash(&bytes).to_hex().to_string(),
        };
        serde_json::to_writer(&mut bytes, &end)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// Reads a file; none: there is none.
pub(super) fn read(path: &Path) -> Result<Option<Content>, FileError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(io_error(path)(source)),
    };
    decode(path, &bytes).map(Some)
}

fn decode(path: &Path, bytes: &[u8]) -> Result<Content, FileError> {
    let damaged = |expected| FileError::Damaged {
        path: path.to_owned(),
        expected,
    };
    let text = std::str::from_utf8(bytes).map_err(|_| damaged("UTF-8"))?;
    let mut lines = text.lines();
    let head = lines
        .next()
        .and_then(|line| serde_json::from_str(line).ok());
    let head: Head = head.ok_or_else(|| damaged("a first line with its format"))?;
    // Before the proof: a newer format may prove itself in another way.
    if head.format > FORMAT {
        return Err(FileError::Newer {
            path: path.to_owned(),
            format: head.format,
        });
    }
    let whole = || damaged("a last line that proves that it is whole");
    let last = lines.next_back().ok_or_else(whole)?;
    let end: End = serde_json::from_str(last).map_err(|_| whole())?;
    let before = bytes.len().checked_sub(last.len() + 1).ok_or_else(whole)?;
    let rows = lines.map(row).collect::<Option<Vec<Row>>>();
    let rows = rows.ok_or_else(|| damaged("a count in each line"))?;
    let actual = End {
        rows: rows.len() as u64,
        blake3: blake3::hash(&bytes[..before]).to_hex().to_string(),
    };
    if actual != end {
        return Err(whole());
    }
    Ok(Content { head, rows })
}

fn row(line: &str) -> Option<Row> {
    let line: Line = serde_json::from_str(line).ok()?;
    Some(Row {
        day: day(&line.day)?,
        counted: line.counted,
        count: line.count,
    })
}

/// A day as it is written.
pub(super) fn day(text: &str) -> Option<Date> {
    text.parse().ok()
}

/// Puts a file in its place, whole or not at all. Durable on return.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    write_whole(path, bytes).map_err(io_error(path))
}

pub(super) fn io_error(path: &Path) -> impl Fn(io::Error) -> FileError + '_ {
    |source| FileError::Io {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content() -> Content {
        let counted = Counted {
            corporation: 1,
            flow: "storno".into(),
            event: "accepted".into(),
            ..Counted::default()
        };
        let row = |count| Row {
            day: day("2026-02-02").unwrap(),
            counted: counted.clone(),
            count,
        };
        Content {
            head: Head {
                format: FORMAT,
                followed: vec![3, 0],
                ..Head::default()
            },
            rows: vec![row(7), row(8)],
        }
    }

    #[test]
    fn what_was_written_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("now");
        write(&path, &content().encode().unwrap()).unwrap();
        assert_eq!(read(&path).unwrap(), Some(content()));
    }

    #[test]
    fn every_byte_counts_and_so_does_every_line() {
        let (path, bytes) = (Path::new("now"), content().encode().unwrap());
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            // A flipped byte of the format may make it a newer one: refused all the same.
            assert!(decode(path, &damaged).is_err(), "byte {at}");
            assert!(decode(path, &bytes[..at]).is_err(), "the first {at} bytes");
        }
    }

    #[test]
    fn a_newer_format_is_refused_with_both_numbers_and_the_way_out() {
        let mut newer = content();
        newer.head.format = FORMAT + 1;
        let error = decode(Path::new("counters/now"), &newer.encode().unwrap());
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains("has format 2") && error.contains("reads format 1"),
            "{error}"
        );
        assert!(error.contains("Start that version"), "{error}");
    }
}
