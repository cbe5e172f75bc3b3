//! Mailings: a list of rows and a flow, checked row by row, approved by a second person, and handed over
//! at a pace, with a durable account of what became of each row. They live in files of their own and
//! decide nothing about a tenant: each row goes through the door that every sender uses. They refuse to
//! depend on the window of idempotency keys, and to hand a row over twice.

mod account;
mod around;
mod chosen;
mod desk;
mod driver;
mod error;
mod hands;
mod live;
mod looks;
mod mailing;
mod marks;
mod offer;
mod pace;
mod progress;
mod rows;
mod selecting;
mod stage;
mod steps;
mod store;

pub use account::{AccountRow, Affected, Left, Outcome};
pub use around::Around;
pub use chosen::{HowFar, Selected};
pub(crate) use desk::Parts;
pub use desk::{Draft, Mailings, Upload, View};
pub use error::NotDone;
pub use live::Counts;
pub use mailing::{Mailing, Origin, OtherTerms, PausedFor, Said, Terms};
pub use rows::RowsFile;
pub use selecting::{MOST_CHOSEN, Work};
pub use stage::{MailingId, Stage};
pub use store::{copy, directory};
