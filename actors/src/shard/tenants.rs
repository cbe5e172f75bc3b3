//! Owns the tenants of a shard and the indexes over them: by open notification, by subject of
//! something open. The indexes know of passive tenants what they know of active ones. Rebuilt from
//! the journal. Refuses to decide: it only keeps the indexes true to the events.

use std::collections::BTreeMap;

use sluis_model::{
    Carried, CarriedStrays, CorporationId, Event, Input, NotificationId, Open, PhaseKind, Subject,
    Tenant, TenantKey, Timestamp, Unmatched, Whole,
};

mod at_rest;
mod erased;

pub(super) use self::at_rest::{AtRest, Standing};
use super::place::{NOWHERE, PackedId, Slot, Stand};
use super::sorted_pages::{Entry, SortedPages};
use super::stable_hash::{subject_hash, tenant_hash};
use super::subjects::Subjects;
use super::unmatched::UnmatchedFacts;
use super::unread::UnreadMessages;
use crate::tenant::{Awake, Host, TenantActor};

/// Where an open notification is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Located {
    id: PackedId,
    /// Its place in the timer set; [`Timestamp::NEVER`]: none.
    pub due: Timestamp,
    /// The instant of its phase, by which those in the same phase are in order.
    pub mark: Timestamp,
    pub slot: Slot,
    /// In which group it is counted.
    pub stand: Stand,
    /// Whether it stands in a ready list already.
    pub queued: bool,
    /// What it is doing.
    pub phase: PhaseKind,
}

impl Located {
    /// Which notification it is.
    pub(super) fn id(&self) -> NotificationId {
        self.id.into()
    }
}

impl Entry for Located {
    type Key = PackedId;

    fn key(&self) -> PackedId {
        self.id
    }
}

/// All tenants of one shard, with the indexes over them.
#[derive(Debug, Default)]
pub(super) struct Tenants {
    pub(super) host: Host,
    open: SortedPages<Located>,
    by_subject: Subjects,
    counts: BTreeMap<CorporationId, i64>,
    /// Facts that fit nothing.
    pub(super) unmatched: UnmatchedFacts,
    /// Messages that nobody could read.
    pub(super) unread: UnreadMessages,
    /// Tenants that facts told of and no source knows.
    unknown: BTreeMap<CorporationId, i64>,
}

impl Tenants {
    /// The tenant of this key, if there is one.
    ///
    /// # Errors
    /// It is passive: its place.
    pub(super) fn find(&self, key: &TenantKey) -> Result<Option<Awake>, Slot> {
        match self.host.find(key) {
            Some(slot) => self.host.awake(slot).map(Some).ok_or(slot),
            None => Ok(None),
        }
    }

    /// The tenant of this key at a replay, made if need be: nobody is put to rest before its end.
    pub(super) fn replayed(&mut self, key: &TenantKey) -> Awake {
        match self.find(key) {
            Ok(Some(tenant)) => tenant,
            Ok(None) => self.host.add(key),
            Err(slot) => unreachable!("tenant {slot} was put to rest in the middle of a replay"),
        }
    }

    pub(super) fn awake(&self, slot: Slot) -> Option<Awake> {
        self.host.awake(slot)
    }

    pub(super) fn actor(&self, tenant: Awake) -> &TenantActor {
        self.host.actor(tenant)
    }

    pub(super) fn key(&self, tenant: Awake) -> &TenantKey {
        self.host.actor(tenant).key()
    }

    pub(super) fn state(&self, tenant: Awake) -> &Tenant {
        self.host.actor(tenant).state()
    }

    pub(super) fn corporation(&self, slot: Slot) -> CorporationId {
        self.host.corporation(slot)
    }

    pub(super) fn locate(&self, id: NotificationId) -> Option<Located> {
        self.open.get(id.into()).copied()
    }

    /// For its place in the timer set and in a ready list.
    pub(super) fn locate_mut(&mut self, id: NotificationId) -> Option<&mut Located> {
        self.open.get_mut(id.into())
    }

    /// An open notification of an active tenant with its corporation, and where it is, for its place in
    /// the timer set and in a ready list.
    pub(super) fn locate_open(
        &mut self,
        id: NotificationId,
    ) -> Option<(&mut Located, CorporationId, &Open)> {
        let located = self.open.get_mut(id.into())?;
        let actor = self.host.actor(self.host.awake(located.slot)?);
        Some((located, actor.key().corporation, actor.state().find(id)?))
    }

