//! Owns the reading of TOML files that people write, the configuration and flows, with every mistake at
//! once. Refuses to know what is read, and to open a file.

mod fault;
mod mistake;
mod nearest;
mod reader;

pub use mistake::{Mistake, Words, join, missing, unknown};
pub use nearest::{distance, nearest};
pub use reader::{MADE_UP, read};
