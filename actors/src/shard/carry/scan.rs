//! Owns the search for what must be carried: tenants of whom the log does not have everything from
//! the horizon on, and open notifications whose bodies stand before it. A few at a time.

use std::collections::VecDeque;

use sluis_model::NotificationId;

use super::super::place::Slot;
use super::super::tenants::Tenants;
use crate::tenant::Awake;

/// Tenants and open notifications looked at in one step.
const MOST_LOOKED_AT: usize = 2_048;
/// Tenants that are fetched together.
const MOST_TENANTS: usize = 64;
/// Bodies that are fetched together.
const MOST_BODIES: usize = 128;

/// A tenant that must be carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub slot: Slot,
    /// Bodies that stand before the horizon, and where.
    pub bodies: Vec<(NotificationId, u64)>,
    /// Whether these are all of them.
    pub is_whole: bool,
    /// The record that holds the state, of a passive tenant: which bodies there are is read there.
    pub stored: Option<u64>,
}

/// Some tenants that must be carried.
#[derive(Debug, Default)]
pub(super) struct Load {
    pub tenants: VecDeque<Wanted>,
    /// Where the search goes on.
    pub next: Slot,
    /// Whether there is nobody behind these.
    pub is_last: bool,
}

impl Tenants {
    /// Some tenants from this place on that must be carried.
    pub(super) fn load_from(&self, from: Slot, horizon: u64) -> Load {
        let mut load = Load {
            next: from,
            ..Load::default()
        };
        let (mut looked, mut bodies) = (0, 0);
        while (load.next as usize) < self.tenant_count() {
            if looked >= MOST_LOOKED_AT || load.tenants.len() >= MOST_TENANTS {
                return load;
            }
            let slot = load.next;
            let tenant = self.awake(slot);
            looked += 1 + tenant.map_or(0, |tenant| self.state(tenant).open.len());
            let wanted = match tenant {
                Some(tenant) => self.wanted(tenant, horizon, MOST_BODIES - bodies),
                None => self.wanted_passive(slot, horizon),
            };
            if let Some(wanted) = wanted {
                bodies += wanted.bodies.len();
                let is_whole = wanted.is_whole;
                load.tenants.push_back(wanted);
                if !is_whole {
                    // The rest of this tenant comes next.
                    return load;
                }
            }
            load.next += 1;
        }
        load.is_last = true;
        load
    }

    /// What must be carried of a tenant, at most so many bodies.
    fn wanted(&self, tenant: Awake, horizon: u64, most: usize) -> Option<Wanted> {
        let (slot, actor) = (tenant.slot(), self.actor(tenant));
        let tenant = actor.state();
        let old = |open: &&sluis_model::Open| open.body < horizon;
        let mut old = tenant.open.iter().filter(old);
        let bodies: Vec<_> = old
            .by_ref()
            .take(most)
            .map(|open| (open.id, open.body))
            .collect();
        let is_whole = old.next().is_none();
        let is_old = actor.whole_from() < horizon && !tenant.is_blank();
        (is_old || !bodies.is_empty() || !is_whole).then_some(Wanted {
            slot,
            bodies,
            is_whole,
            stored: None,
        })
    }

    /// A passive tenant is carried if the log must keep anything before the horizon for it.
    fn wanted_passive(&self, slot: Slot, horizon: u64) -> Option<Wanted> {
        let needed_from = self.host.needed_from(slot)?;
        (needed_from < horizon).then(|| Wanted {
            slot,
            bodies: Vec::new(),
            is_whole: true,
            stored: self.host.stored_at(slot),
        })
    }
}
