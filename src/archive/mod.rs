//! The engine's side of the archive: a worker follows the durable records of every shard and hands
//! them to the archive, with the bytes of what left. It gives way to everything else. It refuses to
//! decide anything, and to hold up a send: what it does not get in time it makes again.

mod again;
mod categories;
mod follower;
mod opening;
mod outputs;
mod retaining;
mod running;
mod start;
mod worker;

pub use again::MakeAgain;
pub use follower::{FollowError, Follower};
pub use opening::{OpenError, Opening};
pub use outputs::Outputs;
pub use running::{Archiving, StartError};
pub use start::{Around, spool, start};
