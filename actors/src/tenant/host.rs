//! Owns the places of a shard's tenants: who stands at each, active or passive, and the way there from
//! a key. A passive tenant is found by the hash of its key: whether it is the one that was meant is
//! seen when it is active again. Refuses to give the state of a passive one: only an [`Awake`] leads
//! to a state, and only an active tenant has one.

use sluis_model::checkpoint::{LogPlace, PassiveTenant};
use sluis_model::{CorporationId, Tenant, TenantKey};

use super::Slot;
use super::actor::TenantActor;
use crate::chunked_deque::ChunkedDeque;
use crate::hash_index::{HashIndex, KeyHash, Known, Seeds};

/// Parts of the table of tenants: five hundred tenants each when two million stand in sixteen
/// shards.
const PARTS: usize = 256;

/// One place.
#[derive(Debug)]
enum Seat {
    Active(Box<TenantActor>),
    /// What is left of a tenant at rest.
    Passive {
        hash: KeyHash,
        /// The record that holds its state.
        stored: u64,
        /// How many records before that one the log must keep for it; the largest number: perhaps all.
        behind: u32,
        corporation: CorporationId,
        /// Whether it is known from facts alone.
        is_unknown: bool,
    },
    /// A tenant whose erasure is written and whose key is about to be destroyed.
    Erasing {
        hash: KeyHash,
        corporation: CorporationId,
    },
}

/// The place of a tenant that is active. It holds until the message at hand is done with: no tenant
/// is put to rest before that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Awake(Slot);

impl Awake {
    pub(crate) const fn slot(self) -> Slot {
        self.0
    }
}

/// The tenants of one shard.
#[derive(Debug)]
pub(crate) struct Host {
    seats: ChunkedDeque<Seat>,
    by_key: HashIndex,
    active: usize,
    /// Tenants whose key is about to be destroyed.
    erasing: usize,
}

impl Default for Host {
    fn default() -> Self {
        Self {
            seats: ChunkedDeque::default(),
            by_key: HashIndex::new(PARTS),
            active: 0,
            erasing: 0,
        }
    }
}

impl Host {
    /// Where the tenant is; if it is passive, perhaps another one whose key has the same hash.
    pub(crate) fn find(&self, key: &TenantKey) -> Option<Slot> {
        let hash = self.by_key.hash(key);
        self.by_key.find(hash, |slot| match self.seat(slot) {
            Seat::Active(actor) => actor.key() == key,
            Seat::Passive { hash: theirs, .. } | Seat::Erasing { hash: theirs, .. } => {
                *theirs == hash
            }
        })
    }

    /// A place for a tenant that has none.
    pub(crate) fn add(&mut self, key: &TenantKey) -> Awake {
        self.seat_active(TenantActor::new(key.clone()))
    }

    /// The next place, for a tenant as a checkpoint has it.
    pub(crate) fn restore(&mut self, key: TenantKey, state: Tenant, place: LogPlace) -> Awake {
        self.seat_active(TenantActor::restored(key, state, place))
    }

    fn seat_active(&mut self, actor: TenantActor) -> Awake {
        let hash = self.by_key.hash(actor.key());
        self.active += 1;
        Awake(self.take_seat(hash, Seat::Active(Box::new(actor))))
    }

    /// The next place, for a passive tenant as a checkpoint has it.
    pub(crate) fn restore_passive(&mut self, tenant: PassiveTenant) -> Slot {
        let hash = KeyHash(tenant.hash);
        let seat = Seat::Passive {
            hash,
            stored: tenant.stored,
            behind: tenant.behind,
            corporation: tenant.corporation,
            is_unknown: tenant.is_unknown,
        };
        self.take_seat(hash, seat)
    }

    fn take_seat(&mut self, hash: KeyHash, seat: Seat) -> Slot {
        let slot = self.seats.len() as Slot;
        self.seats.push_back(seat);
        let seats = &self.seats;
        self.by_key
            .insert_known(hash, slot, |slot| match &seats[slot as usize] {
                Seat::Active(actor) => Known::Key(actor.key()),
                Seat::Passive { hash, .. } | Seat::Erasing { hash, .. } => Known::Hash(*hash),
            });
        slot
    }

    /// Lets a passive tenant begin anew, whose state the log does not have any more.
    pub(crate) fn begin_anew(&mut self, slot: Slot, key: &TenantKey) {
        if self.stored_at(slot).is_some() {
            let actor = Box::new(TenantActor::new(key.clone()));
            self.seats[slot as usize] = Seat::Active(actor);
            self.active += 1;
        }
    }

    /// A passive tenant, for a checkpoint; none: it is active, or is being erased.
    pub(crate) fn passive(&self, slot: Slot) -> Option<PassiveTenant> {
        match self.seat(slot) {
            Seat::Active(_) | Seat::Erasing { .. } => None,
            Seat::Passive {
                hash,
                stored,
                behind,
                corporation,
                is_unknown,
            } => Some(PassiveTenant {
                hash: hash.0,
                stored: *stored,
                behind: *behind,
                corporation: *corporation,
                is_unknown: *is_unknown,
            }),
        }
    }

