//! The archive: what was decided about every tenant and the bytes of everything that left, for
//! years. It owns sealed volumes, their chain of hashes, their index, and the check of all three.
//!
//! It refuses to know the journal: whoever follows the log hands entries over. It reads no clock.
//!
//! * [`Archive`] is opened on a [`Store`]: a directory, memory, or an object store.
//! * [`Archive::append`] takes entries; [`Archive::seal`] makes a volume of them. What is sealed is
//!   never written again.
//! * [`Archive::passed`] is the watermark of a shard: everything up to it is in a sealed volume.
//! * [`Archive::veiled`] seals what is of a tenant with his key, and opens it: [`Veil`] has the keys.
//! * [`Archive::retain`] removes from one volume what is past its period, and leaves a tombstone.
//! * [`Shelf`] has objects that are no archive, in the same kinds of places.
//! * [`verify`] reads a whole archive and names each fault with its place.
//!
//! `docs/archive-format.md` describes the layout for readers in other languages.

mod archive;
mod block;
mod chain;
mod common;
mod due;
mod entry;
mod error;
mod fault;
mod filter;
mod find;
mod flows;
mod group;
mod hash;
mod index;
mod lifter;
mod manifest;
mod names;
mod open_volume;
mod private;
mod removal;
mod retain;
mod sealer;
mod shelf;
mod stamp;
mod stamped;
mod store;
mod terms;
mod veil;
mod verify;
mod walk;
mod words;

pub use archive::{Archive, Batch, Found, Limits, Sealed};
pub use entry::{Attempted, Entry, Head, Kept, Kind, MAX_BODY_BYTES, Topic};
pub use error::ArchiveError;
pub use fault::Fault;
pub use filter::Filter;
pub use flows::FlowDay;
pub use hash::Hash;
pub use index::Key;
pub use manifest::{BlockOf, FORMAT, Manifest, Reached, Removals, SegmentOf, Tip};
pub use removal::{REMOVAL_FORMAT, Removal, Removed, RemovedObject};
pub use retain::{MOST_HELD, Retained};
pub use shelf::Shelf;
pub use stamp::{
    IMPRINT_BYTES, Stamp, StampError, check as check_stamp, imprint as stamp_imprint,
    nonce as nonce_of, request as stamp_request,
};
pub use store::Store;
pub use terms::{LONGEST_KEEP_DAYS, Rule, SHORTEST_KEEP_DAYS, Terms};
pub use veil::{Cover, Lifted, Veil, VeilError};
pub use verify::{Report, verify};
