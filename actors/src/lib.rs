//! The actors of Sluis: shards that decide in one order, routers that grant permits fairly,
//! supervisors that carry attempts out; timers, back-pressure and supervision around them. Refuses
//! sockets, clock reads and codecs: time is injected, providers and journal come as traits.

mod arbiter_waker;
mod body;
mod book;
mod checkpointer;
mod chunked_deque;
mod claim;
mod dispatch;
mod engine;
mod hash_index;
mod keys;
mod latest;
pub mod metric;
mod outbox;
mod pauses;
mod prepare;
mod quota;
mod readers;
mod recovery;
mod retention;
mod roster;
pub mod router;
mod seldom;
mod shard;
mod share;
mod spool;
pub mod supervisor;
mod table_writer;
pub mod telemetry;
mod tenant;
mod wake;

pub use arbiter_waker::ArbiterWaker;
pub use body::{NoBody, read_body};
pub use book::{Book, BookProblem, Change, Fresh, Renewed, Shelved};
pub use checkpointer::{CheckpointSettings, Checkpointed, Checkpointer};
pub use claim::{Claim, Claimed};
pub use dispatch::{Dispatch, Lease, Outcome};
#[cfg(feature = "simulation")]
pub use engine::GivingUp;
pub use engine::{Engine, EngineChange, EngineSettings, ProviderSetup, StartError};
pub use keys::{KeyIndex, KeyUse, KeyWindow};
pub use latest::Latest;
pub use outbox::{Grant, Outbox, QueueKey, Report, Settled};
pub use pauses::{Pause, PauseRegistry};
pub use prepare::{Cards, CorporationCard, Prepare, PreparePool, Prepared, Preparer, Saying, say};
pub use quota::{Bounds, NoRoom, Quota};
pub use readers::{LineFull, Readers, Work};
pub use recovery::Recovery;
pub use retention::{Brake, Follower, Retained, Retention, RetentionError, RetentionSettings};
pub use roster::Roster;
pub use seldom::Seldom;
pub use shard::*;
pub use share::WriteLimits;
pub use spool::{Spool, Spooled};
pub use wake::{Activity, Wake, Waker};
