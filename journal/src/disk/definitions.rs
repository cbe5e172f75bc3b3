//! Definitions: one file per content hash, durable before anything can refer to it. The manifest
//! knows which there are, so that one that is gone is missed. Refuses to overwrite what is right:
//! the same hash is the same content. What is not is written again, and said.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use super::files;
use super::manifest::Ledger;
use super::report::{Repair, Repaired, Repairs};
use crate::JournalError;

const DIR: &str = "definitions";

/// The definition files of a data directory.
#[derive(Debug)]
pub(super) struct Definitions {
    dir: PathBuf,
    ledger: Arc<Ledger>,
    repairs: Mutex<Repairs>,
}

impl Definitions {
    pub(super) fn open(
        dir: &Path,
        ledger: Arc<Ledger>,
        removed: &mut Vec<PathBuf>,
    ) -> Result<Self, JournalError> {
        let dir = dir.join(DIR);
        files::create_dir(&dir)?;
        files::remove_unfinished(&dir, removed)?;
        // After a kill a name can be there that only the page cache holds; `put` relies on what it
        // sees.
        files::sync_dir(&dir)?;
        Ok(Self {
            dir,
            ledger,
            repairs: Mutex::default(),
        })
    }

    fn path(&self, hash: [u8; 16]) -> PathBuf {
        self.dir.join(format!("{:032x}", u128::from_be_bytes(hash)))
    }

    pub(super) fn put(&self, hash: [u8; 16], bytes: &[u8]) -> Result<(), JournalError> {
        let path = self.path(hash);
        let was_known = self.ledger.definitions().binary_search(&hash).is_ok();
        let is_lost = match files::read_checked(&path) {
            Ok(Some(stored)) if stored == bytes => return self.ledger.defined(hash),
            Ok(Some(_)) | Err(JournalError::DamagedFile { .. }) => true,
            Ok(None) => was_known,
            Err(error) => return Err(error),
        };
        if is_lost {
            // The content is at hand: whoever puts it has it.
            self.repairs.lock().add(
                Repaired::Definition,
                &path,
                "was missing, damaged or held something else: written again",
            );
        }
        files::write_checked(&path, bytes)?;
        self.ledger.defined(hash)
    }

    pub(super) fn get(&self, hash: [u8; 16]) -> Result<Option<Vec<u8>>, JournalError> {
        let path = self.path(hash);
        let found = files::read_checked(&path)?;
        if found.is_none() && self.ledger.definitions().binary_search(&hash).is_ok() {
            return Err(JournalError::MissingFile { path });
        }
        Ok(found)
    }

    /// All that there must be.
    pub(super) fn list(&self) -> Vec<[u8; 16]> {
        self.ledger.definitions()
    }

    pub(super) fn delete(&self, hash: [u8; 16]) -> Result<(), JournalError> {
        self.ledger.undefined(hash)?;
        files::remove_file(&self.path(hash))
    }

    /// What was written again since the last time this was asked.
    pub(super) fn repairs(&self) -> Vec<Repair> {
        std::mem::take(&mut *self.repairs.lock()).into_list()
    }
}

/// Copies the definitions that are not there yet to another data directory. One that is deleted
/// meanwhile is not needed.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), JournalError> {
    let target = to.join(DIR);
    files::create_dir(&target)?;
    for hash in found(from)? {
        let name = format!("{:032x}", u128::from_be_bytes(hash));
        let path = target.join(&name);
        if matches!(files::read_checked(&path), Ok(Some(_))) {
            continue;
        }
        if let Some(bytes) = files::read_checked(&from.join(DIR).join(name))? {
            files::write_checked(&path, &bytes)?;
        }
    }
    Ok(())
}

/// The hashes of the definitions that have a file, sorted.
pub(super) fn found(data: &Path) -> Result<Vec<[u8; 16]>, JournalError> {
    let dir = data.join(DIR);
    if !std::fs::exists(&dir).map_err(JournalError::io("look for", &dir))? {
        return Ok(Vec::new());
    }
    // As with checkpoints: what is found is promised by the manifest then.
    files::sync_dir(&dir)?;
    let hash = |path: &PathBuf| {
        let name = path.file_name()?.to_str().filter(|name| name.len() == 32)?;
        u128::from_str_radix(name, 16).ok().map(u128::to_be_bytes)
    };
    Ok(files::list(&dir)?.iter().filter_map(hash).collect())
}
