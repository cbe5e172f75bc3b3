//! Owns the fetching of bodies from the journal, on the thread of a reader: an arbiter reads no
//! disk. Refuses to bring more than fits in a turn or two: the rest is fetched again.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use sluis_journal::{Journal, Shard};
use sluis_model::{Notification, NotificationId, Whole};

use super::super::activation::read_stored;
use super::super::brought::LostState;
use super::super::place::Slot;
use super::super::settings::ShardSettings;
use super::scan::{Load, Wanted};
use crate::body::{NoBody, read_body};
use crate::wake::{Activity, Waker};

/// Bytes of bodies that are brought at once, give or take the last one.
const MOST_BYTES: usize = 256 << 10;

/// Where what was fetched waits for the shard.
#[derive(Default)]
pub(super) struct Basket(Mutex<Option<(Load, Fetched)>>);

impl Basket {
    /// What was fetched, once it is there.
    pub(super) fn take(&self) -> Option<(Load, Fetched)> {
        self.0.lock().take()
    }
}

/// What was fetched.
#[derive(Debug, Default)]
pub(super) struct Fetched {
    bodies: HashMap<NotificationId, Notification>,
    /// States of passive tenants.
    states: HashMap<Slot, Whole>,
}

impl Fetched {
    /// The bodies of a tenant.
    pub(super) fn of(&mut self, wanted: &Wanted) -> Vec<Notification> {
        let ids = wanted.bodies.iter();
        ids.filter_map(|(id, _)| self.bodies.remove(id)).collect()
    }

    /// The state of a passive tenant.
    pub(super) fn state_of(&mut self, wanted: &Wanted) -> Option<Whole> {
        self.states.remove(&wanted.slot)
    }
}

/// Something cannot be fetched.
#[derive(Debug, thiserror::Error)]
enum NotFetched {
    #[error(transparent)]
    Body(#[from] NoBody),
    #[error(transparent)]
    State(#[from] LostState),
}

/// A load that is fetched. It counts as under way until it is dropped.
pub(super) struct Errand {
    journal: Arc<dyn Journal>,
    shard: u16,
    basket: Arc<Basket>,
    horizon: u64,
    load: Load,
    waker: Arc<Waker>,
    activity: Arc<Activity>,
}

impl Errand {
    pub(super) fn new(
        settings: &ShardSettings,
        basket: Arc<Basket>,
        horizon: u64,
        load: Load,
    ) -> Self {
        settings.activity.begin(1);
        Self {
            journal: settings.journal.clone(),
            shard: settings.shard.0,
            basket,
            horizon,
            load,
            waker: settings.waker.clone(),
            activity: settings.activity.clone(),
        }
    }

    /// Fetches as much as is brought at once.
    pub(super) fn run(mut self) {
        match self.fetch() {
            Ok(fetched) => {
                let load = std::mem::take(&mut self.load);
                *self.basket.0.lock() = Some((load, fetched));
                self.waker.wake();
            }
            // Nothing is trimmed then: what cannot be read stays where it is.
            Err(error) => {
                let shard = self.shard;
                tracing::error!(shard, %error, "a body cannot be carried along, so the log is not trimmed: see `sluis journal verify`");
            }
        }
    }

    /// The bodies; what was not reached leaves the load.
    fn fetch(&mut self) -> Result<Fetched, NotFetched> {
        let (mut fetched, mut bytes) = (Fetched::default(), 0);
        for place in 0..self.load.tenants.len() {
            if let Some(stored) = self.load.tenants[place].stored {
                if bytes >= MOST_BYTES {
                    self.load.next = self.load.tenants[place].slot;
                    self.load.tenants.truncate(place);
                    return Ok(fetched);
                }
                self.fetch_state(place, stored, &mut fetched)?;
            }
            let is_passive = self.load.tenants[place].stored.is_some();
            let wanted = &mut self.load.tenants[place];
            for read in 0..wanted.bodies.len() {
                let (id, body) = wanted.bodies[read];
                // A passive tenant is carried in one piece, and has few.
                if bytes >= MOST_BYTES && !is_passive {
                    // The rest of this tenant, and those behind, come next.
                    wanted.bodies.truncate(read);
                    wanted.is_whole = false;
                    self.load.next = wanted.slot;
                    self.load.tenants.truncate(place + 1);
                    return Ok(fetched);
                }
                let body = read_body(&*self.journal, id, body)?;
                bytes += body.data.len();
                fetched.bodies.insert(id, body);
            }
        }
        Ok(fetched)
    }
}

impl Errand {
    /// Fetches the state of a passive tenant, and notes which of its bodies are to be fetched.
    fn fetch_state(
        &mut self,
        place: usize,
        stored: u64,
        fetched: &mut Fetched,
    ) -> Result<(), LostState> {
        let whole = read_stored(&*self.journal, Shard(self.shard), stored)?;
        let old = whole.state.open.iter();
        let old = old.filter(|open| open.body < self.horizon);
        let wanted = &mut self.load.tenants[place];
        wanted.bodies = old.map(|open| (open.id, open.body)).collect();
        fetched.states.insert(wanted.slot, whole);
        Ok(())
    }
}

impl Drop for Errand {
    fn drop(&mut self) {
        self.activity.end(1);
    }
}
