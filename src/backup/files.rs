//! Owns the copying of files and directories. Refuses to choose which.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use anyhow::Context as _;

use crate::files::{private, sync_above, sync_dir};

/// Copies a file, durably.
pub(super) fn copy_file(from: &Path, to: &Path) -> anyhow::Result<()> {
    let copy = || -> io::Result<()> {
        let mut target = private(to)?;
        io::copy(&mut File::open(from)?, &mut target)?;
        target.sync_all()?;
        sync_above(to)
    };
    copy().with_context(|| format!("{}: cannot be copied to {}", from.display(), to.display()))
}

/// Copies everything but the file of this name.
pub(super) fn copy_tree(from: &Path, to: &Path, but: &str) -> anyhow::Result<()> {
    let entries = fs::read_dir(from).with_context(|| format!("{}: cannot be read", from.display()));
    for entry in entries? {
        let (source, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        let target = to.join(&name);
        if source.is_dir() {
            make_dir(&target)?;
            copy_tree(&source, &target, but)?;
        } else if name != but {
            copy_file(&source, &target)?;
        }
    }
    sync_dir(to).with_context(|| format!("{}: cannot be synced", to.display()))
}

/// A directory that only its owner may look into.
pub(super) fn make_dir(path: &Path) -> anyhow::Result<()> {
    let made = fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path);
    made.with_context(|| format!("{}: the directory cannot be made", path.display()))
}
