//! Owns the making of files for whoever asked for them: new ones that only he may read, for there are
//! people's data in them. Refuses to write over a file of another name's making.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use anyhow::Context as _;

/// A file that was not there.
pub(super) fn new_file(path: &Path) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    let options = options.write(true).create_new(true).mode(0o600);
    options.open(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => anyhow::anyhow!(
            "{}: there is such a file already, and nothing is written over it: give another name, or move it away",
            path.display()
        ),
        _ => anyhow::Error::new(error).context(path.display().to_string()),
    })
}

/// A directory, if it is not there.
pub(super) fn private_dir(path: &Path) -> anyhow::Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.with_context(|| path.display().to_string())
}

/// Writes a file of which the name says what is in it: what is there has the same bytes.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    crate::files::private(path)?.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn nobody_else_may_read_what_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, file, output) = (
            dir.path().join("outputs"),
            dir.path().join("dossier.zip"),
            dir.path().join("outputs/1.eml"),
        );
        private_dir(&folder).unwrap();
        drop(new_file(&file).unwrap());
        write_private(&output, b"a mail").unwrap();
        for (path, mode) in [(&folder, 0o700), (&file, 0o600), (&output, 0o600)] {
            let found = path.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(found, mode, "{}", path.display());
        }
        assert!(new_file(&file).is_err(), "nothing is written over");
    }
}
