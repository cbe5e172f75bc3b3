//! sluis-channels.