    /// An open notification of an active tenant.
    pub(super) fn open(&self, id: NotificationId) -> Option<&Open> {
        let tenant = self.awake(self.locate(id)?.slot)?;
        self.state(tenant).find(id)
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
    ) -> impl Iterator<Item = &Located> {
        let after = after.map(PackedId::from);
        let from = self.open.iter_from(after.unwrap_or(PackedId::FIRST));
        from.filter(move |located| Some(located.id) != after)
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
    pub(super) fn is_unknown(&self, tenant: Option<Awake>) -> bool {
        let state = tenant.map(|tenant| self.state(tenant));
        state.is_none_or(|state| state.profile.is_none() && !has_facts(state))
    }

    /// Whether facts told of this tenant.
    pub(super) fn has_facts(&self, tenant: Awake) -> bool {
        has_facts(self.state(tenant))
    }

    /// Whether a fact about this tenant fits nothing and waits.
    pub(super) fn has_stray(&self, tenant: Awake) -> bool {
        let corporation = self.key(tenant).corporation;
        self.unmatched.tells_of(corporation, tenant.slot())
    }

    /// Counts a tenant that is known from facts alone, or is no longer, by an event that was decided
    /// just now.
    pub(super) fn count_unknown(&mut self, of: Awake, event: &Event) {
        let actor = self.host.actor(of);
        let (key, tenant) = (actor.key(), actor.state());
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
        self.host.len()
    }

    /// Keeps the indexes true to one event; to be called once per event, after the tenant evolved.
    /// `ended`: what ended with it. For that: where it had been found.
    pub(super) fn index(
        &mut self,
        tenant: Awake,
        input: &Input,
        event: &Event,
        ended: Option<&Open>,
    ) -> Option<Located> {
        let slot = tenant.slot();
        match (event, input) {
            (Event::Accepted { id }, Input::Notify(body)) => {
                let subject = body.subject.as_ref().map(subject_hash);
                self.index_accepted(slot, *id, subject);
                None
            }
            (Event::Ended { id, .. }, _) => {
                let subject = ended.and_then(|open| open.subject.as_deref());
                self.index_ended(tenant, *id, subject.map(subject_hash))
            }
            (Event::ProfileStored { .. }, _) => {
                let corporation = self.corporation(slot);
                self.unmatched.profiled(corporation, slot);
                None
            }
            _ => None,
        }
    }

    fn index_accepted(&mut self, slot: Slot, id: NotificationId, subject: Option<u64>) {
        self.index_open(slot, id, subject);
        let corporation = self.corporation(slot);
        self.unmatched.accepted(corporation, slot, subject);
    }

    fn index_open(&mut self, slot: Slot, id: NotificationId, subject: Option<u64>) {
        let corporation = self.corporation(slot);
        self.open.insert(Located {
            id: id.into(),
            due: Timestamp::NEVER,
            mark: Timestamp::NEVER,
            slot,
            stand: NOWHERE,
            queued: false,
            phase: PhaseKind::Waiting,
        });
        *self.counts.entry(corporation).or_default() += 1;
        if let Some(subject) = subject {
            self.by_subject.opened(corporation, slot, subject);
        }
    }

    /// Puts a tenant as it was stored in the place of what is known of it, at a replay: what the
    /// records before made of it may be without what was forgotten.
    pub(super) fn put_stored(&mut self, whole: Whole) {
        let tenant = self.replayed(&whole.key);
        let (slot, corporation) = (tenant.slot(), whole.key.corporation);
        let actor = self.host.actor_mut(tenant);
        let before = actor.replace(whole.state, whole.first);
        for open in &before.open {
            self.open.remove(open.id.into());
            *self.counts.entry(corporation).or_default() -= 1;
            if let Some(subject) = open.subject.as_deref() {
                self.by_subject
                    .ended(corporation, slot, subject_hash(subject));
            }
        }
        self.index_state(tenant);
    }

    /// Drops the state of a tenant that stands in a durable record as it is; says whether it does.
    pub(super) fn passivate(&mut self, tenant: Awake) -> bool {
        let is_unknown = is_counted_unknown(self.state(tenant));
        self.host.passivate(tenant, is_unknown)
    }

    fn index_ended(
        &mut self,
        tenant: Awake,
        id: NotificationId,
        subject: Option<u64>,
    ) -> Option<Located> {
        let located = self.open.remove(id.into())?;
        let (slot, key) = (tenant.slot(), self.host.actor(tenant).key());
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
        tenant: Awake,
        (sequence, at): (u64, Timestamp),
        about: Option<&Subject>,
        missed: Unmatched,
    ) -> Option<Unmatched> {
        let subject = about.filter(|_| missed.subject).map(subject_hash);
        let key = self.host.actor(tenant).key();
        let (tenant, known) = ((tenant.slot(), tenant_hash(key)), (sequence, at));
        self.unmatched
            .take(key.corporation, tenant, known, subject, missed)
    }
}

impl Tenants {
    /// Somebody looked at the stray of this record. Says whether it stood in a list until now.
    pub(super) fn dismiss(&mut self, corporation: CorporationId, sequence: u64) -> bool {
        self.unmatched.dismiss(corporation, sequence) || self.unread.dismiss(corporation, sequence)
    }

    /// Facts that fit nothing, and messages that nobody could read, to be said again; those of records
    /// before `horizon` leave the lists.
    pub(super) fn carry_strays(&mut self, horizon: u64) -> Vec<Carried> {
        let host = &self.host;
        // Nobody is put to rest of whom such a fact tells.
        let number = |slot: Slot| {
            let tenant = host.awake(slot);
            tenant.map_or_else(Box::default, |tenant| {
                host.actor(tenant).key().tenant.clone()
            })
        };
        let strays = self.unmatched.carry(horizon, number);
        let strays = strays.into_iter().map(Carried::Strays);
        let unread = self.unread.carry(horizon).into_iter();
        strays.chain(unread.map(Carried::Unread)).collect()
    }

    /// Facts that fit nothing, as they were carried.
    pub(super) fn put_strays(&mut self, strays: CarriedStrays) {
        let mut unmatched = std::mem::take(&mut self.unmatched);
        unmatched.put_carried(strays, |corporation, tenant| {
            self.replayed(&TenantKey::new(corporation, tenant)).slot()
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
        assert_eq!(size_of::<Located>(), 40);
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
            addressed: Default::default(),
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
