//! Owns the copying of files and directories. Refuses to choose which.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use anyhow::{Context as _, bail};

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

/// Every file below a directory, sorted: its path there, the parts between slashes.
pub(super) fn files_below(dir: &Path) -> anyhow::Result<Vec<String>> {
    let mut files = Vec::new();
    gather(dir, "", &mut files)?;
    files.sort();
    Ok(files)
}

fn gather(dir: &Path, above: &str, files: &mut Vec<String>) -> anyhow::Result<()> {
    let entries = fs::read_dir(dir).with_context(|| format!("{}: cannot be read", dir.display()));
    for entry in entries? {
        let entry = entry.with_context(|| format!("{}: cannot be read", dir.display()))?;
        let path = entry.path();
        let Ok(name) = entry.file_name().into_string() else {
            bail!("{}: no part of a copy has such a name", path.display());
        };
        if path.is_dir() {
            gather(&path, &format!("{above}{name}/"), files)?;
        } else {
            files.push(format!("{above}{name}"));
        }
    }
    Ok(())
}

/// A directory that only its owner may look into.
pub(super) fn make_dir(path: &Path) -> anyhow::Result<()> {
    let made = fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path);
    made.with_context(|| format!("{}: the directory cannot be made", path.display()))
}
