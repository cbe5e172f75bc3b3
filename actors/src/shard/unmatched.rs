//! Owns the facts of a shard that fitted nothing when they came and still fit nothing, by
//! corporation, and the memory of subjects that ended notifications were about. Made from the
//! records, in their order, so a restart knows the same. Refuses to grow: of each corporation the
//! newest are kept, up to a bound.

use std::collections::{BTreeMap, HashSet};

use rustc_hash::FxHashMap;
use sluis_model::{CorporationId, Subject, Timestamp, Unmatched};

use super::figures::Strays;
use super::place::Slot;

/// Most facts kept of one corporation in one shard; the oldest leave first.
const MOST_FACTS: usize = 1_024;
/// How long a fact that fits nothing is kept, in milliseconds: 90 days.
const KEPT_MS: i64 = 90 * sluis_model::DAY;
/// Subjects of ended notifications remembered of one corporation in one shard: this many at least,
/// twice as many at most.
const REMEMBERED: usize = 8_192;

/// One fact that fits nothing.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    /// The tenant it tells of.
    pub slot: Slot,
    /// When it was taken.
    pub at: Timestamp,
    /// The hash of its subject, where that is what did not fit.
    subject: Option<u64>,
    /// A subject of the tenant that it nearly fits.
    pub near: Option<Box<Subject>>,
    /// Somebody looked at it, and wants to see neither it nor its like again. Kept, so that what a
    /// feed repeats every night stays dismissed.
    dismissed: bool,
}

impl Waiting {
    /// Whether its subject is what did not fit.
    pub(super) const fn misses_subject(&self) -> bool {
        self.subject.is_some()
    }
}

/// What one corporation has of them.
#[derive(Debug, Default)]
struct House {
    /// By the sequence of the fact's record.
    facts: BTreeMap<u64, Waiting>,
    by_slot: FxHashMap<Slot, Vec<u64>>,
    past: Past,
    /// How many there ever were.
    ever: u64,
    /// How many notifications came for tenants without a profile.
    strangers: u64,
}

/// Subjects of notifications that ended, as hashes with their tenant's: two sets, of which the older
/// is dropped when the newer is full.
#[derive(Debug, Default)]
struct Past {
    newer: HashSet<u32>,
    older: HashSet<u32>,
}

impl Past {
    fn remember(&mut self, hash: u32) {
        if self.newer.contains(&hash) {
            return;
        }
        if self.newer.len() >= REMEMBERED {
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(hash);
    }

    fn knows(&self, hash: u32) -> bool {
        self.newer.contains(&hash) || self.older.contains(&hash)
    }
}

/// A subject with its tenant, by their hashes, for [`Past`]. It is stored.
const fn placed(tenant: u64, subject: u64) -> u32 {
    ((subject ^ tenant.wrapping_mul(0x9e37_79b9_7f4a_7c15)) >> 32) as u32
}

/// Facts that fit nothing, by corporation.
#[derive(Debug, Default)]
pub(super) struct UnmatchedFacts(BTreeMap<CorporationId, House>);

impl UnmatchedFacts {
    /// A fact came that did not find what `missed` says; the tenant's place and hash; `subject` is
    /// the hash of its subject. Gives what is still missed when ended notifications are remembered
    /// too.
    pub(super) fn take(
        &mut self,
        corporation: CorporationId,
        (slot, tenant): (Slot, u64),
        (sequence, at): (u64, Timestamp),
        subject: Option<u64>,
        mut missed: Unmatched,
    ) -> Option<Unmatched> {
        let house = self.0.entry(corporation).or_default();
        if subject.is_some_and(|subject| house.past.knows(placed(tenant, subject))) {
            // It was told about that, and it ended: the tenant is known by it too.
            (missed.subject, missed.tenant) = (false, false);
        }
        if !missed.tenant && !missed.subject {
            return None;
        }
        house.ever += 1;
        house.drop_old(at);
        let waiting = Waiting {
            slot,
            at,
            subject: subject.filter(|_| missed.subject),
            near: missed.near.clone().map(Box::new),
            dismissed: false,
        };
        house.keep(sequence, waiting);
        Some(missed)
    }

    /// A notification was accepted, perhaps about a subject: what waited for it, or for its tenant
    /// alone, is matched.
    pub(super) fn accepted(
        &mut self,
        corporation: CorporationId,
        slot: Slot,
        subject: Option<u64>,
    ) {
        if let Some(house) = self.0.get_mut(&corporation) {
            house.settle(slot, |fact| {
                fact.subject.is_none() || fact.subject == subject
            });
        }
    }

