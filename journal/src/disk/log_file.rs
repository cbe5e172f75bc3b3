//! The log file of one generation: written in groups at its end, synced, read in place.
//! Refuses to write anywhere but at the end of what is good.
//!
//! Behind the end stands room: zeros that are on the disk already. A group that goes there changes
//! nothing about the file but its content, so that its sync has only that to write, in half the
//! time or less.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::files;
use super::frame::{self, GROUP_BYTES, GroupHeader, RECORD_BYTES, Salt};
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
    /// Where the room ends: nobody writes behind it without this lock. `None` once the file is
    /// sealed.
    filling: Mutex<Option<u64>>,
    /// The same, to look at without the lock.
    room: AtomicU64,
    /// How long it is for certain.
    durable: AtomicU64,
}

/// Room is made in steps of this.
const FILL_BYTES: u64 = 1 << 20;

impl LogFile {
    /// Makes an empty file; its name is durable once the directory is synced.
    pub(super) fn create(dir: &Path, salt: u64, barrier: Barrier) -> Result<Self, JournalError> {
        let path = dir.join(NAME);
        let file = files::private()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path);
        let file = file.map_err(JournalError::io("create", &path))?;
        if barrier.syncs_creation() {
            file.sync_all().map_err(JournalError::io("sync", &path))?;
        }
        Ok(Self::around(path, file, salt, barrier))
    }

    fn around(path: PathBuf, file: File, salt: u64, barrier: Barrier) -> Self {
        let zero = || AtomicU64::new(0);
        let (end, groups, room, durable) = (zero(), zero(), zero(), zero());
        Self {
            path,
            file,
            salt: Salt::new(salt),
            barrier,
            end,
            groups,
            filling: Mutex::new(Some(0)),
            room,
            durable,
        }
    }

    /// Opens a file that [`LogFile::create`] made. What only the page cache holds is synced: a
    /// killed process may have left it.
    pub(super) fn open(dir: &Path, salt: u64, barrier: Barrier) -> Result<Self, JournalError> {
        let path = dir.join(NAME);
        let file = match File::options().read(true).write(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(JournalError::MissingFile { path });
            }
            Err(error) => return Err(JournalError::io("open", &path)(error)),
        };
        file.sync_all().map_err(JournalError::io("sync", &path))?;
        files::sync_dir(dir)?;
        Ok(Self::around(path, file, salt, barrier))
    }

    /// Whether a directory has no log, or one that holds nothing but zeros.
    pub(super) fn is_blank(dir: &Path) -> Result<bool, JournalError> {
        let path = dir.join(NAME);
        match File::open(&path) {
            Ok(file) => zeros_from(&file, 0).map_err(JournalError::io("read", &path)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
            Err(error) => Err(JournalError::io("open", &path)(error)),
        }
    }

    /// Whether nothing but zeros stands from an offset on.
    pub(super) fn is_room(&self, from: u64) -> Result<bool, JournalError> {
        zeros_from(&self.file, from).map_err(self.failed())
    }

    /// Whether it begins with a group of its own salt.
    pub(super) fn begins(&self) -> Result<bool, JournalError> {
        let mut header = [0; GROUP_BYTES];
        let read = self.fill(&mut header, 0)?;
        Ok(read == GROUP_BYTES && GroupHeader::decode(self.salt, &header).is_ok())
    }

    /// Where it stands.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// How long the file is at least, also after a cut: what was written behind it may be gone then.
    pub(super) fn durable_length(&self) -> u64 {
        self.durable.load(Ordering::Acquire)
    }

    /// Says where the good groups end; what the file has behind them is room.
    pub(super) fn settle(&self, end: u64, groups: u64) -> Result<(), JournalError> {
        self.set_end(end, groups);
        let length = self.len()?.max(end);
        *self.filling.lock() = Some(length);
        self.room.store(length, Ordering::Release);
        // Whoever opened or cut it has synced it.
        self.durable.store(length, Ordering::Release);
        Ok(())
    }

    fn set_end(&self, end: u64, groups: u64) {
        self.groups.store(groups, Ordering::Release);
        self.end.store(end, Ordering::Release);
    }

    /// Bytes of room left.
    pub(super) fn room(&self) -> u64 {
        self.room.load(Ordering::Acquire).saturating_sub(self.end())
    }

    /// Makes room until `ahead` bytes of it are there. Beside the appending, on a description of
    /// the file of its own: an error of its sync is then reported to the appending one too.
    pub(super) fn make_room(&self, ahead: u64) -> Result<(), JournalError> {
        let file = File::options()
            .write(true)
            .open(&self.path)
            .map_err(JournalError::io("open", &self.path))?;
        let zeros = vec![0; FILL_BYTES.min(ahead) as usize];
        while self.room() < ahead {
            let mut filling = self.filling.lock();
            let Some(from) = *filling else { return Ok(()) };
            file.write_all_at(&zeros, from)
                .map_err(JournalError::io("make room in", &self.path))?;
            if self.barrier.syncs_data() {
                file.sync_data()
                    .map_err(JournalError::io("sync", &self.path))?;
            }
            let until = from + zeros.len() as u64;
            *filling = Some(until);
            self.room.store(until, Ordering::Release);
            self.durable.fetch_max(until, Ordering::AcqRel);
        }
        Ok(())
    }

    /// Gives the room back: nothing is written here any more.
    pub(super) fn seal(&self) -> Result<(), JournalError> {
        let mut filling = self.filling.lock();
        *filling = None;
        self.file
            .set_len(self.end())
            .map_err(JournalError::io("give back the room of", &self.path))
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
        self.write(group, end)?;
        wrote();
        if self.barrier.syncs_data() {
            self.file
                .sync_data()
                .map_err(JournalError::io("sync", &self.path))?;
        }
        let end = end + group.len() as u64;
        self.durable.fetch_max(end, Ordering::AcqRel);
        self.set_end(end, self.groups() + 1);
        Ok(())
    }

    fn write(&self, group: &[u8], end: u64) -> Result<(), JournalError> {
        let failed = JournalError::io("write", &self.path);
        if group.len() as u64 <= self.room() {
            return self.file.write_all_at(group, end).map_err(failed);
        }
        let mut filling = self.filling.lock();
        self.file.write_all_at(group, end).map_err(failed)?;
        let until = filling.unwrap_or(0).max(end + group.len() as u64);
        *filling = Some(until);
        self.room.store(until, Ordering::Release);
        Ok(())
    }

    /// Cuts off everything behind `end`, durably.
    pub(super) fn cut(&self, end: u64) -> Result<(), JournalError> {
        self.file
            .set_len(end)
            .map_err(JournalError::io("cut", &self.path))?;
        self.file
            .sync_all()
            .map_err(JournalError::io("sync", &self.path))
    }

    pub(super) fn len(&self) -> Result<u64, JournalError> {
        self.file
            .metadata()
            .map(|metadata| metadata.len())
            .map_err(JournalError::io("look at", &self.path))
    }

    pub(super) fn window(&self) -> Window<'_> {
        Window::new(&self.file)
    }

    pub(super) fn failed(&self) -> impl FnOnce(std::io::Error) -> JournalError {
        JournalError::io("read", &self.path)
    }

    pub(super) fn damaged(
        &self,
        offset: u64,
        record: Option<(Shard, Sequence)>,
        damage: Damage,
    ) -> JournalError {
        JournalError::Damaged {
            path: self.path.clone(),
            place: Place { offset, record },
            damage,
        }
    }

    /// Each shard's first sequence, as the first group says. Checks nothing else of it.
    pub(super) fn opening(&self, shards: usize) -> Result<Result<Vec<u64>, Damage>, JournalError> {
        let mut bytes = vec![0; frame::opening_bytes(shards)];
        let read = self.fill(&mut bytes, 0)?;
        Ok(frame::opening(self.salt, &bytes[..read], shards))
    }

    /// The record whose header stands at `offset`.
    pub(super) fn read(
        &self,
        shard: Shard,
        sequence: Sequence,
        offset: u64,
    ) -> Result<Vec<u8>, JournalError> {
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

/// Whether a file holds nothing but zeros from an offset on.
fn zeros_from(file: &File, from: u64) -> std::io::Result<bool> {
    let length = file.metadata()?.len();
    let mut window = Window::new(file);
    let mut at = from;
    while at < length {
        let bytes = window.get(at, FILL_BYTES as usize, || FILL_BYTES as usize)?;
        if bytes.is_empty() || bytes.iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
        at += bytes.len() as u64;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::super::frame::GroupWriter;
    use super::super::scan::scan;
    use super::*;
    use crate::Batch;

    #[test]
    fn room_is_used_and_is_no_torn_tail() {
        let dir = tempfile::tempdir().expect("a directory");
        let log = LogFile::create(dir.path(), 7, Barrier::Full).expect("made");
        log.make_room(3 * FILL_BYTES / 2).expect("room");
        assert_eq!(log.room(), 2 * FILL_BYTES);
        let mut writer = GroupWriter::default();
        for sequence in 1..=2 {
            let mut batch = Batch::new(Shard(0), Sequence(sequence));
            batch.push(b"a record");
            let (group, _) = match sequence {
                1 => writer.build_first(log.salt, &[1], &[batch]),
                later => writer.build(log.salt, later, &[batch]),
            };
            log.append(group, || ()).expect("written");
        }
        assert_eq!(
            (log.len().expect("known"), log.room()),
            (2 * FILL_BYTES, 2 * FILL_BYTES - log.end())
        );

        let scanned = scan(&log, 1).expect("scanned");
        assert!(scanned.broken.is_none() && scanned.end == log.end() && scanned.groups == 2);
        log.file
            .write_all_at(&[1], log.end() + FILL_BYTES)
            .expect("written");
        assert!(
            scan(&log, 1)
                .expect("scanned")
                .broken
                .is_some_and(|broken| !broken.good_follows)
        );

        log.seal().expect("sealed");
        log.make_room(FILL_BYTES).expect("refused in silence");
        assert_eq!(log.len().expect("known"), log.end());
    }

    #[test]
    fn without_room_the_file_grows_and_room_is_made_behind_it() {
        let dir = tempfile::tempdir().expect("a directory");
        let log = LogFile::create(dir.path(), 7, Barrier::Full).expect("made");
        // Between the write and its sync it is long, and not for certain.
        let uncertain = || assert_eq!((log.len().expect("known"), log.durable_length()), (5000, 0));
        log.append(&[9; 5000], uncertain).expect("written");
        assert_eq!(log.durable_length(), 5000);
        assert_eq!(
            (log.end(), log.room(), log.len().expect("known")),
            (5000, 0, 5000)
        );
        log.make_room(FILL_BYTES).expect("room");
        assert_eq!(
            (log.room(), log.len().expect("known")),
            (FILL_BYTES, 5000 + FILL_BYTES)
        );
        let mut kept = [0; 5000];
        log.file.read_exact_at(&mut kept, 0).expect("read");
        assert_eq!(kept, [9; 5000]);
    }
}
