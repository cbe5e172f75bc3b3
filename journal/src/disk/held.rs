//! Holds the log of a generation against what is known of it elsewhere: the manifest, the generation
//! after it. Refuses to read records and to change anything.

use std::path::Path;

use super::log_file::LogFile;
use super::manifest::{Floor, Made, Manifest};
use super::prepared::Prepared;
use super::scan::{Broken, Scan};
use crate::{Damage, JournalError};

/// A sealed log has nothing broken, and every record up to `ends`.
pub(super) fn check_whole(log: &LogFile, scanned: &Scan, ends: &[u64]) -> Result<(), JournalError> {
    if let Some(Broken { place, damage, .. }) = scanned.broken {
        return Err(log.damaged(place.offset, place.record, damage));
    }
    if scanned.groups == 0 {
        return Err(log.damaged(0, None, Damage::Malformed));
    }
    match scanned.short(ends) {
        Some((shard, last, expected)) => Err(log.damaged(
            scanned.end,
            Some((shard, last.next())),
            Damage::Missing { expected },
        )),
        None => Ok(()),
    }
}

/// What the newest log is held against.
pub(super) struct Held<'a> {
    pub(super) data: &'a Path,
    pub(super) number: u64,
    pub(super) known: Option<&'a Manifest>,
    /// What the manifest says of it.
    pub(super) made: Option<&'a Made>,
}

impl Held<'_> {
    fn is_begun(&self) -> bool {
        self.known
            .is_some_and(|manifest| self.number <= manifest.begun)
    }

    /// Up to where it was certainly durable.
    fn floor(&self) -> Floor {
        self.known
            .and_then(|manifest| manifest.floor_of(self.number))
            .unwrap_or_default()
    }

    /// Every group that was certainly durable is there, and none is good after a broken one.
    pub(super) fn check_groups(
        &self,
        files: &Prepared,
        scanned: &Scan,
    ) -> Result<(), JournalError> {
        let log = &files.log;
        if let Some(broken) = scanned.broken
            && broken.good_follows
        {
            return Err(log.damaged(broken.place.offset, broken.place.record, broken.damage));
        }
        let floor = self.floor();
        let is_short = scanned.end < floor.end || scanned.groups < floor.groups;
        if is_short || (self.is_begun() && scanned.groups == 0) {
            return Err(match scanned.broken {
                Some(Broken { place, damage, .. }) => {
                    log.damaged(place.offset, place.record, damage)
                }
                None => {
                    let expected = floor.end;
                    log.damaged(scanned.end, None, Damage::Short { expected })
                }
            });
        }
        if scanned.groups > 0 && self.known.is_some() && self.made.is_none() {
            return Err(JournalError::Foreign {
                path: files.dir.clone(),
                other: Manifest::path(self.data),
            });
        }
        Ok(())
    }

    /// Whether the last stop was a clean one: nothing was written after it.
    pub(super) fn was_clean(&self, scanned: &Scan) -> bool {
        let known = self.known.is_some_and(|manifest| manifest.clean);
        known && scanned.groups == self.floor().groups
    }

    /// The file is as long as it was made, which no crash makes shorter. Gives its length.
    pub(super) fn check_length(&self, files: &Prepared, clean: bool) -> Result<u64, JournalError> {
        let length = files.log.len()?;
        let expected = match self.made {
            Some(made) if self.is_begun() && !clean => made.length,
            Some(_) | None => 0,
        };
        if length < expected {
            return Err(files.log.damaged(length, None, Damage::Short { expected }));
        }
        Ok(length)
    }
}
