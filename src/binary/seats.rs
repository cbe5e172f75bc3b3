//! Owns how many senders there are: in all, of one corporation, of one address. Refuses one more
//! with the reason; nobody who showed a key is sent away for a newer one.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use sluis_model::CorporationId;

use crate::crowd::{Bounds, Peer};

/// The places of the binary port, and who has them.
#[derive(Debug)]
pub(super) struct Seats {
    bounds: Bounds,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    peers: HashMap<Peer, usize>,
    corporations: HashMap<CorporationId, usize>,
}

/// A sender's seat; free again when this is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    seats: Arc<Seats>,
    peer: Peer,
    corporation: CorporationId,
}

impl Seats {
    pub(super) fn new(bounds: Bounds) -> Arc<Self> {
        Arc::new(Self {
            bounds,
            taken: Mutex::default(),
        })
    }

    /// A seat, or why there is none.
    pub(super) fn take(
        self: &Arc<Self>,
        corporation: CorporationId,
        peer: IpAddr,
    ) -> Result<Seat, &'static str> {
        let peer = Peer::of(peer);
        let mut taken = self.taken.lock();
        if taken.all >= self.bounds.all {
            return Err("as many connections as the engine takes: share them");
        }
        if count(&taken.corporations, &corporation) >= self.bounds.per_corporation {
            return Err("as many connections as one corporation may have: share them");
        }
        if count(&taken.peers, &peer) >= self.bounds.per_peer {
            return Err("as many connections as one address may have: share them");
        }
        taken.all += 1;
        *taken.corporations.entry(corporation).or_default() += 1;
        *taken.peers.entry(peer).or_default() += 1;
        Ok(Seat {
            seats: self.clone(),
            peer,
            corporation,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock();
        taken.all -= 1;
        less(&mut taken.corporations, &self.corporation);
        less(&mut taken.peers, &self.peer);
    }
}

fn count<K: Eq + Hash>(counts: &HashMap<K, usize>, key: &K) -> usize {
    counts.get(key).copied().unwrap_or_default()
}

fn less<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bound_holds_and_a_seat_comes_back() {
        let seats = Seats::new(Bounds {
            all: 4,
            per_peer: 3,
            per_corporation: 2,
        });
        let (noord, zuid) = (CorporationId(1), CorporationId(2));
        let [near, far] = [IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2])];
        let mut held = vec![
            seats.take(noord, near).unwrap(),
            seats.take(noord, near).unwrap(),
        ];
        assert!(
            seats
                .take(noord, far)
                .unwrap_err()
                .contains("one corporation")
        );
        held.push(seats.take(zuid, near).unwrap());
        assert!(seats.take(zuid, near).unwrap_err().contains("one address"));
        held.push(seats.take(zuid, far).unwrap());
        assert!(seats.take(zuid, far).unwrap_err().contains("the engine"));
        drop(held.remove(0));
        assert!(seats.take(noord, far).is_ok());
        held.clear();
        assert!(seats.taken.lock().peers.is_empty() && seats.taken.lock().corporations.is_empty());
    }
}
