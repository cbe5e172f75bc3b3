//! The daily counters: how often what was decided, per corporation, day, flow, step, channel, provider,
//! end and reason. The durable records of every shard are given to them as the log is followed, and each is counted once. What was
//! counted and how far the log was followed are written together, so a crash neither loses a record nor
//! counts one twice; and no record is forgotten before it is counted. They name nobody, and outlive
//! records, archive and erasure. They refuse to explain one notification: the journal does.

mod counted;
mod counting;
mod course;
mod days;
mod file;
mod running;
mod store;
mod taking;

pub use counted::{Counted, Row};
pub use days::Days;
pub use file::FileError;
pub use running::{Counters, StartError};
pub use store::{Asked, Full, Rows, Store, copy, directory};
