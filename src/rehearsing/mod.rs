//! Owns what a rehearsal is made from: lists of tenants, rows and facts, read as the engine reads them,
//! and the parts of a configuration that decide. Refuses to make a provider, to open a data directory,
//! and to send: it builds no connection, and `rehearsal` has none.

mod audience;
mod history;
mod household_rows;
mod households;
mod measure;
mod pace;
mod stage;

pub use audience::{Lists, Read, RowsAsked, read};
pub use history::History;
pub use measure::measure;
pub use pace::Pace;
pub use stage::{Asked, stage};
