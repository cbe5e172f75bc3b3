//! Owns the opening of an archive that may be away: its directory, its bucket, or its chain is damaged.
//! Refuses to hold up the engine: an archive that is away is tried again while sends go on.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use sluis_archive::{Archive, ArchiveError, Limits, Store, Veil};
use sluis_journal::{Journal, Shard};

use super::seen::{Lost, Seen};
use crate::private::keep_private;

/// How long it rests after the first failure; twice as long after each further one.
const FIRST_REST: Duration = Duration::from_millis(500);
/// The longest that it rests.
const LONGEST_REST: Duration = Duration::from_secs(60);

/// Why an archive cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its store fails, or it is damaged.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// Volumes that were sealed there are not there.
    #[error(transparent)]
    Lost(#[from] Lost),
    /// It has records that the journal lost. The journal would give their sequences to others, and
    /// those would never be archived.
    #[error(
        "the archive has shard {shard} up to sequence {passed}, the journal up to {last}: the data directory is an older copy; \
         keep this archive and give the engine a new one (archive.directory or archive.url)"
    )]
    Ahead {
        /// The shard.
        shard: u16,
        /// How far the archive has it.
        passed: u64,
        /// How far the journal has.
        last: u64,
    },
}

impl OpenError {
    /// Whether it is the archive of another data directory. That is a mistake in the configuration:
    /// no waiting mends it.
    pub(super) const fn is_of_another(&self) -> bool {
        match self {
            Self::Ahead { .. } | Self::Archive(ArchiveError::Shards { .. }) => true,
            Self::Lost(_)
            | Self::Archive(
                ArchiveError::Store { .. }
                | ArchiveError::Disk { .. }
                | ArchiveError::Damaged { .. }
                | ArchiveError::Sealed { .. }
                | ArchiveError::Taken { .. }
                | ArchiveError::TooLong { .. }
                | ArchiveError::TooManyHeld { .. },
            ) => false,
        }
    }
}

/// Where an archive is.
pub(super) enum Place {
    /// A directory, which is made when it is not there.
    Directory(PathBuf),
    /// A bucket.
    Bucket(Store),
}

impl Place {
    fn shown(&self) -> String {
        match self {
            Self::Directory(directory) => directory.display().to_string(),
            Self::Bucket(store) => store.shown().to_owned(),
        }
    }
}

/// What is needed to open an archive.
pub struct Opening {
    pub(super) place: Place,
    pub(super) shards: u16,
    pub(super) limits: Limits,
    pub(super) journal: Arc<dyn Journal>,
    /// What seals its entries.
    pub(super) veil: Option<Arc<dyn Veil>>,
    pub(super) seen: Arc<Seen>,
    pub(super) rest: Duration,
}

impl Opening {
    /// For the archive there, of an engine with this journal.
    pub(super) fn new(
        place: Place,
        limits: Limits,
        journal: Arc<dyn Journal>,
        veil: Option<Arc<dyn Veil>>,
        data_dir: &Path,
    ) -> Self {
        Self {
            seen: Arc::new(Seen::new(data_dir, place.shown())),
            place,
            shards: journal.shards(),
            limits,
            journal,
            veil,
            rest: FIRST_REST,
        }
    }

    /// One try.
    pub(super) fn open(&self) -> Result<Archive, OpenError> {
        let store = match &self.place {
            Place::Directory(directory) => {
                let store = Store::directory(directory)?;
                keep_private(directory);
                store
            }
            Place::Bucket(store) => store.clone(),
        };
        let archive = Archive::open(store, self.shards, self.limits)?;
        for shard in 0..self.shards {
            let (passed, last) = (archive.passed(shard), self.journal.last(Shard(shard)).0);
            if passed > last {
                return Err(OpenError::Ahead {
                    shard,
                    passed,
                    last,
                });
            }
        }
        self.seen.check(archive.tip().volume)?;
        match &self.veil {
            Some(veil) => Ok(archive.veiled(veil.clone())),
            None => Ok(archive),
        }
    }

    /// Where the archive is, for whoever reads of it.
    pub(super) fn shown(&self) -> String {
        self.place.shown()
    }

    /// How long to rest before the next try.
    pub(super) fn rest(&mut self) -> Duration {
        let rest = self.rest;
        self.rest = (2 * rest).min(LONGEST_REST);
        rest
    }
}

/// The archive once it is open, and until then why it is not.
#[derive(Debug, Default)]
pub(super) struct Standing {
    archive: OnceLock<Arc<Archive>>,
    why: Mutex<Option<Box<str>>>,
}

impl Standing {
    pub(super) fn archive(&self) -> Option<&Arc<Archive>> {
        self.archive.get()
    }

    /// Why it is away; none when it is open.
    pub(super) fn away(&self) -> Option<Box<str>> {
        if self.archive.get().is_some() {
            return None;
        }
        let why = self.why.lock().clone();
        Some(why.unwrap_or_else(|| "it has not answered yet".into()))
    }

    pub(super) fn is_away(&self, why: &OpenError) {
        *self.why.lock() = Some(why.to_string().into());
    }

    pub(super) fn is_open(&self, archive: Arc<Archive>) {
        // Opened once, by the one worker.
        let _ = self.archive.set(archive);
    }
}
