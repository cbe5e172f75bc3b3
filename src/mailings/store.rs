//! Owns where the files of mailings are, how the state of one is written and read, and their copy. Refuses
//! to know what a stage means.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::error::NotDone;
use super::mailing::Mailing;
use super::stage::MailingId;
use crate::files;

const STATE: &str = "state";
const ROWS: &str = "rows";
/// Those for whom the condition of a selection was unknown.
const UNDECIDED: &str = "undecided";
const VERDICTS: &str = "verdicts";
const SEEN: &str = "seen";
/// How far the log was followed for them, beside their directories.
const FOLLOWED: &str = "followed";

/// Where the mailings of a data directory are.
#[must_use]
pub fn directory(data_dir: &Path) -> PathBuf {
    data_dir.join("mailings")
}

/// The files of all mailings.
#[derive(Clone, Debug)]
pub(super) struct Store {
    dir: PathBuf,
}

impl Store {
    pub(super) const fn at(dir: PathBuf) -> Self {
        Self { dir }
    }

    fn of(&self, id: MailingId) -> PathBuf {
        self.dir.join(id.to_string())
    }

    pub(super) fn rows(&self, id: MailingId) -> PathBuf {
        self.of(id).join(ROWS)
    }

    pub(super) fn undecided(&self, id: MailingId) -> PathBuf {
        self.of(id).join(UNDECIDED)
    }

    pub(super) fn verdicts(&self, id: MailingId) -> PathBuf {
        self.of(id).join(VERDICTS)
    }

    pub(super) fn seen(&self, id: MailingId) -> PathBuf {
        self.of(id).join(SEEN)
    }

    /// Writes how a mailing stands. Durable on return.
    ///
    /// # Errors
    /// The disk fails.
    pub(super) fn put(&self, mailing: &Mailing) -> Result<(), NotDone> {
        let of = self.of(mailing.number()?);
        make_dir(&of)?;
        let bytes = serde_json::to_vec(mailing).map_err(io::Error::from)?;
        Ok(files::write_whole(&of.join(STATE), &bytes)?)
    }

    /// Removes a mailing with everything of it.
    ///
    /// # Errors
    /// The disk fails.
    pub(super) fn remove(&self, id: MailingId) -> Result<(), NotDone> {
        fs::remove_dir_all(self.of(id))?;
        Ok(files::sync_dir(&self.dir)?)
    }

    /// Every mailing that is there. One whose state cannot be read is told and left alone.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub(super) fn all(&self) -> io::Result<Vec<Mailing>> {
        let entries = match fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut all = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            let Some(id) = name
                .to_str()
                .and_then(|name| name.parse::<MailingId>().ok())
            else {
                continue;
            };
            match self.read(id) {
                Ok(Some(mailing)) => all.push(mailing),
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(mailing = %id, %error, "a mailing cannot be read: it is left as it is");
                }
            }
        }
        Ok(all)
    }

    /// None: it was not made to the end.
    fn read(&self, id: MailingId) -> io::Result<Option<Mailing>> {
        let bytes = match fs::read(self.of(id).join(STATE)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mailing: Mailing = serde_json::from_slice(&bytes)?;
        if mailing.id != id.to_string() {
            return Err(ErrorKind::InvalidData.into());
        }
        Ok(Some(mailing))
    }

    /// Up to which record of each shard the log was followed; empty where that is not known.
    pub(super) fn followed(&self) -> Vec<u64> {
        let read = fs::read(self.dir.join(FOLLOWED)).ok();
        read.and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }

    /// Writes how far the log was followed. Durable on return.
    ///
    /// # Errors
    /// The disk fails.
    pub(super) fn put_followed(&self, followed: &[u64]) -> io::Result<()> {
        make_dir(&self.dir)?;
        let bytes = serde_json::to_vec(followed)?;
        files::write_whole(&self.dir.join(FOLLOWED), &bytes)
    }
}

fn make_dir(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(dir)?;
    files::sync_above(dir)
}

/// Copies the mailings of a data directory. It is done before the journal is copied: what the copy says
/// was handed over is then in the copied journal.
///
/// # Errors
/// A disk fails.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(from) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    make_dir(to)?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let is_mailing = name
            .to_str()
            .is_some_and(|name| name.parse::<MailingId>().is_ok());
        if is_mailing {
            copy_one(&entry.path(), &to.join(&name))?;
        } else if name == FOLLOWED {
            copy_file(&entry.path(), &to.join(&name))?;
        }
    }
    files::sync_dir(to)
}

/// The state last: it says what the others are.
fn copy_one(from: &Path, to: &Path) -> io::Result<()> {
    make_dir(to)?;
    for name in [SEEN, VERDICTS, UNDECIDED, ROWS, STATE] {
        copy_file(&from.join(name), &to.join(name))?;
    }
    files::sync_dir(to)
}

fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    match fs::read(from) {
        Ok(bytes) => files::write_whole(to, &bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}
