//! Owns what the data directory remembers of its archive: where it was and which volume was sealed last.
//! A disk that is not mounted looks like a new archive, and an older copy of one like the archive itself:
//! whoever went on there would leave a hole, for the journal forgets what was sealed. Refuses to speak
//! of an archive in another place: that one may be new.

use std::fs;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::files::write_whole;

/// The file in the data directory.
const NAME: &str = "archive.json";

/// Volumes that were sealed in a place are not there.
#[derive(Debug, thiserror::Error)]
#[error(
    "volumes are missing: it had volume {had}, and the newest that is there is {has}. Mount its disk, or put the volumes back; \
     if they are lost, remove {}: the archive then goes on from there, with what the journal still has", .note.display()
)]
pub struct Lost {
    /// The newest volume that was sealed.
    had: u64,
    /// The newest that is there; 0: none.
    has: u64,
    /// Where that is remembered.
    note: PathBuf,
}

/// What stands there.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Newest {
    place: String,
    volume: u64,
}

/// What is remembered of the archive.
#[derive(Debug)]
pub(super) struct Seen {
    path: PathBuf,
    place: String,
    /// The newest volume that is written down.
    written: Mutex<u64>,
}

impl Seen {
    /// Of the archive in this place.
    pub(super) fn new(data_dir: &Path, place: String) -> Self {
        Self {
            path: data_dir.join(NAME),
            place,
            written: Mutex::new(0),
        }
    }

    /// The archive that was found has all that was sealed.
    ///
    /// # Errors
    /// It has not.
    pub(super) fn check(&self, volume: u64) -> Result<(), Lost> {
        let newest = self.read().filter(|newest| newest.place == self.place);
        let had = newest.map_or(0, |newest| newest.volume);
        if had > volume {
            return Err(Lost {
                had,
                has: volume,
                note: self.path.clone(),
            });
        }
        self.note(volume);
        Ok(())
    }

    /// A volume was sealed. What cannot be written down is written with the next one.
    pub(super) fn note(&self, volume: u64) {
        let mut written = self.written.lock();
        if volume <= *written {
            return;
        }
        let newest = Newest {
            place: self.place.clone(),
            volume,
        };
        // Two plain values are always JSON.
        let text = serde_json::to_vec(&newest).unwrap_or_default();
        match write_whole(&self.path, &text) {
            Ok(()) => *written = volume,
            Err(error) => {
                tracing::warn!(path = %self.path.display(), %error, "it cannot be written down how far the archive is");
            }
        }
    }

    /// What was written down. What cannot be read speaks of nothing.
    fn read(&self) -> Option<Newest> {
        let bytes = fs::read(&self.path).ok()?;
        let read = serde_json::from_slice(&bytes);
        if let Err(error) = &read {
            tracing::warn!(path = %self.path.display(), %error, "what was written down of the archive cannot be read: it is written anew");
        }
        read.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(dir: &tempfile::TempDir, place: &str) -> Seen {
        Seen::new(dir.path(), place.to_owned())
    }

    #[test]
    fn an_archive_that_lost_a_volume_is_told_from_a_new_one() {
        let dir = tempfile::tempdir().unwrap();
        seen(&dir, "/mnt/archive")
            .check(0)
            .expect("nothing was sealed yet");
        seen(&dir, "/mnt/archive").note(3);
        seen(&dir, "/mnt/archive").check(3).expect("all of it");
        seen(&dir, "/mnt/archive")
            .check(4)
            .expect("one that was sealed before a crash");
        for has in [0, 3] {
            let error = seen(&dir, "/mnt/archive")
                .check(has)
                .expect_err("some is missing");
            assert!(error.to_string().contains("had volume 4"), "{error}");
        }
        seen(&dir, "/mnt/new")
            .check(0)
            .expect("another place may be new");
    }

    #[test]
    fn what_cannot_be_read_forbids_nothing() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(NAME), "{").unwrap();
        let seen = seen(&dir, "/mnt/archive");
        seen.check(2).expect("nothing is known");
        assert_eq!(seen.read().map(|newest| newest.volume), Some(2));
    }
}
