//! What can go wrong while a sink is set up. Refuses to cover what a peer does wrong: that is an
//! answer on the wire, not an error.

use std::io;

/// A sink could not be set up; the text names what, the value, and what would help.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// The listening address is taken, not ours, or not an address.
    #[error("listen on {addr}: {source}; hint: port 0 takes any free port")]
    Bind {
        /// The address as it was asked for.
        addr: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A profile is not valid TOML or holds an unknown key.
    #[error("{path}: not a profile: {source}; hint: loadtest/profiles/ holds one of each kind")]
    Profile {
        /// The file, or `(text)`.
        path: String,
        /// What the TOML reader said, with line and column.
        source: Box<toml::de::Error>,
    },
    /// A profile's value is out of its range.
    #[error("{path}: {key} = {value}: expected {expected}")]
    Range {
        /// The file, or `(text)`.
        path: String,
        /// The key, with its table.
        key: String,
        /// The value found.
        value: String,
        /// The range expected.
        expected: &'static str,
    },
}
