//! Owns what comes of a flow's files. Refuses to put them together.

use std::collections::BTreeMap;

use toml::Table;

use super::wrap::Wrapped;
use crate::config::flows::found::Included;

/// A whole flow, with the files it comes from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolved {
    /// What it says.
    pub table: Table,
    /// Its own file, then the one it extends, and so on.
    pub layers: Vec<(String, String)>,
    /// The flows that its steps include, with those that these include.
    pub included: Vec<Included>,
    /// Templates that stand in another one's place, by their names.
    pub wrapped: BTreeMap<String, Wrapped>,
    /// The first step of each flow that is included, by the id of the step that includes it.
    pub entries: BTreeMap<String, String>,
}

impl Resolved {
    /// A flow that stands in one file.
    pub(super) fn of_file(label: String, text: String, table: Table) -> Self {
        Self {
            table,
            layers: vec![(label, text)],
            ..Self::default()
        }
    }

    /// Whether it is what stands in its file.
    pub(crate) fn is_as_written(&self) -> bool {
        self.layers.len() == 1 && self.included.is_empty()
    }
}
