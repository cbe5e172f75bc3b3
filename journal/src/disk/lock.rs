//! Holds a data directory for this process. Refuses to rely on a name: the directory itself is
//! locked, and the file `lock` beside it only for the sake of older programs, so that removing that
//! file lets nobody in.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::files;
use crate::JournalError;

const LOCK: &str = "lock";

/// Held until it is dropped, or the process ends in whatever way.
#[derive(Debug)]
pub(super) struct Lock {
    _directory: File,
    _file: File,
}

/// Takes the directory, or says who has it. See flock(2): the lock belongs to the directory,
/// whatever its name is meanwhile.
pub(super) fn take(dir: &Path) -> Result<Lock, JournalError> {
    let directory = File::open(dir).map_err(JournalError::io("open", dir))?;
    hold(&directory, dir)?;
    let path = dir.join(LOCK);
    let file = files::private()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(JournalError::io("open", &path))?;
    hold(&file, &path)?;
    Ok(Lock {
        _directory: directory,
        _file: file,
    })
}

fn hold(file: &File, path: &Path) -> Result<(), JournalError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(JournalError::Locked {
            path: path.to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(JournalError::io("lock", path)(error)),
    }
}
