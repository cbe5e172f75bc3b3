//! The shard: one writer for its tenants. It owns the sequence, the tenants' states, the timers and
//! the ready lists; it decides in one order and lets nothing leave before the record behind it is
//! durable. Refuses sockets, clock reads (time is injected) and codecs (the record's own is in
//! `model`).

mod activation;
mod actor;
mod audit;
mod brought;
mod carry;
mod census;
mod checkpoint;
mod control;
mod core;
mod cost;
mod decide;
mod effects;
mod endings;
mod erased;
mod erasure;
mod figures;
mod found;
mod going;
mod groups;
mod horizon;
mod inbox;
mod intake;
mod intents;
mod late;
mod leaving;
mod links;
mod list;
mod lobby;
mod look;
mod lookup;
#[cfg(feature = "simulation")]
mod measure;
mod message;
mod on_roll;
mod packs;
mod pauses;
mod permits;
mod place;
mod query;
mod ready;
mod recover;
mod replay;
mod request;
mod rest;
mod roll;
mod schedule;
mod settings;
#[cfg(feature = "simulation")]
mod simulation;
mod sorted_pages;
mod stable_hash;
mod standing;
mod start;
mod strand;
mod subjects;
mod survey;
mod table;
mod tenants;
#[cfg(test)]
mod tests;
mod timer_set;
#[cfg(any(test, feature = "simulation"))]
mod told;
mod unfolding;
mod unmatched;
mod unread;
mod writer;
mod written;

pub use actor::{OnFatal, ShardActor};
pub use audit::{Audit, audit};
pub use checkpoint::desk::{CheckpointDesk, Taken};
pub use core::ShardCore;
pub use endings::Endings;
pub use erased::{EraseOrder, Erasure, Erasures, FoundErasure};
pub use figures::{
    Alike, AlikeTasks, Census, Counted, Standing, Standstill, Strays, UnmatchedFact, Unread,
};
pub use horizon::{Carried, Horizon, Live};
pub use inbox::{Inbox, InboxBounds, Refused};
pub(crate) use leaving::Leaving;
pub use links::{Links, ProviderEntry};
#[cfg(feature = "simulation")]
pub use measure::{Indexes, Timers};
pub use on_roll::{OnRoll, RollState};
pub use packs::EndingsPack;
pub use recover::RecoverError;
pub use request::{
    Answers, GivenUp, Listed, NotTaken, Query, Reply, ShardAnswer, ShardRequest, Snapshot,
    StateFilter,
};
pub use roll::read_at_rest;
pub use settings::{RestSettings, ShardSettings};
pub use table::Ended;
