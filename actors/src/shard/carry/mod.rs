//! Owns the carrying forward: everything alive whose records are to be forgotten is written again,
//! a few tenants a turn, behind the turn's own work. Bodies come from a reader beside the arbiters.
//! What the shard knows of itself comes last. A crash in the middle costs only the repetition.
//! Refuses to say that it is done before all of it is durable, and before no attempt is under way
//! any more that may still read a body where it stood.

mod errand;
mod scan;
pub(super) mod work;

use std::sync::Arc;

use sluis_model::{Control, Notification, StoredTenant, Whole};

use self::errand::{Basket, Errand, Fetched};
use self::scan::Wanted;
use self::work::{State, Work};
use super::core::ShardCore;
use super::place::Slot;
use crate::tenant::Awake;

/// Part of the journal's queue that may be filled before nothing more is carried: intake has as
/// much.
const QUEUE_PART: f64 = 0.7;
/// Bytes written again in a turn, give or take the last tenant, while nothing else waits, and while
/// something does.
const TURN_BYTES: usize = 128 << 10;
const BUSY_TURN_BYTES: usize = 16 << 10;

impl ShardCore {
    /// Goes on with what is to be carried; `busy`: other work waits. Whether there is more to do at
    /// once.
    pub(super) fn carry(&mut self, busy: bool) -> bool {
        self.carry.is_stalled = false;
        let Some(mut work) = self.carry.work.take().or_else(|| self.begin_carrying()) else {
            return false;
        };
        let most = if busy { BUSY_TURN_BYTES } else { TURN_BYTES };
        let until = self.writer.bytes() + most;
        let (mut goes_on, mut has_room) = (!work.state.is_written(), self.may_carry());
        while goes_on && has_room && self.writer.bytes() < until {
            (work.state, goes_on) = self.carry_on(work.horizon, work.state);
            has_room = self.may_carry();
        }
        self.carry.is_stalled = goes_on && !has_room;
        if self.is_carried(&work) {
            return false;
        }
        self.carry.work = Some(work);
        goes_on && has_room
    }

    fn begin_carrying(&self) -> Option<Work> {
        let horizon = self.settings.horizon.wanted()?;
        Some(Work {
            horizon,
            state: State::Tenants { next: 0 },
        })
    }

    /// Whether the journal has room for more than intake and what it leads to.
    fn may_carry(&self) -> bool {
        !self.writer.is_full() && self.settings.journal.queue().fill() < QUEUE_PART
    }

    /// One step; whether another one can follow at once.
    fn carry_on(&mut self, horizon: u64, state: State) -> (State, bool) {
        match state {
            State::Tenants { next } => (self.look_for_more(horizon, next), true),
            State::Fetching(basket) => match basket.take() {
                Some((load, fetched)) => (State::Writing(load, fetched), true),
                None => (State::Fetching(basket), false),
            },
            State::Writing(mut load, mut fetched) => match load.tenants.pop_front() {
                Some(wanted) => {
                    if !self.carry_wanted(horizon, &wanted, &mut fetched) {
                        // It became active or passive meanwhile: it is looked at again.
                        load.next = load.next.min(wanted.slot);
                    }
                    (State::Writing(load, fetched), true)
                }
                None => (State::Tenants { next: load.next }, true),
            },
            State::Written { upto } => (State::Written { upto }, false),
        }
    }

    /// Looks at some tenants, and asks for what is missing of those that must be carried.
    fn look_for_more(&mut self, horizon: u64, next: Slot) -> State {
        let load = self.tenants.load_from(next, horizon);
        if load.tenants.is_empty() {
            return if load.is_last {
                self.carry_itself(horizon);
                self.carry.part();
                let upto = self.writer.last();
                State::Written { upto }
            } else {
                State::Tenants { next: load.next }
            };
        }
        let basket = Arc::<Basket>::default();
        let errand = Errand::new(&self.settings, basket.clone(), horizon, load);
        // The readers take whatever the engine asks for; at its end nothing is carried any more.
        drop(
            self.settings
                .readers
                .ask_for_the_engine(Box::new(move || errand.run())),
        );
        State::Fetching(basket)
    }

