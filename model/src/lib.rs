//! The heart of Sluis: its words as types, the pure rules `decide` and `evolve`, flows as data, the codecs.
//! Deterministic: the same code runs live, in simulation and in a forecast.
//! Refuses I/O, async, clock reads and randomness.

mod attempt;
mod ids;
mod reference;
mod time;

pub use attempt::{Channel, OnDoubt, ReceiptKind, Refusal, UnknownChannel, Verdict, Why};
pub use ids::{AttemptRef, AttemptToken, CorporationId, IdError, NotificationId, ShardId, TenantKey, home_shard};
pub use reference::{ForgedReference, ReferenceKey};
pub use time::{Clock, DAY, HOUR, MINUTE, ManualClock, SECOND, Timestamp};
