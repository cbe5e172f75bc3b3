//! The book of what the engine acknowledged, written as the answers come and flushed at once, so
//! that it survives whatever is killed next. Refuses to hold rows back for speed.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::RunError;

/// One acknowledged notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AckRow {
    /// The engine's id.
    pub id: String,
    /// Its idempotency key.
    pub key: String,
}

/// Appends acknowledged ids to a file.
#[derive(Debug)]
pub struct AckWriter {
    file: Mutex<File>,
    path: String,
}

impl AckWriter {
    /// Opens for appending, so that a second run after a crash continues the same book.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open(path: &Path) -> Result<Self, RunError> {
        let shown = path.display().to_string();
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.map_err(|source| RunError::File {
            path: shown.clone(),
            source,
        })?;
        Ok(Self {
            file: Mutex::new(file),
            path: shown,
        })
    }

    /// Writes rows with one system call.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn write(&self, rows: &[AckRow]) -> Result<(), RunError> {
        let mut text = Vec::with_capacity(rows.len() * 96);
        for row in rows {
            serde_json::to_writer(&mut text, row).expect("two strings");
            text.push(b'\n');
        }
        let fail = |source| RunError::File {
            path: self.path.clone(),
            source,
        };
        self.file.lock().write_all(&text).map_err(fail)
    }
}
