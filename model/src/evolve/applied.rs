//! Owns what the change of a state is told besides the event: where it stands, and the flows.

use crate::flow::{Flow, FlowRef};
use crate::input::Input;
use crate::time::Timestamp;

/// Where an event stands: the input it came from, its sequence and time.
#[derive(Clone, Copy, Debug)]
pub struct Applied<'a> {
    /// Sequence of the record.
    pub sequence: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// The input it was decided from.
    pub input: &'a Input,
}

/// Finds the compiled flow behind a reference. Every reference in a journal resolves: definitions
/// are stored first.
pub trait FlowBook {
    /// The flow.
    fn flow(&self, reference: FlowRef) -> Option<&Flow>;
}
