//! Promise 5, bounded: no line is longer than declared, no more is open than the tenant, the
//! corporation and the engine may have, no provider has more at once than its permits, and when
//! nothing is under way the quota counts what is open. Refuses the engine's counters where it can
//! count itself.

use std::collections::BTreeMap;

use sluis_model::{CorporationId, TenantKey};

use super::{Check, Findings};
use crate::house::House;
use crate::plan::Plan;
use crate::settings::declared;
use crate::shadow::Shadow;
use crate::station::Station;

const CHECK: Check = Check::Bounded;

/// What may be open. A restart, of the process or of a shard, may bring back what had ended and was
/// not durable while its place was taken already: then so many and no more, until they have ended
/// again.
#[derive(Debug, Default)]
pub(crate) struct Bounds {
    brought_back: BTreeMap<CorporationId, i64>,
}

impl Bounds {
    /// After a restart.
    pub(crate) fn restarted(&mut self, house: &House) {
        self.brought_back = house
            .quota
            .shares()
            .map(|(corporation, open, _)| (corporation, open))
            .collect();
    }

    /// After each step.
    pub(crate) fn stepped(&mut self, plan: &Plan, house: &House, findings: &mut Findings) {
        let bounds = declared(plan);
        for (shard, inbox) in house.inboxes.iter().enumerate() {
            for ((line, items, _), bound) in inbox.depths().into_iter().zip([
                bounds.intake,
                bounds.business,
                bounds.internal,
                bounds.urgent(),
            ]) {
                findings.expect(items <= bound, CHECK, || {
                    format!("the line {line} of shard {shard} holds {items} of {bound}")
                });
            }
        }
        for (corporation, open, bound) in house.quota.shares() {
            let brought_back = self.brought_back.entry(corporation).or_default();
            *brought_back = open.min(*brought_back);
            let bound = bound.max(*brought_back);
            findings.expect(open <= bound, CHECK, || {
                format!("corporation {corporation} has {open} open of {bound}")
            });
        }
        let (open, bound) = house.quota.total();
        let bound = bound.max(self.brought_back.values().sum());
        findings.expect(open <= bound, CHECK, || {
            format!("{open} are open of {bound}")
        });
    }

    /// When a record was read: of the tenant it is about.
    pub(crate) fn recorded(
        plan: &Plan,
        shadow: &Shadow,
        shard: u16,
        tenant: &TenantKey,
        findings: &mut Findings,
    ) {
        let open = shadow.logs[usize::from(shard)]
            .tenants
            .get(tenant)
            .map_or(0, |tenant| tenant.open.len());
        let bound = plan.open_per_tenant;
        findings.expect(open <= bound, CHECK, || {
            format!("{tenant:?} has {open} open of {bound}")
        });
    }

    /// A message arrived at a provider that has `concurrency` permits.
    pub(crate) fn arrived(station: &Station, findings: &mut Findings) {
        let at_once = station
            .flights
            .iter()
            .filter(|flight| flight.arrival.is_some())
            .count();
        let bound = station.concurrency as usize;
        findings.expect(at_once <= bound, CHECK, || {
            format!("{} has {at_once} messages at once of {bound}", station.name)
        });
    }

    /// When nothing is under way.
    pub(crate) fn settled(house: &House, shadow: &Shadow, findings: &mut Findings) {
        let (counted, open) = (house.quota.total().0, shadow.open_count());
        findings.expect(counted == open as i64, CHECK, || {
            format!("the quota counts {counted} open, the journal has {open}")
        });
    }
}
