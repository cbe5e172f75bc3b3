//! A generation's directory with its log, ready to be begun: everything about it is on the disk but
//! what it will hold. Owns the order in which it is made; refuses to say where its shards begin,
//! which is not known yet, and to take a log that holds anything for one that was never made.
//!
//! A cut at any point of the making leaves a directory that the manifest does not know, with a log
//! of zeros or none. One behind it leaves a directory whose log has no group. Neither was promised
//! anything; a start removes both.

use std::hash::BuildHasher;
use std::path::{Path, PathBuf};

use super::files;
use super::log_file::LogFile;
use super::manifest::{Made, Manifest};
use super::options::Options;
use super::report::{Repaired, Repairs};
use crate::{Damage, JournalError};

/// The salt. Written last: a directory without it holds nothing that counts, unless the manifest
/// knows it.
const START: &str = "start";

/// The files of a generation.
pub(super) struct Prepared {
    pub(super) number: u64,
    pub(super) dir: PathBuf,
    pub(super) log: LogFile,
    salt: u64,
    /// Whether the start file has to be written again.
    lacks_start: bool,
}

impl Prepared {
    /// Where the files of a generation are.
    pub(super) fn path(dir: &Path, number: u64) -> PathBuf {
        dir.join(format!("gen-{number:08}"))
    }

    /// The number in a generation's directory name.
    pub(super) fn number_of(path: &Path) -> Option<u64> {
        path.file_name()?
            .to_str()?
            .strip_prefix("gen-")?
            .parse()
            .ok()
    }

    /// Makes the files of a generation, durable in full before this returns, with so many bytes of
    /// room if the disk has them.
    pub(super) fn create(
        data: &Path,
        number: u64,
        room: u64,
        options: &Options,
    ) -> Result<Self, JournalError> {
        let dir = Self::path(data, number);
        files::make_dir(&dir)?;
        let salt = fresh_number(number);
        let log = LogFile::create(&dir, salt, options.barrier)?;
        if let Err(error) = log.make_room(room) {
            tracing::debug!(generation = number, %error, "no room made");
        }
        if options.barrier.syncs_creation() {
            // Or the name of the start file could be there without the log's.
            files::sync_dir(&dir)?;
        }
        files::write_numbers(&dir.join(START), &[salt])?;
        if options.barrier.syncs_creation() {
            files::sync_dir(data)?;
        }
        Ok(Self {
            number,
            dir,
            log,
            salt,
            lacks_start: false,
        })
    }

    /// What the manifest has to know of it.
    pub(super) fn made(&self) -> Made {
        Made {
            number: self.number,
            salt: self.salt,
            length: self.log.durable_length(),
        }
    }

    /// Opens the files of a generation; `None` when their making was interrupted. `known`: its
    /// salt, as the manifest has it: then a lost start file is no loss, see [`Prepared::write_start_again`].
    /// Changes nothing.
    pub(super) fn open(
        data: &Path,
        number: u64,
        known: Option<u64>,
        options: &Options,
    ) -> Result<Option<Self>, JournalError> {
        let dir = Self::path(data, number);
        let path = dir.join(START);
        let written = match files::read_numbers(&path, 1) {
            Ok(written) => written.map(|salt| salt[0]),
            Err(JournalError::DamagedFile { .. }) if known.is_some() => None,
            Err(error) => return Err(error),
        };
        let salt = match (written, known) {
            (Some(written), None) => written,
            (Some(written), Some(known)) if written == known => written,
            (None, None) if LogFile::is_blank(&dir)? => return Ok(None),
            (None, None) => return Err(JournalError::MissingFile { path }),
            (written, Some(known)) => Self::check_known(data, &dir, written, known, options)?,
        };
        let log = LogFile::open(&dir, salt, options.barrier)?;
        Ok(Some(Self {
            number,
            dir,
            log,
            salt,
            lacks_start: written != Some(salt),
        }))
    }

    /// The start file is not what the manifest says: the log must begin as the manifest says, or hold
    /// nothing.
    fn check_known(
        data: &Path,
        dir: &Path,
        written: Option<u64>,
        known: u64,
        options: &Options,
    ) -> Result<u64, JournalError> {
        let log = LogFile::open(dir, known, options.barrier)?;
        if let Some(written) = written
            && LogFile::open(dir, written, options.barrier)?.begins()?
        {
            return Err(JournalError::Foreign {
                path: dir.to_owned(),
                other: Manifest::path(data),
            });
        }
        if !log.begins()? && !log.is_room(0)? {
            return Err(log.damaged(0, None, Damage::Malformed));
        }
        Ok(known)
    }

    /// The start file, where it was lost.
    pub(super) fn lost_start(&self) -> Option<PathBuf> {
        self.lacks_start.then(|| self.dir.join(START))
    }

    /// Writes the start file again where it was lost.
    pub(super) fn write_start_again(&self, repairs: &mut Repairs) -> Result<(), JournalError> {
        let Some(path) = self.lost_start() else {
            return Ok(());
        };
        repairs.add(
            Repaired::Start,
            &path,
            "was missing, damaged or another one's: made again from the manifest",
        );
        files::write_numbers(&path, &[self.salt])
    }
}

/// Writes the start file of a generation that is a copy.
pub(super) fn write_start(dir: &Path, salt: u64) -> Result<(), JournalError> {
    files::write_numbers(&dir.join(START), &[salt])
}

/// A number that no earlier file had and nobody outside can know: the checksums of a file begin
/// with it.
pub(super) fn fresh_number(of: u64) -> u64 {
    std::hash::RandomState::new().hash_one(of)
}
