//! Owns who is connected to a port: how many in all, of each peer and of each corporation, and
//! which of them only keep us waiting. Every limit in time is held by one look over all of them now
//! and then, not by a timer each. Refuses to let a silent connection keep a new one out, and to
//! touch one that waits for us.

mod life;
mod limits;

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use sluis_model::CorporationId;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

pub(crate) use life::{Asked, Life};
use life::{Order, Verdict};
use limits::millis;
pub(crate) use limits::{FAREWELL, Limits};

/// The longest between two looks at the connections.
const LONGEST_LOOK: Duration = Duration::from_millis(250);
/// Of strangers that are silent, the part that makes room at once when there is none: looking for
/// the oldest is a walk over all, and a flood of them must not cost a walk each.
const PART: usize = 64;

/// How many connections there may be. A bound that does not hold is as large as it gets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) all: usize,
    pub(crate) per_peer: usize,
    pub(crate) per_corporation: usize,
}

/// A peer, as bounds count it: an address, or a whole network of IPv6, of which one machine has
/// 2^64 addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Peer(IpAddr);

impl Peer {
    pub(crate) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(six) => Self(IpAddr::from((u128::from(six) >> 64 << 64).to_be_bytes())),
            four @ IpAddr::V4(_) => Self(four),
        }
    }
}

/// The connections of one port.
#[derive(Debug)]
pub(crate) struct Crowd {
    bounds: Bounds,
    /// Milliseconds since it was made, as of the last look.
    now: Arc<AtomicU64>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    members: HashMap<u64, Member>,
    peers: HashMap<Peer, usize>,
    corporations: HashMap<CorporationId, usize>,
    next: u64,
}

#[derive(Debug)]
struct Member {
    peer: Peer,
    corporation: Option<CorporationId>,
    life: Arc<Life>,
}

/// A place in the crowd; free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    crowd: Arc<Crowd>,
    number: u64,
    life: Arc<Life>,
}

impl Crowd {
    pub(crate) fn new(bounds: Bounds) -> Arc<Self> {
        Arc::new(Self {
            bounds,
            now: Arc::default(),
            state: Mutex::default(),
        })
    }

    /// A place for a new connection. Where there is none, the one that was silent the longest goes:
    /// first of those that never showed a key or are in the middle of a request, then of those that
    /// are between two. `None`: each of them waits for us.
    pub(crate) fn join(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let peer = Peer::of(peer);
        let mut state = self.state.lock();
        let of_peer = state.peers.get(&peer).copied().unwrap_or_default();
        if of_peer >= self.bounds.per_peer && !state.make_room(|m| m.peer == peer) {
            return None;
        }
        if state.members.len() >= self.bounds.all && !state.make_room(|_| true) {
            return None;
        }
        let life = Arc::new(Life::new(self.now.clone()));
        let number = state.add(peer, life.clone());
        Some(Place {
            crowd: self.clone(),
            number,
            life,
        })
    }

    /// The operating system has no room for one more: those silent the longest go.
    pub(crate) fn make_room(&self) {
        self.state.lock().make_room(|_| true);
    }

    /// Holds the limits, until `shutdown`.
    pub(crate) async fn watch(&self, limits: Limits, shutdown: &CancellationToken) {
        let shortest = limits.idle.min(limits.stalled).min(limits.answer);
        let mut looks = interval(LONGEST_LOOK.min(shortest / 4).max(Duration::from_millis(1)));
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let began = looks.tick().await;
        loop {
            let at = tokio::select! {
                () = shutdown.cancelled() => return,
                at = looks.tick() => at,
            };
            self.look(began, at, limits);
        }
    }

    fn look(&self, began: Instant, at: Instant, limits: Limits) {
        let now = millis(at - began);
        self.now.store(now, Ordering::Relaxed);
        for member in self.state.lock().members.values() {
            match member.life.judge(now, limits) {
                Verdict::Stay => {}
                Verdict::Finish => member.life.order(Order::Finish),
                Verdict::Cut => member.life.order(Order::Cut),
            }
        }
    }

