//! Owns how a shard's tenants and its indexes are taken apart for a checkpoint, and put together again:
//! of passive tenants only what the indexes know of them. Refuses to believe the checkpoint about a
//! passive tenant to whom something happened behind it: its state tells then.

use std::collections::HashSet;

use sluis_model::checkpoint::{
    LogPlace, Part, PassiveOpen, PassiveSubject, PassiveTenant, StandsAs,
};
use sluis_model::{
    CorporationId, NotificationId, Open, PhaseKind, StoredTenant, Tenant, TenantKey, Timestamp,
    Whole,
};

use super::super::place::{NOWHERE, Slot};
use super::super::sorted_pages::SortedPages;
use super::super::stable_hash::subject_hash;
use super::super::standing::{Kind, mark};
use super::super::subjects::Subjects;
use super::{Located, Tenants, is_counted_unknown};
use crate::tenant::{Awake, Host, vacant};

/// What stands still, of passive tenants, until it is counted.
pub(in super::super) type Standing = Vec<(NotificationId, CorporationId, StandsAs)>;

/// What a checkpoint knows of passive tenants, as it lies in the indexes: nothing is copied when all
/// of it is there.
#[derive(Debug, Default)]
pub(in super::super) struct AtRest {
    opens: SortedPages<Located>,
    subjects: Subjects,
    standing: Vec<(NotificationId, Slot, StandsAs)>,
    /// Tenants who were put to rest in the middle of the replay: the indexes have what they have open,
    /// and what the checkpoint knew of them is old.
    again: HashSet<Slot>,
}

impl AtRest {
    /// One more is open. They come in order.
    pub(in super::super) fn open(&mut self, open: PassiveOpen) {
        self.opens.append(Located {
            id: open.id.into(),
            due: open.due,
            mark: open.mark,
            slot: open.slot,
            stand: NOWHERE,
            queued: false,
            phase: open.phase,
        });
        if open.stand != StandsAs::Nothing {
            self.standing.push((open.id, open.slot, open.stand));
        }
    }

    /// A tenant has something open about a subject. They come in order.
    pub(in super::super) fn subject(&mut self, subject: PassiveSubject) {
        self.subjects.restore(subject);
    }
}

/// Taking apart.
impl Tenants {
    /// The tenant at this place as it stands; says whether it is passive.
    pub(in super::super) fn append_tenant(&self, slot: Slot, chunk: &mut Vec<u8>) -> bool {
        let Some(tenant) = self.awake(slot) else {
            match self.host.passive(slot) {
                Some(passive) => <Part>::Passive(passive).append(chunk),
                None => append_vacant(self.corporation(slot), chunk),
            }
            return true;
        };
        let actor = self.actor(tenant);
        let (key, state, place) = (actor.key(), actor.state(), actor.log_place());
        if state.open.len() > MOST_IN_ONE {
            append_large(key, state, place, chunk);
        } else {
            Part::Active { key, place, state }.append(chunk);
        }
        false
    }

    /// What the index knows of an open notification whose tenant was passive when it was taken
    /// apart; `stands`: in which group. By now it may be active; if nothing happened to it the same
    /// comes out.
    pub(in super::super) fn passive_open(
        &self,
        located: &Located,
        stands: Option<&Kind>,
    ) -> PassiveOpen {
        let open = self.awake(located.slot);
        let open = open.and_then(|tenant| self.state(tenant).find(located.id()));
        let (due, mark, phase) = match open {
            // Its place may be another than its state's, while it waits for a permit.
            Some(open) => (due(open), mark(open), open.phase.kind()),
            None => (located.due, located.mark, located.phase),
        };
        PassiveOpen {
            slot: located.slot,
            id: located.id(),
            due,
            mark,
            phase,
            stand: match stands {
                Some(Kind::Task(list)) => StandsAs::Task(list.clone()),
                Some(Kind::Held(flow, guard)) => StandsAs::Held(*flow, *guard),
                Some(Kind::InDoubt(flow)) => StandsAs::InDoubt(*flow),
                // Whoever has such a task is not at rest.
                Some(Kind::Alike(_)) | None => StandsAs::Nothing,
            },
        }
    }

    /// Tenants with something open about a subject, from this place on.
    pub(in super::super) fn subjects_from(
        &self,
        from: (u64, CorporationId, Slot),
    ) -> impl Iterator<Item = PassiveSubject> {
        self.by_subject.iter_from(from)
    }
}

/// The place of a tenant who is being erased: nobody stands there.
fn append_vacant(corporation: CorporationId, chunk: &mut Vec<u8>) {
    let (key, state) = (vacant(corporation), Tenant::default());
    let place = LogPlace {
        whole_from: 0,
        is_stored: false,
    };
    Part::Active {
        key: &key,
        place,
        state: &state,
    }
    .append(chunk);
}

/// Most open notifications of a tenant that is stored in one part.
const MOST_IN_ONE: usize = 64;

fn append_large(key: &TenantKey, state: &Tenant, place: LogPlace, chunk: &mut Vec<u8>) {
    let last = state.last;
    let large: Part = Part::Large { place, last };
    large.append(chunk);
    for piece in StoredTenant::pieces(key, state, Vec::new(), Timestamp(0), 1) {
        <Part>::Piece(Box::new(piece)).append(chunk);
    }
}

