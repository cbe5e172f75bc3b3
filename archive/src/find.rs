//! Owns finding entries by key, in what is sealed and in what is being filled, and says what was removed
//! that may have had some. Refuses to change anything, and to believe an index: the lines decide, and of
//! a sealed entry what was sealed.

use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use sluis_model::TenantKey;

use crate::archive::{Archive, Found, block_place, place};
use crate::block::{Laid, Opened};
use crate::entry::Kind;
use crate::error::ArchiveError;
use crate::flows;
use crate::index::{self, Key, Wanted};
use crate::lifter::Lifter;
use crate::manifest::{BlockOf, Manifest, SegmentOf};
use crate::names;
use crate::removal::{Gone, Removed};
use crate::sealer::Sealer;

/// Opened blocks that are remembered: what belongs together mostly stands in few of them.
const MOST_REMEMBERED: usize = 16;
/// Removals that are told at once: one for each corporation and category.
const MOST_TOLD: usize = 16;

impl Archive {
    /// Visits the entries under a key, newest volume first and newest first within it, until the
    /// visitor breaks. `may_have` says which volumes need not be looked at. What is given back is what
    /// was removed on the way and may have had some: the newest of each corporation and category.
    ///
    /// # Errors
    /// The store fails, or a block is damaged.
    pub fn find(
        &self,
        key: &Key,
        may_have: impl Fn(&Manifest) -> bool,
        visit: &mut dyn FnMut(Found) -> ControlFlow<()>,
    ) -> Result<Vec<Removed>, ArchiveError> {
        let wanted = self.wanted(key);
        let (open, volumes, gone) = {
            // All of one moment: nothing is found twice, or not at all, while a volume is sealed.
            let open = self.open.read();
            let blocks = open.blocks_of(&wanted.hashes, "the open volume")?;
            let chain = self.chain();
            (blocks, chain.volumes.clone(), chain.gone.clone())
        };
        let mut removed = Vec::new();
        if self.visit_all(&wanted, None, open, visit)?.is_break() {
            return Ok(removed);
        }
        let may_have = |manifest: &&Arc<Manifest>| {
            may_have(manifest)
                && is_of_its_days(manifest, key)
                && is_of_its_tenants(manifest, key, &wanted)
        };
        for manifest in volumes.iter().rev().filter(may_have) {
            let blocks = self.blocks_of(manifest, (key, &wanted), &gone, &mut removed)?;
            let volume = Some(manifest.volume);
            if self.visit_all(&wanted, volume, blocks, visit)?.is_break() {
                break;
            }
        }
        Ok(removed)
    }

    /// The tenant's newest record whose sequence is at most `sequence`: to walk along its records, also
    /// where the journal has them no more. And what was removed that may have had a newer one.
    ///
    /// # Errors
    /// The store fails, or a block is damaged.
    pub fn record(
        &self,
        tenant: &TenantKey,
        shard: u16,
        sequence: u64,
    ) -> Result<(Option<Found>, Vec<Removed>), ArchiveError> {
        let mut record = None;
        let key = Key::Tenant(tenant.clone());
        let begins_before = |manifest: &Manifest| {
            let reached = manifest.shards.get(usize::from(shard));
            reached.is_some_and(|reached| reached.after < sequence && reached.upto > reached.after)
        };
        let removed = self.find(&key, begins_before, &mut |found| {
            if found.head.kind != Kind::Record || found.head.sequence > sequence {
                return ControlFlow::Continue(());
            }
            record = Some(found);
            ControlFlow::Break(())
        })?;
        Ok((record, removed))
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
            let mut lifter = Lifter::new(self.sealer.as_ref(), block, &place);
            for laid in block.all_with(&wanted.texts, &place) {
                let laid = laid?;
                if !may_be(wanted, &laid) {
                    continue;
                }
                let lifted = lifter.lift(laid)?.into_iter();
                let found = lifted.map(|lifted| Found::of(lifted, volume));
                // What is sealed together has entries of other keys too, and two keys may have the
                // same mark.
                all.extend(found.filter(|found| !found.cover.is_open() || wanted.is(&found.head)));
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

    /// Under which hashes and texts a key is found here.
    fn wanted<'a>(&self, key: &'a Key) -> Wanted<'a> {
        Wanted::new(key, self.sealer.as_ref().map(Sealer::secret))
    }

    /// The numbers of the blocks of a volume that its index names.
    fn numbers(
        &self,
        manifest: &Manifest,
        wanted: &Wanted<'_>,
    ) -> Result<BTreeSet<u32>, ArchiveError> {
        let path = names::object(manifest.volume, &manifest.index.object);
        let mut read = |range: Range<u64>| self.store().range(&path, range);
        let mut numbers = BTreeSet::new();
        for hash in &wanted.hashes {
            numbers.extend(index::blocks(&mut read, manifest.index.rows, *hash)?);
        }
        Ok(numbers)
    }

    /// The objects of a volume that may have entries under the key, as its index says.
    pub(crate) fn objects_with(
        &self,
        manifest: &Manifest,
        key: &Key,
    ) -> Result<BTreeSet<String>, ArchiveError> {
        let numbers = self.numbers(manifest, &self.wanted(key))?;
        let blocks = manifest.blocks().zip(0u32..);
        let named = blocks.filter(|(_, number)| numbers.contains(number));
        Ok(named
            .map(|((segment, ..), _)| segment.object.clone())
            .collect())
    }

