//! Owns the copy of an archive in a directory. Sealed volumes never change, so each is copied once, and
//! every object that is copied is held against the hash in its manifest. What a tombstone says was
//! removed goes from the copy too. Refuses to take anything else from the copy: what is missing in the
//! archive may be missing because it is damaged.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use sluis_archive::{Hash, Manifest, Store, verify};
use sluis_journal::Sequence;

use super::files::{copy_file, make_dir};

const VOLUMES: &str = "volumes";
const MANIFEST: &str = "manifest.json";

/// Where the archive of a data directory is, unless the configuration says otherwise; and where it is in
/// a copy.
pub(super) fn place(dir: &Path) -> PathBuf {
    dir.join("archive")
}

/// What was copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Archived {
    /// Volumes in the copy.
    pub volumes: u64,
    /// Bytes that were copied now, each read and checked.
    pub copied_bytes: u64,
}

/// Copies the sealed volumes that go no further than `lasts`, the last record of each shard in the copy of
/// the journal: an archive that is ahead of its journal is refused at a start.
///
/// # Errors
/// Something is missing or damaged: then the copy keeps what it has. A failing disk.
pub(super) fn copy(from: &Path, to: &Path, lasts: &[Sequence]) -> anyhow::Result<Archived> {
    let mut archived = Archived::default();
    for (volume, manifest) in volumes(from, to)? {
        let is_ahead = manifest
            .shards
            .iter()
            .zip(lasts)
            .any(|(reached, last)| reached.upto > last.0);
        if is_ahead {
            break;
        }
        archived.copied_bytes += volume.copy(&manifest)?;
        archived.volumes += 1;
    }
    Ok(archived)
}

/// Reads everything that a copy would add to the earlier one, and changes nothing.
///
/// # Errors
/// As of [`copy`].
pub(super) fn look_over(from: &Path, to: &Path) -> anyhow::Result<()> {
    for (volume, manifest) in volumes(from, to)? {
        for (object, hash) in volume.new_objects(&manifest)? {
            let path = volume.from.join(object);
            let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
            is_it(&path, &bytes, hash)?;
        }
    }
    Ok(())
}

/// The sealed volumes, oldest first.
fn volumes(from: &Path, to: &Path) -> anyhow::Result<Vec<(Volume, Manifest)>> {
    let (source, target) = (from.join(VOLUMES), to.join(VOLUMES));
    let (here, copied) = (names(&source)?, names(&target)?);
    let mut volumes = Vec::new();
    for name in here.union(&copied) {
        let volume = Volume {
            from: source.join(name),
            to: target.join(name),
        };
        match volume.manifest()? {
            Some(manifest) => volumes.push((volume, manifest)),
            None if volume.to.join(MANIFEST).exists() => bail!(
                "{}: is missing in the archive, and the copy has it: put it back from {}",
                volume.from.display(),
                volume.to.display()
            ),
            // It is being sealed.
            None => {}
        }
    }
    Ok(volumes)
}

fn is_it(path: &Path, bytes: &[u8], hash: Hash) -> anyhow::Result<()> {
    let is_it = Hash::of(bytes) == hash;
    ensure!(
        is_it,
        "{}: is damaged: it has not the hash in its manifest",
        path.display()
    );
    Ok(())
}

/// Reads a whole archive.
///
/// # Errors
/// Anything is wrong with it.
pub(super) fn check(archive: &Path) -> anyhow::Result<u64> {
    let report = verify(&Store::directory(archive)?, None, &mut |_, _| ())?;
    if let Some(fault) = report.faults.first() {
        bail!(
            "the archive in the copy is damaged: {}: {}",
            fault.place,
            fault.what
        );
    }
    Ok(report.volumes)
}

struct Volume {
    from: PathBuf,
    to: PathBuf,
}

