//! Owns the declared types of facts of one process, by corporation: the shared ones, and a
//! corporation's own, which take the place of shared ones of the same name. Refuses to read files:
//! `config` does.

use std::collections::BTreeMap;
use std::sync::Arc;

use sluis_model::{CorporationId, FactType};

/// Types by name.
pub type Types = BTreeMap<Box<str>, FactType>;

/// The types of every corporation.
#[derive(Clone, Debug, Default)]
pub struct FactTypes {
    /// Those of corporations that have none of their own.
    pub shared: Arc<Types>,
    /// All that hold for a corporation with types of its own.
    pub own: BTreeMap<CorporationId, Arc<Types>>,
}

impl FactTypes {
    /// The types that hold for a corporation.
    #[must_use]
    pub fn of(&self, corporation: CorporationId) -> &Types {
        self.own.get(&corporation).unwrap_or(&self.shared)
    }
}
