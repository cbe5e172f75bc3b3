//! Definitions: one file per content hash, durable before anything can refer to it.
//! Refuses to overwrite: the same hash is the same content.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::files;
use crate::JournalError;

const DIR: &str = "definitions";

/// The definition files of a data directory.
#[derive(Debug)]
pub(super) struct Definitions {
    dir: PathBuf,
}

impl Definitions {
    pub(super) fn open(dir: &Path, removed: &mut Vec<PathBuf>) -> Result<Self, JournalError> {
        let dir = dir.join(DIR);
        files::create_dir(&dir)?;
        files::remove_unfinished(&dir, removed)?;
        // After a kill a name can be there that only the page cache holds; `put` relies on what it sees.
        files::sync_dir(&dir)?;
        Ok(Self { dir })
    }

    fn path(&self, hash: [u8; 16]) -> PathBuf {
        self.dir.join(format!("{:032x}", u128::from_be_bytes(hash)))
    }

    pub(super) fn put(&self, hash: [u8; 16], bytes: &[u8]) -> Result<(), JournalError> {
        let path = self.path(hash);
        if fs::exists(&path).map_err(JournalError::io("look for", &path))? {
            return Ok(());
        }
        files::write_sealed(&path, bytes)
    }

    pub(super) fn get(&self, hash: [u8; 16]) -> Result<Option<Vec<u8>>, JournalError> {
        files::read_sealed(&self.path(hash))
    }

    pub(super) fn list(&self) -> Result<Vec<[u8; 16]>, JournalError> {
        let hash = |path: &PathBuf| {
            let name = path.file_name()?.to_str().filter(|name| name.len() == 32)?;
            u128::from_str_radix(name, 16).ok().map(u128::to_be_bytes)
        };
        Ok(files::list(&self.dir)?.iter().filter_map(hash).collect())
    }

    pub(super) fn delete(&self, hash: [u8; 16]) -> Result<(), JournalError> {
        let path = self.path(hash);
        match fs::remove_file(&path) {
            Ok(()) => files::sync_dir(&self.dir),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(JournalError::io("remove", &path)(error)),
        }
    }
}