fn due(open: &Open) -> Timestamp {
    open.due().unwrap_or(Timestamp::NEVER)
}

/// Putting together.
impl Tenants {
    /// Nobody yet, with what keys were hashed with.
    pub(in super::super) fn seeded(seeds: [u64; 2]) -> Self {
        Self {
            host: Host::seeded(seeds),
            ..Self::default()
        }
    }

    /// The next place, for an active tenant.
    pub(in super::super) fn restore(&mut self, key: TenantKey, state: Tenant, place: LogPlace) {
        let tenant = self.host.restore(key, state, place);
        self.index_state(tenant);
    }

    /// The next place, for a passive tenant. What it has open comes later: see [`Tenants::attach`].
    pub(in super::super) fn restore_passive(&mut self, tenant: PassiveTenant) {
        self.host.restore_passive(tenant);
    }

    /// Puts what a tenant has open into the indexes.
    pub(super) fn index_state(&mut self, tenant: Awake) {
        let opens = self.state(tenant).open.iter();
        let indexed: Vec<_> = opens
            .map(|open| (open.id, open.subject.as_deref().map(subject_hash)))
            .collect();
        for (id, subject) in indexed {
            self.index_open(tenant.slot(), id, subject);
        }
    }

    /// Whether the tenant is known here as it was after this record, or later.
    pub(in super::super) fn know(&self, key: &TenantKey, sequence: u64) -> bool {
        match self.find(key) {
            Ok(Some(tenant)) => self.state(tenant).last >= sequence,
            Ok(None) => false,
            Err(slot) => self.host.stored_at(slot) >= Some(sequence),
        }
    }

    /// Puts a passive tenant's state in its place, at a replay; says whether it is that tenant's.
    pub(in super::super) fn wake(
        &mut self,
        slot: Slot,
        stored: u64,
        whole: Whole,
        at_rest: &AtRest,
    ) -> bool {
        let Whole { key, state, .. } = whole;
        let Some(tenant) = self.host.activate(slot, key, state, stored) else {
            return false;
        };
        if at_rest.again.contains(&slot) {
            self.take_places_back(tenant);
        } else {
            self.index_state(tenant);
        }
        true
    }

    /// What an active tenant has open finds its place at the end of the replay.
    fn take_places_back(&mut self, tenant: Awake) {
        for open in &self.host.actor(tenant).state().open {
            if let Some(located) = self.open.get_mut(open.id.into()) {
                (located.due, located.mark) = (Timestamp::NEVER, Timestamp::NEVER);
            }
        }
    }

    /// Puts what passive tenants have open into the indexes, as it was taken apart; of those who are
    /// still passive. Gives what stands still.
    pub(in super::super) fn attach(&mut self, at_rest: AtRest) -> Standing {
        let AtRest {
            mut opens,
            mut subjects,
            standing,
            again,
        } = at_rest;
        let host = &self.host;
        let never_woke = |slot: Slot| host.awake(slot).is_none() && !again.contains(&slot);
        opens.retain(|open| {
            let stays = never_woke(open.slot);
            if stays {
                let corporation = host.corporation(open.slot);
                *self.counts.entry(corporation).or_default() += 1;
            }
            stays
        });
        subjects.retain(never_woke);
        let standing = standing.into_iter().filter_map(|(id, slot, stands_as)| {
            never_woke(slot).then(|| (id, host.corporation(slot), stands_as))
        });
        let standing = standing.collect();
        let woken = std::mem::replace(&mut self.open, opens);
        self.open.merge(woken);
        let woken = std::mem::replace(&mut self.by_subject, subjects);
        self.by_subject.take_all(woken);
        standing
    }

    /// In the middle of a replay: puts a tenant to rest whose newest record is its stored state, so that
    /// no more are active at once than were when the records were written. Those who stand still or
    /// have something under way stay until the end.
    pub(in super::super) fn rest_again(&mut self, key: &TenantKey, at_rest: &mut AtRest) {
        let Ok(Some(tenant)) = self.find(key) else {
            return;
        };
        let state = self.host.actor(tenant).state();
        let waits = |open: &Open| match open.phase.kind() {
            PhaseKind::Waiting | PhaseKind::Sent => true,
            PhaseKind::Ready
            | PhaseKind::Started
            | PhaseKind::InDoubt
            | PhaseKind::Held
            | PhaseKind::Task => false,
        };
        if !state.open.iter().all(waits) || self.has_stray(tenant) {
            return;
        }
        for open in &state.open {
            if let Some(located) = self.open.get_mut(open.id.into()) {
                (located.due, located.mark) = (due(open), mark(open));
                located.phase = open.phase.kind();
            }
        }
        if self.passivate(tenant) {
            at_rest.again.insert(tenant.slot());
        }
    }

    /// Counts the tenants that are known from facts alone, at the end of a replay: before it what the
    /// log has forgotten of some is not there yet.
    pub(in super::super) fn count_all_unknown(&mut self) {
        self.unknown.clear();
        for slot in 0..self.tenant_count() as Slot {
            let is_unknown = match self.awake(slot) {
                Some(tenant) => is_counted_unknown(self.state(tenant)),
                None => self
                    .host
                    .passive(slot)
                    .is_some_and(|passive| passive.is_unknown),
            };
            if is_unknown {
                *self.unknown.entry(self.corporation(slot)).or_default() += 1;
            }
        }
    }
}
