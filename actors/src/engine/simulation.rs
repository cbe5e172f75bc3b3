//! Opens the giving up of providers to the deterministic simulation: what it looks at, and whom it
//! tells. Compiled with the feature `simulation` only.

use std::collections::BTreeMap;
use std::sync::Arc;

use sluis_model::{Channel, Timestamp};

use super::give_up::GiveUp;
use crate::router::{Outlook, RouterCore};
use crate::shard::Inbox;

/// The giving up, over these routers.
pub struct GivingUp {
    give_up: GiveUp,
    outlooks: BTreeMap<Channel, Arc<Outlook>>,
}

impl std::fmt::Debug for GivingUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GivingUp").finish_non_exhaustive()
    }
}

impl GivingUp {
    /// After so many milliseconds of refusals without a break.
    pub fn after<'a>(after_ms: i64, routers: impl Iterator<Item = &'a RouterCore>) -> Self {
        let outlook = |router: &RouterCore| {
            let outlook = router.outlook();
            (outlook.settings.get().channel, Arc::new(outlook))
        };
        Self {
            give_up: GiveUp::after(after_ms),
            outlooks: routers.map(outlook).collect(),
        }
    }

    /// Looks, if it is time to, and tells these shards.
    pub fn look(&self, now: Timestamp, inboxes: &[Arc<Inbox>]) {
        self.give_up.look(now, &self.outlooks, inboxes);
    }
}
