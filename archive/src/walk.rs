//! Owns walking along everything that is sealed, oldest volume first. Refuses to look at the volume
//! that is being filled.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crate::archive::{Archive, Found, place};
use crate::block::Opened;
use crate::error::ArchiveError;
use crate::lifter::Lifter;
use crate::veil::Cover;

impl Archive {
    /// Visits the entries of the sealed volumes with their categories, oldest volume first and in the
    /// order in which they came within a segment, until the visitor breaks. `wants` is asked of each
    /// block: the corporation's number, and when its oldest and its newest entry were decided. What was
    /// removed is passed over; how many objects with wanted blocks that is is given back.
    ///
    /// # Errors
    /// The store fails, or a block is damaged.
    pub fn each(
        &self,
        wants: impl Fn(u16, i64, i64) -> bool,
        visit: &mut dyn FnMut(&str, Found) -> ControlFlow<()>,
    ) -> Result<u64, ArchiveError> {
        let mut removed = 0;
        let gone = self.chain().gone.clone();
        for manifest in self.volumes().iter() {
            let volume = Some(manifest.volume);
            let mut passed = BTreeSet::new();
            for (segment, block, at) in manifest.blocks() {
                let is_wanted = wants(segment.corporation, block.first_at, block.last_at);
                if !is_wanted {
                    continue;
                }
                if gone.has(manifest.volume, &segment.object) {
                    removed += u64::from(passed.insert(&segment.object));
                    continue;
                }
                let opened = self.read_block(manifest, segment, block, at)?;
                for found in self.all_of(&opened, volume)? {
                    if visit(&segment.category, found).is_break() {
                        return Ok(removed);
                    }
                }
            }
        }
        Ok(removed)
    }

    /// All entries of a block, in the order in which they came: what is sealed together lies together.
    fn all_of(&self, block: &Opened, volume: Option<u64>) -> Result<Vec<Found>, ArchiveError> {
        let place = place(volume);
        let mut lifter = Lifter::new(self.sealer.as_ref(), block, &place);
        let (mut all, mut is_grouped) = (Vec::new(), false);
        for laid in block.all(&place) {
            let lifted = lifter.lift(laid?)?.into_iter();
            all.extend(lifted.map(|lifted| Found::of(lifted, volume)));
            is_grouped |= all.last().is_some_and(|found| found.cover != Cover::Bare);
        }
        if is_grouped {
            all.sort_by_key(|found| (found.head.at, found.head.sequence, found.head.kind));
        }
        Ok(all)
    }
}
