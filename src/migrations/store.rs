//! Owns the files of migrations, one each, and their copy. Refuses to know what a stage means.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::state::Migration;
use crate::files;

const ENDING: &str = ".json";

/// Where the migrations of a data directory are.
#[must_use]
pub fn directory(data_dir: &Path) -> PathBuf {
    data_dir.join("migrations")
}

/// The files.
#[derive(Clone, Debug)]
pub(super) struct Store(pub(super) PathBuf);

impl Store {
    fn path(&self, id: &str) -> PathBuf {
        self.0.join(format!("{id}{ENDING}"))
    }

    /// Writes how one stands. Durable on return.
    pub(super) fn put(&self, migration: &Migration) -> io::Result<()> {
        make_dir(&self.0)?;
        let bytes = serde_json::to_vec(migration)?;
        files::write_whole(&self.path(&migration.id), &bytes)
    }

    pub(super) fn remove(&self, id: &str) -> io::Result<()> {
        fs::remove_file(self.path(id))?;
        files::sync_dir(&self.0)
    }

    /// Every migration that is there. One that cannot be read is told and left alone.
    pub(super) fn all(&self) -> io::Result<Vec<Migration>> {
        let mut all = Vec::new();
        for path in listed(&self.0)? {
            let read = fs::read(&path).and_then(|bytes| Ok(serde_json::from_slice(&bytes)?));
            match read {
                Ok(migration) => all.push(migration),
                Err(error) => {
                    tracing::error!(path = %path.display(), %error, "a migration cannot be read: it is left as it is");
                }
            }
        }
        Ok(all)
    }
}

/// The files of migrations in a directory, which need not be there.
fn listed(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let paths = entries.map(|entry| Ok(entry?.path()));
    let is_one = |path: &PathBuf| path.to_string_lossy().ends_with(ENDING);
    let paths: io::Result<Vec<PathBuf>> = paths.collect();
    Ok(paths?.into_iter().filter(is_one).collect())
}

fn make_dir(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(dir)?;
    files::sync_above(dir)
}

/// Copies the migrations of a data directory. It is done before the journal is copied: what the copy says has moved is then
/// in the copied journal, and the rest is asked again.
///
/// # Errors
/// A disk fails.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let paths = listed(from)?;
    if paths.is_empty() {
        return Ok(());
    }
    make_dir(to)?;
    for path in paths {
        if let Some(name) = path.file_name() {
            files::write_whole(&to.join(name), &fs::read(&path)?)?;
        }
    }
    files::sync_dir(to)
}
