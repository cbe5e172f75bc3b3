//! Owns what an engine is made of, and why one does not start.

use std::collections::HashMap;
use std::io;
use std::num::NonZeroU32;
use std::sync::Arc;

use actix::ArbiterHandle;
use sluis_channels::Provider;
use sluis_journal::Journal;
use sluis_model::{Channel, Clock, Policy, ReferenceKey};

use crate::book::Book;
use crate::checkpointer::CheckpointSettings;
use crate::keys::KeyIndex;
use crate::latest::Latest;
use crate::prepare::Cards;
use crate::quota::{Bounds, Quota};
use crate::recovery::Recovery;
use crate::retention::RetentionSettings;
use crate::router::{Owner, RouterSettings};
use crate::shard::{Erasures, InboxBounds, OnFatal, RecoverError, RestSettings};
use crate::spool::Spool;
use crate::supervisor::SupervisorSettings;

/// One provider with its limits, in order of preference within its channel.
pub struct ProviderSetup {
    /// The way out.
    pub provider: Arc<dyn Provider>,
    /// Whose it is.
    pub owner: Owner,
    /// Most attempts at once.
    pub concurrency: NonZeroU32,
    /// Most messages a second.
    pub rate_per_second: Option<NonZeroU32>,
    /// Most messages at once after a quiet time.
    pub burst: Option<NonZeroU32>,
}

/// Everything an engine is made of.
pub struct EngineSettings {
    /// The journal.
    pub journal: Arc<dyn Journal>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Definitions.
    pub book: Arc<Book>,
    /// Engine-wide settings for decisions.
    pub policy: Policy,
    /// Bounds on open notifications.
    pub quota: Arc<Quota>,
    /// Used idempotency keys.
    pub keys: Arc<KeyIndex>,
    /// When old records are forgotten.
    pub retention: RetentionSettings,
    /// Bounds of each shard's inbox; `internal` is raised to the sum of all permits.
    pub bounds: InboxBounds,
    /// Router settings per channel; a channel with providers and no entry gets the defaults.
    pub routers: HashMap<Channel, RouterSettings>,
    /// Providers, in order of preference.
    pub providers: Vec<ProviderSetup>,
    /// Times and thresholds of supervisors.
    pub supervisors: SupervisorSettings,
    /// Where copies of what leaves are put, when they are kept.
    pub spool: Option<Arc<Spool>>,
    /// The engine's reference secret.
    pub key: ReferenceKey,
    /// Corporations as their messages show them.
    pub corporations: Arc<Latest<Cards>>,
    /// Whether everything is paused before anything leaves, until an operator resumes it.
    pub paused: bool,
    /// When tenants are put to rest; `most_active` is of all shards together.
    pub rest: RestSettings,
    /// Who destroys the keys of erased tenants; none: nothing is encrypted.
    pub erasures: Option<Arc<dyn Erasures>>,
    /// When checkpoints are taken.
    pub checkpoints: CheckpointSettings,
    /// Threads that render.
    pub prepare_threads: usize,
    /// One per core.
    pub arbiters: Vec<ArbiterHandle>,
    /// Where sends run: the runtimes of the arbiters, in their order, so that an attempt's outcome
    /// is decided on the thread that learned it. At least one.
    pub threads: Arc<[tokio::runtime::Handle]>,
    /// Called when a shard cannot be rebuilt: the process must end.
    pub on_fatal: OnFatal,
    /// How far the replay of the records is, for whoever waits for it.
    pub recovery: Arc<Recovery>,
}

/// What a running engine takes over.
#[derive(Clone, Debug)]
pub struct EngineChange {
    /// What decisions rely on.
    pub policy: Policy,
    /// Bounds on what corporations have open and write.
    pub bounds: Bounds,
    /// Router settings per channel.
    pub routers: HashMap<Channel, RouterSettings>,
    /// Corporations as their messages show them.
    pub cards: Cards,
}

/// Why an engine does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A shard cannot be recovered.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// The operating system refused a thread.
    #[error("could not start a thread: {0}")]
    Thread(#[from] io::Error),
}
