//! Owns the places of a copy: where a directory really is, whether two of them are apart, and whether
//! one is empty. Whoever copies a directory into itself copies what he has just copied, for ever.
//! Refuses to make or to change anything.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

/// What the file system makes in a new volume.
const OF_THE_VOLUME: &str = "lost+found";

/// Neither of the two is in the other. `what` and `other`: what they are, for people.
///
/// # Errors
/// One is in the other; where they are cannot be found out.
pub fn ensure_apart(
    (what, place): (&str, &Path),
    (other, there): (&str, &Path),
) -> anyhow::Result<()> {
    let (one, two) = (real_place(place)?, real_place(there)?);
    ensure!(
        !one.starts_with(&two) && !two.starts_with(&one),
        "{}: {what} must not be in {other} {}, nor around it: choose another place",
        place.display(),
        there.display()
    );
    Ok(())
}

/// Nothing is in a directory.
pub(super) fn ensure_empty(dir: &Path) -> anyhow::Result<()> {
    let Some(name) = first(dir)? else {
        return Ok(());
    };
    let hint = match name == OF_THE_VOLUME {
        true => "it is the top of a volume: choose a directory below it",
        false => "move away what is there, or choose another directory",
    };
    anyhow::bail!("{}: is not empty, it has {name}: {hint}", dir.display())
}

/// Whether nothing is in a directory.
pub(super) fn is_empty(dir: &Path) -> anyhow::Result<bool> {
    Ok(first(dir)?.is_none())
}

/// The name of something that is in a directory.
fn first(dir: &Path) -> anyhow::Result<Option<String>> {
    let failed = || format!("{}: cannot be read", dir.display());
    let mut entries = fs::read_dir(dir).with_context(failed)?;
    let entry = entries.next().transpose().with_context(failed)?;
    Ok(entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
}

/// Where a directory is, or would be: by what there is above it.
fn real_place(path: &Path) -> anyhow::Result<PathBuf> {
    let whole =
        std::path::absolute(path).with_context(|| format!("{}: is no place", path.display()))?;
    let there = whole.ancestors().find(|above| above.exists());
    let there = there.unwrap_or(Path::new("/"));
    let rest = whole.strip_prefix(there).unwrap_or(Path::new(""));
    let real = there
        .canonicalize()
        .with_context(|| format!("{}: is not there", there.display()))?;
    Ok(real.join(rest))
}
