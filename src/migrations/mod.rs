//! Owns migrations: open notifications go on under a newer definition of their flow, after it was shown how many would. What
//! is asked of one, and how far it is, stands in a file of its own; each move is a record of its notification's tenant.
//! Refuses to decide whether one fits: the model does.

mod desk;
mod driver;
mod error;
mod stage;
mod state;
mod store;

pub use desk::Migrations;
pub use error::NotMigrated;
pub use stage::Stage;
pub use state::{Migration, Place, Said, Stayed};
pub use store::{copy, directory};
