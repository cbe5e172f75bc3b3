//! Owns the writing of small files beside the journal: private, whole or not at all, durable. Refuses to
//! know what is in them.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Behind the name of a file that is being written.
const ASIDE: &str = ".tmp";

/// Puts a file in its place, whole or not at all. Durable on return.
///
/// # Errors
/// The disk fails.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(ASIDE);
    let aside = PathBuf::from(aside);
    let mut file = private(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&aside, path)?;
    sync_above(path)
}

/// A new file that only its owner may read.
///
/// # Errors
/// The disk fails.
pub(crate) fn private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)
}

/// Makes the name of a file durable.
///
/// # Errors
/// The disk fails.
pub(crate) fn sync_above(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), sync_dir)
}

/// Makes the names in a directory durable.
///
/// # Errors
/// The disk fails.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
