//! Owns the tenants of a shard and the indexes over them: by number, by open notification, by
//! subject of something open. Rebuilt from the journal. Refuses to decide: it only keeps the
//! indexes true to the events.

use std::collections::BTreeMap;

use sluis_model::{
    Carried, CarriedStrays, CorporationId, Event, Fact, Input, NotificationId, Open, StoredTenant,
    Subject, Tenant, TenantKey, Timestamp, Unmatched, Whole,
};

use super::place::{NOWHERE, PackedId, Slot, Stand};
use super::sorted_pages::{Entry, SortedPages};
use super::stable_hash::{subject_hash, tenant_hash};
use super::subjects::Subjects;
use super::unmatched::UnmatchedFacts;
use crate::chunked_deque::ChunkedDeque;
use crate::hash_index::HashIndex;

/// Parts of the table of tenants: five hundred tenants each when two million stand in sixteen
/// shards.
const PARTS: usize = 256;

/// Where an open notification is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Located {
    id: PackedId,
    /// Its place in the timer set; [`Timestamp::NEVER`]: none.
    pub due: Timestamp,
    pub slot: Slot,
    /// Whether it stands in a ready list already.
    pub queued: bool,
    /// In which group it is counted.
    pub stand: Stand,
}

impl Entry for Located {
    type Key = PackedId;

    fn key(&self) -> PackedId {
        self.id
    }
}

/// All tenants of one shard, with the indexes over them.
#[derive(Debug)]
pub(super) struct Tenants {
    slots: ChunkedDeque<(TenantKey, Tenant)>,
    /// Of each: the sequence from which on the log has everything of it; 0: there is nothing yet.
    whole_from: ChunkedDeque<u64>,
    by_key: HashIndex,
    open: SortedPages<Located>,
    by_subject: Subjects,
    counts: BTreeMap<CorporationId, i64>,
    /// Facts that fit nothing.
    pub(super) unmatched: UnmatchedFacts,
    /// Tenants that facts told of and no source knows.
    unknown: BTreeMap<CorporationId, i64>,
}

impl Default for Tenants {
    fn default() -> Self {
        Self {
            slots: ChunkedDeque::default(),
            whole_from: ChunkedDeque::default(),
            by_key: HashIndex::new(PARTS),
            open: SortedPages::default(),
            by_subject: Subjects::default(),
            counts: BTreeMap::new(),
            unmatched: UnmatchedFacts::default(),
            unknown: BTreeMap::new(),
        }
    }
}

impl Tenants {
    /// The place of a tenant, made if need be.
    pub(super) fn slot(&mut self, key: &TenantKey) -> Slot {
        if let Some(slot) = self.position(key) {
            return slot;
        }
        let slot = self.slots.len() as Slot;
        self.slots.push_back((key.clone(), Tenant::default()));
        self.whole_from.push_back(0);
        let slots = &self.slots;
        self.by_key
            .insert(self.by_key.hash(key), slot, |slot| &slots[slot as usize].0);
        slot
    }

    fn position(&self, key: &TenantKey) -> Option<Slot> {
        self.by_key
            .find(self.by_key.hash(key), |slot| self.key(slot) == key)
    }

    pub(super) fn find(&self, key: &TenantKey) -> Option<&Tenant> {
        self.position(key).map(|slot| self.tenant(slot))
    }

    pub(super) fn key(&self, slot: Slot) -> &TenantKey {
        &self.slots[slot as usize].0
    }

    pub(super) fn tenant(&self, slot: Slot) -> &Tenant {
        &self.slots[slot as usize].1
    }

    pub(super) fn tenant_mut(&mut self, slot: Slot) -> &mut Tenant {
        &mut self.slots[slot as usize].1
    }

    /// The sequence from which on the log has everything of the tenant.
    pub(super) fn whole_from(&self, slot: Slot) -> u64 {
        self.whole_from[slot as usize]
    }

    /// The tenant's first record that the log has is written.
    pub(super) fn begins_at(&mut self, slot: Slot, sequence: u64) {
        self.whole_from[slot as usize] = sequence;
    }

