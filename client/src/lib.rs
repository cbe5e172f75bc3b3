//! sluis-client.
