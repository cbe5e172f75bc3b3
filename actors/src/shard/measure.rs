//! Opens the timer set and the indexes to measurements: `bench` fills them with more entries than
//! a test would. Compiled with the feature `simulation` only, so for tests and benches, never in a
//! shipped build.

use sluis_model::{Event, Input, NotificationId, TenantKey, Timestamp};

use super::tenants::Tenants;
use super::timer_set::TimerSet;

/// The timers of a shard.
#[derive(Debug, Default)]
pub struct Timers(TimerSet);

impl Timers {
    /// Adds an entry.
    pub fn insert(&mut self, due: Timestamp, id: NotificationId) {
        self.0.insert(due, id);
    }

    /// Takes at most `limit` entries that are due at `now`.
    pub fn take_due(
        &mut self,
        now: Timestamp,
        limit: usize,
        into: &mut Vec<(Timestamp, NotificationId)>,
    ) {
        self.0.take_due(now, limit, into);
    }

    /// When the next entry falls due.
    #[must_use]
    pub fn next_due(&self) -> Timestamp {
        self.0.next_due()
    }
}

/// The tenants of a shard and the indexes over what is open.
#[derive(Debug, Default)]
pub struct Indexes(Tenants);

impl Indexes {
    /// Notes what was accepted for a tenant.
    pub fn accept(&mut self, tenant: &TenantKey, input: &Input, accepted: &Event) {
        let tenant = self.0.replayed(tenant);
        self.0.index(tenant, input, accepted, None);
    }

    /// Open notifications.
    #[must_use]
    pub fn open(&self) -> usize {
        self.0.open_count()
    }
}
