//! Owns how the kinds of steps are told apart in a flow file. Refuses to read what stands under a
//! kind's key: the kind does.

use std::sync::Arc;

use toml::{Table, Value};

use super::kind::StepKind;
use crate::flow::reader::Reader;

/// How a kind of step is written.
pub(super) struct Syntax {
    /// The key that says that a step is of this kind.
    pub key: &'static str,
    /// Reads and checks it. Mistakes go to the reader; with one there need not be a step.
    pub compile: fn(&mut Reader, &Written) -> Option<Arc<dyn StepKind>>,
}

/// One step as it stands in the file.
pub(super) struct Written {
    /// Where it stands: `step.mail`.
    pub path: String,
    /// What stands under the key of its kind.
    pub body: Value,
    /// What stands under `on`.
    pub on: Table,
}

impl Written {
    /// Refuses handlers, for a kind that listens to nothing.
    pub(super) fn hears_nothing(&self, reader: &mut Reader) {
        if !self.on.is_empty() {
            reader.problem(
                format!("{}.on", self.path),
                "only a step that sends listens: expected no handlers here",
            );
        }
    }
}