impl Volume {
    fn manifest(&self) -> anyhow::Result<Option<Manifest>> {
        let path = self.from.join(MANIFEST);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        };
        let manifest = serde_json::from_slice(&bytes);
        manifest
            .map(Some)
            .with_context(|| format!("{}: is no manifest", path.display()))
    }

    /// Copies what is not there, the manifest last: without it there is no volume.
    fn copy(&self, manifest: &Manifest) -> anyhow::Result<u64> {
        make_dir(&self.to)?;
        let mut bytes = 0;
        for (object, hash) in self.new_objects(manifest)? {
            bytes += self.copy_checked(object, hash)?;
        }
        let (here, there) = (names(&self.from)?, names(&self.to)?);
        let removed = self.removed(&here)?;
        for object in there.intersection(&removed) {
            let path = self.to.join(object);
            fs::remove_file(&path).with_context(|| path.display().to_string())?;
        }
        let known: BTreeSet<&str> = objects(manifest).map(|(object, _)| object).collect();
        let others = here
            .iter()
            .filter(|name| !known.contains(name.as_str()) && *name != MANIFEST);
        for name in others.map(String::as_str).chain([MANIFEST]) {
            if !there.contains(name) {
                copy_file(&self.from.join(name), &self.to.join(name))?;
            }
        }
        Ok(bytes)
    }

    /// What the copy has not, and no tombstone says that it was removed.
    fn new_objects<'a>(&self, manifest: &'a Manifest) -> anyhow::Result<Vec<(&'a str, Hash)>> {
        let (here, there) = (names(&self.from)?, names(&self.to)?);
        let removed = self.removed(&here)?;
        let mut new = Vec::new();
        for (object, hash) in objects(manifest).filter(|(object, _)| !removed.contains(*object)) {
            let path = self.from.join(object);
            ensure!(
                here.contains(object),
                "{}: is missing in the archive",
                path.display()
            );
            if !there.contains(object) {
                new.push((object, hash));
            }
        }
        Ok(new)
    }

    fn copy_checked(&self, object: &str, hash: Hash) -> anyhow::Result<u64> {
        let (from, to) = (self.from.join(object), self.to.join(object));
        let aside = self.to.join(format!("{object}.tmp"));
        copy_file(&from, &aside)?;
        let bytes = fs::read(&aside).with_context(|| aside.display().to_string())?;
        is_it(&from, &bytes, hash)?;
        fs::rename(&aside, &to).with_context(|| to.display().to_string())?;
        Ok(bytes.len() as u64)
    }

    /// Objects of which a tombstone in this volume says that they were removed.
    fn removed(&self, here: &BTreeSet<String>) -> anyhow::Result<BTreeSet<String>> {
        let mut removed = BTreeSet::new();
        let tombstones = here
            .iter()
            .filter(|name| name.ends_with(".json") && *name != MANIFEST);
        for name in tombstones {
            let path = self.from.join(name);
            let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
            let tombstone: Value = serde_json::from_slice(&bytes)
                .with_context(|| format!("{}: is no tombstone", path.display()))?;
            let objects = tombstone["objects"].as_array().into_iter().flatten();
            removed.extend(objects.filter_map(|of| of["object"].as_str().map(str::to_owned)));
            if tombstone["index"].is_string() {
                removed.insert("index".to_owned());
            }
        }
        Ok(removed)
    }
}

/// The objects of a volume with their hashes.
fn objects(manifest: &Manifest) -> impl Iterator<Item = (&str, Hash)> {
    let segments = manifest.segments.iter();
    let segments = segments.map(|segment| (segment.object.as_str(), segment.hash));
    let index = &manifest.index;
    segments.chain([(index.object.as_str(), index.hash)])
}

/// The names in a directory; none when it is not there.
fn names(dir: &Path) -> anyhow::Result<BTreeSet<String>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(error).with_context(|| dir.display().to_string()),
    };
    let mut names = BTreeSet::new();
    for entry in entries {
        let name = entry
            .with_context(|| dir.display().to_string())?
            .file_name();
        names.extend(
            name.into_string()
                .ok()
                .filter(|name| !name.ends_with(".tmp")),
        );
    }
    Ok(names)
}
