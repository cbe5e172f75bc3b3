//! Promise 1, accepted means durable: whatever a sender was told survives every later crash, and so
//! does the record behind every message that left. Refuses to ask the journal what is durable: it
//! remembers what was told and looks what a crash left.

use std::collections::BTreeMap;

use sluis_model::{Fact, NotificationId, TenantKey};

use super::{Check, Findings};
use crate::shadow::Shadow;

/// What left the house.
#[derive(Debug, Default)]
pub(crate) struct Accepted {
    /// Ids that a sender was given.
    notifications: BTreeMap<NotificationId, ()>,
    /// Highest sequence that an answer spoke of or a message left for, per shard.
    positions: BTreeMap<u16, u64>,
}

impl Accepted {
    /// A sender was told that its notification was accepted.
    pub(crate) fn told(&mut self, id: NotificationId) {
        self.notifications.insert(id, ());
    }

    /// Something left because of the record at `sequence`.
    pub(crate) fn left(&mut self, shard: u16, sequence: u64) {
        let known = self.positions.entry(shard).or_default();
        *known = sequence.max(*known);
    }

    /// After a crash: `kept` is the last record of each shard, the shadow is cut back to them.
    pub(crate) fn crashed(&self, kept: &[u64], shadow: &Shadow, findings: &mut Findings) {
        for id in self.notifications.keys() {
            findings.expect(
                shadow.known.accepted.contains_key(id),
                Check::AcceptedIsDurable,
                || format!("a sender was told that {id} is accepted, and a crash took it away"),
            );
        }
        for (shard, told) in &self.positions {
            let kept = kept[usize::from(*shard)];
            findings.expect(kept >= *told, Check::AcceptedIsDurable, || {
                format!("something left for record {told} of shard {shard}, and a crash left only {kept}")
            });
        }
    }

    /// A fact whose sender was told that it was taken.
    pub(crate) fn fact_is_there(shadow: &Shadow, tenant: &TenantKey, fact: &Fact) -> bool {
        shadow
            .known
            .facts
            .get(tenant)
            .is_some_and(|facts| facts.iter().any(|known| known.fact_id == fact.fact_id))
    }
}
