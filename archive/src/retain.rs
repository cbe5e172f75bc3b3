//! Owns the removal of what is past its period, volume by volume: first a tombstone, durable, then the
//! objects. Refuses to remove a part of an object, and anything that a legal hold keeps.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use bytes::Bytes;
use object_store::path::Path;
use sluis_model::NotificationId;

use crate::archive::Archive;
use crate::due::Counted;
use crate::error::ArchiveError;
use crate::hash::Hash;
use crate::index::Key;
use crate::manifest::{Manifest, SegmentOf};
use crate::names;
use crate::removal::{REMOVAL_FORMAT, Removal, RemovedObject};
use crate::store::Deleted;
use crate::terms::Terms;

/// Most notifications that a held subject may have: beyond these a hold is refused, not cut short.
pub const MOST_HELD: usize = 1_000_000;

/// What was done about one volume.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retained {
    /// Objects with entries that were removed.
    pub objects: u64,
    /// Their entries.
    pub entries: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Objects past their period that a legal hold keeps.
    pub held: u64,
    /// Objects whose period has not begun, because notifications are open.
    pub open: u64,
    /// Objects, indexes among them, that a bucket shows no more and of which it keeps a version.
    pub hidden: u64,
}

impl Retained {
    /// Adds what was done about another volume.
    pub const fn add(&mut self, other: &Self) {
        self.objects += other.objects;
        self.entries += other.entries;
        self.bytes += other.bytes;
        self.held += other.held;
        self.open += other.open;
        self.hidden += other.hidden;
    }
}

