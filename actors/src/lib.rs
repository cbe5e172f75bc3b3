//! sluis-actors.
