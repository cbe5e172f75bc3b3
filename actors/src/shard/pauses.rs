//! Owns what is paused in a shard, for its own decisions, and tells the edges of it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use sluis_model::{Channel, CorporationId, PauseScope, ShardId, Timestamp};

use super::settings::ShardSettings;
use crate::pauses::PauseBook;

/// What is paused in a shard.
pub(super) struct Pauses {
    shard: ShardId,
    scopes: HashSet<PauseScope>,
    book: Arc<PauseBook>,
}

impl Pauses {
    /// As the records have them, with their beginnings. What the edges knew of this shard before is
    /// forgotten.
    pub(super) fn recovered(
        begun: HashMap<PauseScope, Timestamp>,
        settings: &ShardSettings,
    ) -> Self {
        let (shard, book) = (settings.shard, settings.pauses.clone());
        book.forget(shard);
        for (scope, since) in &begun {
            book.begin(shard, scope, *since);
        }
        let scopes = begun.into_keys().collect();
        Self {
            shard,
            scopes,
            book,
        }
    }

    /// Whether everything is paused.
    pub(super) fn hold_everything(&self) -> bool {
        self.scopes.contains(&PauseScope::EVERYTHING)
    }

    /// A pause begins.
    pub(super) fn begin(&mut self, scope: &PauseScope, at: Timestamp) {
        self.scopes.insert(scope.clone());
        self.book.begin(self.shard, scope, at);
    }

    /// A pause ends.
    pub(super) fn end(&mut self, scope: &PauseScope) {
        self.scopes.remove(scope);
        self.book.end(self.shard, scope);
    }

    /// Whether a message of this corporation and flow may not leave on this channel now.
    pub(super) fn cover(&self, corporation: CorporationId, flow: &str, channel: Channel) -> bool {
        self.scopes
            .iter()
            .any(|scope| scope.covers(corporation, flow, channel))
    }
}
