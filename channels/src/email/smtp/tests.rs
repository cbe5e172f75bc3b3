//! The provider against a relay of its own (`peer`), which answers and breaks off as a test wants it
//! to.

mod classify;
mod dialogue;
mod message;
mod peer;
mod secure;