impl Archive {
    /// What is held with these tenants and subjects: also everything about the notifications of the
    /// subjects.
    ///
    /// # Errors
    /// The store fails, a block is damaged, or it is more than [`MOST_HELD`].
    pub fn held(&self, keys: &[Key]) -> Result<Vec<Key>, ArchiveError> {
        let mut held = keys.to_vec();
        for key in keys {
            let Key::Subject(..) = key else {
                continue;
            };
            let mut ids = BTreeSet::new();
            self.find(key, |_| true, &mut |found| {
                let of_found = found.head.ids.iter();
                ids.extend(of_found.filter_map(|id| id.parse::<NotificationId>().ok()));
                match ids.len() > MOST_HELD {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            })?;
            if held.len() + ids.len() > MOST_HELD {
                return Err(ArchiveError::TooManyHeld { most: MOST_HELD });
            }
            held.extend(ids.into_iter().map(Key::Notification));
        }
        Ok(held)
    }

    /// Removes from one volume what is past its period at `now`. `held` is what [`Archive::held`] says.
    /// The tombstone is durable before anything goes. What the store does not let go is tried again
    /// with [`Archive::try_again`].
    ///
    /// # Errors
    /// The store fails before anything was removed.
    pub fn retain(
        &self,
        volume: u64,
        terms: &Terms,
        held: &[Key],
        now: i64,
    ) -> Result<Retained, ArchiveError> {
        let _writing = self.writing();
        let mut retained = Retained::default();
        let Some(manifest) = self.volume(volume) else {
            return Ok(retained);
        };
        let mut due = self.due(&manifest, terms, now, &mut retained);
        if !due.is_empty() && !held.is_empty() {
            let kept = self.segments_of(&manifest, held)?;
            let before = due.len();
            due.retain(|object| !kept.contains(&object.object));
            retained.held += (before - due.len()) as u64;
        }
        if due.is_empty() {
            return Ok(retained);
        }
        for object in &due {
            retained.objects += 1;
            retained.entries += object.entries;
            retained.bytes += object.length;
        }
        for path in self.bury(&manifest, due, now)? {
            retained.hidden += u64::from(self.let_go(path) == Some(Deleted::Hidden));
        }
        Ok(retained)
    }

    /// The objects of a volume that are past their period and still there.
    fn due(
        &self,
        manifest: &Manifest,
        terms: &Terms,
        now: i64,
        retained: &mut Retained,
    ) -> Vec<RemovedObject> {
        let chain = self.chain();
        let is_there = |segment: &&SegmentOf| !chain.gone.has(manifest.volume, &segment.object);
        let mut due = Vec::new();
        for segment in manifest.segments.iter().filter(is_there) {
            let Some(rule) = terms.rule(segment.corporation, &segment.category) else {
                continue;
            };
            let is_past = |from: i64| from.saturating_add(rule.period_ms()) <= now;
            if !is_past(segment.last_at()) {
                continue;
            }
            match chain.ends.counted(segment) {
                Counted::From(from) if is_past(from) => {
                    due.push(RemovedObject::of(segment, from, rule.days, &rule.name));
                }
                Counted::From(_) => {}
                Counted::Open(_) => retained.open += 1,
            }
        }
        due
    }

    /// The objects of a volume that have entries under one of the keys.
    fn segments_of(
        &self,
        manifest: &Manifest,
        keys: &[Key],
    ) -> Result<BTreeSet<String>, ArchiveError> {
        let mut objects = BTreeSet::new();
        for key in keys {
            objects.extend(self.objects_with(manifest, key)?);
        }
        Ok(objects)
    }

    /// Writes the tombstone; the paths of what is to go.
    fn bury(
        &self,
        manifest: &Manifest,
        objects: Vec<RemovedObject>,
        now: i64,
    ) -> Result<Vec<Path>, ArchiveError> {
        let volume = manifest.volume;
        let (removal, is_last) = {
            let chain = self.chain();
            let stays = |segment: &&SegmentOf| {
                let mut going = objects.iter();
                !chain.gone.has(volume, &segment.object)
                    && !going.any(|object| object.object == segment.object)
            };
            let is_last = !manifest.segments.iter().any(|segment| stays(&segment));
            let removal = Removal {
                format: REMOVAL_FORMAT.to_owned(),
                number: chain.removals.number + 1,
                previous: chain.removals.hash,
                volume,
                manifest: chain.hash(volume),
                removed_at: now,
                objects,
                index: is_last.then_some(manifest.index.hash),
            };
            (removal, is_last)
        };
        let mut paths: Vec<Path> = removal
            .objects
            .iter()
            .map(|object| names::object(volume, &object.object))
            .collect();
        if is_last {
            paths.push(names::object(volume, &manifest.index.object));
        }
        let (removal, hash) = self.put_tombstone(removal)?;
        self.chain_mut().remove(removal, hash);
        self.forget(volume);
        Ok(paths)
    }

    /// Stores a tombstone; the one that is there, and its hash. That is another one when this was tried
    /// before and the store said that it failed: then it differs in its time only.
    fn put_tombstone(&self, removal: Removal) -> Result<(Removal, Hash), ArchiveError> {
        let path = names::removal(removal.volume, removal.number);
        let bytes = Bytes::from(removal.bytes());
        let Err(error) = self.store().put_once(&path, bytes.clone()) else {
            return Ok((removal, Hash::of(&bytes)));
        };
        let ArchiveError::Store {
            source: object_store::Error::AlreadyExists { .. },
            ..
        } = error
        else {
            return Err(error);
        };
        let bytes = self.store().get(&path)?.unwrap_or_default();
        let there = Removal::read(removal.volume, removal.number, &bytes)?;
        let of_that_time = Removal {
            removed_at: there.removed_at,
            ..removal
        };
        match there == of_that_time {
            true => Ok((there, Hash::of(&bytes))),
            false => Err(error),
        }
    }

    /// What became of it; none: the store did not let it go.
    fn let_go(&self, path: Path) -> Option<Deleted> {
        let deleted = self.store().delete(&path).ok();
        if deleted.is_none() {
            self.undeleted.lock().insert(path);
        }
        deleted
    }

    /// Objects that have a tombstone and that the store did not let go.
    #[must_use]
    pub fn undeleted(&self) -> usize {
        self.undeleted.lock().len()
    }

    /// Tries again to remove at most so many objects that have a tombstone and that the store did not let
    /// go; how many went, and why the first of the others did not.
    pub fn try_again(&self, most: usize) -> (u64, Option<ArchiveError>) {
        let paths: Vec<Path> = self.undeleted.lock().iter().take(most).cloned().collect();
        let (mut went, mut why) = (0, None);
        for path in paths {
            match self.store().delete(&path) {
                Ok(_) => {
                    self.undeleted.lock().remove(&path);
                    went += 1;
                }
                Err(error) => why = why.or(Some(error)),
            }
        }
        (went, why)
    }

    /// Whether a tombstone is in no manifest yet: sealing a volume puts it there.
    #[must_use]
    pub fn owes_removals(&self) -> bool {
        self.chain().owes_removals()
    }
}
