//! Owns who is put to rest: tenants that nothing happens to now, while more are active than may be or
//! when no message came for long. What changed since a tenant was stored is stored first; its state is
//! dropped when that is durable, and only if no message came meanwhile. Refuses to put to rest whoever
//! has an attempt under way, waits for a permit, or has something due soon.

use sluis_model::{MINUTE, Open, Phase, StoredTenant};

use super::core::ShardCore;
use super::place::Slot;
use super::settings::RestSettings;
use super::standing::Kind;
use crate::tenant::{Awake, Hand};

/// What falls due within this time keeps its tenant active, in milliseconds.
const SOON_MS: i64 = MINUTE;
/// Most open notifications of a tenant that is put to rest: its state fits one record.
const MOST_OPEN: usize = 64;
/// Most tenants stored in one turn, each about a kilobyte of the journal.
const MOST_STORED: usize = 128;
/// Part of the journal's queue that may be filled before nobody is stored any more: intake has as
/// much.
const QUEUE_PART: f64 = 0.7;

impl ShardCore {
    /// Looks for tenants to put to rest, as far as a turn pays for that took so many messages.
    pub(super) fn put_to_rest(&mut self, messages: usize) {
        let RestSettings {
            most_active,
            idle_for_ms,
        } = self.settings.rest;
        let places = self.tenants.tenant_count();
        // One that changed on its way out may be on it twice.
        let (active, going) = (self.tenants.host.active(), self.rest.going.len());
        let staying = active.saturating_sub(going);
        let idle = self.rest.hand.looks_for_idle(places, idle_for_ms, self.now);
        let room = if staying > most_active {
            self.rest.hand.looks_for_room(messages, places, self.now)
        } else {
            0
        };
        let looks = idle.max(room);
        if looks == 0 || !self.may_store() {
            return;
        }
        // For the sake of who is idle every place counts: the hand goes round in a certain time.
        let passed = idle.max(Hand::places_for_room(room, places));
        let (mut looked, mut stored) = (0, 0);
        for _ in 0..passed {
            let slot = self.rest.hand.next(places);
            let tenant = self.tenants.awake(slot);
            let rested = tenant.and_then(|tenant| self.look_at(tenant));
            self.rest.hand.found(rested.is_some(), places, self.now);
            looked += usize::from(tenant.is_some());
            stored += usize::from(rested == Some(Rested::Stored));
            if looked >= looks || stored >= MOST_STORED {
                return;
            }
        }
    }

    /// Whether the journal has room for more than intake and what it leads to.
    fn may_store(&self) -> bool {
        !self.writer.is_full() && self.settings.journal.queue().fill() < QUEUE_PART
    }

    /// Gives one tenant its second chance, or puts it to rest.
    fn look_at(&mut self, tenant: Awake) -> Option<Rested> {
        if self.tenants.host.take_used(tenant) || !self.may_rest(tenant) {
            return None;
        }
        self.lay_down(tenant)
    }

    /// Drops the state of a tenant that is durably stored as it is; else stores it first.
    fn lay_down(&mut self, tenant: Awake) -> Option<Rested> {
        match self.kept_at(tenant) {
            Some(stored) if stored <= self.writer.durable() => {
                self.drop_state(tenant);
                Some(Rested::Dropped)
            }
            Some(_) => None,
            None => self.store(tenant).then_some(Rested::Stored),
        }
    }

    /// The record that holds the tenant's state as it is, if the log keeps that: of whom nothing is
    /// known any more nothing is carried.
    fn kept_at(&self, tenant: Awake) -> Option<u64> {
        let stored = self.tenants.actor(tenant).stored_at();
        stored.filter(|stored| *stored >= self.settings.horizon.asked())
    }

    /// Whether nothing happens to the tenant now.
    fn may_rest(&self, tenant: Awake) -> bool {
        let state = self.tenants.state(tenant);
        state.last != 0
            && state.open.len() <= MOST_OPEN
            && state.open.iter().all(|open| self.is_quiet(open))
            && !self.tenants.has_stray(tenant)
    }

    fn is_quiet(&self, open: &Open) -> bool {
        if matches!(open.phase, Phase::Started { .. }) {
            return false;
        }
        let soon = self.now.plus(SOON_MS);
        let Some(located) = self.tenants.locate(open.id) else {
            return false;
        };
        // Of tasks that are one for people the oldest tells why, so their tenants stay.
        let group = self.schedule.group(&located);
        let is_alike = group.is_some_and(|group| matches!(group.kind, Kind::Alike(_)));
        !located.queued && !is_alike && located.due > soon
    }

    /// Writes the tenant's state as it is; whether it fits one record.
    pub(super) fn store(&mut self, tenant: Awake) -> bool {
        let (at, first) = (self.now, self.writer.next());
        let actor = self.tenants.actor(tenant);
        let pieces = StoredTenant::pieces(actor.key(), actor.state(), Vec::new(), at, first);
        let [piece] = &pieces[..] else {
            return false;
        };
        self.writer.write(|buffer| piece.encode(buffer));
        self.tenants
            .host
            .actor_mut(tenant)
            .was_stored(&pieces, first);
        self.rest.going.push_back((first, tenant.slot()));
        true
    }

    /// Drops the states of those whose records are durable and to whom nothing happened meanwhile.
    pub(super) fn let_rest(&mut self, durable: u64) {
        while let Some((stored, slot)) = self.rest.going.front().copied() {
            if stored > durable {
                return;
            }
            self.rest.going.pop_front();
            let Some(tenant) = self.tenants.awake(slot) else {
                continue;
            };
            let as_stored = self.kept_at(tenant) == Some(stored);
            if as_stored && !self.tenants.host.take_used(tenant) && self.may_rest(tenant) {
                self.drop_state(tenant);
            }
        }
    }

    fn drop_state(&mut self, tenant: Awake) {
        if self.tenants.passivate(tenant) {
            self.metrics.passivations.increment(1);
        }
    }

    /// At a start: those whose newest record is their stored state need not be in memory.
    pub(super) fn rest_at_start(&mut self) {
        for slot in 0..self.tenants.tenant_count() as Slot {
            if let Some(tenant) = self.tenants.awake(slot)
                && self.tenants.actor(tenant).stored_at().is_some()
                && self.may_rest(tenant)
            {
                self.drop_state(tenant);
            }
        }
    }
}

/// How far a tenant was put to rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rested {
    /// Its state is dropped.
    Dropped,
    /// Its state is written, and dropped when that is durable.
    Stored,
}
