//! Opens a shard's failure within the process to the deterministic simulation: a turn that is lost,
//! and the rebuilding that the actor does once everything handed to the journal is durable.
//! Compiled with the feature `simulation` only.

use super::core::ShardCore;
use super::recover::RecoverError;

impl ShardCore {
    /// Decides what stands in the inbox and hands nothing to the journal, as a turn does that
    /// panics at its end.
    pub fn lose_turn(&mut self) {
        self.decide_without_flush();
    }

    /// Whether everything handed to the journal is durable: not before that may the shard be
    /// rebuilt.
    #[must_use]
    pub fn may_be_rebuilt(&self) -> bool {
        self.is_settled()
    }

    /// How many tenants are at rest.
    #[must_use]
    pub fn at_rest(&self) -> usize {
        self.tenants.tenant_count() - self.tenants.host.active()
    }

    /// Takes the timers of passive tenants out of the timer set, as a mistake would that keeps timers
    /// with the states.
    pub fn forget_timers_at_rest(&mut self) {
        let tenants = &self.tenants;
        for located in tenants.iter_open(None) {
            if tenants.awake(located.slot).is_none() {
                self.schedule.forget_timer(located);
            }
        }
    }

    /// A fresh shard from the journal.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn rebuilt(self) -> Result<Self, RecoverError> {
        self.rebuild()
    }
}