    /// The tenant, or bodies of what it has open, were written again from the sequence `first` on.
    pub(super) fn was_stored(&mut self, slot: Slot, records: &[StoredTenant], first: u64) {
        self.tenant_mut(slot).was_stored(records, first);
        let is_whole = records.iter().any(|record| !record.is_bodies_only());
        if is_whole || self.whole_from(slot) == 0 {
            self.begins_at(slot, first);
        }
    }

    pub(super) fn locate(&self, id: NotificationId) -> Option<Located> {
        self.open.get(id.into()).copied()
    }

    /// For its place in the timer set and in a ready list.
    pub(super) fn locate_mut(&mut self, id: NotificationId) -> Option<&mut Located> {
        self.open.get_mut(id.into())
    }

    /// An open notification with its corporation, and where it is, for its place in the timer set and
    /// in a ready list.
    pub(super) fn locate_open(
        &mut self,
        id: NotificationId,
    ) -> Option<(&mut Located, CorporationId, &Open)> {
        let located = self.open.get_mut(id.into())?;
        let (key, tenant) = &self.slots[located.slot as usize];
        Some((located, key.corporation, tenant.find(id)?))
    }

    pub(super) fn open(&self, id: NotificationId) -> Option<&Open> {
        self.tenant(self.locate(id)?.slot).find(id)
    }

    /// Marks whether the notification stands in a ready list; says whether that is news.
    pub(super) fn set_queued(&mut self, id: NotificationId, queued: bool) -> bool {
        self.locate_mut(id)
            .is_some_and(|located| std::mem::replace(&mut located.queued, queued) != queued)
    }

    /// Open notifications in order of id, after `after`.
    pub(super) fn iter_open(
        &self,
        after: Option<NotificationId>,
    ) -> impl Iterator<Item = (NotificationId, Slot)> {
        let after = after.map(PackedId::from);
        let from = self.open.iter_from(after.unwrap_or(PackedId::FIRST));
        from.filter(move |located| Some(located.id) != after)
            .map(|located| (located.id.into(), located.slot))
    }

    /// Tenants with something open about the subject, in order of their places.
    pub(super) fn about(&self, corporation: CorporationId, subject: &Subject) -> Vec<Slot> {
        self.by_subject.slots(corporation, subject_hash(subject))
    }

    /// Open notifications, in all.
    pub(super) fn open_count(&self) -> usize {
        self.open.len()
    }

    /// Open notifications, per corporation.
    pub(super) fn counts(&self) -> impl Iterator<Item = (CorporationId, i64)> {
        self.counts.iter().map(|(c, n)| (*c, *n))
    }

    /// Tenants known from facts alone, per corporation.
    pub(super) fn unknown(&self) -> impl Iterator<Item = (CorporationId, i64)> {
        self.unknown.iter().map(|(c, n)| (*c, *n))
    }

    /// Whether a fact would be all that is known of this tenant.
    pub(super) fn is_unknown(&self, key: &TenantKey) -> bool {
        self.find(key)
            .is_none_or(|tenant| tenant.profile.is_none() && !has_facts(tenant))
    }

    /// Whether facts told of this tenant.
    pub(super) fn has_facts(&self, slot: Slot) -> bool {
        has_facts(self.tenant(slot))
    }

    /// Counts a tenant that is known from facts alone, or is no longer.
    fn count_unknown(&mut self, slot: Slot, event: &Event) {
        let (key, tenant) = &self.slots[slot as usize];
        let first_fact = || {
            tenant
                .told
                .as_deref()
                .is_some_and(|told| told.facts.len() == 1)
        };
        let change = match event {
            Event::FactTaken if tenant.profile.is_none() && first_fact() => 1,
            Event::ProfileStored { new: true } if has_facts(tenant) => -1,
            _ => return,
        };
        *self.unknown.entry(key.corporation).or_default() += change;
    }

    pub(super) fn tenant_count(&self) -> usize {
        self.slots.len()
    }

