//! One sled directory: made, opened and made durable the way this crate needs it. Knows sled's weak
//! spots. Refuses to trust `flush()` alone, a half-made directory, and a `blobs` folder with
//! something in it.
//!
//! * `flush()` ends in `sync_file_range`, which flushes no drive cache: [`Store::barrier`] adds
//!   `fdatasync`.
//! * sled syncs neither `conf` nor its directory: [`Store::create`] does, and writes the start file
//!   last.
//! * A killed process leaves `snap.*.generating`, with which sled refuses to open, and a cut of the
//!   power may take away the last snapshot: see `held_table`.
//! * Its background threads keep the file locked for a moment after a close: [`Store::open`] waits
//!   for them.
//! * A restart after a kill reads what only the page cache holds: everything is synced before and
//!   after opening.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::options::{Barrier, Options};
use super::phase::Phase;
use super::report::Opening;
use super::{files, held_table, privacy};
use crate::JournalError;

const START: &str = "start";
const BLOBS: &str = "blobs";
/// Together ten seconds: longer than any write of the background threads takes.
const RELEASE_ATTEMPTS: u32 = 2_000;
const RELEASE_PAUSE: Duration = Duration::from_millis(5);

/// What was fixed when a directory was made. Written last: a directory without it holds nothing
/// that counts.
pub(super) struct StartFile {
    pub(super) segment_bytes: usize,
    /// The number of the data directory.
    pub(super) id: u64,
}

/// The layout of what stands in it. Before 2 it held the segment's size alone.
const LAYOUT: u64 = 2;
const START_NUMBERS: usize = 3;

/// An open sled directory with one tree in use.
pub(super) struct Store {
    dir: PathBuf,
    db: sled::Db,
    tree: sled::Tree,
    file: File,
    barrier: Barrier,
}

impl Store {
    /// Makes a directory with a first entry, durable in full before this returns.
    pub(super) fn create(
        dir: &Path,
        start: &StartFile,
        cache: u64,
        options: &Options,
        first: impl FnOnce(&sled::Tree) -> sled::Result<()>,
    ) -> Result<Self, JournalError> {
        files::make_dir(dir)?;
        let store = Self::start(dir, start.segment_bytes, cache, options)?;
        store.ask("write its first entry", first)?;
        store.guard("flush", || store.db.flush())?;
        if options.barrier.syncs_creation() {
            store.sync_everything()?;
        }
        privacy::tighten(dir)?;
        files::write_numbers(
            &dir.join(START),
            &[LAYOUT, start.segment_bytes as u64, start.id],
        )?;
        if options.barrier.syncs_creation() {
            dir.parent().map_or(Ok(()), files::sync_dir)?;
        }
        Ok(store)
    }

    /// Opens a directory that [`Store::create`] finished, as its start file says.
    pub(super) fn open(
        dir: &Path,
        start: &StartFile,
        cache: u64,
        options: &Options,
        opening: &mut Opening<'_>,
    ) -> Result<Self, JournalError> {
        wait_for_release(&dir.join("db"))?;
        for name in ["db", "conf"] {
            let path = dir.join(name);
            // sled would make an empty one, as if nothing had been there.
            if !std::fs::exists(&path).map_err(JournalError::io("look for", &path))? {
                return Err(JournalError::MissingFile { path });
            }
            files::sync_file(&path)?;
        }
        files::sync_dir(dir)?;
        held_table::hold(dir, opening.removed)?;
        opening.watch.ended(Phase::TableKept);
        let store = Self::start(dir, start.segment_bytes, cache, options)?;
        store.guard("flush", || store.db.flush())?;
        store.sync_everything()?;
        held_table::let_go(dir)?;
        store.check_blobs()?;
        privacy::tighten(dir)?;
        opening.watch.ended(Phase::TableOpened);
        Ok(store)
    }