    /// Writes a tenant again; `false`: what was fetched of it is not what is needed any more.
    fn carry_wanted(&mut self, horizon: u64, wanted: &Wanted, fetched: &mut Fetched) -> bool {
        let bodies = fetched.of(wanted);
        match (self.tenants.awake(wanted.slot), fetched.state_of(wanted)) {
            (Some(tenant), _) => {
                self.carry_tenant(horizon, (wanted, tenant), bodies);
                true
            }
            (None, Some(whole)) => self.carry_passive(wanted, whole, bodies),
            (None, None) => false,
        }
    }

    /// Writes a passive tenant again, from the state that was fetched; `false`: that is not its newest.
    fn carry_passive(&mut self, wanted: &Wanted, whole: Whole, bodies: Vec<Notification>) -> bool {
        if self.tenants.host.stored_at(wanted.slot) != Some(whole.first) {
            return false;
        }
        let Whole { key, mut state, .. } = whole;
        let (at, first) = (self.now, self.writer.next());
        let mut records = Vec::new();
        if !bodies.is_empty() {
            records = StoredTenant::bodies_only(&key, bodies, at, (state.last, first));
            state.was_stored(&records, first);
        }
        // Behind its bodies, so that whoever reads the state finds them.
        let stored = first + records.len() as u64;
        records.extend(StoredTenant::pieces(&key, &state, Vec::new(), at, stored));
        let mut bytes = 0;
        for record in &records {
            bytes += self.writer.write(|buffer| record.encode(buffer));
        }
        self.metrics.carried(&records, bytes);
        self.settings.horizon.wrote(bytes);
        let needed_from = state.open.iter().map(|open| open.body).min();
        let host = &mut self.tenants.host;
        host.was_stored(wanted.slot, stored, needed_from.unwrap_or(stored));
        true
    }

    /// Writes a tenant again as it is by now, with these bodies; or only the bodies, where more must
    /// come first or nothing else is old.
    fn carry_tenant(
        &mut self,
        horizon: u64,
        (wanted, whom): (&Wanted, Awake),
        bodies: Vec<Notification>,
    ) {
        let (at, first) = (self.now, self.writer.next());
        let actor = self.tenants.actor(whom);
        let (key, tenant) = (actor.key(), actor.state());
        if tenant.is_blank() {
            return;
        }
        // Some ended meanwhile.
        let bodies: Vec<Notification> = bodies
            .into_iter()
            .filter(|body| tenant.find(body.id).is_some())
            .collect();
        let is_whole = wanted.is_whole && actor.whole_from() < horizon;
        let records = if is_whole {
            StoredTenant::pieces(key, tenant, bodies, at, first)
        } else if bodies.is_empty() {
            return;
        } else {
            StoredTenant::bodies_only(key, bodies, at, (tenant.last, first))
        };
        let mut bytes = 0;
        for record in &records {
            bytes += self.writer.write(|buffer| record.encode(buffer));
        }
        self.metrics.carried(&records, bytes);
        self.settings.horizon.wrote(bytes);
        self.tenants
            .host
            .actor_mut(whom)
            .was_stored(&records, first);
    }

    /// Writes what the shard knows of itself.
    fn carry_itself(&mut self, horizon: u64) {
        let pauses = self.pauses.carry();
        let strays = self.tenants.carry_strays(horizon);
        let carried = pauses.into_iter().chain(strays);
        let controls: Vec<Control> = carried
            .map(|carried| Control::Carried(Box::new(carried)))
            .chain(self.intents.carry())
            .collect();
        for control in controls {
            self.write_control(control);
        }
    }

    /// Says so when everything is written, durable, and read by nobody where it stood.
    fn is_carried(&mut self, work: &Work) -> bool {
        let State::Written { upto } = work.state else {
            return false;
        };
        let is_done = self.writer.durable() >= upto && self.carry.is_parted();
        if is_done {
            self.settings.horizon.reached(work.horizon, upto);
        }
        is_done
    }
}
