//! Owns what is paused now, as the edges see it: every scope with its beginning. Each shard keeps
//! its own copy for its decisions and tells this registry. Refuses to pause or resume anything
//! itself: a control request to every shard does.

use std::collections::{BTreeMap, BTreeSet};

use parking_lot::RwLock;
use sluis_model::{PauseScope, ShardId, Timestamp};

/// One pause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// What it covers.
    pub scope: PauseScope,
    /// Since when.
    pub since: Timestamp,
    /// Whether every shard has it. A call that met a full line leaves it on some of them: repeating
    /// the call completes it.
    pub complete: bool,
}

/// Every pause in force. As long as its list of scopes: what can be named is bounded by
/// corporations, their flows and channels.
#[derive(Debug)]
pub struct PauseRegistry {
    shards: u16,
    held: RwLock<BTreeMap<PauseScope, Held>>,
}

#[derive(Debug)]
struct Held {
    since: Timestamp,
    by: BTreeSet<u16>,
}

impl PauseRegistry {
    /// An empty registry over this many shards.
    #[must_use]
    pub const fn new(shards: u16) -> Self {
        Self {
            shards,
            held: RwLock::new(BTreeMap::new()),
        }
    }

    /// Everything that is paused, in order of scopes: those of all corporations first.
    #[must_use]
    pub fn all(&self) -> Vec<Pause> {
        let held = self.held.read();
        let of = |(scope, held): (&PauseScope, &Held)| Pause {
            scope: scope.clone(),
            since: held.since,
            complete: held.by.len() == usize::from(self.shards),
        };
        held.iter().map(of).collect()
    }

    /// A shard pauses `scope`. The earliest beginning counts: a pause that is repeated does not
    /// begin again.
    pub(crate) fn begin(&self, shard: ShardId, scope: &PauseScope, at: Timestamp) {
        let mut held = self.held.write();
        let entry = held.entry(scope.clone()).or_insert_with(|| Held {
            since: at,
            by: BTreeSet::new(),
        });
        entry.since = entry.since.min(at);
        entry.by.insert(shard.0);
    }

    /// A shard resumes `scope`.
    pub(crate) fn end(&self, shard: ShardId, scope: &PauseScope) {
        let mut held = self.held.write();
        if let Some(entry) = held.get_mut(scope) {
            entry.by.remove(&shard.0);
            if entry.by.is_empty() {
                held.remove(scope);
            }
        }
    }

    /// A shard begins anew, from its records: only what these say is paused there.
    pub(crate) fn forget(&self, shard: ShardId) {
        self.held.write().retain(|_, held| {
            held.by.remove(&shard.0);
            !held.by.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use sluis_model::{Channel, CorporationId, PausedBy};

    use super::*;

    fn scope(corporation: u16) -> PauseScope {
        PauseScope {
            corporation: Some(CorporationId(corporation)),
            flow: None,
            channel: Some(Channel::Sms),
            by: PausedBy::Corporation,
        }
    }

    #[test]
    fn a_pause_is_complete_when_every_shard_has_it() {
        let registry = PauseRegistry::new(2);
        registry.begin(ShardId(0), &scope(1), Timestamp(5));
        assert_eq!(
            registry.all(),
            [Pause {
                scope: scope(1),
                since: Timestamp(5),
                complete: false
            }]
        );
        registry.begin(ShardId(1), &scope(1), Timestamp(4));
        registry.begin(ShardId(1), &scope(1), Timestamp(9));
        assert_eq!(
            registry.all(),
            [Pause {
                scope: scope(1),
                since: Timestamp(4),
                complete: true
            }]
        );
    }

    #[test]
    fn what_no_shard_holds_is_gone() {
        let registry = PauseRegistry::new(2);
        for shard in [ShardId(0), ShardId(1)] {
            registry.begin(shard, &scope(1), Timestamp(1));
            registry.begin(shard, &scope(2), Timestamp(1));
        }
        registry.end(ShardId(0), &scope(1));
        registry.forget(ShardId(0));
        assert_eq!(
            registry
                .all()
                .iter()
                .map(|pause| pause.complete)
                .collect::<Vec<_>>(),
            [false, false]
        );
        registry.end(ShardId(1), &scope(1));
        assert_eq!(registry.all().len(), 1);
        registry.forget(ShardId(1));
        assert!(registry.all().is_empty());
    }
}
