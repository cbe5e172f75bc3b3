//! Owns what everybody needs who follows the log beside the engine, the archive and the counters: pieces
//! of the log, two threads that give way, and a way to wait for a turn. Refuses to know what is done
//! with a record.

mod pace;
mod piece;
mod threads;
mod turns;

pub(crate) use piece::Pieces;
pub(crate) use threads::{Follows, REST, Threads};
pub(crate) use turns::Turns;
