//! The e-mail channel against a relay of its own (`peer`), which answers and breaks off as a test
//! wants it to.

mod bounce;
mod classify;
mod corpus;
mod dialogue;
mod message;
mod peer;
mod secure;
