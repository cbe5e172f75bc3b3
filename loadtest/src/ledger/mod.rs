//! The reconciliation of three independent books: what the engine acknowledged, what the sinks
//! took, what the engine says became of it. Owns reading and balancing them; refuses to excuse a
//! difference.

mod books;
mod reconcile;
mod reference;
mod table;

pub use self::books::{LedgerError, OutcomeRow, read_acks, read_outcomes, read_sinks};
pub use self::reconcile::{Balance, Books, Duplicate, Rules, reconcile};
pub use self::reference::notification_of;
pub use self::table::render;
