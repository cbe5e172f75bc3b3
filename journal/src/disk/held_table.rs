//! The copy of a table that is kept while sled opens it. Refuses to look into any of its files.
//!
//! sled writes a snapshot while it opens, gives it its name, removes the one before, and uses parts of
//! its log again that the new one does not need. It does not sync the directory in between. So a cut of
//! the power may take the names of both away and leave the log without those parts: sled then finds
//! nothing at all. No order of ours helps, because all of that happens in one call. So the table is
//! copied before, durably, and the copy goes when everything that sled did is durable. A start that
//! finds a whole copy puts it back: nothing was stored since.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::files;
use crate::JournalError;

const SNAPSHOT: &str = "snap.";
/// Of one that is being written.
const UNFINISHED: &str = ".generating";
/// What the name of a copy begins with; the name of the file follows.
const COPY: &str = "kept-";
/// Written last: the copy is whole.
const WHOLE: &str = "kept";
/// Bytes that are copied at once.
const PIECE: usize = 1 << 20;

/// Before sled opens: puts back a whole copy, else makes one. Removes half-written snapshots. Durable on
/// return. A disk without room for a copy is opened without.
pub(super) fn hold(dir: &Path, removed: &mut Vec<PathBuf>) -> Result<(), JournalError> {
    files::remove_unfinished(dir, removed)?;
    let found = Found::look(dir)?;
    for path in &found.unfinished {
        files::remove_file(path)?;
        removed.push(path.clone());
    }
    if found.is_whole {
        return put_back(dir, &found);
    }
    remove_all(&found.copies)?;
    match copy_all(dir, &found) {
        Err(JournalError::Io { source, .. }) if source.kind() == io::ErrorKind::StorageFull => {
            tracing::warn!(dir = %dir.display(), "no room for a copy of the table while it is opened: a power cut now may cost it");
            remove_all(&Found::look(dir)?.copies)
        }
        copied => copied,
    }
}

/// When everything that sled did is durable: the copy may go.
pub(super) fn let_go(dir: &Path) -> Result<(), JournalError> {
    files::remove_file(&dir.join(WHOLE))?;
    remove_all(&Found::look(dir)?.copies)
}

fn copy_all(dir: &Path, found: &Found) -> Result<(), JournalError> {
    for (name, path) in &found.files {
        copy(path, &dir.join(format!("{COPY}{name}")))?;
    }
    files::write_numbers(&dir.join(WHOLE), &[found.files.len() as u64])
}

/// May be cut short and done again.
fn put_back(dir: &Path, found: &Found) -> Result<(), JournalError> {
    let is_copied = |name: &str| found.copies.iter().any(|(copied, _)| copied == name);
    for (_, newer) in found.files.iter().filter(|(name, _)| !is_copied(name)) {
        files::remove_file(newer)?;
    }
    for (name, path) in &found.copies {
        copy(path, &dir.join(name))?;
    }
    Ok(())
}

fn remove_all(copies: &[(String, PathBuf)]) -> Result<(), JournalError> {
    copies
        .iter()
        .try_for_each(|(_, path)| files::remove_file(path))
}

/// Copies a file, durably; what stands there is replaced as a whole.
fn copy(from: &Path, to: &Path) -> Result<(), JournalError> {
    let mut source = fs::File::open(from).map_err(JournalError::io("read", from))?;
    files::replace(to, |writer| {
        let mut piece = Vec::with_capacity(PIECE);
        loop {
            piece.clear();
            let read = source.by_ref().take(PIECE as u64).read_to_end(&mut piece)?;
            if read == 0 {
                return Ok(());
            }
            writer.write_all(&piece)?;
        }
    })
}

/// The files of a table, each with its name; of a copy, with the name of what it is a copy of.
#[derive(Default)]
struct Found {
    files: Vec<(String, PathBuf)>,
    copies: Vec<(String, PathBuf)>,
    is_whole: bool,
    unfinished: Vec<PathBuf>,
}

impl Found {
    fn look(dir: &Path) -> Result<Self, JournalError> {
        let mut found = Self {
            is_whole: files::read_numbers(&dir.join(WHOLE), 1).is_ok_and(|read| read.is_some()),
            ..Self::default()
        };
        for path in files::list(dir)? {
            let name = path.file_name().and_then(|name| name.to_str());
            let Some(name) = name.map(str::to_owned) else {
                continue;
            };
            match name.strip_prefix(COPY) {
                Some(of) if is_of_sled(of) => found.copies.push((of.to_owned(), path)),
                Some(_) => {}
                None if name.starts_with(SNAPSHOT) && name.ends_with(UNFINISHED) => {
                    found.unfinished.push(path);
                }
                None if is_of_sled(&name) => found.files.push((name, path)),
                None => {}
            }
        }
        Ok(found)
    }
}

/// Whether sled reads a file of this name.
fn is_of_sled(name: &str) -> bool {
    name.starts_with(SNAPSHOT) || name == "db" || name == "conf"
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

    fn held(dir: &Path) {
        hold(dir, &mut Vec::new()).expect("held");
    }

    #[test]
    fn what_a_start_did_before_a_power_cut_is_undone() {
        let dir = dir_with(&["conf", "db", "snap.01", "start"]);
        held(dir.path());
        fs::write(dir.path().join("db"), "used again").expect("written");
        fs::remove_file(dir.path().join("snap.01")).expect("removed");
        fs::write(dir.path().join("snap.02"), "new").expect("written");
        held(dir.path());
        let_go(dir.path()).expect("gone");
        assert_eq!(names(dir.path()), ["conf", "db", "snap.01", "start"]);
        for name in ["conf", "db", "snap.01"] {
            let back = fs::read_to_string(dir.path().join(name)).expect("read");
            assert_eq!(back, name);
        }
    }

    #[test]
    fn a_copy_that_is_not_whole_takes_nothings_place() {
        let dir = dir_with(&["conf", "db", "snap.02"]);
        fs::write(dir.path().join("kept-db"), "half").expect("written");
        fs::write(dir.path().join("kept-snap.01"), "older").expect("written");
        held(dir.path());
        let_go(dir.path()).expect("gone");
        assert_eq!(names(dir.path()), ["conf", "db", "snap.02"]);
        let db = fs::read_to_string(dir.path().join("db")).expect("read");
        assert_eq!(db, "db");
    }

    #[test]
    fn what_sled_did_stays_once_the_copy_was_let_go() {
        let dir = dir_with(&["conf", "db"]);
        held(dir.path());
        fs::write(dir.path().join("snap.01"), "new").expect("written");
        let_go(dir.path()).expect("gone");
        held(dir.path());
        let_go(dir.path()).expect("gone");
        assert_eq!(names(dir.path()), ["conf", "db", "snap.01"]);
    }

    #[test]
    fn half_written_ones_go() {
        let dir = dir_with(&["db", "snap.01", "snap.02.generating", "kept-snap.01.tmp"]);
        let mut removed = Vec::new();
        hold(dir.path(), &mut removed).expect("held");
        let gone = ["kept-snap.01.tmp", "snap.02.generating"];
        assert_eq!(removed, gone.map(|name| dir.path().join(name)));
        let_go(dir.path()).expect("gone");
        assert_eq!(names(dir.path()), ["db", "snap.01"]);
    }
}