    /// The tenant's profile came: what waited for the tenant alone is matched.
    pub(super) fn profiled(&mut self, corporation: CorporationId, slot: Slot) {
        if let Some(house) = self.0.get_mut(&corporation) {
            house.settle(slot, |fact| fact.subject.is_none());
        }
    }

    /// A notification about a subject ended; the hashes of its tenant and of the subject.
    pub(super) fn ended(&mut self, corporation: CorporationId, tenant: u64, subject: u64) {
        self.0
            .entry(corporation)
            .or_default()
            .past
            .remember(placed(tenant, subject));
    }

    /// The tenant at this place is erased: nothing waits for him any more.
    pub(super) fn forget(&mut self, corporation: CorporationId, slot: Slot) {
        let house = self.0.get_mut(&corporation);
        house
            .into_iter()
            .for_each(|house| house.settle(slot, |_| true));
    }

    /// Somebody looked at the fact of this record. Says whether it stood in the list until now.
    pub(super) fn dismiss(&mut self, corporation: CorporationId, sequence: u64) -> bool {
        let fact = self
            .0
            .get_mut(&corporation)
            .and_then(|house| house.facts.get_mut(&sequence));
        fact.is_some_and(|fact| !std::mem::replace(&mut fact.dismissed, true))
    }

    /// Whether one waits that tells of this tenant.
    pub(super) fn tells_of(&self, corporation: CorporationId, slot: Slot) -> bool {
        let house = self.0.get(&corporation);
        house.is_some_and(|house| house.by_slot.contains_key(&slot))
    }

    /// Those of a corporation after this sequence, oldest first, without the dismissed ones.
    pub(super) fn list(
        &self,
        corporation: CorporationId,
        after: u64,
    ) -> impl Iterator<Item = (u64, &Waiting)> {
        let facts = self.0.get(&corporation).map(|house| &house.facts);
        facts
            .into_iter()
            .flat_map(move |facts| facts.range(after + 1..))
            .filter(|(_, fact)| !fact.dismissed)
            .map(|(sequence, fact)| (*sequence, fact))
    }

    /// A notification came for a tenant of whom no profile is there.
    pub(super) fn stranger(&mut self, corporation: CorporationId) {
        self.0.entry(corporation).or_default().strangers += 1;
    }

    /// The figures of each corporation.
    pub(super) fn counts(&self) -> impl Iterator<Item = Strays> {
        self.0.iter().map(|(corporation, house)| {
            let mut waiting = house.facts.values().filter(|fact| !fact.dismissed);
            let oldest = waiting.next().map(|fact| fact.at);
            Strays {
                corporation: *corporation,
                facts: u64::from(oldest.is_some()) + waiting.count() as u64,
                facts_ever: house.ever,
                oldest,
                notifications_ever: house.strangers,
            }
        })
    }
}

impl House {
    /// One of each: what a feed repeats every night is found once. Whoever dismissed a fact about a
    /// subject knows that nothing is known of its tenant, too.
    fn keep(&mut self, sequence: u64, waiting: Waiting) {
        let of_tenant = self.by_slot.entry(waiting.slot).or_default();
        let same = |known: &u64| {
            let known = self.facts.get(known);
            known.is_some_and(|known| {
                known.subject == waiting.subject || known.dismissed && waiting.subject.is_none()
            })
        };
        if !of_tenant.iter().any(same) {
            of_tenant.push(sequence);
            self.facts.insert(sequence, waiting);
        }
        if self.facts.len() > MOST_FACTS
            && let Some((oldest, _)) = self.facts.first_key_value()
        {
            self.remove(*oldest);
        }
    }

    fn settle(&mut self, slot: Slot, fits: impl Fn(&Waiting) -> bool) {
        // Most tenants have none, and most corporations too.
        if self.by_slot.is_empty() {
            return;
        }
        let Some(sequences) = self.by_slot.get_mut(&slot) else {
            return;
        };
        let facts = &mut self.facts;
        sequences.retain(|sequence| {
            let matched = facts.get(sequence).is_some_and(&fits);
            if matched {
                facts.remove(sequence);
            }
            !matched
        });
        if sequences.is_empty() {
            self.by_slot.remove(&slot);
        }
    }

    fn drop_old(&mut self, now: Timestamp) {
        while let Some((oldest, fact)) = self.facts.first_key_value()
            && now.since(fact.at) > KEPT_MS
        {
            self.remove(*oldest);
        }
    }

    fn remove(&mut self, sequence: u64) {
        let Some(fact) = self.facts.remove(&sequence) else {
            return;
        };
        if let Some(sequences) = self.by_slot.get_mut(&fact.slot) {
            sequences.retain(|known| *known != sequence);
            if sequences.is_empty() {
                self.by_slot.remove(&fact.slot);
            }
        }
    }
}

mod carried;
#[cfg(test)]
mod tests;
