//! A generation's directory with its log, ready to be begun: everything about it is on the disk but what it will hold. Owns the
//! order in which it is made; refuses to say where its shards begin, which is not known yet.
//!
//! A cut at any point of the making leaves a directory without the seal. One behind it leaves a directory whose log has no
//! group. Neither was promised anything; a start removes both.

use std::fs;
use std::hash::BuildHasher;
use std::path::{Path, PathBuf};

use super::files;
use super::generation::Generation;
use super::log_file::LogFile;
use super::options::Options;
use crate::JournalError;

/// The salt. Written last: a directory without it holds nothing that counts.
const SEAL: &str = "start";

/// The files of a generation.
pub(super) struct Prepared {
    pub(super) number: u64,
    pub(super) dir: PathBuf,
    pub(super) log: LogFile,
}

impl Prepared {
    /// Makes the files of a generation, durable in full before this returns, with so many bytes of room if the disk has them.
    pub(super) fn create(data: &Path, number: u64, room: u64, options: &Options) -> Result<Self, JournalError> {
        let dir = Generation::path(data, number);
        fs::create_dir_all(&dir).map_err(JournalError::io("create the directory", &dir))?;
        let salt = fresh_salt(number);
        let log = LogFile::create(&dir, salt, options.barrier)?;
        if let Err(error) = log.make_room(room) {
            tracing::debug!(generation = number, %error, "no room made");
        }
        if options.barrier.syncs_creation() {
            // Or the seal's name could be there without the log's.
            files::sync_dir(&dir)?;
        }
        files::write_numbers(&dir.join(SEAL), &[salt])?;
        if options.barrier.syncs_creation() {
            files::sync_dir(data)?;
        }
        Ok(Self { number, dir, log })
    }

    /// Opens the files of a generation; `None` when their making was interrupted.
    pub(super) fn open(data: &Path, number: u64, options: &Options) -> Result<Option<Self>, JournalError> {
        let dir = Generation::path(data, number);
        let Some(salt) = files::read_numbers(&dir.join(SEAL), 1)? else { return Ok(None) };
        let log = LogFile::open(&dir, salt[0], options.barrier)?;
        Ok(Some(Self { number, dir, log }))
    }
}

/// A number that no earlier file had and nobody outside can know: the checksums of the file begin with it.
fn fresh_salt(number: u64) -> u64 {
    std::hash::RandomState::new().hash_one(number)
}
