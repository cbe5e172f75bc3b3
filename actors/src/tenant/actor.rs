//! Owns one active tenant: its key, its state, and what its life hangs on. Thin: a message is a call
//! into the model.

use sluis_model::checkpoint::LogPlace;
use sluis_model::{Decision, Input, Situation, StoredTenant, Tenant, TenantKey, decide};

/// One active tenant.
#[derive(Debug)]
pub(crate) struct TenantActor {
    key: TenantKey,
    state: Tenant,
    life: Life,
}

/// From where on the log has everything of the tenant, and two marks. One number, because there are as
/// many as there are active tenants: the sequence in the upper bits, the marks in the lowest.
#[derive(Clone, Copy, Debug)]
struct Life(u64);

impl Life {
    /// A message came lately.
    const USED: u64 = 1;
    /// The sequence is that of a stored state, not of the first record.
    const STORED: u64 = 2;
    const MARKS: u32 = 2;

    const fn at(sequence: u64, marks: u64) -> Self {
        Self(sequence << Self::MARKS | marks)
    }

    const fn sequence(self) -> u64 {
        self.0 >> Self::MARKS
    }

    const fn has(self, mark: u64) -> bool {
        self.0 & mark != 0
    }
}

impl TenantActor {
    /// A tenant of whom nothing is known yet.
    pub(super) fn new(key: TenantKey) -> Self {
        Self {
            key,
            state: Tenant::default(),
            life: Life::at(0, Life::USED),
        }
    }

    /// A tenant as its stored state says, which stands in the record `stored`.
    pub(super) const fn activated(key: TenantKey, state: Tenant, stored: u64) -> Self {
        let life = Life::at(stored, Life::STORED | Life::USED);
        Self { key, state, life }
    }

    /// A tenant as a checkpoint has it.
    pub(super) const fn restored(key: TenantKey, state: Tenant, place: LogPlace) -> Self {
        let stored = if place.is_stored { Life::STORED } else { 0 };
        let life = Life::at(place.whole_from, stored);
        Self { key, state, life }
    }

    /// Where it stands in the log, for a checkpoint.
    pub(crate) const fn log_place(&self) -> LogPlace {
        LogPlace {
            whole_from: self.life.sequence(),
            is_stored: self.life.has(Life::STORED),
        }
    }

    pub(crate) const fn key(&self) -> &TenantKey {
        &self.key
    }

    pub(crate) const fn state(&self) -> &Tenant {
        &self.state
    }

    /// For the replay of records.
    pub(crate) const fn state_mut(&mut self) -> &mut Tenant {
        &mut self.state
    }

    /// Takes one message.
    pub(crate) fn decide(&mut self, input: &Input, situation: Situation<'_>) -> Decision {
        self.life.0 |= Life::USED;
        decide(&mut self.state, input, situation)
    }

    /// The sequence from which on the log has everything of it; 0: there is nothing yet.
    pub(crate) const fn whole_from(&self) -> u64 {
        self.life.sequence()
    }

    /// The first record of it that the log has is written.
    pub(crate) const fn begins_at(&mut self, sequence: u64) {
        self.life = Life::at(sequence, self.life.0 & Life::USED);
    }

    /// It, or bodies of what it has open, were written again from the sequence `first` on.
    pub(crate) fn was_stored(&mut self, records: &[StoredTenant], first: u64) {
        self.state.was_stored(records, first);
        if records.iter().any(|record| !record.is_bodies_only()) {
            self.life = Life::at(first, Life::STORED | self.life.0 & Life::USED);
        } else if self.whole_from() == 0 {
            self.begins_at(first);
        }
    }

    /// Puts a stored state in the place of the one that is known; gives that one.
    pub(crate) const fn replace(&mut self, state: Tenant, first: u64) -> Tenant {
        self.life = Life::at(first, Life::STORED);
        std::mem::replace(&mut self.state, state)
    }

    /// The one record that holds the state as it stands; none: it changed since it was stored last, or
    /// was stored in several.
    pub(crate) const fn stored_at(&self) -> Option<u64> {
        let sequence = self.life.sequence();
        if self.life.has(Life::STORED) && sequence == self.state.last {
            Some(sequence)
        } else {
            None
        }
    }

    /// The oldest record that the log must keep for it, but for the one that stores it: where the
    /// first body of what it has open stands.
    pub(super) fn oldest_body(&self) -> u64 {
        let bodies = self.state.open.iter().map(|open| open.body);
        bodies.min().unwrap_or(u64::MAX)
    }

    /// Whether a message came since the last call.
    pub(super) const fn take_used(&mut self) -> bool {
        let used = self.life.has(Life::USED);
        self.life.0 &= !Life::USED;
        used
    }
}

#[cfg(test)]
mod tests {
    use sluis_model::{CorporationId, Timestamp};

    use super::*;

    /// Some hundred thousand may be active: this is what each costs beside what its state points to.
    #[test]
    fn an_active_tenant_stays_small() {
        assert_eq!(size_of::<TenantActor>(), 80);
    }

    #[test]
    fn a_state_is_stored_until_the_next_record() {
        let key = TenantKey::new(CorporationId(1), "H-1");
        let mut actor = TenantActor::new(key.clone());
        actor.begins_at(5);
        actor.state_mut().last = 5;
        assert_eq!(
            actor.stored_at(),
            None,
            "its first record is no stored state"
        );
        let pieces = StoredTenant::pieces(&key, actor.state(), Vec::new(), Timestamp(1), 7);
        actor.was_stored(&pieces, 7);
        assert_eq!((actor.stored_at(), actor.whole_from()), (Some(7), 7));
        assert!(
            actor.take_used() && !actor.take_used(),
            "nothing came since"
        );
        let bodies = StoredTenant::bodies_only(&key, Vec::new(), Timestamp(1), (7, 8));
        actor.was_stored(&bodies, 8);
        assert_eq!((actor.stored_at(), actor.whole_from()), (None, 7));
    }
}