    /// Has every connection end: without a request soon, with one when it has its answer, and all
    /// of them when `grace` is over. Gives how many had to be cut off in the middle of a request.
    pub(crate) async fn end(&self, grace: Duration) -> usize {
        self.all(|life| life.order(Order::Finish));
        let mut looks = interval(FAREWELL.min(grace) / 20 + Duration::from_millis(1));
        let began = looks.tick().await;
        loop {
            let passed = looks.tick().await - began;
            if self.state.lock().members.is_empty() {
                return 0;
            }
            if passed >= grace {
                let left = self
                    .state
                    .lock()
                    .members
                    .values()
                    .filter(|member| member.life.is_asked())
                    .count();
                self.all(|life| life.order(Order::Cut));
                return left;
            }
            if passed >= FAREWELL {
                self.all(|life| {
                    if !life.is_asked() {
                        life.order(Order::Cut);
                    }
                });
            }
        }
    }

    fn all(&self, each: impl Fn(&Life)) {
        self.state
            .lock()
            .members
            .values()
            .for_each(|member| each(&member.life));
    }

    /// How many there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.state.lock().members.len()
    }
}

impl State {
    /// Ends silent ones among those. False: there is none.
    fn make_room(&mut self, among: impl Fn(&Member) -> bool) -> bool {
        let silent = |(_, member): &(&u64, &Member)| among(member) && member.life.is_silent();
        let mut oldest: Vec<(bool, u64, u64)> = self
            .members
            .iter()
            .filter(silent)
            .map(|(number, member)| (member.life.is_resting(), member.life.moved(), *number))
            .collect();
        if oldest.is_empty() {
            return false;
        }
        oldest.sort_unstable();
        // Of those that rest, only the one whose place is needed.
        let strangers = oldest.iter().take_while(|(resting, ..)| !resting).count();
        for (_, _, number) in &oldest[..(strangers / PART).max(1)] {
            if let Some(member) = self.remove(*number) {
                member.life.order(Order::Cut);
            }
        }
        true
    }

    fn add(&mut self, peer: Peer, life: Arc<Life>) -> u64 {
        let number = self.next;
        self.next += 1;
        *self.peers.entry(peer).or_default() += 1;
        let member = Member {
            peer,
            corporation: None,
            life,
        };
        self.members.insert(number, member);
        number
    }

    /// Counts a member to a corporation, and no more to the one before. One whose place went to
    /// somebody else meanwhile is counted to none.
    fn assign(&mut self, number: u64, corporation: CorporationId) {
        let Some(member) = self.members.get_mut(&number) else {
            return;
        };
        let before = member.corporation.replace(corporation);
        if let Some(before) = &before {
            less(&mut self.corporations, before);
        }
        *self.corporations.entry(corporation).or_default() += 1;
    }

    fn remove(&mut self, number: u64) -> Option<Member> {
        let member = self.members.remove(&number)?;
        less(&mut self.peers, &member.peer);
        if let Some(corporation) = &member.corporation {
            less(&mut self.corporations, corporation);
        }
        Some(member)
    }
}

fn less<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

impl Place {
    pub(crate) const fn life(&self) -> &Arc<Life> {
        &self.life
    }

    /// The connection is this corporation's. False: it has as many as it may, and each of them
    /// waits for us.
    pub(crate) fn belongs_to(&self, corporation: CorporationId) -> bool {
        if !self.life.knows(corporation) {
            return true;
        }
        let mut state = self.crowd.state.lock();
        let Some(member) = state.members.get(&self.number) else {
            return true;
        };
        if member.corporation == Some(corporation) {
            return true;
        }
        let count = state.corporations.get(&corporation).copied();
        let full = count.unwrap_or_default() >= self.crowd.bounds.per_corporation;
        if full && !state.make_room(|member| member.corporation == Some(corporation)) {
            self.life.forgets();
            return false;
        }
        state.assign(self.number, corporation);
        true
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.crowd.state.lock().remove(self.number);
    }
}

#[cfg(test)]
mod tests;
