//! Owns flows that are put together from several files: one that extends another (`extends = "storno"` and
//! only what differs), and one whose steps run those of another (`include = "house-visit"`). What comes of
//! it is a whole flow, which is stored, hashed and explained. Refuses to compile it, and to guess: what is
//! said of the other flow must be there.

mod absent;
mod base;
mod ends;
mod include;
mod insert;
mod lists;
mod merge;
mod needs;
mod remove;
mod rename;
mod resolve;
mod resolved;
mod sub;
mod targets;
mod wrap;

pub(super) use resolve::resolve;
pub(super) use resolved::Resolved;
pub(crate) use wrap::SENDING;
