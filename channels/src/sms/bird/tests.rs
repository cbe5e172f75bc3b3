//! The provider against a server of its own (`peer`).

mod callback;
mod classify;
mod peer;
mod send;
