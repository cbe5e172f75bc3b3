//! The snapshots that sled keeps beside its log. Owns what a start does about them. Refuses to read
//! one.
//!
//! sled takes one while it opens: it writes the new one aside, gives it its name, and removes the one
//! before. It does not sync the directory between the two, so a cut of the power may take away both
//! names. sled then reads its log alone, of which it has used a part again already, and finds nothing.
//! So a copy of the one before is kept until the new one has its name durably.

use std::fs;
use std::path::{Path, PathBuf};

use super::files;
use crate::JournalError;

const SNAPSHOT: &str = "snap.";
/// Of one that is being written.
const UNFINISHED: &str = ".generating";
/// What the name of a copy begins with; the name of the snapshot follows.
const COPY: &str = "kept-";

/// Before sled opens: brings back the copy when there is no snapshot, else keeps one of what is there.
/// Removes half-written ones. Durable on return.
pub(super) fn hold(dir: &Path, removed: &mut Vec<PathBuf>) -> Result<(), JournalError> {
    let found = Found::look(dir)?;
    for path in found.unfinished {
        // The one before is there: it goes only after the new one got its name.
        fs::remove_file(&path).map_err(JournalError::io("remove", &path))?;
        removed.push(path);
    }
    if found.snapshots.is_empty() {
        for (name, copy) in &found.copies {
            let back = dir.join(name);
            fs::rename(copy, &back).map_err(JournalError::io("put in place", &back))?;
        }
        return files::sync_dir(dir);
    }
    for (name, snapshot) in &found.snapshots {
        let bytes = fs::read(snapshot).map_err(JournalError::io("read", snapshot))?;
        let copy = dir.join(format!("{COPY}{name}"));
        files::replace(&copy, |writer| writer.write_all(&bytes))?;
    }
    let of_before = |name: &str| !found.snapshots.iter().any(|(there, _)| there == name);
    let old = found.copies.iter().filter(|(name, _)| of_before(name));
    old.map(|(_, copy)| copy)
        .try_for_each(|copy| files::remove_file(copy))
}

/// When the directory is durable with what sled put there: the copies may go.
pub(super) fn let_go(dir: &Path) -> Result<(), JournalError> {
    let copies = Found::look(dir)?.copies;
    copies
        .iter()
        .try_for_each(|(_, copy)| files::remove_file(copy))
}

/// The files of a directory that are snapshots, or copies of them; each with the snapshot's name.
#[derive(Default)]
struct Found {
    snapshots: Vec<(String, PathBuf)>,
    copies: Vec<(String, PathBuf)>,
    unfinished: Vec<PathBuf>,
}

impl Found {
    fn look(dir: &Path) -> Result<Self, JournalError> {
        let mut found = Self::default();
        for path in files::list(dir)? {
            let name = path.file_name().and_then(|name| name.to_str());
            let Some(name) = name.map(str::to_owned) else {
                continue;
            };
            match name.strip_prefix(COPY) {
                Some(of) if of.starts_with(SNAPSHOT) && !of.ends_with(files::UNFINISHED) => {
                    found.copies.push((of.to_owned(), path));
                }
                Some(_) => {}
                None if !name.starts_with(SNAPSHOT) => {}
                None if name.ends_with(UNFINISHED) => found.unfinished.push(path),
                None => found.snapshots.push((name, path)),
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let name = |path: PathBuf| path.file_name()?.to_str().map(str::to_owned);
        let all = files::list(dir).expect("a directory");
        all.into_iter().filter_map(name).collect()
    }

    fn dir_with(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("a directory");
        for name in files {
            fs::write(dir.path().join(name), name).expect("written");
        }
        dir
    }

    #[test]
    fn one_that_loses_its_name_while_the_next_gets_one_comes_back() {
        let dir = dir_with(&["db", "snap.01"]);
        hold(dir.path(), &mut Vec::new()).expect("held");
        assert_eq!(names(dir.path()), ["db", "kept-snap.01", "snap.01"]);
        // What a cut of the power may leave of a rename and a removal.
        fs::remove_file(dir.path().join("snap.01")).expect("removed");
        hold(dir.path(), &mut Vec::new()).expect("held");
        assert_eq!(names(dir.path()), ["db", "snap.01"]);
        let back = fs::read_to_string(dir.path().join("snap.01"));
        assert_eq!(back.expect("read"), "snap.01");
    }

    #[test]
    fn a_copy_never_takes_the_place_of_a_newer_one() {
        let dir = dir_with(&["kept-snap.01", "snap.02"]);
        hold(dir.path(), &mut Vec::new()).expect("held");
        assert_eq!(names(dir.path()), ["kept-snap.02", "snap.02"]);
        let_go(dir.path()).expect("gone");
        assert_eq!(names(dir.path()), ["snap.02"]);
    }

    #[test]
    fn half_written_ones_go() {
        let dir = dir_with(&["snap.01", "snap.02.generating", "kept-snap.01.tmp"]);
        let mut removed = Vec::new();
        hold(dir.path(), &mut removed).expect("held");
        assert_eq!(removed, [dir.path().join("snap.02.generating")]);
        assert_eq!(names(dir.path()), ["kept-snap.01", "snap.01"]);
    }
}