    /// The blocks of a volume that the index names for the key, except those that were removed.
    fn blocks_of(
        &self,
        manifest: &Manifest,
        (key, wanted): (&Key, &Wanted<'_>),
        gone: &Gone,
        removed: &mut Vec<Removed>,
    ) -> Result<Vec<Opened>, ArchiveError> {
        if gone.index(manifest.volume) {
            may_have_had(manifest, key, gone, removed);
            return Ok(Vec::new());
        }
        let numbers = match self.numbers(manifest, wanted) {
            Ok(numbers) => numbers,
            // It went while this looked.
            Err(_) if self.gone().index(manifest.volume) => {
                may_have_had(manifest, key, &self.gone(), removed);
                return Ok(Vec::new());
            }
            Err(error) => return Err(error),
        };
        let mut blocks = Vec::with_capacity(numbers.len());
        for number in numbers {
            let Some((segment, block, at)) = manifest.blocks().nth(number as usize) else {
                let what = format!("it names block {number}, which the volume has not");
                let path = names::object(manifest.volume, &manifest.index.object);
                return Err(ArchiveError::damaged(path.to_string(), what));
            };
            if let Some(told) = gone.told(manifest.volume, segment, true) {
                tell(removed, told);
                continue;
            }
            match self.block((manifest, number), segment, block, at) {
                Ok(opened) => blocks.push(opened),
                Err(error) => match self.gone().told(manifest.volume, segment, true) {
                    Some(told) => tell(removed, told),
                    None => return Err(error),
                },
            }
        }
        Ok(blocks)
    }

    fn gone(&self) -> Arc<Gone> {
        self.chain().gone.clone()
    }

    fn block(
        &self,
        (manifest, number): (&Manifest, u32),
        segment: &SegmentOf,
        block: &BlockOf,
        at: u64,
    ) -> Result<Opened, ArchiveError> {
        let name = (manifest.volume, number);
        if let Some(opened) = self.remembered(name) {
            return Ok(opened);
        }
        let opened = self.read_block(manifest, segment, block, at)?;
        self.remember(name, opened.clone());
        Ok(opened)
    }

    /// Reads and opens the block that begins at `at`.
    pub(crate) fn read_block(
        &self,
        manifest: &Manifest,
        segment: &SegmentOf,
        block: &BlockOf,
        at: u64,
    ) -> Result<Opened, ArchiveError> {
        let path = names::object(manifest.volume, &segment.object);
        let bytes = self.store().range(&path, at..at + block.length())?;
        Opened::read(block, &bytes, &block_place(&path, at, block))
    }

    fn remembered(&self, name: (u64, u32)) -> Option<Opened> {
        let mut remembered = self.remembered.lock();
        let at = remembered.iter().position(|(of, _)| *of == name)?;
        // The newest stands last, so that the first is the one to forget.
        let found = remembered.remove(at);
        let opened = found.1.clone();
        remembered.push(found);
        Some(opened)
    }

    /// Nothing of the volume is remembered any more.
    pub(crate) fn forget(&self, volume: u64) {
        self.remembered.lock().retain(|((of, _), _)| *of != volume);
    }

    fn remember(&self, name: (u64, u32), opened: Opened) {
        let mut remembered = self.remembered.lock();
        if remembered.len() >= MOST_REMEMBERED {
            remembered.remove(0);
        }
        remembered.push((name, opened));
    }
}

/// Whether what lies in a block may be wanted.
fn may_be(wanted: &Wanted<'_>, laid: &Laid) -> bool {
    match laid {
        Laid::Plain(head, _) => wanted.is(head),
        Laid::Group(line, _) => wanted.is_among(line.marks()),
    }
}

/// Whether the volume may have something under the key: a notification is in few of them, and that is
/// known without its index.
fn is_of_its_days(manifest: &Manifest, key: &Key) -> bool {
    let Key::Notification(id) = key else {
        return true;
    };
    let day = flows::day_of(*id);
    let mut segments = manifest.segments.iter();
    segments.any(|segment| segment.may_have(day))
}

/// Whether the volume may have something of the tenant, which is known without its index too.
fn is_of_its_tenants(manifest: &Manifest, key: &Key, wanted: &Wanted<'_>) -> bool {
    let (Key::Tenant(_), Some(filter)) = (key, &manifest.index.tenants) else {
        return true;
    };
    let mut hashes = wanted.hashes.iter();
    hashes.any(|hash| filter.may_have(*hash))
}

/// What is told of a volume without an index: it is known only from when its objects were.
fn may_have_had(manifest: &Manifest, key: &Key, gone: &Gone, removed: &mut Vec<Removed>) {
    let may_be = |segment: &&SegmentOf| match key {
        Key::Tenant(tenant) => tenant.corporation.0 == segment.corporation,
        Key::Subject(corporation, _) => corporation.0 == segment.corporation,
        Key::Notification(id) => segment.may_have(flows::day_of(*id)),
    };
    for segment in manifest.segments.iter().filter(may_be) {
        if let Some(told) = gone.told(manifest.volume, segment, false) {
            tell(removed, told);
        }
    }
}

/// Keeps the newest of each corporation and category; what is certain goes before what is not.
fn tell(removed: &mut Vec<Removed>, told: Removed) {
    let class = |of: &Removed| (of.corporation, of.category.clone());
    let has_room = removed.len() < MOST_TOLD;
    match removed
        .iter_mut()
        .find(|other| class(other) == class(&told))
    {
        Some(other) if told.certain && !other.certain => *other = told,
        Some(_) => {}
        None if has_room => removed.push(told),
        None => {}
    }
}