    /// Keeps the indexes true to one event; to be called once per event, after the tenant evolved.
    /// `ended`: what ended with it. For that: where it had been found.
    pub(super) fn index(
        &mut self,
        slot: Slot,
        input: &Input,
        event: &Event,
        ended: Option<&Open>,
    ) -> Option<Located> {
        self.count_unknown(slot, event);
        match (event, input) {
            (Event::Accepted { id }, Input::Notify(body)) => {
                let subject = body.subject.as_ref().map(subject_hash);
                self.index_accepted(slot, *id, subject);
                None
            }
            (Event::Ended { id, .. }, _) => {
                let subject = ended.and_then(|open| open.subject.as_deref());
                self.index_ended(slot, *id, subject.map(subject_hash))
            }
            (Event::ProfileStored { .. }, _) => {
                let corporation = self.key(slot).corporation;
                self.unmatched.profiled(corporation, slot);
                None
            }
            _ => None,
        }
    }

    fn index_accepted(&mut self, slot: Slot, id: NotificationId, subject: Option<u64>) {
        self.index_open(slot, id, subject);
        let corporation = self.key(slot).corporation;
        self.unmatched.accepted(corporation, slot, subject);
    }

    fn index_open(&mut self, slot: Slot, id: NotificationId, subject: Option<u64>) {
        let corporation = self.key(slot).corporation;
        self.open.insert(Located {
            id: id.into(),
            due: Timestamp::NEVER,
            slot,
            queued: false,
            stand: NOWHERE,
        });
        *self.counts.entry(corporation).or_default() += 1;
        if let Some(subject) = subject {
            self.by_subject.opened(corporation, slot, subject);
        }
    }

    /// Puts a tenant as it was stored in the place of what is known of it, at a replay: what the
    /// records before made of it may be without what was forgotten.
    pub(super) fn put_stored(&mut self, whole: Whole) {
        let slot = self.slot(&whole.key);
        let corporation = whole.key.corporation;
        self.begins_at(slot, whole.first);
        let before = std::mem::replace(self.tenant_mut(slot), whole.state);
        for open in &before.open {
            self.open.remove(open.id.into());
            *self.counts.entry(corporation).or_default() -= 1;
            if let Some(subject) = open.subject.as_deref() {
                self.by_subject
                    .ended(corporation, slot, subject_hash(subject));
            }
        }
        let opens = self.tenant(slot).open.iter();
        let indexed: Vec<_> = opens
            .map(|open| (open.id, open.subject.as_deref().map(subject_hash)))
            .collect();
        for (id, subject) in indexed {
            self.index_open(slot, id, subject);
        }
        let now_unknown = i64::from(is_counted_unknown(self.tenant(slot)));
        *self.unknown.entry(corporation).or_default() +=
            now_unknown - i64::from(is_counted_unknown(&before));
    }

    fn index_ended(
        &mut self,
        slot: Slot,
        id: NotificationId,
        subject: Option<u64>,
    ) -> Option<Located> {
        let located = self.open.remove(id.into())?;
        let key = &self.slots[slot as usize].0;
        let corporation = key.corporation;
        *self.counts.entry(corporation).or_default() -= 1;
        if let Some(subject) = subject {
            self.by_subject.ended(corporation, slot, subject);
            self.unmatched.ended(corporation, tenant_hash(key), subject);
        }
        Some(located)
    }

    /// A fact was taken that did not find what the model says, by its record. Gives what is missed
    /// when ended notifications are remembered too.
    pub(super) fn stray(
        &mut self,
        slot: Slot,
        (sequence, at): (u64, Timestamp),
        fact: &Fact,
        missed: Unmatched,
    ) -> Option<Unmatched> {
        let subject = fact
            .subject
            .as_ref()
            .filter(|_| missed.subject)
            .map(subject_hash);
        let key = &self.slots[slot as usize].0;
        let tenant = (slot, tenant_hash(key));
        self.unmatched
            .take(key.corporation, tenant, (sequence, at), subject, missed)
    }
}

