//! Owns how the room of a corporation is divided among its connections: what is granted to one is
//! not granted to another, and one gets at most its equal part. Refuses to know how much room there
//! is.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use sluis_model::CorporationId;

/// Credit that is out, per corporation with connections.
#[derive(Debug, Default)]
pub(super) struct Shares(Mutex<HashMap<CorporationId, Out>>);

#[derive(Debug, Default)]
struct Out {
    connections: u32,
    /// Granted to them and not yet used.
    credit: u32,
}

/// The part of one connection; given back when this is dropped.
#[derive(Debug)]
pub(super) struct Share {
    shares: Arc<Shares>,
    corporation: CorporationId,
    /// Granted to it and not yet used.
    credit: u32,
}

impl Shares {
    /// One more connection of the corporation.
    pub(super) fn join(self: &Arc<Self>, corporation: CorporationId) -> Share {
        self.0.lock().entry(corporation).or_default().connections += 1;
        Share {
            shares: self.clone(),
            corporation,
            credit: 0,
        }
    }
}

impl Share {
    /// Grants within the part that this connection has of the room: `grant` is told how much it may
    /// be, and says how much it was. `room` is asked while what is out stands still: asked before, it
    /// would still have what another connection's rows take in between.
    pub(super) fn grant(
        &mut self,
        room: impl FnOnce() -> u32,
        grant: impl FnOnce(u32) -> u32,
    ) -> u32 {
        let mut all = self.shares.0.lock();
        let room = room();
        let out = all.entry(self.corporation).or_default();
        let part = room.div_ceil(out.connections.max(1));
        let most = room
            .saturating_sub(out.credit)
            .min(part.saturating_sub(self.credit));
        let granted = grant(most);
        out.credit = out.credit.saturating_add(granted);
        self.credit = self.credit.saturating_add(granted);
        granted
    }

    /// Grants beyond that part: what is out is counted all the same.
    pub(super) fn grant_beyond(&mut self, grant: impl FnOnce() -> u32) -> u32 {
        let granted = grant();
        let mut all = self.shares.0.lock();
        let out = all.entry(self.corporation).or_default();
        out.credit = out.credit.saturating_add(granted);
        self.credit = self.credit.saturating_add(granted);
        granted
    }

    /// Rows that came in for credit that was granted are admitted or refused.
    pub(super) fn spend(&mut self, rows: u32) {
        self.credit = self.credit.saturating_sub(rows);
        if let Some(out) = self.shares.0.lock().get_mut(&self.corporation) {
            out.credit = out.credit.saturating_sub(rows);
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut all = self.shares.0.lock();
        let Some(out) = all.get_mut(&self.corporation) else {
            return;
        };
        out.connections = out.connections.saturating_sub(1);
        out.credit = out.credit.saturating_sub(self.credit);
        if out.connections == 0 {
            all.remove(&self.corporation);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOORD: CorporationId = CorporationId(1);
    const ZUID: CorporationId = CorporationId(2);

    fn room(room: u32) -> impl FnOnce() -> u32 {
        move || room
    }

    /// As a window that owes so much grants.
    fn owed(owed: u32) -> impl FnOnce(u32) -> u32 {
        move |most| owed.min(most)
    }

    #[test]
    fn connections_of_one_corporation_have_no_more_credit_together_than_there_is_room() {
        let shares = Arc::<Shares>::default();
        let mut held: Vec<Share> = (0..4).map(|_| shares.join(NOORD)).collect();
        let granted = held.iter_mut().map(|share| share.grant(room(10), owed(64)));
        assert_eq!(granted.collect::<Vec<_>>(), [3, 3, 3, 1]);
        assert_eq!(held[0].grant(room(10), owed(64)), 0, "it is all out");
        held[0].spend(3);
        assert_eq!(
            held[3].grant(room(7), owed(64)),
            0,
            "what was used is no room"
        );
        assert_eq!(held[3].grant(room(8), owed(64)), 1);
        assert_eq!(
            shares.join(ZUID).grant(room(10), owed(64)),
            10,
            "another's is its own"
        );
    }

    #[test]
    fn no_row_of_another_connection_comes_between_the_room_and_what_is_out() {
        let shares = Arc::<Shares>::default();
        let mut share = shares.join(NOORD);
        let watched = shares.clone();
        let room = || if watched.0.is_locked() { 5 } else { 0 };
        assert_eq!(share.grant(room, owed(64)), 5);
        assert!(!shares.0.is_locked(), "the control");
    }

    #[test]
    fn what_is_granted_beyond_the_room_is_out_like_the_rest() {
        let shares = Arc::<Shares>::default();
        let mut share = shares.join(NOORD);
        assert_eq!(share.grant_beyond(|| 1), 1);
        assert_eq!(share.grant(room(3), owed(64)), 2);
        share.spend(3);
        assert_eq!(
            share.grant(room(3), owed(64)),
            3,
            "nothing is given back twice"
        );
    }

    #[test]
    fn what_a_connection_did_not_use_is_the_others_when_it_ends() {
        let shares = Arc::<Shares>::default();
        let (mut one, mut other) = (shares.join(NOORD), shares.join(NOORD));
        assert_eq!(one.grant(room(4), owed(64)), 2);
        assert_eq!(other.grant(room(4), owed(64)), 2);
        other.spend(2);
        drop(one);
        assert_eq!(other.grant(room(2), owed(64)), 2);
        drop(other);
        assert!(shares.0.lock().is_empty());
    }
}
