//! Owns what can be wrong with keys. Refuses to say anything of what was sealed with them.

use std::io;
use std::path::{Path, PathBuf};

use sluis_model::CorporationId;

use crate::id::KeyId;

/// Why there is no key, or why bytes cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The operating system refused.
    #[error("{path}: cannot {what}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be read or written.
    #[error("the file of keys: cannot {what}: {source}")]
    File {
        /// What was tried.
        what: &'static str,
        /// Why.
        source: io::Error,
    },
    /// A write or a sync failed before: what is on the disk is not known any more.
    #[error("the file of keys failed before: restart, which reads what is on the disk")]
    Broken,
    /// The beginning of the file is not what it should be.
    #[error(
        "the file of keys does not begin as one: expected {expected}; put back the file of this data directory"
    )]
    Header {
        /// What should be there.
        expected: &'static str,
    },
    /// The file ends before this key.
    #[error(
        "key {0} is not in the file of keys: the file is older than what was sealed, or of another data directory"
    )]
    Missing(KeyId),
    /// The place of this key is damaged.
    #[error("key {0} is damaged in the file of keys: take its place from a copy of the file")]
    Damaged(KeyId),
    /// A tenant's key is wrapped by a key that was not given.
    #[error(
        "corporation {corporation}: {count} keys of its tenants are wrapped by its key {fingerprint:016x}, which is not configured: configure it behind the current one; `sluis config check --secrets` tells which key is which"
    )]
    Unwrappable {
        /// Whose.
        corporation: CorporationId,
        /// Name of the key that is missing.
        fingerprint: u64,
        /// How many tenants' keys need it.
        count: u64,
    },
    /// The wrapped key is not authentic.
    #[error("key {0} does not open under its corporation's key: its place was changed")]
    Wrapped(KeyId),
    /// Sealed bytes are not authentic: changed, of another place, or sealed with another key.
    #[error("sealed bytes do not open: they were changed, or moved from another place")]
    NotAuthentic,
    /// The file holds as many keys as a number of 32 bits can name.
    #[error("the file of keys is full")]
    Full,
    /// The copy holds the keys of another data directory.
    #[error("{0}: holds the keys of another data directory: choose another place for the copy")]
    Foreign(PathBuf),
}

impl KeyError {
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }

    pub(crate) fn file(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { what, source }
    }
}