impl Tenants {
    /// Facts that fit nothing, to be said again; those of records before `horizon` leave the list.
    pub(super) fn carry_strays(&mut self, horizon: u64) -> Vec<Carried> {
        let slots = &self.slots;
        let tenant = |slot: Slot| slots[slot as usize].0.tenant.clone();
        let strays = self.unmatched.carry(horizon, tenant);
        strays.into_iter().map(Carried::Strays).collect()
    }

    /// Facts that fit nothing, as they were carried.
    pub(super) fn put_strays(&mut self, strays: CarriedStrays) {
        let mut unmatched = std::mem::take(&mut self.unmatched);
        unmatched.put_carried(strays, |corporation, tenant| {
            self.slot(&TenantKey::new(corporation, tenant))
        });
        self.unmatched = unmatched;
    }
}

/// Whether the tenant counts as known from facts alone.
fn is_counted_unknown(tenant: &Tenant) -> bool {
    tenant.profile.is_none() && has_facts(tenant)
}

fn has_facts(tenant: &Tenant) -> bool {
    tenant
        .told
        .as_deref()
        .is_some_and(|told| !told.facts.is_empty())
}

#[cfg(test)]
mod tests {
    use sluis_model::{
        Cause, Environment, FlowBook, FlowRef, Idempotency, Lane, Notification, TenantRecord,
    };

    use super::*;

    /// Ten million may be open in all: these are what each costs beside its state.
    #[test]
    fn the_indexes_stay_small() {
        assert_eq!(
            (size_of::<Located>(), size_of::<(TenantKey, Tenant)>()),
            (32, 72)
        );
    }

    struct NoFlows;

    impl FlowBook for NoFlows {
        fn flow(&self, _: FlowRef) -> Option<&sluis_model::Flow> {
            None
        }
    }

    fn notification(id: NotificationId, subject: &Subject) -> Input {
        Input::Notify(Box::new(Notification {
            id,
            flow: FlowRef([1; 16]),
            category: "test".into(),
            subject: Some(subject.clone()),
            data: "{}".into(),
            fields: Box::new([]),
            lane: Lane::Normal,
            send_after: None,
            expires_at: None,
            environment: Environment::Production,
            idempotency: Idempotency { key: id.0, body: 1 },
        }))
    }

    #[test]
    fn a_tenant_is_found_by_a_subject_until_the_last_about_it_ended() {
        let (house, mut tenants, mut sequence) = (CorporationId(1), Tenants::default(), 0);
        let subject = Subject {
            kind: "invoice".into(),
            id: "F-1".into(),
        };
        let mut replay = |tenants: &mut Tenants, tenant: &str, input: Input, event: Event| {
            sequence += 1;
            let (at, tenant, events) = (Timestamp(0), TenantKey::new(house, tenant), vec![event]);
            let record = TenantRecord {
                at,
                tenant,
                previous: 0,
                input,
                events,
            };
            let mut ended = Vec::new();
            tenants.replay(sequence, &record, &NoFlows, |id, _, accepted| {
                ended.push((id.0, accepted))
            });
            ended
        };
        for (id, tenant) in [(1, "H-1"), (2, "H-2"), (3, "H-1")] {
            let id = NotificationId(id);
            replay(
                &mut tenants,
                tenant,
                notification(id, &subject),
                Event::Accepted { id },
            );
        }
        assert_eq!(tenants.about(house, &subject), [0, 1]);
        assert!(tenants.about(CorporationId(2), &subject).is_empty());
        for (number, tenant, left) in [(1, "H-1", &[0, 1][..]), (3, "H-1", &[1]), (2, "H-2", &[])] {
            let (id, input) = (
                NotificationId(number),
                Input::Timer {
                    id: NotificationId(number),
                },
            );
            let ended = replay(
                &mut tenants,
                tenant,
                input,
                Event::Ended {
                    id,
                    end: "done".into(),
                    cause: Cause::Waited,
                },
            );
            assert_eq!(
                ended,
                [(number, number as u64)],
                "it was accepted by the record of its number"
            );
            assert_eq!(tenants.about(house, &subject), left);
        }
        assert_eq!((tenants.open_count(), tenants.by_subject.len()), (0, 0));
    }
}
