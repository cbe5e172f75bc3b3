//! Owns how the facts that fit nothing are said again in the log, so that the records that brought
//! them can be forgotten, and how they are read back. Refuses to carry a fact whose own record goes:
//! nobody could say any more what it told.

use rustc_hash::FxHashMap;
use sluis_model::{CarriedStray, CarriedStrays, CorporationId};

use super::super::place::Slot;
use super::{House, Past, UnmatchedFacts, Waiting};

impl UnmatchedFacts {
    /// Everything that is known, without the facts of records before `horizon`, which leave the
    /// list. The first says that nobody has any more. `tenant` gives the number of the tenant at a
    /// place.
    pub(in super::super) fn carry(
        &mut self,
        horizon: u64,
        tenant: impl Fn(Slot) -> Box<str>,
    ) -> Vec<CarriedStrays> {
        let mut all = vec![nobody()];
        for (corporation, house) in &mut self.0 {
            house.drop_before(horizon);
            all.push(house.carry(*corporation, &tenant));
        }
        all
    }

    /// Takes over what was carried. `slot` gives the place of a tenant.
    pub(in super::super) fn put_carried(
        &mut self,
        carried: CarriedStrays,
        slot: impl FnMut(CorporationId, &str) -> Slot,
    ) {
        match carried.corporation {
            None => self.0.clear(),
            Some(corporation) => {
                let house = House::carried(corporation, carried, slot);
                self.0.insert(corporation, house);
            }
        }
    }
}

const fn nobody() -> CarriedStrays {
    CarriedStrays {
        corporation: None,
        facts: Vec::new(),
        newer: Vec::new(),
        older: Vec::new(),
        ever: 0,
        strangers: 0,
    }
}

impl House {
    fn drop_before(&mut self, horizon: u64) {
        while let Some((oldest, _)) = self.facts.first_key_value()
            && *oldest < horizon
        {
            self.remove(*oldest);
        }
    }

    fn carry(
        &self,
        corporation: CorporationId,
        tenant: impl Fn(Slot) -> Box<str>,
    ) -> CarriedStrays {
        let fact = |(sequence, waiting): (&u64, &Waiting)| CarriedStray {
            sequence: *sequence,
            tenant: tenant(waiting.slot),
            at: waiting.at,
            subject: waiting.subject,
            near: waiting.near.clone(),
            dismissed: waiting.dismissed,
        };
        let sorted = |set: &std::collections::HashSet<u32>| {
            let mut hashes: Vec<u32> = set.iter().copied().collect();
            hashes.sort_unstable();
            hashes
        };
        CarriedStrays {
            corporation: Some(corporation),
            facts: self.facts.iter().map(fact).collect(),
            newer: sorted(&self.past.newer),
            older: sorted(&self.past.older),
            ever: self.ever,
            strangers: self.strangers,
        }
    }

    fn carried(
        corporation: CorporationId,
        carried: CarriedStrays,
        mut slot: impl FnMut(CorporationId, &str) -> Slot,
    ) -> Self {
        let mut house = Self {
            facts: Default::default(),
            by_slot: FxHashMap::default(),
            past: Past {
                newer: carried.newer.into_iter().collect(),
                older: carried.older.into_iter().collect(),
            },
            ever: carried.ever,
            strangers: carried.strangers,
        };
        for fact in carried.facts {
            let waiting = Waiting {
                slot: slot(corporation, &fact.tenant),
                at: fact.at,
                subject: fact.subject,
                near: fact.near,
                dismissed: fact.dismissed,
            };
            house
                .by_slot
                .entry(waiting.slot)
                .or_default()
                .push(fact.sequence);
            house.facts.insert(fact.sequence, waiting);
        }
        house
    }
}
