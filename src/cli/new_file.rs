//! Owns the making of a file that must not be there yet. Refuses to write over one.

use std::io::ErrorKind;
use std::path::Path;

/// A file that was not there.
pub(super) fn new_file(path: &Path) -> anyhow::Result<std::fs::File> {
    std::fs::File::create_new(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => anyhow::anyhow!(
            "{}: there is such a file already, and nothing is written over it: give another name, or move it away",
            path.display()
        ),
        _ => anyhow::Error::new(error).context(path.display().to_string()),
    })
}
