//! The journal: it stores the records of each shard durably and in order, and gives them back. It
//! owns the files of the data directory, group commit, recovery and retention.
//!
//! It refuses to know what a record means: everything here is bytes, a shard and a sequence.
//!
//! * [`Journal`] is the contract. [`DiskJournal`] keeps it on disk, [`MemoryJournal`] in memory for
//!   simulation.
//! * A [`Batch`] goes in with [`Journal::try_append`], which never blocks. It is durable when
//!   [`Journal::durable`] has reached the ticket's sequence, and only then may an answer or an
//!   effect leave.
//! * What survives a power cut is, per shard, a prefix of whole batches that holds at least everything that was
//!   durable.

mod api;
mod batch;
mod disk;
mod error;
mod memory;
mod stats;
mod types;

pub use api::{CheckpointChunks, Journal, OnFailure, Wake};
pub use batch::{Batch, Ticket};
pub use disk::DiskJournal;
pub use disk::backup::{Backup, back_up, look_over};
pub use disk::inspect::{Defect, Inspection, inspect};
pub use disk::options::{Barrier, Monotonic, Options};
pub use disk::phase::Phase;
pub use disk::report::{RecoveryReport, Repair, Repaired, ShardReport};
pub use error::{Damage, Failure, JournalError, TryAppendError};
pub use memory::MemoryJournal;
pub use stats::{Observer, QueueDepth, Stats};
pub use types::{Generation, Place, Position, Sequence, Shard};

/// The longest record, in bytes. A longer one is refused at [`Journal::try_append`].
pub const MAX_RECORD_BYTES: usize = 1 << 20;
/// The longest value of the keyed table, in bytes.
pub const MAX_VALUE_BYTES: usize = 1 << 20;
/// The longest key of the keyed table, in bytes.
pub const MAX_KEY_BYTES: usize = 512;
