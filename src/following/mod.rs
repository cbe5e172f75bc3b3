//! The following of the log beside the engine: one reader reads and decodes every durable record once and
//! hands it to each who wants it, the archive and the counters. Three threads do its work: two that give way,
//! and one for the time in which old records wait for it.
//! It refuses to know what is done with a record, and to let one who fails or lags hold up another.

mod pace;
mod piece;
mod reader;
mod running;
mod taking;
mod threads;
mod turns;
mod waiting;

pub(crate) use piece::{Piece, Taken};
pub(crate) use running::{Bell, Following};
pub(crate) use taking::{TakeError, Takes};
pub(crate) use waiting::Waiting;

#[cfg(test)]
mod tests;