    /// One that hashes keys as another did.
    pub(crate) fn seeded(seeds: [u64; 2]) -> Self {
        Self {
            by_key: HashIndex::seeded(PARTS, Seeds(seeds)),
            ..Self::default()
        }
    }

    /// What keys are hashed with, and the hash of a certain one.
    pub(crate) fn seeds(&self) -> ([u64; 2], u64) {
        let certain = TenantKey::new(CorporationId(1), "H-1");
        (self.by_key.seeds().0, self.by_key.hash(&certain).0)
    }

    /// Whether there is such a place. A shard that was rebuilt has fewer when a tenant was erased, and
    /// what was read for the one before may still come.
    fn has(&self, slot: Slot) -> bool {
        (slot as usize) < self.seats.len()
    }

    fn seat(&self, slot: Slot) -> &Seat {
        &self.seats[slot as usize]
    }

    /// The way to the state of the tenant at this place; none: it is passive.
    pub(crate) fn awake(&self, slot: Slot) -> Option<Awake> {
        match self.seat(slot) {
            Seat::Active(_) => Some(Awake(slot)),
            Seat::Passive { .. } | Seat::Erasing { .. } => None,
        }
    }

    pub(crate) fn actor(&self, awake: Awake) -> &TenantActor {
        match self.seat(awake.0) {
            Seat::Active(actor) => actor,
            Seat::Passive { .. } | Seat::Erasing { .. } => {
                unreachable!("a tenant was put to rest in the middle of a message")
            }
        }
    }

    pub(crate) fn actor_mut(&mut self, awake: Awake) -> &mut TenantActor {
        match &mut self.seats[awake.0 as usize] {
            Seat::Active(actor) => actor,
            Seat::Passive { .. } | Seat::Erasing { .. } => {
                unreachable!("a tenant was put to rest in the middle of a message")
            }
        }
    }

    pub(crate) fn corporation(&self, slot: Slot) -> CorporationId {
        match self.seat(slot) {
            Seat::Active(actor) => actor.key().corporation,
            Seat::Passive { corporation, .. } | Seat::Erasing { corporation, .. } => *corporation,
        }
    }

    /// The record that holds the state of a passive tenant; none: it is active.
    pub(crate) fn stored_at(&self, slot: Slot) -> Option<u64> {
        if !self.has(slot) {
            return None;
        }
        match self.seat(slot) {
            Seat::Active(_) | Seat::Erasing { .. } => None,
            Seat::Passive { stored, .. } => Some(*stored),
        }
    }

    /// The oldest record that the log must keep for a passive tenant; none: it is active.
    pub(crate) fn needed_from(&self, slot: Slot) -> Option<u64> {
        match self.seat(slot) {
            Seat::Active(_) | Seat::Erasing { .. } => None,
            Seat::Passive { stored, behind, .. } => match *behind {
                u32::MAX => Some(0),
                behind => Some(stored - u64::from(behind)),
            },
        }
    }

    /// A passive tenant is stored in another record now, and the log must keep what stands from
    /// `needed_from` on for it.
    pub(crate) fn was_stored(&mut self, slot: Slot, sequence: u64, needed_from: u64) {
        if let Seat::Passive { stored, behind, .. } = &mut self.seats[slot as usize] {
            (*stored, *behind) = (sequence, behind_of(sequence, needed_from));
        }
    }

    /// How many places there are.
    pub(crate) fn len(&self) -> usize {
        self.seats.len()
    }

    /// How many of them are active.
    pub(crate) const fn active(&self) -> usize {
        self.active
    }

    /// Whether the active tenant had a message since it was last asked.
    pub(crate) fn take_used(&mut self, awake: Awake) -> bool {
        self.actor_mut(awake).take_used()
    }

    /// Drops the state of a tenant that stands in a record as it is; says whether it does. That
    /// record must be durable. `is_unknown`: it is known from facts alone.
    pub(crate) fn passivate(&mut self, awake: Awake, is_unknown: bool) -> bool {
        let actor = self.actor(awake);
        let Some(stored) = actor.stored_at() else {
            return false;
        };
        self.seats[awake.0 as usize] = Seat::Passive {
            hash: self.by_key.hash(actor.key()),
            stored,
            behind: behind_of(stored, actor.oldest_body()),
            corporation: actor.key().corporation,
            is_unknown,
        };
        self.active -= 1;
        true
    }

    /// Puts the state of a passive tenant in its place, as it stands in the record `stored`. None: that
    /// is not the record that holds it, or not its state.
    pub(crate) fn activate(
        &mut self,
        slot: Slot,
        key: TenantKey,
        state: Tenant,
        stored: u64,
    ) -> Option<Awake> {
        if !self.has(slot) {
            return None;
        }
        let hash = self.by_key.hash(&key);
        let seat = &mut self.seats[slot as usize];
        match seat {
            Seat::Passive {
                stored: newest,
                hash: theirs,
                ..
            } if (*newest, *theirs) == (stored, hash) => {
                *seat = Seat::Active(Box::new(TenantActor::activated(key, state, stored)));
                self.active += 1;
                Some(Awake(slot))
            }
            Seat::Passive { .. } | Seat::Active(_) | Seat::Erasing { .. } => None,
        }
    }

