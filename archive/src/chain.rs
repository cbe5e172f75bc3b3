//! Owns the following of a chain from its first manifest to its newest. Refuses a gap, and a manifest
//! that does not follow the one before.

use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path;

use crate::error::ArchiveError;
use crate::hash::Hash;
use crate::manifest::{self, Manifest, Tip};
use crate::names;
use crate::store::Store;

/// What a store has.
pub(crate) struct Listed {
    pub(crate) volumes: Vec<Arc<Manifest>>,
    pub(crate) tip: Tip,
    /// Objects of a volume that was never sealed.
    pub(crate) leftovers: Vec<Path>,
}

/// The manifests in the store, without a gap, and the end of their chain.
pub(crate) fn read(store: &Store) -> Result<Listed, ArchiveError> {
    let objects = store.list(names::VOLUMES)?;
    let listed: Vec<(u64, String)> = objects
        .iter()
        .filter_map(|object| names::parts(&object.location))
        .collect();
    let sealed = listed
        .iter()
        .filter(|(_, object)| object == names::MANIFEST);
    let newest = sealed.map(|(volume, _)| *volume).max().unwrap_or(0);
    let mut volumes: Vec<Arc<Manifest>> = Vec::new();
    let mut tip = Tip::EMPTY;
    let paths = (1..=newest).map(|volume| names::object(volume, names::MANIFEST));
    store.get_all(paths, &mut |bytes| {
        let (manifest, next) = follows(tip, bytes)?;
        volumes.push(Arc::new(manifest));
        tip = next;
        Ok(())
    })?;
    let leftovers = listed.into_iter().filter(|(volume, _)| *volume > newest);
    let leftovers = leftovers.map(|(volume, object)| names::object(volume, &object));
    Ok(Listed {
        volumes,
        tip,
        leftovers: leftovers.collect(),
    })
}

/// The manifest in `bytes`, which has to follow `before`, and the end of the chain with it.
fn follows(before: Tip, bytes: Option<Bytes>) -> Result<(Manifest, Tip), ArchiveError> {
    let volume = before.volume + 1;
    let place = || manifest::place(volume);
    let bytes = bytes.ok_or_else(|| ArchiveError::damaged(place(), "it is missing"))?;
    let manifest = Manifest::read(volume, &bytes)?;
    if manifest.previous != before.hash {
        let what = format!(
            "it follows a manifest with the hash {}, that of volume {} has {}",
            manifest.previous, before.volume, before.hash
        );
        return Err(ArchiveError::damaged(place(), what));
    }
    let hash = Hash::of(&bytes);
    Ok((manifest, Tip { volume, hash }))
}
