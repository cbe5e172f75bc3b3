//! Owns what is paused in a shard, for its own decisions, and tells the edges of it.

use std::collections::HashMap;
use std::sync::Arc;

use sluis_model::{Carried, Channel, CorporationId, PauseScope, ShardId, Timestamp};

use super::settings::ShardSettings;
use crate::pauses::PauseRegistry;

/// What is paused in a shard.
pub(super) struct Pauses {
    shard: ShardId,
    /// With their beginnings.
    scopes: HashMap<PauseScope, Timestamp>,
    registry: Arc<PauseRegistry>,
}

impl Pauses {
    /// As the records have them, with their beginnings. What the edges knew of this shard before is
    /// forgotten.
    pub(super) fn recovered(
        begun: HashMap<PauseScope, Timestamp>,
        settings: &ShardSettings,
    ) -> Self {
        let (shard, registry) = (settings.shard, settings.pauses.clone());
        registry.forget(shard);
        for (scope, since) in &begun {
            registry.begin(shard, scope, *since);
        }
        Self {
            shard,
            scopes: begun,
            registry,
        }
    }

    /// Whether everything is paused.
    pub(super) fn hold_everything(&self) -> bool {
        self.scopes.contains_key(&PauseScope::EVERYTHING)
    }

    /// A pause begins.
    pub(super) fn begin(&mut self, scope: &PauseScope, at: Timestamp) {
        self.scopes.entry(scope.clone()).or_insert(at);
        self.registry.begin(self.shard, scope, at);
    }

    /// A pause ends.
    pub(super) fn end(&mut self, scope: &PauseScope) {
        self.scopes.remove(scope);
        self.registry.end(self.shard, scope);
    }

    /// All of them, to be said again.
    pub(super) fn carry(&self) -> Vec<Carried> {
        let mut pauses: Vec<_> = self.scopes.iter().collect();
        pauses.sort_unstable();
        let carried = |(scope, since): (&PauseScope, &Timestamp)| Carried::Pause {
            scope: scope.clone(),
            since: *since,
        };
        pauses.into_iter().map(carried).collect()
    }

    /// Whether a message of this corporation and flow may not leave on this channel now.
    pub(super) fn cover(&self, corporation: CorporationId, flow: &str, channel: Channel) -> bool {
        self.scopes
            .keys()
            .any(|scope| scope.covers(corporation, flow, channel))
    }
}