    /// Drops the state of a tenant who is erased. His messages wait until [`Host::vacate`].
    pub(crate) fn erase(&mut self, awake: Awake) {
        let key = self.actor(awake).key();
        self.seats[awake.0 as usize] = Seat::Erasing {
            hash: self.by_key.hash(key),
            corporation: key.corporation,
        };
        self.active -= 1;
        self.erasing += 1;
    }

    /// Whether a tenant's erasure is written and his key is about to be destroyed.
    pub(crate) const fn is_erasing(&self) -> bool {
        self.erasing > 0
    }

    /// Leaves the place of an erased tenant to nobody: places keep their numbers. None: nobody is being
    /// erased there.
    pub(crate) fn vacate(&mut self, key: &TenantKey) -> Option<Slot> {
        let slot = self.find(key)?;
        let Seat::Erasing { hash, corporation } = *self.seat(slot) else {
            return None;
        };
        self.by_key.remove(hash, slot);
        let vacant = Box::new(TenantActor::new(vacant(corporation)));
        self.seats[slot as usize] = Seat::Active(vacant);
        self.active += 1;
        self.erasing -= 1;
        Some(slot)
    }
}

/// Who stands at the place of a tenant who was erased: a number that no tenant may have.
pub(crate) fn vacant(corporation: CorporationId) -> TenantKey {
    TenantKey::new(corporation, "")
}

/// How far before the record that stores a tenant the oldest one lies that it needs.
fn behind_of(stored: u64, needed_from: u64) -> u32 {
    u32::try_from(stored.saturating_sub(needed_from)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use sluis_model::{StoredTenant, Timestamp};

    use super::*;

    fn key(number: u32) -> TenantKey {
        TenantKey::new(CorporationId(1), format!("H-{number}"))
    }

    fn store(host: &mut Host, tenant: Awake, sequence: u64) {
        let actor = host.actor_mut(tenant);
        let (key, state) = (actor.key(), actor.state());
        let pieces = StoredTenant::pieces(key, state, Vec::new(), Timestamp(0), sequence);
        actor.was_stored(&pieces, sequence);
    }

    /// Millions are passive: this is what each costs, beside its entry in the hash table of about
    /// six bytes.
    #[test]
    fn a_place_stays_small() {
        assert_eq!(size_of::<Seat>(), 24);
    }

    #[test]
    fn a_tenant_is_found_active_and_passive_while_the_table_grows() {
        let mut host = Host::default();
        for number in 0..20_000u32 {
            let awake = host.add(&key(number));
            assert!(!host.passivate(awake, false), "nothing of it is stored");
            if number % 3 != 0 {
                store(&mut host, awake, u64::from(number) + 1);
                assert!(host.passivate(awake, false));
            }
        }
        assert_eq!((host.len(), host.active()), (20_000, 6_667));
        for number in 0..20_000 {
            let slot = host.find(&key(number)).expect("it is there");
            assert_eq!(slot, number);
            let stored = (number % 3 != 0).then_some(u64::from(number) + 1);
            assert_eq!(host.stored_at(slot), stored);
            assert_eq!(host.awake(slot).is_none(), stored.is_some());
            assert_eq!(host.corporation(slot), CorporationId(1));
        }
        assert_eq!(host.find(&key(20_000)), None);
    }

    #[test]
    fn what_the_log_must_keep_for_a_passive_tenant_is_known() {
        let mut host = Host::default();
        let awake = host.add(&key(1));
        assert_eq!(host.needed_from(awake.slot()), None);
        store(&mut host, awake, 9);
        assert!(host.passivate(awake, false));
        assert_eq!(host.needed_from(awake.slot()), Some(9), "nothing is open");
        host.was_stored(awake.slot(), 20, 12);
        assert_eq!(host.stored_at(awake.slot()), Some(20));
        assert_eq!(host.needed_from(awake.slot()), Some(12));
        host.was_stored(awake.slot(), u64::MAX >> 2, 12);
        assert_eq!(
            host.needed_from(awake.slot()),
            Some(0),
            "too far to be told"
        );
    }

    #[test]
    fn only_the_newest_stored_state_of_the_tenant_itself_activates_it() {
        let mut host = Host::default();
        let awake = host.add(&key(1));
        store(&mut host, awake, 9);
        assert!(host.passivate(awake, false));
        let state = |last| Tenant {
            last,
            ..Tenant::default()
        };
        let slot = awake.slot();
        assert_eq!(
            host.activate(slot, key(1), state(4), 4),
            None,
            "an older one"
        );
        assert_eq!(host.activate(slot, key(2), state(9), 9), None, "another's");
        assert_eq!(host.activate(slot, key(1), state(9), 9), Some(awake));
        assert_eq!(
            host.activate(slot, key(1), state(9), 9),
            None,
            "it is active"
        );
        assert_eq!(host.actor(awake).stored_at(), Some(9));
        assert_eq!(host.active(), 1);
    }
}
