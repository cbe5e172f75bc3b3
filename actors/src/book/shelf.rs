//! Owns the definitions that were ever taken, by their references, in layers: those of the start, and
//! one for each time some were taken over while the engine runs. Nothing leaves, so whoever has a
//! reference to a definition may keep it. Refuses to say which of them is current.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;
use sluis_model::FlowRef;

use super::entry::Entry;

/// Compiled definitions.
pub(super) type Entries = FxHashMap<FlowRef, Entry>;

/// A layer, and those that came later.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    entries: Entries,
    later: OnceLock<Box<Shelf>>,
}

impl Shelf {
    /// With the definitions of the start.
    pub(super) const fn new(entries: Entries) -> Self {
        Self {
            entries,
            later: OnceLock::new(),
        }
    }

    /// A definition. What came later costs one more look for each layer.
    pub(super) fn get(&self, reference: FlowRef) -> Option<&Entry> {
        self.layers()
            .find_map(|layer| layer.entries.get(&reference))
    }

    /// Every definition.
    pub(super) fn all(&self) -> impl Iterator<Item = &Entry> {
        self.layers().flat_map(|layer| layer.entries.values())
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.layers().map(|layer| layer.entries.len()).sum()
    }

    /// Puts more behind those that are there.
    pub(super) fn add(&self, entries: Entries) {
        let mut layer = Box::new(Self::new(entries));
        let mut last = self;
        // Somebody else may have put a layer there meanwhile: then this one goes behind it.
        while let Err(back) = last.later.set(layer) {
            layer = back;
            match last.later.get() {
                Some(next) => last = next,
                None => return,
            }
        }
    }

    fn layers(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |layer| layer.later.get().map(|next| &**next))
    }
}
