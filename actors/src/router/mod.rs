//! Who may send next, on one channel. A router owns all providers of its channel with their permits
//! and limiters, and the order in which lanes, corporations and shards get them. Refuses to know a
//! tenant, to hold a message (it counts entries of ready lists) and to speak to a provider. Pauses
//! are the shards' business.
//!
//! **Who ends a permit's activity.** Each permit granted is one thing under way
//! ([`Activity`](crate::wake::Activity)). Only [`RouterCore::turn`] begins and ends it: it begins
//! when the permit is granted, and ends in the turn that takes the permit back, be it from a shard
//! that found nothing to start (`Settled::returned`) or from a supervisor whose attempt ended
//! ([`Gate::finish`], which wakes the router). So the two sides cannot disagree, and a permit that
//! did not come back shows as one that is still in use.

mod actor;
mod core;
mod corporations;
mod gate;
mod limiter;
mod lines;
mod metric;
mod outlook;
mod owner;
mod provider;
mod queue;
mod settings;
#[cfg(test)]
mod tests;
mod window;

pub use actor::{GrantSink, RouterActor};
pub use core::RouterCore;
pub use gate::{Gate, Passage};
pub(crate) use outlook::Outlook;
pub use outlook::{Hold, Out};
pub use owner::Owner;
pub use settings::{ProviderLimits, ProviderSlot, RouterSettings, ShareSettings};
pub use window::{Hours, SendWindow, WindowProblem};
