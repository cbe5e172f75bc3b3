//! Owns the note of who wrote a data directory last: the version of the program and the newest records in
//! it. It is read before anything else is touched, so that an older program changes nothing. Refuses to
//! say whether the records can be read: each says its own version.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use sluis_model::codec::RECORD_VERSION;

use crate::files::write_whole;

/// The note in a data directory.
const NOTE: &str = "version.json";

/// Who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Written {
    /// Version of the program.
    program: String,
    /// The newest version of records that it writes.
    records: u8,
}

/// Where the note of a data directory is.
pub(crate) fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(NOTE)
}

/// Looks whether this program may open a data directory, and changes nothing.
///
/// # Errors
/// A newer program wrote it.
pub fn check(data_dir: &Path) -> anyhow::Result<()> {
    let Some(written) = read(data_dir)? else {
        return Ok(());
    };
    if written.records > RECORD_VERSION {
        bail!(
            "{}: version {} of the program wrote records of version {} here. This is version {}, and it reads records up to version \
             {RECORD_VERSION}. Nothing was changed. Start version {} or a newer one; or restore a backup that was made before the \
             upgrade",
            path(data_dir).display(),
            written.program,
            written.records,
            env!("CARGO_PKG_VERSION"),
            written.program
        );
    }
    Ok(())
}

/// Notes that this program writes here from now on. Durable on return.
///
/// # Errors
/// The disk fails.
pub fn note(data_dir: &Path) -> anyhow::Result<()> {
    let now = Written {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        records: RECORD_VERSION,
    };
    if read(data_dir)?.as_ref() == Some(&now) {
        return Ok(());
    }
    let (path, text) = (path(data_dir), serde_json::to_vec_pretty(&now)?);
    write_whole(&path, &text).with_context(|| format!("{}: cannot be written", path.display()))
}

/// None: there is no note, or one that says nothing. The records still say what they are.
fn read(data_dir: &Path) -> anyhow::Result<Option<Written>> {
    let path = path(data_dir);
    match fs::read(&path) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("{}: cannot be read", path.display())),
    }
}
