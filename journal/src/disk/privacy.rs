//! Who may read the journal: its owner alone, for it holds personal data. Looks at every start, for
//! files may come from elsewhere. Refuses to stop a start over it: a file system without modes is
//! said and left.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::files;
use crate::JournalError;

/// What others than the owner may not do: anything.
const OTHERS: u32 = 0o077;

/// Takes from others what they may do with a directory and everything in it. Gives how many files
/// and directories that were.
pub(super) fn tighten(dir: &Path) -> Result<u64, JournalError> {
    let mut count = tighten_one(dir)?;
    for path in files::list(dir)? {
        let kind = fs::symlink_metadata(&path).map_err(JournalError::io("look at", &path))?;
        if kind.is_dir() {
            count += tighten(&path)?;
        } else if kind.is_file() {
            count += tighten_one(&path)?;
        }
    }
    Ok(count)
}

fn tighten_one(path: &Path) -> Result<u64, JournalError> {
    let mode = fs::metadata(path)
        .map_err(JournalError::io("look at", path))?
        .permissions()
        .mode();
    if mode & OTHERS == 0 {
        return Ok(0);
    }
    match fs::set_permissions(path, fs::Permissions::from_mode(mode & !OTHERS)) {
        Ok(()) => Ok(1),
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "others may read this, and its mode cannot be changed: only its owner should");
            Ok(0)
        }
    }
}
