//! Owns what a shard is made with: the same for a start and for the rebuilding after a failure.

use std::sync::Arc;

use sluis_journal::{Journal, Shard};
use sluis_model::{Clock, FlowBook, Policy, ShardId};

use super::checkpoint::desk::CheckpointDesk;
use super::endings::Endings;
use super::erased::Erasures;
use super::horizon::Horizon;
use super::inbox::Inbox;
use super::links::Links;
use crate::latest::Latest;
use crate::pauses::PauseRegistry;
use crate::quota::Quota;
use crate::readers::Readers;
use crate::wake::{Activity, Waker};

/// What a shard is made with.
#[derive(Clone)]
pub struct ShardSettings {
    /// Which one.
    pub shard: ShardId,
    /// How many there are.
    pub shards: u16,
    /// The journal.
    pub journal: Arc<dyn Journal>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Compiled flows.
    pub flows: Arc<dyn FlowBook + Send + Sync>,
    /// Engine-wide settings: a turn takes those of its beginning.
    pub policy: Arc<Latest<Policy>>,
    /// Open notifications and their bounds.
    pub quota: Arc<Quota>,
    /// Every shard's inbox, this one's included.
    pub inboxes: Vec<Arc<Inbox>>,
    /// This shard's waker.
    pub waker: Arc<Waker>,
    /// What is under way.
    pub activity: Arc<Activity>,
    /// Where effects go.
    pub links: Links,
    /// What ended and goes to the keyed table: the table writer writes it.
    pub endings: Arc<Endings>,
    /// Up to where the log is to be forgotten.
    pub horizon: Arc<Horizon>,
    /// Who looks in the table.
    pub readers: Arc<Readers>,
    /// Where pauses are told to the edges.
    pub pauses: Arc<PauseRegistry>,
    /// Whether a start pauses everything before anything leaves, unless it is paused already.
    pub paused: bool,
    /// When tenants are put to rest.
    pub rest: RestSettings,
    /// Where checkpoints are asked for and put.
    pub checkpoint: Arc<CheckpointDesk>,
    /// Who destroys the keys of erased tenants; none: nothing is encrypted.
    pub erasures: Option<Arc<dyn Erasures>>,
}

/// When the tenants of a shard are put to rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestSettings {
    /// So many may be active; more are put to rest as soon as nothing happens to them.
    pub most_active: usize,
    /// Whoever had no message for this long is put to rest, in milliseconds; within as long again,
    /// because nobody's last message is noted.
    pub idle_for_ms: i64,
}

impl ShardSettings {
    /// The shard's name in the journal.
    pub(super) const fn journal_shard(&self) -> Shard {
        Shard(self.shard.0)
    }

    /// The shard's own inbox.
    pub(super) fn inbox(&self) -> &Arc<Inbox> {
        &self.inboxes[usize::from(self.shard.0)]
    }
}