    /// The start file of a finished directory; `None` when its making was interrupted.
    pub(super) fn start_file(dir: &Path) -> Result<Option<StartFile>, JournalError> {
        let path = dir.join(START);
        let Some(numbers) = files::read_numbers(&path, START_NUMBERS)? else {
            return Ok(None);
        };
        match numbers[..] {
            [LAYOUT, segment_bytes, id] => Ok(Some(StartFile {
                segment_bytes: segment_bytes as usize,
                id,
            })),
            _ => Err(JournalError::DamagedFile { path }),
        }
    }

    fn start(
        dir: &Path,
        segment_bytes: usize,
        cache: u64,
        options: &Options,
    ) -> Result<Self, JournalError> {
        let config = sled::Config::new()
            .path(dir)
            .cache_capacity(cache)
            .segment_size(segment_bytes)
            .mode(sled::Mode::HighThroughput)
            .flush_every_ms(None);
        let (db, tree) = guard(dir, "open", || {
            let db = config.open()?;
            let tree = db.open_tree("table")?;
            Ok((db, tree))
        })?;
        let path = dir.join("db");
        let file = File::open(&path).map_err(JournalError::io("open", &path))?;
        Ok(Self {
            dir: dir.to_owned(),
            db,
            tree,
            file,
            barrier: options.barrier,
        })
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Asks sled for something on the tree. A panic of sled becomes an error that names the
    /// directory.
    pub(super) fn ask<T>(
        &self,
        action: &'static str,
        question: impl FnOnce(&sled::Tree) -> sled::Result<T>,
    ) -> Result<T, JournalError> {
        self.guard(action, || question(&self.tree))
    }

    fn guard<T>(
        &self,
        action: &'static str,
        work: impl FnOnce() -> sled::Result<T>,
    ) -> Result<T, JournalError> {
        guard(&self.dir, action, work)
    }

    /// Hands everything written so far to the operating system.
    pub(super) fn flush(&self) -> Result<(), JournalError> {
        self.guard("flush", || self.db.flush()).map(drop)
    }

    /// Makes everything flushed so far durable. This is the barrier that `flush` lacks.
    pub(super) fn barrier(&self) -> Result<(), JournalError> {
        if !self.barrier.syncs_data() {
            return Ok(());
        }
        self.file
            .sync_data()
            .map_err(JournalError::io("sync", &self.dir.join("db")))
    }

    /// An error when sled spilled values into files of their own.
    pub(super) fn check_blobs(&self) -> Result<(), JournalError> {
        let path = self.dir.join(BLOBS);
        let files = files::list(&path)?.len();
        if files > 0 {
            Err(JournalError::Blobs { path, files })
        } else {
            Ok(())
        }
    }

    fn sync_everything(&self) -> Result<(), JournalError> {
        self.file
            .sync_all()
            .map_err(JournalError::io("sync", &self.dir.join("db")))?;
        files::sync_file(&self.dir.join("conf"))?;
        files::sync_dir(&self.dir.join(BLOBS))?;
        files::sync_dir(&self.dir)
    }
}

fn guard<T>(
    dir: &Path,
    action: &'static str,
    work: impl FnOnce() -> sled::Result<T>,
) -> Result<T, JournalError> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(JournalError::store(dir)),
        Err(_) => Err(JournalError::StorePanicked {
            path: dir.to_owned(),
            action,
        }),
    }
}

/// Waits, within a bound, until an earlier journal of this process let go of the file. No other
/// process can have it: the data directory is locked. When the bound passes, sled reports the lock.
fn wait_for_release(path: &Path) -> Result<(), JournalError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(JournalError::io("open", path)(error)),
    };
    for _ in 0..RELEASE_ATTEMPTS {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) => {
                crossbeam::epoch::pin().flush(); // what sled still holds may be garbage that nobody collects
                let _ = crossbeam::channel::after(RELEASE_PAUSE).recv();
            }
            Err(TryLockError::Error(error)) => return Err(JournalError::io("lock", path)(error)),
        }
    }
    Ok(()) // dropping the file unlocks it
}
