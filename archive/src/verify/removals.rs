//! Owns the check of tombstones: their chain, the manifests that name them, and what they say of their
//! objects. Refuses to look at what is still there: the check of objects does.

use std::collections::BTreeMap;

use crate::error::ArchiveError;
use crate::fault::Fault;
use crate::hash::Hash;
use crate::manifest::{self, Manifest};
use crate::names;
use crate::removal::{self, Removal, RemovedObject};
use crate::store::Store;

/// A tombstone as it was found.
struct Found {
    volume: u64,
    hash: Hash,
    /// None when it cannot be read.
    removal: Option<Removal>,
}

/// All tombstones of an archive.
#[derive(Default)]
pub(super) struct Tombstones {
    by_number: BTreeMap<u64, Found>,
    /// The newest that a manifest names.
    named: u64,
    newest_sealed_at: i64,
}

impl Tombstones {
    /// Reads them all; what is wrong with their chain is put into `faults`.
    pub(super) fn read(
        store: &Store,
        listed: &BTreeMap<u64, u64>,
        faults: &mut Vec<Fault>,
    ) -> Result<Self, ArchiveError> {
        let mut all = Self::default();
        let newest = listed.keys().next_back().copied().unwrap_or(0);
        for number in 1..=newest {
            let Some(volume) = listed.get(&number).copied() else {
                faults.push(missing(number, "a later one is there"));
                continue;
            };
            let place = removal::place(volume, number);
            let Some(bytes) = store.get(&names::removal(volume, number))? else {
                faults.push(fault(place, "it is missing: it was removed"));
                continue;
            };
            let removal = match Removal::read(volume, number, &bytes) {
                Ok(removal) => Some(removal),
                Err(ArchiveError::Damaged { place, what }) => {
                    faults.push(fault(place, what));
                    None
                }
                Err(error) => return Err(error),
            };
            faults.extend(removal.as_ref().and_then(|removal| all.link(removal)));
            let hash = Hash::of(&bytes);
            let found = Found {
                volume,
                hash,
                removal,
            };
            all.by_number.insert(number, found);
        }
        Ok(all)
    }

    /// Whether the tombstone follows the one before.
    fn link(&self, removal: &Removal) -> Option<Fault> {
        let number = removal.number;
        if number == 1 {
            let what = "it is the first, and was written behind another";
            let is_wrong = removal.previous != Hash::NONE;
            return is_wrong.then(|| fault(removal::place(removal.volume, number), what));
        }
        let before = self.by_number.get(&(number - 1))?;
        if before.hash == removal.previous {
            return None;
        }
        let what = format!(
            "its hash is {}, and tombstone {number} was written behind {}: it was changed or forged",
            before.hash, removal.previous
        );
        Some(fault(removal::place(before.volume, number - 1), what))
    }

    /// Compares with the newest that a manifest names.
    pub(super) fn named_by(&mut self, manifest: &Manifest) -> Option<Fault> {
        let named = manifest.removals;
        self.newest_sealed_at = manifest.sealed_at;
        if named.number < self.named {
            let what = format!(
                "it names tombstone {}, and a volume before it {}",
                named.number, self.named
            );
            return Some(fault(manifest::place(manifest.volume), what));
        }
        let is_new = named.number > self.named;
        self.named = named.number;
        if named.is_none() {
            return None;
        }
        match self.by_number.get(&named.number) {
            Some(found) if found.hash == named.hash => None,
            Some(found) => {
                let what = format!(
                    "its hash is {}, and volume {} names it with {}: it was changed or forged",
                    found.hash, manifest.volume, named.hash
                );
                Some(fault(removal::place(found.volume, named.number), what))
            }
            None if is_new => {
                let by = format!("volume {} names it", manifest.volume);
                Some(missing(named.number, &by))
            }
            None => None,
        }
    }

    /// What is wrong with those of one volume.
    pub(super) fn contradict(&self, manifest: &Manifest, hash: Hash) -> Vec<Fault> {
        let wrong = self.of(manifest.volume).filter_map(|removal| {
            let what = removal.contradicts(manifest, hash)?;
            Some(fault(removal::place(removal.volume, removal.number), what))
        });
        wrong.collect()
    }

    /// Those that no manifest names although one was sealed after them.
    pub(super) fn forged(&self) -> Vec<Fault> {
        let unnamed = self.by_number.range(self.named + 1..);
        let forged = unnamed.filter_map(|(number, found)| {
            let removed_at = found.removal.as_ref()?.removed_at;
            let what = "no manifest names it, and a volume was sealed after it: it was forged";
            (removed_at < self.newest_sealed_at)
                .then(|| fault(removal::place(found.volume, *number), what))
        });
        forged.collect()
    }

    /// Tombstones that no manifest names yet.
    pub(super) fn unnamed(&self) -> u64 {
        self.by_number.range(self.named + 1..).count() as u64
    }

    fn of(&self, volume: u64) -> impl Iterator<Item = &Removal> {
        let all = self.by_number.values();
        let readable = all.filter_map(|found| found.removal.as_ref());
        readable.filter(move |removal| removal.volume == volume)
    }

    /// What a tombstone says of an object.
    pub(super) fn object(&self, volume: u64, object: &str) -> Option<&RemovedObject> {
        self.of(volume).find_map(|removal| {
            let mut objects = removal.objects.iter();
            objects.find(|removed| removed.object == object)
        })
    }

    /// Whether a tombstone says that the index went with the last object.
    pub(super) fn index(&self, manifest: &Manifest) -> bool {
        let mut all = manifest.segments.iter();
        self.of(manifest.volume)
            .any(|removal| removal.index.is_some())
            && all.all(|segment| self.object(manifest.volume, &segment.object).is_some())
    }
}

fn fault(place: impl Into<String>, what: impl Into<String>) -> Fault {
    Fault {
        place: place.into(),
        what: what.into(),
    }
}

fn missing(number: u64, why: &str) -> Fault {
    let what = format!("it is missing: it was removed; {why}");
    fault(format!("tombstone {number}"), what)
}
