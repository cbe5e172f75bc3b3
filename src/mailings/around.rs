//! Owns what mailings need of the engine.

use sluis_actors::{Book, Engine};
use sluis_model::{Clock, Flow, FlowBook as _, FlowRef};

use crate::admission::Admission;

/// The engine, as mailings need it.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// The door.
    pub admission: &'a Admission,
    /// The shards.
    pub engine: &'a Engine,
    /// The definitions.
    pub book: &'a Book,
    /// The clock.
    pub clock: &'a dyn Clock,
}

impl<'a> Around<'a> {
    /// A definition.
    pub(super) fn flow(&self, reference: FlowRef) -> Option<&'a Flow> {
        self.book.flow(reference)
    }
}
