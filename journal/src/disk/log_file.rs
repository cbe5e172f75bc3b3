//! The log file of one generation: written in groups at its end, synced, read in place.
//! Refuses to write anywhere but at the end of what is good.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::files;
use super::frame::{self, RECORD_BYTES, Salt};
use super::options::Barrier;
use super::window::Window;
use crate::{Damage, JournalError, Place, Sequence, Shard};

const NAME: &str = "log";
/// What one read of a record asks for: most records are shorter, and so come with one call.
const READ_BYTES: usize = 4096;

/// An open log file.
pub(super) struct LogFile {
    path: PathBuf,
    file: File,
    pub(super) salt: Salt,
    barrier: Barrier,
    /// Where the next group goes.
    end: AtomicU64,
    /// The number of the last group.
    groups: AtomicU64,
}

impl LogFile {
    /// Makes an empty file; its name is durable once the directory is synced.
    pub(super) fn create(dir: &Path, salt: u64, barrier: Barrier) -> Result<Self, JournalError> {
        let path = dir.join(NAME);
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&path);
        let file = file.map_err(JournalError::io("create", &path))?;
        if barrier.syncs_creation() {
            file.sync_all().map_err(JournalError::io("sync", &path))?;
        }
        Ok(Self { path, file, salt: Salt::new(salt), barrier, end: AtomicU64::new(0), groups: AtomicU64::new(0) })
    }

    /// Opens a file that [`LogFile::create`] made. What only the page cache holds is synced: a killed process may have
    /// left it.
    pub(super) fn open(dir: &Path, salt: u64, barrier: Barrier) -> Result<Self, JournalError> {
        let path = dir.join(NAME);
        let file = File::options().read(true).write(true).open(&path).map_err(JournalError::io("open", &path))?;
        file.sync_all().map_err(JournalError::io("sync", &path))?;
        files::sync_dir(dir)?;
        Ok(Self { path, file, salt: Salt::new(salt), barrier, end: AtomicU64::new(0), groups: AtomicU64::new(0) })
    }

    /// Says where the good groups end.
    pub(super) fn set_end(&self, end: u64, groups: u64) {
        self.groups.store(groups, Ordering::Release);
        self.end.store(end, Ordering::Release);
    }

    /// Where the good groups end.
    pub(super) fn end(&self) -> u64 {
        self.end.load(Ordering::Acquire)
    }

    /// The number of the last group.
    pub(super) fn groups(&self) -> u64 {
        self.groups.load(Ordering::Acquire)
    }

    /// Writes a group and makes it durable. `wrote` is called between the two.
    pub(super) fn append(&self, group: &[u8], wrote: impl FnOnce()) -> Result<(), JournalError> {
        let end = self.end();
        self.file.write_all_at(group, end).map_err(JournalError::io("write", &self.path))?;
        wrote();
        if self.barrier.syncs_data() {
            self.file.sync_data().map_err(JournalError::io("sync", &self.path))?;
        }
        self.set_end(end + group.len() as u64, self.groups() + 1);
        Ok(())
    }

    /// Cuts off everything behind `end`, durably.
    pub(super) fn cut(&self, end: u64) -> Result<(), JournalError> {
        self.file.set_len(end).map_err(JournalError::io("cut", &self.path))?;
        self.file.sync_all().map_err(JournalError::io("sync", &self.path))
    }

    pub(super) fn len(&self) -> Result<u64, JournalError> {
        self.file.metadata().map(|metadata| metadata.len()).map_err(JournalError::io("look at", &self.path))
    }

    pub(super) fn window(&self) -> Window<'_> {
        Window::new(&self.file)
    }

    pub(super) fn failed(&self) -> impl FnOnce(std::io::Error) -> JournalError {
        JournalError::io("read", &self.path)
    }

    pub(super) fn damaged(&self, offset: u64, record: Option<(Shard, Sequence)>, damage: Damage) -> JournalError {
        JournalError::Damaged { path: self.path.clone(), place: Place { offset, record }, damage }
    }

    /// The record whose header stands at `offset`.
    pub(super) fn read(&self, shard: Shard, sequence: Sequence, offset: u64) -> Result<Vec<u8>, JournalError> {
        let mut bytes = vec![0; READ_BYTES];
        let read = self.fill(&mut bytes, offset)?;
        bytes.truncate(read);
        let damaged = |damage| self.damaged(offset, Some((shard, sequence)), damage);
        let length = RECORD_BYTES + frame::record_length(&bytes).map_err(damaged)?;
        if length > bytes.len() {
            let held = bytes.len();
            bytes.resize(length, 0);
            let more = self.fill(&mut bytes[held..], offset + held as u64)?;
            bytes.truncate(held + more);
        }
        frame::record(self.salt, shard, sequence, &bytes).map_err(damaged)?;
        bytes.truncate(length);
        bytes.drain(..RECORD_BYTES);
        Ok(bytes)
    }

    /// Fills the buffer as far as the file goes.
    fn fill(&self, buffer: &mut [u8], offset: u64) -> Result<usize, JournalError> {
        let mut read = 0;
        while read < buffer.len() {
            match self.file.read_at(&mut buffer[read..], offset + read as u64) {
                Ok(0) => break,
                Ok(count) => read += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed()(error)),
            }
        }
        Ok(read)
    }
}
