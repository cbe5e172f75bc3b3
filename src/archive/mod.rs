//! The engine's side of the archive: it is given the durable records of every shard, as the log is
//! followed, and keeps them with the bytes of what left. It refuses to
//! decide anything, and to hold up a send: what it does not get in time it makes again.

mod again;
mod categories;
mod follower;
mod opening;
mod outputs;
mod retaining;
mod running;
mod seen;
mod stamping;
mod start;
mod taking;

pub use again::MakeAgain;
pub use opening::{OpenError, Opening};
pub use outputs::Outputs;
pub use running::Archiving;
pub use seen::Lost;
pub(crate) use start::add;
pub use start::{Around, spool};
