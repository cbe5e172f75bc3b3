//! Small things that the journal keeps for who opened it, by name, each with a checksum and the
//! number of the directory. Refuses to know what they are.

use std::path::{Path, PathBuf};

use super::files;
use crate::JournalError;

const DIR: &str = "kept";

/// The kept things of a data directory.
#[derive(Debug)]
pub(super) struct Keepsakes {
    dir: PathBuf,
    id: u64,
}

impl Keepsakes {
    pub(super) fn open(
        dir: &Path,
        id: u64,
        removed: &mut Vec<PathBuf>,
    ) -> Result<Self, JournalError> {
        let dir = dir.join(DIR);
        files::create_dir(&dir)?;
        files::remove_unfinished(&dir, removed)?;
        Ok(Self { dir, id })
    }

    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> Result<(), JournalError> {
        let all = [&self.id.to_le_bytes(), bytes].concat();
        files::write_checked(&self.dir.join(name), &all)
    }

    pub(super) fn get(&self, name: &str) -> Result<Option<Vec<u8>>, JournalError> {
        let path = self.dir.join(name);
        let Some(all) = files::read_checked(&path)? else {
            return Ok(None);
        };
        let (id, bytes) = all
            .split_first_chunk::<8>()
            .ok_or_else(|| JournalError::DamagedFile { path: path.clone() })?;
        if u64::from_le_bytes(*id) != self.id {
            return Err(JournalError::Foreign {
                path,
                other: self.dir.with_file_name("meta"),
            });
        }
        Ok(Some(bytes.to_vec()))
    }
}

/// Copies what is kept to another data directory of the same number.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), JournalError> {
    let (source, target) = (from.join(DIR), to.join(DIR));
    files::create_dir(&target)?;
    for path in files::list(&source)? {
        let is_whole = path
            .extension()
            .is_none_or(|extension| extension != files::UNFINISHED);
        if let Some(name) = path.file_name().filter(|_| is_whole)
            && let Some(bytes) = files::read_checked(&path)?
        {
            files::write_checked(&target.join(name), &bytes)?;
        }
    }
    Ok(())
}
