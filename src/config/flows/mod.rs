//! Owns the finding of flows: the ones built in, and those in the directories of the configuration,
//! each with exactly the class tables, calendar, types of facts and templates it names, and with what it
//! extends and includes put together. Refuses to interpret them: the book of flows compiles them.

mod extends;
mod files;
mod find;
mod found;
mod load;
mod mistake;
mod parse;
mod place;
mod scenarios;
mod shipped;
mod written;

pub(crate) use extends::SENDING;
pub(in crate::config) use files::Files;
pub use find::{find, find_in};
pub use found::{Found, Sources};
pub use load::load;
pub use mistake::FlowMistake;
pub(crate) use parse::parse;
pub use place::{Place, place_in};
pub use scenarios::scenarios;
