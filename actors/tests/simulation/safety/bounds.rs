//! Promise 5, bounded: no line is longer than declared, no more is open than the tenant, the
//! corporation and the engine may have, no provider has more at once than its permits, and when
//! nothing is under way the quota counts what is open. Refuses the engine's counters where it can
//! count itself.

use std::collections::BTreeMap;

use sluis_model::{CorporationId, Group, Open, TenantKey};

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
    /// Parts of groups that were not all handed out at the last restart: they are handed out again, and take their
    /// places without asking.
    still_to_come: BTreeMap<CorporationId, i64>,
}

impl Bounds {
    /// After a restart.
    pub(crate) fn restarted(&mut self, house: &House, shadow: &Shadow) {
        self.still_to_come = unhanded(shadow);
        self.count_anew(house);
    }

    /// All of them have come: from now on they are among what was brought back.
    fn bring_back(&mut self, house: &House) {
        self.still_to_come.clear();
        self.count_anew(house);
    }

    fn count_anew(&mut self, house: &House) {
        self.brought_back = house
            .quota
            .shares()
            .map(|(corporation, open, _)| (corporation, open))
            .collect();
    }

    /// After each step.
    pub(crate) fn stepped(
        &mut self,
        plan: &Plan,
        house: &House,
        shadow: &Shadow,
        findings: &mut Findings,
    ) {
        let bounds = declared(plan);
        if !self.still_to_come.is_empty() && unhanded(shadow).is_empty() {
            self.bring_back(house);
        }
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
            let late = self.still_to_come.get(&corporation);
            let bound = bound.max(*brought_back) + late.copied().unwrap_or_default();
            findings.expect(open <= bound, CHECK, || {
                format!("corporation {corporation} has {open} open of {bound}")
            });
        }
        let (open, bound) = house.quota.total();
        let late: i64 = self.still_to_come.values().sum();
        let bound = bound.max(self.brought_back.values().sum()) + late;
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
        let known = shadow.logs[usize::from(shard)].tenants.get(tenant);
        // A part is taken in any case: half a group would be worse.
        let counts = |open: &&Open| !shadow.known.grouped.is_part(open.id);
        let open = known.map_or(0, |tenant| tenant.open.iter().filter(counts).count());
        let bound = match tenant.as_household() {
            Some(_) => Group::MOST,
            None => plan.open_per_tenant,
        };
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

/// How many parts of groups that are not all handed out may still come, by corporation.
fn unhanded(shadow: &Shadow) -> BTreeMap<CorporationId, i64> {
    let groups = shadow.known.grouped.groups.values();
    let mut parts = BTreeMap::new();
    for group in groups.filter(|group| !group.is_handed && group.end.is_none()) {
        *parts.entry(group.household.corporation).or_default() += group.told.len() as i64;
    }
    parts
}
