//! Owns walking along everything that is sealed, oldest volume first. Refuses to look at the volume
//! that is being filled.

use std::ops::ControlFlow;

use crate::archive::{Archive, Found};
use crate::error::ArchiveError;
use crate::manifest;

impl Archive {
    /// Visits the entries of the sealed volumes with their categories, oldest volume first and in the
    /// order in which they came within a segment, until the visitor breaks. `wants` is asked of each
    /// block: the corporation's number, and when its oldest and its newest entry were decided. What was
    /// removed is passed over.
    ///
    /// # Errors
    /// The store fails, or a block is damaged.
    pub fn each(
        &self,
        wants: impl Fn(u16, i64, i64) -> bool,
        visit: &mut dyn FnMut(&str, Found) -> ControlFlow<()>,
    ) -> Result<(), ArchiveError> {
        let gone = self.chain().gone.clone();
        for manifest in self.volumes().iter() {
            let volume = Some(manifest.volume);
            for (segment, block, at) in manifest.blocks() {
                let is_wanted = wants(segment.corporation, block.first_at, block.last_at);
                if !is_wanted || gone.has(manifest.volume, &segment.object) {
                    continue;
                }
                let opened = self.read_block(manifest, segment, block, at)?;
                for entry in opened.entries(&manifest::place(manifest.volume)) {
                    let found = self.lifted(entry?, volume)?;
                    if visit(&segment.category, found).is_break() {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }
}
