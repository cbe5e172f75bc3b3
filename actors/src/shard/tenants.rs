//! Owns the tenants of a shard and the indexes over them: by number, by open notification, by subject of something
//! open. Rebuilt from the journal. Refuses to decide: it only keeps the indexes true to the events.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use sluis_model::{
    Applied, CorporationId, Event, FlowBook, Input, NotificationId, Open, Subject, Tenant, TenantKey, TenantRecord, evolve,
    finish,
};

/// Place of a tenant within its shard.
pub(super) type Slot = u32;

/// Where an open notification is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Located {
    pub slot: Slot,
    /// Whether it stands in a ready list already.
    pub queued: bool,
    /// Hash of its subject, 0 for none.
    subject: u64,
    /// Sequence of the record that accepted it.
    pub accepted: u64,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Tenants {
    slots: Vec<(TenantKey, Tenant)>,
    by_key: HashMap<TenantKey, Slot>,
    open: BTreeMap<NotificationId, Located>,
    /// By hash of the subject; whoever uses it compares the subject itself.
    by_subject: HashMap<(CorporationId, u64), Vec<Slot>>,
    counts: BTreeMap<CorporationId, i64>,
}

impl Tenants {
    /// The place of a tenant, made if need be.
    pub(super) fn slot(&mut self, key: &TenantKey) -> Slot {
        if let Some(slot) = self.by_key.get(key) {
            return *slot;
        }
        let slot = self.slots.len() as Slot;
        self.slots.push((key.clone(), Tenant::default()));
        self.by_key.insert(key.clone(), slot);
        slot
    }

    pub(super) fn find(&self, key: &TenantKey) -> Option<&Tenant> {
        self.by_key.get(key).map(|slot| &self.slots[*slot as usize].1)
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

    pub(super) fn locate(&self, id: NotificationId) -> Option<Located> {
        self.open.get(&id).copied()
    }

    pub(super) fn open(&self, id: NotificationId) -> Option<&Open> {
        self.tenant(self.locate(id)?.slot).find(id)
    }

    /// Marks whether the notification stands in a ready list; says whether that is news.
    pub(super) fn set_queued(&mut self, id: NotificationId, queued: bool) -> bool {
        match self.open.get_mut(&id) {
            Some(located) => std::mem::replace(&mut located.queued, queued) != queued,
            None => false,
        }
    }

    /// Open notifications in order of id, after `after`.
    pub(super) fn iter_open(&self, after: Option<NotificationId>) -> impl Iterator<Item = (NotificationId, Slot)> {
        use std::ops::Bound;
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.open.range((from, Bound::Unbounded)).map(|(id, located)| (*id, located.slot))
    }

    pub(super) fn about(&self, corporation: CorporationId, subject: &Subject) -> Vec<Slot> {
        self.by_subject.get(&(corporation, subject_hash(subject))).cloned().unwrap_or_default()
    }

    /// Open notifications, in all.
    pub(super) fn open_count(&self) -> usize {
        self.open.len()
    }

    /// Open notifications, per corporation.
    pub(super) fn counts(&self) -> impl Iterator<Item = (CorporationId, i64)> {
        self.counts.iter().map(|(c, n)| (*c, *n))
    }

    pub(super) fn tenant_count(&self) -> usize {
        self.slots.len()
    }

    /// Keeps the indexes true to one event; to be called once per event, after the tenant evolved. For what ended:
    /// where it had been accepted.
    pub(super) fn index(&mut self, slot: Slot, sequence: u64, input: &Input, event: &Event) -> Option<u64> {
        let corporation = self.key(slot).corporation;
        match (event, input) {
            (Event::Accepted { id }, Input::Notify(body)) => {
                let subject = body.subject.as_ref().map_or(0, subject_hash);
                self.open.insert(*id, Located { slot, queued: false, subject, accepted: sequence });
                *self.counts.entry(corporation).or_default() += 1;
                if subject != 0 {
                    self.by_subject.entry((corporation, subject)).or_default().push(slot);
                }
            }
            (Event::Ended { id, .. }, _) => {
                let located = self.open.remove(id)?;
                *self.counts.entry(corporation).or_default() -= 1;
                self.forget_subject((corporation, located.subject), slot);
                return Some(located.accepted);
            }
            _ => {}
        }
        None
    }

    fn forget_subject(&mut self, key: (CorporationId, u64), slot: Slot) {
        if let Some(slots) = self.by_subject.get_mut(&key) {
            if let Some(at) = slots.iter().position(|s| *s == slot) {
                slots.swap_remove(at);
            }
            if slots.is_empty() {
                self.by_subject.remove(&key);
            }
        }
    }

    /// Applies a record from the journal; calls `ended` for what it ended.
    pub(super) fn replay(
        &mut self,
        sequence: u64,
        record: &TenantRecord,
        flows: &dyn FlowBook,
        mut ended: impl FnMut(NotificationId, &str, u64),
    ) {
        let slot = self.slot(&record.tenant);
        let applied = Applied { sequence, at: record.at, input: &record.input };
        for event in &record.events {
            evolve(self.tenant_mut(slot), applied, event, flows);
            let accepted = self.index(slot, sequence, &record.input, event);
            if let (Event::Ended { id, end, .. }, Some(accepted)) = (event, accepted) {
                ended(*id, end, accepted);
            }
        }
        finish(self.tenant_mut(slot), sequence);
    }
}

/// Never 0, which stands for "no subject".
fn subject_hash(subject: &Subject) -> u64 {
    let mut hasher = DefaultHasher::new();
    subject.hash(&mut hasher);
    hasher.finish().max(1)
}
