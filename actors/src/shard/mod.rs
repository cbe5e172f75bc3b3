//! The shard: one writer for its tenants. It owns the sequence, the tenants' states, the timers and
//! the ready lists; it decides in one order and lets nothing leave before the record behind it is
//! durable. Refuses sockets, clock reads (time is injected) and codecs (the record's own is in
//! `model`).

mod actor;
mod audit;
mod census;
mod core;
mod effects;
mod endings;
mod inbox;
mod intake;
mod intents;
mod letter;
mod lookup;
#[cfg(feature = "simulation")]
mod measure;
mod packs;
mod query;
mod ready;
mod recover;
mod shelf;
#[cfg(feature = "simulation")]
mod simulation;
mod standing;
mod survey;
mod table;
mod tenants;
#[cfg(test)]
mod tests;
mod unmatched;
mod wheel;

pub use actor::{OnFatal, ShardActor};
pub use audit::{Audit, audit};
pub use census::{Census, Standing, Standstill, Strays, UnmatchedFact};
pub use core::{ShardCore, ShardSettings};
pub use effects::{Links, ProviderEntry};
pub use endings::Endings;
pub use inbox::{Inbox, InboxBounds, Refused};
pub use letter::{
    Answers, Letter, Listed, NotTaken, Query, Reply, ShardAnswer, Snapshot, StateFilter,
};
#[cfg(feature = "simulation")]
pub use measure::{Indexes, Timers};
pub use recover::RecoverError;
pub use survey::Counted;
pub use table::Ended;
