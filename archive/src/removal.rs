//! Owns tombstones: what stands in the place of objects that were removed after their period. They form
//! a chain of their own, and each manifest has the hash of the newest. Refuses anything of a tenant.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sluis_model::DAY;

use crate::error::ArchiveError;
use crate::hash::Hash;
use crate::manifest::{Manifest, SegmentOf};
use crate::names;
use crate::terms::SHORTEST_KEEP_DAYS;

/// What a tombstone says first.
pub const REMOVAL_FORMAT: &str = "sluis-removal/1";

/// A tombstone: objects of one volume that were removed at one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// [`REMOVAL_FORMAT`].
    pub format: String,
    /// Its number: 1 for the first of the archive.
    pub number: u64,
    /// Hash of the tombstone before; zeros for the first.
    pub previous: Hash,
    /// Whose objects.
    pub volume: u64,
    /// Hash of the manifest of that volume.
    pub manifest: Hash,
    /// When, in milliseconds since 1970.
    pub removed_at: i64,
    /// What.
    pub objects: Vec<RemovedObject>,
    /// Hash of the index, when it went with the last of the objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<Hash>,
}

/// An object that was removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovedObject {
    /// Its name.
    pub object: String,
    /// Its hash, as in the manifest.
    pub hash: Hash,
    /// Its bytes.
    pub length: u64,
    /// Its entries.
    pub entries: u64,
    /// Number of the corporation.
    pub corporation: u16,
    /// The category.
    pub category: Box<str>,
    /// From when its period was counted, in milliseconds since 1970: the last flow had ended then.
    pub counted_from: i64,
    /// The period, in days.
    pub kept_days: u32,
    /// The rule that says so.
    pub rule: Box<str>,
}

impl Removal {
    /// As it is stored.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        // Numbers, texts and lists are always JSON.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Reads the tombstone that stands under this number in the folder of `volume`.
    ///
    /// # Errors
    /// It is not one, or another one.
    pub(crate) fn read(volume: u64, number: u64, bytes: &[u8]) -> Result<Self, ArchiveError> {
        let damaged = |what: String| ArchiveError::damaged(place(volume, number), what);
        let removal: Self = serde_json::from_slice(bytes)
            .map_err(|error| damaged(format!("it cannot be read: {error}")))?;
        if removal.format != REMOVAL_FORMAT {
            let what = format!(
                "its format is {:?}, expected {REMOVAL_FORMAT:?}",
                removal.format
            );
            return Err(damaged(what));
        }
        if (removal.volume, removal.number) != (volume, number) {
            let what = format!(
                "it is tombstone {} of volume {}",
                removal.number, removal.volume
            );
            return Err(damaged(what));
        }
        Ok(removal)
    }

    /// What is wrong with it as the tombstone of objects of this volume; none when nothing is.
    pub(crate) fn contradicts(&self, manifest: &Manifest, hash: Hash) -> Option<String> {
        if self.manifest != hash {
            let what = "it speaks of a manifest with the hash";
            return Some(format!(
                "{what} {}, that of the volume has {hash}",
                self.manifest
            ));
        }
        if self.index.is_some_and(|index| index != manifest.index.hash) {
            return Some("it speaks of another index than the manifest".to_owned());
        }
        let mut objects = self.objects.iter();
        objects.find_map(|object| object.contradicts(manifest, self.removed_at))
    }
}

impl RemovedObject {
    /// The tombstone's words for a segment.
    pub(crate) fn of(segment: &SegmentOf, counted_from: i64, kept_days: u32, rule: &str) -> Self {
        Self {
            object: segment.object.clone(),
            hash: segment.hash,
            length: segment.length,
            entries: segment.entries(),
            corporation: segment.corporation,
            category: segment.category.clone(),
            counted_from,
            kept_days,
            rule: rule.into(),
        }
    }

    /// What is wrong with it.
    fn contradicts(&self, manifest: &Manifest, removed_at: i64) -> Option<String> {
        let name = &self.object;
        let mut segments = manifest.segments.iter();
        let Some(segment) = segments.find(|segment| segment.object == *name) else {
            return Some(format!("{name}: the manifest names no such object"));
        };
        let expected = Self::of(segment, self.counted_from, self.kept_days, &self.rule);
        if *self != expected {
            return Some(format!("{name}: it is not as the manifest has it"));
        }
        if self.counted_from < segment.last_at() {
            let what = "its period was counted from before its newest entry";
            return Some(format!("{name}: {what}"));
        }
        let ends = self
            .counted_from
            .saturating_add(i64::from(self.kept_days) * DAY);
        if removed_at < ends || self.kept_days < SHORTEST_KEEP_DAYS {
            let days = self.kept_days;
            return Some(format!(
                "{name}: it was removed before its period of {days} days had ended"
            ));
        }
        None
    }
}

/// The name of a tombstone, for people.
pub(crate) fn place(volume: u64, number: u64) -> String {
    names::removal(volume, number).to_string()
}

/// What somebody is told who looks for something that was removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// The corporation whose it was.
    pub corporation: u16,
    /// Its category.
    pub category: Box<str>,
    /// When it was removed, in milliseconds since 1970.
    pub at: i64,
    /// Under which rule.
    pub rule: Box<str>,
    /// Whether the index says that it was there. Without the index, which goes with the last object of a
    /// volume, only its time says so.
    pub certain: bool,
}

/// The tombstones of an archive, by volume.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gone(BTreeMap<u64, Vec<Arc<Removal>>>);

impl Gone {
    pub(crate) fn add(&mut self, removal: Arc<Removal>) {
        self.0.entry(removal.volume).or_default().push(removal);
    }

    fn of(&self, volume: u64) -> impl Iterator<Item = &Arc<Removal>> {
        self.0.get(&volume).into_iter().flatten()
    }

    /// The tombstone of an object.
    pub(crate) fn object(&self, volume: u64, object: &str) -> Option<(&Removal, &RemovedObject)> {
        self.of(volume).find_map(|removal| {
            let mut objects = removal.objects.iter();
            let found = objects.find(|removed| removed.object == object)?;
            Some((&**removal, found))
        })
    }

    /// Whether a tombstone speaks of this object: one with entries, or the index.
    pub(crate) fn has(&self, volume: u64, object: &str) -> bool {
        self.object(volume, object).is_some() || (object == names::INDEX && self.index(volume))
    }

    /// Whether the index of the volume is gone.
    pub(crate) fn index(&self, volume: u64) -> bool {
        self.of(volume).any(|removal| removal.index.is_some())
    }

    /// What is told of a segment that was removed.
    pub(crate) fn told(&self, volume: u64, segment: &SegmentOf, certain: bool) -> Option<Removed> {
        let (removal, object) = self.object(volume, &segment.object)?;
        Some(Removed {
            corporation: object.corporation,
            category: object.category.clone(),
            at: removal.removed_at,
            rule: object.rule.clone(),
            certain,
        })
    }
}
