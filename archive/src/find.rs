//! Owns the finding of entries by their keys, in the open volume and in those that are sealed. Refuses
//! to believe an index: the lines decide, and of a sealed entry what was sealed.

use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};

use sluis_model::TenantKey;

use crate::archive::{Archive, Found, place};
use crate::block::Opened;
use crate::entry::Kind;
use crate::error::ArchiveError;
use crate::index::{self, Key, Wanted};
use crate::manifest::Manifest;
use crate::names;
use crate::sealer::Sealer;

impl Archive {
    /// Visits the entries under a key, newest volume first and newest first within it, until the
    /// visitor breaks. `may_have` says which volumes need not be looked at.
    ///
    /// # Errors
    /// The store fails, or a block is damaged.
    pub fn find(
        &self,
        key: &Key,
        may_have: impl Fn(&Manifest) -> bool,
        visit: &mut dyn FnMut(Found) -> ControlFlow<()>,
    ) -> Result<(), ArchiveError> {
        let wanted = Wanted::new(key, self.sealer.as_ref().map(Sealer::secret));
        let (open, volumes) = {
            // Both of one moment: nothing is found twice, or not at all, while a volume is sealed.
            let open = self.open.read();
            let blocks = open.blocks_of(&wanted.hashes, "the open volume")?;
            (blocks, self.sealed.read().volumes.clone())
        };
        if self.visit_all(&wanted, None, open, visit)?.is_break() {
            return Ok(());
        }
        for manifest in volumes.iter().rev().filter(|manifest| may_have(manifest)) {
            let blocks = self.blocks_of(manifest, &wanted.hashes)?;
            let volume = Some(manifest.volume);
            if self.visit_all(&wanted, volume, blocks, visit)?.is_break() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The tenant's newest record whose sequence is at most `sequence`: to walk along its records, also
    /// where the journal has them no more.
    ///
    /// # Errors
    /// The store fails, or a block is damaged.
    pub fn record(
        &self,
        tenant: &TenantKey,
        shard: u16,
        sequence: u64,
    ) -> Result<Option<Found>, ArchiveError> {
        let mut record = None;
        let key = Key::Tenant(tenant.clone());
        let begins_before = |manifest: &Manifest| {
            let reached = manifest.shards.get(usize::from(shard));
            reached.is_some_and(|reached| reached.after < sequence && reached.upto > reached.after)
        };
        self.find(&key, begins_before, &mut |found| {
            if found.head.kind != Kind::Record || found.head.sequence > sequence {
                return ControlFlow::Continue(());
            }
            record = Some(found);
            ControlFlow::Break(())
        })?;
        Ok(record)
    }

    /// Visits the wanted entries of one volume, newest first.
    fn visit_all(
        &self,
        wanted: &Wanted<'_>,
        volume: Option<u64>,
        blocks: Vec<Opened>,
        visit: &mut dyn FnMut(Found) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, ArchiveError> {
        let place = place(volume);
        let mut all = Vec::new();
        for block in &blocks {
            for entry in block.entries_with(&wanted.texts, &place) {
                let (head, body) = entry?;
                if !wanted.may_be(&head) {
                    continue;
                }
                let found = self.lifted((head, body), volume)?;
                // Two keys may have the same mark.
                if !found.cover.is_open() || wanted.is(&found.head) {
                    all.push(found);
                }
            }
        }
        // What left stands behind the record of its outcome, and comes before it here.
        all.sort_by_key(|found| (found.head.at, found.head.sequence, found.head.kind));
        for found in all.into_iter().rev() {
            if visit(found).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// The blocks of a volume that the index names for the keys.
    fn blocks_of(&self, manifest: &Manifest, hashes: &[u64]) -> Result<Vec<Opened>, ArchiveError> {
        let path = names::object(manifest.volume, &manifest.index.object);
        let mut read = |range: Range<u64>| self.store.range(&path, range);
        let mut numbers = BTreeSet::new();
        for hash in hashes {
            numbers.extend(index::blocks(&mut read, manifest.index.rows, *hash)?);
        }
        let open = |number: &u32| self.block(manifest, *number);
        numbers.iter().map(open).collect()
    }

    fn block(&self, manifest: &Manifest, number: u32) -> Result<Opened, ArchiveError> {
        let name = (manifest.volume, number);
        if let Some(opened) = self.remembered(name) {
            return Ok(opened);
        }
        let Some((segment, block, at)) = manifest.blocks().nth(number as usize) else {
            let place = names::object(manifest.volume, &manifest.index.object).to_string();
            let what = format!("it names block {number}, which the volume has not");
            return Err(ArchiveError::damaged(place, what));
        };
        let opened = self.read_block(manifest, segment, block, at)?;
        self.remember(name, opened.clone());
        Ok(opened)
    }
}
