//! The tenant as an actor with a life. It is addressed by its key and takes one message at a time, in
//! the order of its shard, which hosts it: no mailbox and no hop of its own. It is active while its
//! state is in memory. When room is wanted and nothing of it is under way it becomes passive: its
//! state stands in the journal, and a few dozen bytes of it are left. The next message activates it
//! again. Refuses to decide, which the model does, and to read, which readers beside the arbiters do.

mod actor;
mod hand;
mod host;
mod waiting;

pub(crate) use actor::TenantActor;
pub(crate) use hand::Hand;
pub(crate) use host::{Awake, Host, vacant};
pub(crate) use waiting::Waiting;

/// Place of a tenant within its shard. It holds within one process only; nothing of it is stored.
pub(crate) type Slot = u32;
