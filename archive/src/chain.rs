//! Owns the following of a chain from its first manifest to its newest, and of the tombstones beside it.
//! Refuses a gap, and a link that does not follow the one before.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path;

use crate::due::Ends;
use crate::error::ArchiveError;
use crate::hash::Hash;
use crate::manifest::{self, Manifest, Removals, Tip};
use crate::names;
use crate::removal::{self, Gone, Removal};
use crate::store::Store;

/// The sealed volumes. Volumes and tombstones are shared with whoever looks: they are copied only when
/// one is added while somebody does.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    pub(crate) volumes: Arc<Vec<Arc<Manifest>>>,
    pub(crate) tip: Tip,
    pub(crate) gone: Arc<Gone>,
    pub(crate) removals: Removals,
    pub(crate) ends: Ends,
}

/// What a store has.
#[derive(Default)]
pub(crate) struct Listed {
    pub(crate) chain: Chain,
    /// Objects of a volume that was never sealed.
    pub(crate) leftovers: Vec<Path>,
    /// Objects that a tombstone speaks of and that are there all the same.
    pub(crate) undeleted: Vec<Path>,
}

impl Chain {
    pub(crate) fn seal(&mut self, manifest: Arc<Manifest>, tip: Tip) {
        self.ends.add(&manifest);
        Arc::make_mut(&mut self.volumes).push(manifest);
        self.tip = tip;
    }

    pub(crate) fn remove(&mut self, removal: Removal, hash: Hash) {
        self.removals = Removals {
            number: removal.number,
            hash,
        };
        Arc::make_mut(&mut self.gone).add(Arc::new(removal));
    }

    /// The hash of a volume's manifest.
    pub(crate) fn hash(&self, volume: u64) -> Hash {
        let next = usize::try_from(volume).unwrap_or(usize::MAX);
        let next = self.volumes.get(next);
        next.map_or(self.tip.hash, |next| next.previous)
    }

    /// Whether the newest manifest does not name the newest tombstone yet.
    pub(crate) fn owes_removals(&self) -> bool {
        let named = self.volumes.last().map(|newest| newest.removals);
        named.unwrap_or_default() != self.removals
    }
}

/// The manifests in the store, without a gap, the end of their chain, and what was removed.
pub(crate) fn read(store: &Store) -> Result<Listed, ArchiveError> {
    let objects = store.list(names::VOLUMES)?;
    let found: Vec<(u64, String)> = objects
        .iter()
        .filter_map(|object| names::parts(&object.location))
        .collect();
    let sealed = found.iter().filter(|(_, object)| object == names::MANIFEST);
    let newest = sealed.map(|(volume, _)| *volume).max().unwrap_or(0);
    let mut listed = Listed::default();
    let paths = (1..=newest).map(|volume| names::object(volume, names::MANIFEST));
    let chain = &mut listed.chain;
    store.get_all(paths, &mut |bytes| {
        let (manifest, next) = follows(chain.tip, bytes)?;
        chain.seal(Arc::new(manifest), next);
        Ok(())
    })?;
    removals(store, &found, chain)?;
    for (volume, object) in found {
        let is_gone = chain.gone.has(volume, &object);
        if volume > newest {
            listed.leftovers.push(names::object(volume, &object));
        } else if is_gone {
            listed.undeleted.push(names::object(volume, &object));
        }
    }
    Ok(listed)
}

/// The tombstones among `found`, by number: in which volume each is.
pub(crate) fn numbered(found: &[(u64, String)]) -> BTreeMap<u64, u64> {
    let numbers = found
        .iter()
        .filter_map(|(volume, object)| Some((names::removal_number(object)?, *volume)));
    numbers.collect()
}

/// Follows the tombstones.
fn removals(store: &Store, found: &[(u64, String)], chain: &mut Chain) -> Result<(), ArchiveError> {
    let numbered = numbered(found);
    let paths = numbered
        .iter()
        .map(|(number, volume)| names::removal(*volume, *number));
    let mut numbers = numbered.iter();
    store.get_all(paths, &mut |bytes| {
        let (Some((number, volume)), Some(bytes)) = (numbers.next(), bytes) else {
            return Ok(());
        };
        let removal = Removal::read(*volume, *number, &bytes)?;
        let before = chain.removals;
        if *number != before.number + 1 || removal.previous != before.hash {
            let what = format!(
                "it does not follow tombstone {} with the hash {}",
                before.number, before.hash
            );
            return Err(ArchiveError::damaged(
                removal::place(*volume, *number),
                what,
            ));
        }
        chain.remove(removal, Hash::of(&bytes));
        Ok(())
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
