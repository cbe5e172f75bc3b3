//! Owns flows that extend another one: `extends = "storno"` and only what differs. What comes of it is a
//! whole flow, which is stored, hashed and explained. Refuses to compile it, and to guess: what an
//! override means of the other flow must be there.

mod absent;
mod base;
mod insert;
mod lists;
mod merge;
mod remove;
mod resolve;
mod targets;

pub(super) use resolve::resolve;
