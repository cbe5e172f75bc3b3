//! Encryption at rest: what the engine writes about a tenant is sealed with that tenant's key before
//! the journal gets it, and opened when it is read. It owns which bytes are sealed and how they lie.
//! Everything behind [`SealedJournal`] sees records and values as they were handed in. Refuses to
//! hold keys: `keys/` does.

mod archived;
mod checkpoints;
mod endings;
mod erase;
mod erasures;
mod journal;
mod keeper;
mod known;
mod place;
mod record;
mod refusal;
mod rows;
mod start;
mod veil;
mod wrapping;

pub(crate) use archived::{count_plain, plain_entries};
pub use checkpoints::SealedCheckpoints;
pub(crate) use erase::MOST_TEXT;
pub use erase::{Order, Report, erase};
pub use erasures::TenantErasures;
pub use journal::SealedJournal;
pub(crate) use known::{About, Known, Scan, check_hold};
pub(crate) use place::path;
pub use record::SealError;
pub use refusal::Refusal;
pub use rows::{Opened, RowSeal};
pub use start::{Sealing, open};
pub use veil::look;
pub(crate) use wrapping::{Tried, try_all};

#[cfg(test)]
mod tests;
